"""The asset checks: which there are, and what feeds them.

Limits and rules belong to the rooms; a check only passes on what they found.
"""

from collections.abc import Collection, Sequence

import dagster as dg

from mmm_pipeline.errors import Problem
from mmm_pipeline.gate import Verdict
from mmm_pipeline.gate.verdict import CHECKS
from mmm_pipeline.lineage.failures import tabulate_offences


def specify(key: dg.AssetKey, checks: dict[str, str], *, blocking: bool) -> list[dg.AssetCheckSpec]:
    """Declare checks on an asset.

    Parameters
    ----------
    key : dagster.AssetKey
        The asset.
    checks : dict of str to str
        Description of each check, by its name.
    blocking : bool
        Whether what lies downstream waits for them.

    Returns
    -------
    list of dagster.AssetCheckSpec
    """
    return [
        dg.AssetCheckSpec(name, asset=key, description=description, blocking=blocking)
        for name, description in checks.items()
    ]


def report_problems(
    name: str, problems: Sequence[Problem], codes: Collection[str] | None = None
) -> dg.AssetCheckResult:
    """Answer a blocking check on data.

    Parameters
    ----------
    name : str
        The check.
    problems : sequence of Problem
        Everything that was found.
    codes : collection of str, optional
        The rules this check stands for; all, if not given.

    Returns
    -------
    dagster.AssetCheckResult
        With the table of offending rows.
    """
    own = [problem for problem in problems if codes is None or problem.code in codes]
    return dg.AssetCheckResult(
        check_name=name,
        passed=not own,
        description="\n".join(problem.message for problem in own) or None,
        metadata={"n_problems": len(own), **tabulate_offences(own)},
    )


def report_warnings(name: str, sentences: Sequence[str]) -> dg.AssetCheckResult:
    """Answer a check that informs and never blocks.

    Parameters
    ----------
    name : str
        The check.
    sentences : sequence of str
        What should be looked at.

    Returns
    -------
    dagster.AssetCheckResult
    """
    return dg.AssetCheckResult(
        check_name=name,
        passed=not sentences,
        severity=dg.AssetCheckSeverity.WARN,
        description="\n".join(sentences) or None,
        metadata={"n_warnings": len(sentences)},
    )


def report_requirement(name: str, broken: Sequence[str]) -> dg.AssetCheckResult:
    """Answer a blocking check on a result of ours.

    Parameters
    ----------
    name : str
        The check.
    broken : sequence of str
        What does not hold; empty if all does.

    Returns
    -------
    dagster.AssetCheckResult
    """
    return dg.AssetCheckResult(
        check_name=name, passed=not broken, description="\n".join(broken) or None
    )


def report_verdict(verdict: Verdict, numbers: dict[str, float]) -> list[dg.AssetCheckResult]:
    """Answer the checks on a fit, from the same verdict that the gate goes by.

    Parameters
    ----------
    verdict : Verdict
        Of the fit.
    numbers : dict of str to float
        What was measured, plotted over refits by the UI.

    Returns
    -------
    list of dagster.AssetCheckResult
        One for each of the gate's checks.
    """
    return [
        dg.AssetCheckResult(
            check_name=name,
            passed=name not in verdict.failures,
            description=verdict.failures.get(name),
            metadata=dict(numbers) if name == "rhat" else {},
        )
        for name in CHECKS
    ]
