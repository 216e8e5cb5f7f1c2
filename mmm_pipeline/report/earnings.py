"""Numbers of the report on what was earned: by year, up to which spend, in which order."""

from dataclasses import dataclass

import pandas as pd

from mmm_pipeline.insight.periods import pick_whole
from mmm_pipeline.insight.summary import OVERLAP
from mmm_pipeline.report.facts import ReportInputs
from mmm_pipeline.report.rates import choose_rate
from mmm_pipeline.spec import ModelSpec

BASE_FIRST = ("intercept", "trend", "seasonality")
"""Parts of the baseline that a sum begins with."""
type Cell = tuple[float, float, float]


@dataclass(frozen=True)
class Years:
    """Returns by year.

    Attributes
    ----------
    names : list of str
        Years, with a star where the data do not hold the whole of one.
    rows : list of tuple
        Of each channel: its name, and mean and interval of each year.
    """

    names: list[str]
    rows: list[tuple[str, list[Cell]]]


def tabulate_years(periods: pd.DataFrame, spec: ModelSpec) -> Years:
    """Set the returns of the years side by side.

    Parameters
    ----------
    periods : pandas.DataFrame
        From `mmm_pipeline.insight.by_period.summarize_returns_by_period`.
    spec : ModelSpec
        The model.

    Returns
    -------
    Years
        Of all cells of a panel together.
    """
    rows = pick_whole(periods[periods["grain"] == "year"], list(spec.data.panel))
    years = rows.drop_duplicates("period")
    pairs = zip(years["period"], years["is_complete"], strict=True)
    names = [period if is_whole else f"{period}*" for period, is_whole in pairs]
    rate, told = choose_rate(spec.data), []
    for channel in spec.bought_media:
        cells = rate.take(rows[rows["channel"] == channel]).itertuples(index=False, name=None)
        told.append((channel, [(mean, low, high) for mean, low, high in cells]))
    return Years(names, told)


def find_breakevens(inputs: ReportInputs) -> dict[str, float]:
    """Find up to which spend per period each channel's next unit of money comes back.

    Parameters
    ----------
    inputs : ReportInputs
        The report's.

    Returns
    -------
    dict of str to float
        Of the channels for which it is known.
    """
    known = inputs.advice.table.dropna(subset="breakeven_spend").set_index("channel")
    return {str(name): float(spend) for name, spend in known["breakeven_spend"].items()}


def order_waterfall(shares: pd.DataFrame) -> pd.DataFrame:
    """Order the components for a sum: the baseline's parts, the channels, then their overlap.

    Parameters
    ----------
    shares : pandas.DataFrame
        ``component, kind, total``, media first, then their overlap.

    Returns
    -------
    pandas.DataFrame
    """
    is_media = shares["kind"].isin(["media", OVERLAP])
    base = shares[~is_media].sort_values(
        "component", key=lambda names: ~names.isin(BASE_FIRST), kind="stable"
    )
    return pd.concat([base, shares[is_media]])
