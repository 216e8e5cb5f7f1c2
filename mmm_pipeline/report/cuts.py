"""Numbers of the report in other cuts: at once or later, by quarter, by cell, by rank."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.by_period import BASELINE
from mmm_pipeline.insight.contributions import compute_together
from mmm_pipeline.insight.periods import ALL, pick_whole
from mmm_pipeline.insight.summary import LOWER, SAMPLE_DIMS, UPPER, Summary, invert, summarize
from mmm_pipeline.report.page import label_cells, list_records
from mmm_pipeline.spec import ModelSpec

MOST_CELLS = 12
"""Cells that are drawn, the largest."""


@dataclass(frozen=True)
class Quarters:
    """What came of each channel in each quarter.

    Attributes
    ----------
    names : list of str
        Channels, and the baseline.
    rows : list of tuple
        The quarter, with a star where the data do not hold the whole of it, and target units of
        each name.
    """

    names: list[str]
    rows: list[tuple[str, list[float]]]


def tabulate_carried_over(by_period: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Part what each channel brought over the window by when it was shown.

    Parameters
    ----------
    by_period : pandas.DataFrame
        From `mmm_pipeline.insight.by_period.summarize_contributions_by_period`.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
        ``channel, at_once, carried_over``: target units, posterior means that add up to the
        contribution, in the order of the spec.
    """
    is_told = (by_period["grain"] == "year") & (by_period["level"] == "component")
    years = pick_whole(by_period[is_told & (by_period["kind"] == "media")], list(spec.data.panel))
    totals = years.groupby("name")[["contribution", "carried_over"]].sum().loc[list(spec.media)]
    totals["at_once"] = totals["contribution"] - totals["carried_over"]
    table = totals.rename_axis("channel").reset_index()
    return table[["channel", "at_once", "carried_over"]]


def tabulate_quarters(by_period: pd.DataFrame, spec: ModelSpec) -> Quarters:
    """Set what came of every channel in every quarter side by side.

    Parameters
    ----------
    by_period : pandas.DataFrame
        From `mmm_pipeline.insight.by_period.summarize_contributions_by_period`.
    spec : ModelSpec
        The model.

    Returns
    -------
    Quarters
        Of all cells of a panel together.
    """
    rows = pick_whole(by_period[by_period["grain"] == "quarter"], list(spec.data.panel))
    is_channel = (rows["level"] == "component") & (rows["kind"] == "media")
    is_baseline = (rows["level"] == "group") & (rows["name"] == BASELINE)
    names = [*spec.media, BASELINE]
    told = []
    for period, one in rows[is_channel | is_baseline].groupby("period", sort=False):
        amounts = one.set_index("name")["contribution"]
        star = "" if one["is_complete"].all() else "*"
        told.append((f"{period}{star}", [float(amounts[name]) for name in names]))
    return Quarters(names, told)


def tabulate_worth(returns: Summary, spec: ModelSpec) -> list[dict[str, Any]]:
    """Tell of every channel that is bought its place, its profit, and what is left to gain.

    Parameters
    ----------
    returns : Summary
        From `mmm_pipeline.insight.returns.summarize_returns`.
    spec : ModelSpec
        The model.

    Returns
    -------
    list of dict
        The row of the returns, with ``rank`` by return, the median over the draws, and its 5-95 %
        interval ``rank_lower, rank_upper``; the best first.
    """
    if not spec.bought_media:
        return []
    bought = spec.bought_media
    known = returns.draws["roas"].sel(channel=bought).transpose(..., "channel")
    order = np.argsort(-known.to_numpy(), axis=-1, kind="stable")
    places = known.copy(data=1 + np.argsort(order, axis=-1, kind="stable"))
    bounds = places.quantile([0.5, LOWER, UPPER], SAMPLE_DIMS, method="nearest")
    names = {"rank": 0.5, "rank_lower": LOWER, "rank_upper": UPPER}
    told = pd.DataFrame(
        {name: bounds.sel(quantile=level).to_series() for name, level in names.items()}
    )
    table = returns.table.set_index("channel").loc[bought]
    rows = table.join(told).sort_values(["rank", "rank_upper"]).reset_index()
    return list_records(rows)


def tabulate_spend_shares(returns: Summary, spec: ModelSpec) -> pd.DataFrame:
    """Set each channel's share of the money beside its share of what the money brought.

    Parameters
    ----------
    returns : Summary
        From `mmm_pipeline.insight.returns.summarize_returns`.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
        ``channel, spend_share, share, share_lower, share_upper``: fractions of all that is bought.
    """
    bought = spec.bought_media
    earned = returns.draws["contribution"].sel(channel=bought)
    shares = summarize(earned / earned.sum("channel"), "share")
    table = shares[["share", "share_lower", "share_upper"]].to_dataframe().reset_index()
    spend = returns.table.set_index("channel").loc[bought, "spend"]
    table.insert(1, "spend_share", (spend / (spend.sum() or np.nan)).to_numpy())
    return table[["channel", "spend_share", "share", "share_lower", "share_upper"]]


def tabulate_cells(fit: ConvergedFit, contributions: Summary) -> pd.DataFrame:
    """Tell of every cell of a panel what media brought there, and returned.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    contributions : Summary
        From `mmm_pipeline.insight.contributions.summarize_contributions`.

    Returns
    -------
    pandas.DataFrame
        ``cell`` (its labels), ``target`` (target units of the window), ``contribution`` of all
        own media, its ``share`` of the cell's fitted target, ``spend``, and ``rate``: target units
        per money of what is bought; draw by draw, with their 5-95 % intervals. With ``data.kpi:
        count`` the inverse of that, money per target unit, NaN where it is not above 0. The
        largest first. Empty without a panel.
    """
    spec, features = fit.spec, fit.features
    if not spec.data.panel:
        return pd.DataFrame()
    totals = contributions.draws["contribution"].sum("quarter")
    media, bought = (
        compute_together(fit, channels).sum("date")
        for channels in (spec.own_media, spec.bought_media)
    )
    spend = features["spend"].sum(["date", "channel"])
    parts: list[xr.Dataset | xr.DataArray] = [
        features["target"].sum("date").rename("target"),
        summarize(media, "contribution"),
        summarize(media / totals.sum("component"), "share"),
        spend.rename("spend"),
    ]
    rate = summarize(bought / spend.where(spend > 0), "rate")
    parts.append(invert(rate, "rate", "rate") if spec.data.kpi == "count" else rate)
    whole = xr.merge([part.reset_coords(drop=True) for part in parts], join="exact")
    table = whole.to_dataframe(dim_order=list(spec.data.panel)).reset_index()
    table.insert(0, "cell", label_cells(table, list(spec.data.panel)))
    return table.drop(columns=list(spec.data.panel)).sort_values("target", ascending=False)


def tabulate_cell_returns(
    periods: pd.DataFrame, spec: ModelSpec, shown: Sequence[str]
) -> pd.DataFrame:
    """Tell what every channel returned in some cells over the window.

    Parameters
    ----------
    periods : pandas.DataFrame
        From `mmm_pipeline.insight.by_period.summarize_returns_by_period`.
    spec : ModelSpec
        The model.
    shown : sequence of str
        Cells, from `tabulate_cells`.

    Returns
    -------
    pandas.DataFrame
        ``cell, channel, rate, rate_lower, rate_upper``, as of `tabulate_cells`; `ALL` cells last.
    """
    rows = periods[periods["grain"] == ALL].copy()
    rows["cell"] = label_cells(rows, list(spec.data.panel))
    together = pick_whole(rows, list(spec.data.panel)).assign(cell=ALL)
    table = pd.concat([rows[rows["cell"] == cell] for cell in shown] + [together])
    return rename_rate(table, spec)[["cell", "channel", "rate", "rate_lower", "rate_upper"]]


def rename_rate(table: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Call the return ``rate``, whatever it is.

    Parameters
    ----------
    table : pandas.DataFrame
        With ``roas`` or ``cost_per_target``, and bounds.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
    """
    word = "cost_per_target" if spec.data.kpi == "count" else "roas"
    return table.rename(columns={f"{word}{end}": f"rate{end}" for end in ("", "_lower", "_upper")})
