"""The asset checks: which there are, and what feeds them.

Limits and rules belong to the rooms; a check only passes on what they found.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from mmm_pipeline.errors import Problem
from mmm_pipeline.gate import Verdict
from mmm_pipeline.gate.verdict import CHECKS
from mmm_pipeline.ingest.rules import RULES, Rule, Severity
from mmm_pipeline.lineage.failures import tabulate_offences

SEVERITIES: dict[Severity, dg.AssetCheckSeverity] = {
    "error": dg.AssetCheckSeverity.ERROR,
    "warning": dg.AssetCheckSeverity.WARN,
    "info": dg.AssetCheckSeverity.WARN,
}
"""In Dagster's words; an information passes its check, and says its sentence there."""


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


def specify_rules(key: dg.AssetKey, rules: Sequence[Rule]) -> list[dg.AssetCheckSpec]:
    """Declare a check for each rule about data.

    Parameters
    ----------
    key : dagster.AssetKey
        The asset.
    rules : sequence of Rule
        An error blocks what lies downstream.

    Returns
    -------
    list of dagster.AssetCheckSpec
    """
    errors = {rule.code: rule.description for rule in rules if rule.severity == "error"}
    others = {rule.code: rule.description for rule in rules if rule.severity != "error"}
    return [*specify(key, errors, blocking=True), *specify(key, others, blocking=False)]


def report_rules(
    problems: Sequence[Problem], rules: Sequence[Rule] | None = None
) -> Iterator[dg.AssetCheckResult]:
    """Answer the checks that rules about data are.

    Parameters
    ----------
    problems : sequence of Problem
        Everything that was found.
    rules : sequence of Rule, optional
        All that were looked at; those that are broken, if not given: what comes after the first
        breach may not have been looked at.

    Yields
    ------
    dagster.AssetCheckResult
        With the table of offending rows.
    """
    by_code: dict[str, list[Problem]] = {}
    for problem in problems:
        by_code.setdefault(problem.code, []).append(problem)
    for rule in rules if rules is not None else [r for r in RULES if r.code in by_code]:
        yield report_problems(rule.code, by_code.get(rule.code, []), rule.severity)


def report_problems(
    name: str, problems: Sequence[Problem], severity: Severity = "error"
) -> dg.AssetCheckResult:
    """Answer a check on data.

    Parameters
    ----------
    name : str
        The check.
    problems : sequence of Problem
        Everything that was found.
    severity : {"error", "warning", "info"}
        What a problem is; with an information the check passes, and says it.

    Returns
    -------
    dagster.AssetCheckResult
        With the table of offending rows.
    """
    return dg.AssetCheckResult(
        check_name=name,
        passed=not problems or severity == "info",
        severity=SEVERITIES[severity],
        description="\n".join(problem.message for problem in problems) or None,
        metadata={"n_problems": len(problems), **tabulate_offences(problems)},
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


def report_requirement(
    name: str, broken: Sequence[str], **metadata: dg.MetadataValue[Any]
) -> dg.AssetCheckResult:
    """Answer a check on a result of ours.

    Parameters
    ----------
    name : str
        The check.
    broken : sequence of str
        What does not hold; empty if all does.
    **metadata : dagster.MetadataValue
        What else is shown there.

    Returns
    -------
    dagster.AssetCheckResult
    """
    return dg.AssetCheckResult(
        check_name=name,
        passed=not broken,
        description="\n".join(broken) or None,
        metadata=metadata,
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
