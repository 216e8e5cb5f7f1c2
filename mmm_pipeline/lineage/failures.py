"""How an error of ours becomes a failed step: one clear message, nothing chained."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg

from mmm_pipeline.errors import DataError, MMMPipelineError, Problem
from mmm_pipeline.spec import SettingLocation

SHOWN_OFFENCES = 100
"""Rows of a table of offenders in the UI."""


@contextmanager
def told_clearly(location: SettingLocation | None) -> Iterator[None]:
    """Turn an error raised on purpose into `dagster.Failure`; let our own bugs crash.

    Parameters
    ----------
    location : SettingLocation or None
        Where the spec stands, to point at its lines.

    Raises
    ------
    dagster.Failure
        Never retried: the same input fails again.
    """
    try:
        yield
    except DataError as error:
        raise fail_on(error.problems, location) from None
    except MMMPipelineError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def fail_on(problems: Sequence[Problem], location: SettingLocation | None) -> dg.Failure:
    """Put problems with the data into one failure.

    Parameters
    ----------
    problems : sequence of Problem
        At least one.
    location : SettingLocation or None
        Where the spec stands.

    Returns
    -------
    dagster.Failure
        One line for each problem, and the table of offenders.
    """
    lines = [tell_problem(problem, location) for problem in problems]
    return dg.Failure("\n".join(lines), metadata=tabulate_offences(problems), allow_retries=False)


def tell_problem(problem: Problem, location: SettingLocation | None) -> str:
    """Write a problem's message, behind the line of the spec where that is the place to look.

    Parameters
    ----------
    problem : Problem
        What is wrong.
    location : SettingLocation or None
        Where the spec stands.

    Returns
    -------
    str
    """
    if location is None or not problem.is_of_spec:
        return problem.message
    return f"{location.locate(problem.setting)}: {problem.message}"


def tabulate_offences(problems: Sequence[Problem]) -> dict[str, dg.TableMetadataValue]:
    """List the offending cells for the UI.

    Parameters
    ----------
    problems : sequence of Problem
        What is wrong.

    Returns
    -------
    dict
        ``offending_rows``: rule, date, cell of a panel, column, value; empty where none is to
        blame.
    """
    offences = [(problem.code, one) for problem in problems for one in problem.offences]
    has_cells = any(one.cell for _, one in offences)
    records = [
        dg.TableRecord(
            {"rule": code, "date": one.date}
            | ({"cell": one.cell} if has_cells else {})
            | {"column": one.column, "value": one.value}
        )
        for code, one in offences[:SHOWN_OFFENCES]
    ]
    if not records:
        return {}
    return {"offending_rows": dg.MetadataValue.table(records)}
