"""The report's sections on evidence: one for each asset that gives some."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mmm_pipeline.decision.standing import sum_up_spend
from mmm_pipeline.evidence.backtest import assess_backtest, list_notes
from mmm_pipeline.evidence.prior_sensitivity import list_leanings
from mmm_pipeline.evidence.scores import summarize_scores
from mmm_pipeline.evidence.sensitivity import list_fragilities
from mmm_pipeline.evidence.stability import find_unstable
from mmm_pipeline.insight.disaggregation import find_gaps
from mmm_pipeline.insight.periods import ALL, pick_whole
from mmm_pipeline.report import figures
from mmm_pipeline.report.page import list_records
from mmm_pipeline.report.style import encode_svg

MOST_ENTITIES = 10
"""Entities of a channel that are shown, the largest."""


@dataclass(frozen=True)
class Kind:
    """How the evidence of one asset is shown; its words stand in ``templates/evidence/``.

    Attributes
    ----------
    title : str
        In the table of contents.
    figures : mapping of str to callable
        Draws of the asset's table, by the name the template calls them.
    rows : callable
        Makes the rows that are shown of the asset's table; all, by default.
    words : callable
        Says of the asset's table what should be known; nothing, by default.
    """

    title: str
    figures: Mapping[str, Callable[[pd.DataFrame], Figure]]
    rows: Callable[[pd.DataFrame], pd.DataFrame] = lambda table: table
    words: Callable[[pd.DataFrame], Sequence[str]] = lambda _: ()


@dataclass(frozen=True)
class Section:
    """A section of the report, ready for its template.

    Attributes
    ----------
    name : str
        Of the asset, of the template and of the anchor.
    title : str
        In the table of contents.
    rows : list of dict
        Of the asset's table, as the kind makes them.
    facts : mapping of str to object
        Its attributes.
    figures : mapping of str to str
        Images, as data addresses.
    words : sequence of str
        Sentences.
    """

    name: str
    title: str
    rows: list[dict[str, Any]]
    facts: Mapping[str, Any]
    figures: Mapping[str, str]
    words: Sequence[str]


def _list_spend(table: pd.DataFrame) -> pd.DataFrame:
    """List what was planned and spent by the plan that is spoken of."""
    return sum_up_spend(table[table["plan_id"] == table.attrs["shown"]])


def _list_entities(table: pd.DataFrame) -> pd.DataFrame:
    """List the largest entities of the whole window, all cells together."""
    whole = pick_whole(table[table["grain"] == ALL], table.attrs["cells"])
    parts = [
        rows.nlargest(MOST_ENTITIES, "share") for _, rows in whole.groupby("channel", sort=False)
    ]
    return pd.concat(parts)


def _list_gaps(table: pd.DataFrame) -> Sequence[str]:
    """Say which channels their entities do not make up, the worst first."""
    gaps = find_gaps(table)
    return (*gaps["error"], *gaps["warning"])


KINDS = {
    "budget_frontier": Kind("Other budgets", {"frontier": figures.draw_frontier}),
    "disaggregated_results": Kind("Within channels", {}, _list_entities, _list_gaps),
    "plan_tracking": Kind(
        "Plan against actuals",
        {"tracking": figures.draw_tracking},
        _list_spend,
        lambda table: (*table.attrs["stale"], *table.attrs["words"]),
    ),
    "effect_evidence": Kind("Effects", {}),
    "calibration": Kind("Experiments", {"returns": figures.draw_calibration}),
    "backtest": Kind(
        "Backtest",
        {"forecasts": figures.draw_forecasts, "scores": figures.draw_scores},
        summarize_scores,
        lambda table: (*assess_backtest(table), *list_notes(table)),
    ),
    "stability": Kind("Stability", {"returns": figures.draw_stability}, words=find_unstable),
    "refit_drift": Kind("Against the promoted fit", {}),
    "response_backtest": Kind("Curves by period", {}),
    "predictive_checks": Kind("Predictive checks", {"replicates": figures.draw_replicates}),
    "leave_one_out": Kind("Leave one out", {"calibration": figures.draw_leave_one_out}),
    "prior_sensitivity": Kind("Belief or data", {}, words=list_leanings),
    "sensitivity": Kind(
        "Told otherwise", {"returns": figures.draw_sensitivity}, words=list_fragilities
    ),
}
"""All evidence that a report shows, in its order."""


def draw_sections(evidence: Mapping[str, pd.DataFrame]) -> dict[str, Figure]:
    """Draw every figure of the sections on evidence.

    Parameters
    ----------
    evidence : mapping of str to pandas.DataFrame
        By the name of the asset.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        By asset and figure, ``backtest_scores``; none of what has no row.
    """
    return {
        f"{name}_{one}": draw(evidence[name])
        for name, kind in KINDS.items()
        if len(evidence.get(name, ()))
        for one, draw in kind.figures.items()
    }


def build_sections(
    evidence: Mapping[str, pd.DataFrame], drawn: Mapping[str, Figure]
) -> list[Section]:
    """Make the sections on evidence.

    Parameters
    ----------
    evidence : mapping of str to pandas.DataFrame
        By the name of the asset.
    drawn : mapping of str to matplotlib.figure.Figure
        From `draw_sections`.

    Returns
    -------
    list of Section
    """
    return [
        Section(
            name,
            kind.title,
            list_records(kind.rows(evidence[name])),
            {str(key): value for key, value in evidence[name].attrs.items()},
            {
                one: encode_svg(drawn[f"{name}_{one}"])
                for one in kind.figures
                if f"{name}_{one}" in drawn
            },
            kind.words(evidence[name]),
        )
        for name, kind in KINDS.items()
        if name in evidence
    ]
