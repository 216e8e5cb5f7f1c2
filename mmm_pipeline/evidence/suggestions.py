"""What the residuals ask for, in the words of the spec."""

from collections.abc import Iterator

import pandas as pd

from mmm_pipeline.errors import shorten
from mmm_pipeline.evidence.quality import LIMITS
from mmm_pipeline.evidence.residuals import (
    Run,
    add_up_cells,
    find_remarkable_runs,
    measure_patterns,
)
from mmm_pipeline.spec import ModelSpec

STANDS_OUT = 4.0
"""Robust standard deviations from which on a single period stands out."""
N_OUTLIERS = 3
"""Periods that stand out from which on the noise is of another kind."""
RECURS = 3.3
"""Standard errors by which a month must be missed in the mean: one in 100 for 12 months."""
MAX_EVENTS = 5
"""Windows, or days, that are suggested at most."""
NORMAL_MAD = 1.4826
"""Standard deviation of a normal over its median absolute deviation."""
MORE_FLEXIBLE = {"none": "linear", "linear": "piecewise", "piecewise": "spline", "spline": "hsgp"}
"""The trend to try after another."""


def suggest_changes(table: pd.DataFrame, spec: ModelSpec) -> tuple[str, ...]:
    """Say what would take the pattern out of the residuals.

    Events act on all cells of a panel alike, so they are looked for in the cells' sum.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.fit.summarize_fit`.
    spec : ModelSpec
        The model.

    Returns
    -------
    tuple of str
        A sentence each, settings in backticks. A suggestion is a question to whoever knows the
        business: an event without a reason only paints over what is missing.
    """
    total = add_up_cells(table)
    runs = find_remarkable_runs(total)
    patterns = measure_patterns(table).mean()
    return (
        *_suggest_windows(runs),
        *_suggest_months(total, spec),
        *_suggest_days(total, runs, spec),
        *_suggest_trend(patterns, spec),
        *_suggest_link(patterns, table, spec),
    )


def _suggest_windows(runs: list[Run]) -> Iterator[str]:
    """Ask what was on where the model is wrong for long."""
    strongest = sorted(runs, key=lambda run: abs(run.strength), reverse=True)[:MAX_EVENTS]
    for run in sorted(strongest, key=lambda run: run.start):
        start, end = f"{run.start:%Y-%m-%d}", f"{run.end:%Y-%m-%d}"
        by = f" by {abs(run.share):.0%}" if abs(run.share) >= 0.005 else ""
        yield (
            f"{start} to {end} ({run.length} periods) is {run.direction}{by}: if something was "
            f"on, name it, `events: {{name: [{{start: {start}, end: {end}}}]}}`"
        )


def _suggest_months(total: pd.DataFrame, spec: ModelSpec) -> Iterator[str]:
    """Find months that are missed alike in every year."""
    residual, dates = total["residual"], total["date"].dt
    error = float(residual.std(ddof=0))
    for month, part in residual.groupby(dates.month):
        years = part.groupby(dates.year[part.index])
        strength = years.mean() * years.size() ** 0.5
        is_alike = bool((strength > error).all() or (strength < -error).all())
        is_strong = abs(part.mean()) * len(part) ** 0.5 > RECURS * error
        if len(years) > 1 and is_alike and is_strong:
            what = "underestimated" if part.mean() > 0 else "overestimated"
            name = f"{pd.Timestamp(2000, int(str(month)), 1):%B}"
            yield (
                f"{name} is {what} in every year: `events: {{{name.lower()}: {{months: [{month}]"
                f"}}}}`{_suggest_waves(spec)}"
            )


def _suggest_waves(spec: ModelSpec) -> str:
    """Name the other way to a finer season."""
    yearly = spec.seasonality.yearly
    return f", or `seasonality: {{yearly: {yearly + 2}}}`" if yearly <= 8 else ""


def _suggest_days(total: pd.DataFrame, runs: list[Run], spec: ModelSpec) -> Iterator[str]:
    """Find single periods that stand out, and noise that is made of such."""
    residual = total["residual"]
    center = residual.median()
    spread = NORMAL_MAD * (residual - center).abs().median()
    stands_out = (residual - center).abs() > STANDS_OUT * spread
    for run in runs:
        stands_out &= ~total["date"].between(run.start, run.end)
    found = total[stands_out & (residual != 0)]
    if len(found) and spec.likelihood == "normal" and len(found) >= N_OUTLIERS:
        yield f"{len(found)} periods stand out: `likelihood: student_t` forgives them"
    for row in found.head(MAX_EVENTS).itertuples():
        day = f"{row.date:%Y-%m-%d}"
        what = "underestimated" if float(row.residual) > 0 else "overestimated"  # type: ignore[arg-type]
        yield (
            f"{day} stands out, {what}: if something was on, `events: {{name: [{day}]}}`; if the "
            "number is wrong, have it corrected"
        )


def _suggest_trend(patterns: pd.Series, spec: ModelSpec) -> Iterator[str]:
    """Ask for a baseline that can follow."""
    more = MORE_FLEXIBLE.get(spec.trend)
    other = f"`trend: {more}`" if more else "a control that explains it"
    if abs(patterns["drift"]) > LIMITS["drift"]:
        yield f"Residuals drift with time: {other}"
    elif patterns["autocorrelation"] > LIMITS["autocorrelation"]:
        ways = [f"{other}", "a control that is missing"] if more else [other]
        yield f"Residuals follow each other, so something that lasts is missing: {shorten(ways)}"


def _suggest_link(patterns: pd.Series, table: pd.DataFrame, spec: ModelSpec) -> Iterator[str]:
    """Ask for another link where the noise grows or shrinks with the target."""
    found, lowest = patterns["heteroscedasticity"], table["observed"].min()
    if spec.link == "identity" and found > LIMITS["heteroscedasticity"] and lowest >= 0:
        link = "log" if lowest > 0 else "log1p"
        yield f"Residuals grow with the target: `link: {link}` takes them for shares of it"
    if spec.link != "identity" and found < -LIMITS["heteroscedasticity"]:
        yield "Residuals shrink as the target grows: `link: identity` takes them for amounts"
