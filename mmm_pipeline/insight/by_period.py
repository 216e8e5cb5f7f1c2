"""What came from where, and what was earned, in totals of weeks, months, quarters, years."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.carryover import measure_carried_over
from mmm_pipeline.insight.contributions import (
    compute_contributions,
    compute_together,
    name_kind,
)
from mmm_pipeline.insight.periods import ALL, Calendar, split_cells
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.insight.summary import OVERLAP, SAMPLE_DIMS, invert, summarize
from mmm_pipeline.model.features import stack
from mmm_pipeline.spec import ModelSpec

RETURN_GRAINS = ("quarter", "year", ALL)
"""Periods that are long enough for a return: what a period's money brings, it brings later too."""
BASELINE = "baseline"
"""Group of all that is not media."""
NO_GROUPS = (BASELINE, OVERLAP)


def summarize_contributions_by_period(fit: ConvergedFit) -> pd.DataFrame:
    """Tabulate the decomposition in totals of every calendar period.

    Intervals are those of the totals' own draws; those of their parts do not add up.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        ``grain`` (every one coarser than that of the data, and, of groups, that too), ``period``,
        ``start``, ``is_complete`` (False where the data hold a part of the period only), the
        panel's dims (each cell, then `ALL` of them), ``level`` (`component`, or `group`: a
        channel's group, or its kind where it has none, and the baseline), ``name``, ``kind``
        (a component's, or `media` and `baseline` of groups); ``contribution``
        (target units), ``share`` of the period's fitted target, and for media ``carried_over``,
        the part of the contribution that exposure of earlier dates still brought; each with its
        5-95 % interval, ``_lower`` and ``_upper``. Where terms multiply, a group's contribution is
        what its channels brought together, and the level's `OVERLAP` is that between groups.
    """
    spec, calendar = fit.spec, Calendar.of(fit.features, fit.spec.data.week_start)
    cells = list(spec.data.panel)
    contribution = compute_contributions(fit).drop_vars("kind")
    carried = _carry_over(fit, contribution)
    levels = _list_levels(spec, [str(name) for name in contribution["component"].to_numpy()])
    if OVERLAP in levels["component"]:
        contribution, carried = _split_overlap(fit, contribution, carried, levels)
    tables = []
    for grain in calendar.list_grains():
        totals = [calendar.add_up(values, grain) for values in (contribution, carried)]
        for whole, lasting in zip(*(split_cells(one, cells) for one in totals), strict=True):
            for level, members in levels.items():
                if level == "group" or grain != calendar.grain:  # Components are told by date.
                    table = _tabulate(whole, lasting, members)
                    table.insert(0, "level", level)
                    tables.append(calendar.label(table, grain))
    table = pd.concat(tables, ignore_index=True)
    first = ["grain", "period", "start", "is_complete", *cells, "level", "name"]
    table = table[[*first, *(column for column in table.columns if column not in first)]]
    kinds = {
        "component": {name: name_kind(name, spec) for name in levels["component"]},
        "group": {OVERLAP: OVERLAP}
        | {media.counted_under: "media" for media in spec.media.values()},
    }
    pairs = zip(table["level"], table["name"], strict=True)
    table.insert(len(first), "kind", [kinds[level].get(name, BASELINE) for level, name in pairs])
    table.attrs["fit_id"] = fit.fit_id
    return table


def summarize_returns_by_period(fit: ConvergedFit) -> pd.DataFrame:
    """Tabulate what each channel earned on its spend in every quarter and year, and in all.

    What a period's media brought, over what was spent in it: some of it was spent in the period
    before, and some of what it brings comes in the next, which evens out where spend is steady.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        ``grain`` (`quarter`, `year`, and `ALL`, the whole window), ``period``, ``start``,
        ``is_complete``, the panel's dims (each cell, then `ALL` of them), ``channel``, ``spend``,
        ``contribution`` and ``roas`` (with ``data.kpi: count`` ``cost_per_target``), each with its
        5-95 % interval. NaN where nothing was spent, and of a cost where nothing
        came of it.
    """
    spec, calendar = fit.spec, Calendar.of(fit.features, fit.spec.data.week_start)
    bought, cells = spec.bought_media, list(spec.data.panel)
    earned = compute_contributions(fit).sel(component=bought).rename(component="channel")
    earned, spent = earned.drop_vars("kind"), fit.features["spend"].sel(channel=bought)
    tables = []
    for grain in RETURN_GRAINS:
        totals = [calendar.add_up(values, grain) for values in (earned, spent)]
        for contribution, spend in zip(*(split_cells(t, cells) for t in totals), strict=True):
            rate = summarize(contribution / spend.where(spend > 0), "roas")
            columns: list[xr.Dataset | xr.DataArray] = [
                spend.rename("spend"),
                summarize(contribution, "contribution"),
                invert(rate, "roas", "cost_per_target") if spec.data.kpi == "count" else rate,
            ]
            whole = xr.merge([column.reset_coords(drop=True) for column in columns])
            table = whole.to_dataframe(dim_order=["start", *cells, "channel"])
            tables.append(calendar.label(table.reset_index(), grain))
    table = pd.concat(tables, ignore_index=True)
    table.attrs["fit_id"] = fit.fit_id
    return table


def _carry_over(fit: ConvergedFit, contribution: xr.DataArray) -> xr.DataArray:
    """Compute what earlier exposure brought of each channel's contribution, in the same draws."""
    response, n_draws = read_response(fit), fit.posterior.sizes["draw"]
    kept = np.flatnonzero(np.isin(fit.posterior["draw"], contribution["draw"]))
    places = (np.arange(contribution.sizes["chain"])[:, None] * n_draws + kept).ravel()
    response = response.take(places)
    share = measure_carried_over(response, response.weigh_past(fit.features))
    labels = [contribution[dim].to_numpy() for dim in SAMPLE_DIMS]
    index = pd.MultiIndex.from_product(labels, names=SAMPLE_DIMS)
    counted = xr.Coordinates.from_pandas_multiindex(index, "sample")
    share = share.reset_coords(drop=True).assign_coords(counted).unstack("sample")  # noqa: PD010
    share = share.rename(channel="component")
    carried: xr.DataArray = share * contribution.sel(component=share["component"])
    return carried


def _list_levels(spec: ModelSpec, components: list[str]) -> dict[str, dict[str, list[str]]]:
    """List what is told: every component by itself, and every group with its members."""
    groups: dict[str, list[str]] = {}
    for name in components:
        group = spec.media[name].counted_under if name in spec.media else BASELINE
        group = OVERLAP if name == OVERLAP else group
        groups.setdefault(group, []).append(name)
    return {"component": {name: [name] for name in components}, "group": groups}


def _split_overlap(
    fit: ConvergedFit,
    contribution: xr.DataArray,
    carried: xr.DataArray,
    levels: dict[str, dict[str, list[str]]],
) -> tuple[xr.DataArray, xr.DataArray]:
    """Take the overlap apart into that within each group, which its sum needs, and the rest.

    What is carried over of a group is the part of it that is carried over of its channels.
    """
    within, lasting = {}, {}
    groups = {name: some for name, some in levels["group"].items() if name not in NO_GROUPS}
    for group, channels in groups.items():
        alone, later = contribution.sel(component=channels), carried.sel(component=channels)
        overlap = compute_together(fit, channels) - alone.sum("component")
        size = abs(alone).sum("component")
        part = (abs(later).sum("component") / size.where(size > 0)).fillna(0.0)
        name = f"{OVERLAP} within {group}"
        within[name], lasting[name] = overlap, part * overlap
        levels["component"][OVERLAP].append(name)
        levels["group"][group] = [*channels, name]
    between = contribution.sel(component=OVERLAP, drop=True) - sum(within.values())
    if len(groups) == 1:
        del levels["group"][OVERLAP]
    parts = [
        contribution.drop_sel(component=OVERLAP),
        stack({OVERLAP: between, **within}, "component"),
    ]
    return (
        xr.concat(parts, "component"),
        xr.concat([carried, stack(lasting, "component")], "component"),
    )


def _tabulate(
    contribution: xr.DataArray, carried: xr.DataArray, members: dict[str, list[str]]
) -> pd.DataFrame:
    """Sum up draws, one row per period, cell and name; nothing is carried over of the baseline."""
    whole = contribution.sum("component")
    totals = _bring_together(contribution, members)
    channels = set(carried["component"].to_numpy())
    media = {name: some for name, some in members.items() if channels >= set(some)}
    columns = [
        summarize(totals, "contribution"),
        summarize(totals / whole.where(whole != 0), "share"),
        summarize(_bring_together(carried, media), "carried_over").reindex(name=list(members)),
    ]
    order = [str(dim) for dim in whole.dims if dim not in SAMPLE_DIMS]
    table: pd.DataFrame = xr.merge(columns).to_dataframe(dim_order=[*order, "name"])
    return table.reset_index()


def _bring_together(values: xr.DataArray, members: dict[str, list[str]]) -> xr.DataArray:
    """Add up the members of each name."""
    if all(some == [name] for name, some in members.items()):
        return values.sel(component=list(members)).rename(component="name")
    parts = {name: values.sel(component=some).sum("component") for name, some in members.items()}
    return stack(parts, "name")
