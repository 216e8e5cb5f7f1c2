"""A channel's contribution, split over its campaigns, creatives or publishers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.entities import UNMAPPED, choose_measure
from mmm_pipeline.insight.contributions import compute_contributions
from mmm_pipeline.insight.periods import ALL, Calendar, split_cells
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.insight.summary import summarize
from mmm_pipeline.model.features import stack

OK, WARNING = 0.01, 0.05
"""Share of a channel by which its entities may be off, and by which they may be off at most."""
TOLD = (ALL, "quarter")
"""What is told: the whole window, and each quarter."""
SLACK = 1e-9
"""Share of a channel's largest period below which what is not mapped is rounding."""


@dataclass(frozen=True)
class Reconciliation:
    """How well the entities of a channel make up the channel.

    Attributes
    ----------
    channel : str
        The channel.
    measure : {"spend", "exposure"}
        What was compared.
    gap : float
        What entities and channel differ by, over all periods and cells, as a share of the channel.
    word : {"ok", "warning", "error"}
        By the limits `OK` and `WARNING`.
    """

    channel: str
    measure: str
    gap: float
    word: str


def summarize_disaggregation(fit: ConvergedFit, records: pd.DataFrame) -> pd.DataFrame:
    """Split every channel of which entities are known over these.

    On each date and in each cell a channel's contribution is shared out by what its entities spent
    or showed, carried over with the mean weights of the channel. What the channel spent or showed
    beyond its entities is kept as `UNMAPPED`, a share of its own. The model knows of no entity:
    none is said to work better per unit than another of its channel.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    records : pandas.DataFrame
        From `mmm_pipeline.ingest.entities.validate_entities`.

    Returns
    -------
    pandas.DataFrame
        ``grain`` (`all`, then `quarter`), ``period``, ``start``, ``is_complete``, the panel's dims
        (each cell, then `ALL` of them), ``channel``, ``entity``, ``measure`` it is split by,
        ``amount`` of it, ``spend``, ``contribution`` and ``roas`` (target units per money, NaN
        where no spend is known), each with its 5-95 % interval, ``share`` of the channel's mean.
        Sums over the entities are the channel's, in every draw. Attributes: ``reconciliation``, a
        record per channel; ``left_out``, channels without entities; ``cells``, the panel's dims.
    """
    contributions = compute_contributions(fit).drop_vars("kind")
    lags = read_response(fit).weights.mean("sample")
    tables, found = [], []
    split = [name for name in fit.spec.media if name in set(records["channel"])]
    for channel in split:
        measure = choose_measure(fit.spec, records, channel)
        amounts = arrange_entities(fit, records, channel, measure)
        whole = fit.features.sel(channel=channel, drop=True)
        found.append(reconcile(channel, measure, amounts, whole[measure]))
        amounts = add_unmapped(amounts, whole[measure])
        shares = share_out(amounts, lags.sel(channel=channel, drop=True).to_numpy())
        contribution = contributions.sel(component=channel, drop=True)
        spend = add_unmapped(arrange_entities(fit, records, channel, "spend"), whole["spend"])
        spend = spend.reindex(entity=amounts["entity"], fill_value=0.0)
        tables.append(_tabulate(fit, contribution, shares, amounts, spend).assign(channel=channel))
        tables[-1]["measure"] = measure
    table = pd.concat(tables, ignore_index=True)
    cells = list(fit.spec.data.panel)
    first = ["grain", "period", "start", "is_complete", *cells, "channel", "entity", "measure"]
    table = table[[*first, *(column for column in table.columns if column not in first)]]
    table.attrs |= {
        "fit_id": fit.fit_id,
        "cells": cells,
        "reconciliation": [vars(one) for one in found],
        "left_out": [name for name in fit.spec.media if name not in split],
    }
    return table


def arrange_entities(
    fit: ConvergedFit, records: pd.DataFrame, channel: str, measure: str
) -> xr.DataArray:
    """Label what the entities of a channel spent or showed.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    records : pandas.DataFrame
        From `mmm_pipeline.ingest.entities.validate_entities`.
    channel, measure : str
        Which.

    Returns
    -------
    xarray.DataArray, dims ``(date, ..., entity)``
        0 where there is no record, or NaN where the measure is not delivered of all.
    """
    target = fit.features["target"]
    mine = records[records["channel"] == channel]
    keys = [*map(str, target.dims), "entity"]
    values: xr.DataArray = mine.set_index(keys)[measure].to_xarray()
    whole = values.reindex({dim: target[dim] for dim in target.dims})
    whole = whole.transpose(*target.dims, "entity")
    return whole if mine[measure].isna().any() else whole.fillna(0.0)


def reconcile(
    channel: str, measure: str, amounts: xr.DataArray, whole: xr.DataArray
) -> Reconciliation:
    """Hold what a channel's entities spent or showed against the channel.

    Parameters
    ----------
    channel, measure : str
        Which.
    amounts : xarray.DataArray, dims ``(date, ..., entity)``
        From `arrange_entities`.
    whole : xarray.DataArray, dims ``(date, ...)``
        The channel's, in the same unit.

    Returns
    -------
    Reconciliation
    """
    gap = float(abs(amounts.sum("entity") - whole).sum()) / (float(whole.sum()) or 1.0)
    word = "ok" if gap <= OK else "warning" if gap <= WARNING else "error"
    return Reconciliation(channel, measure, gap, word)


def add_unmapped(amounts: xr.DataArray, whole: xr.DataArray) -> xr.DataArray:
    """Add what a channel spent or showed beyond its entities.

    Parameters
    ----------
    amounts : xarray.DataArray, dims ``(date, ..., entity)``
        From `arrange_entities`.
    whole : xarray.DataArray, dims ``(date, ...)``
        The channel's.

    Returns
    -------
    xarray.DataArray, dims ``(date, ..., entity)``
        With `UNMAPPED` last, unless all is mapped.
    """
    rest = (whole - amounts.sum("entity", skipna=False)).clip(min=0.0)
    rest = rest.where(rest > SLACK * float(whole.max()), 0.0)
    if UNMAPPED in amounts["entity"].to_numpy():
        rest = rest + amounts.sel(entity=UNMAPPED, drop=True)
        amounts = amounts.drop_sel(entity=UNMAPPED)
    if not (rest > 0).any():
        return amounts
    parts = {str(name): amounts.sel(entity=name) for name in amounts["entity"].to_numpy()}
    return stack(parts | {UNMAPPED: rest}, "entity").transpose(*amounts.dims)


def share_out(amounts: xr.DataArray, weights: np.ndarray) -> xr.DataArray:
    """Compute each entity's share in what its channel brings, date by date and cell by cell.

    Parameters
    ----------
    amounts : xarray.DataArray, dims ``(date, ..., entity)``
        Not negative.
    weights : numpy.ndarray, shape (lags,)
        Of the channel's carry-over.

    Returns
    -------
    xarray.DataArray, dims ``(date, ..., entity)``
        Adding up to 1 over the entities: in the ratio of what is carried over, equal where nothing
        is.
    """
    carried = xr.zeros_like(amounts)
    for lag, weight in enumerate(weights[: amounts.sizes["date"]]):
        carried = carried + weight * amounts.shift(date=lag, fill_value=0.0)
    total = carried.sum("entity")
    return (carried / total.where(total > 0)).fillna(1 / amounts.sizes["entity"])


def find_gaps(table: pd.DataFrame) -> dict[str, list[str]]:
    """Say which channels their entities do not make up.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_disaggregation`.

    Returns
    -------
    dict of str to list of str
        Sentences, by ``warning`` and ``error``.
    """
    found: dict[str, list[str]] = {"warning": [], "error": []}
    for one in table.attrs["reconciliation"]:
        if one["word"] != "ok":
            limit = OK if one["word"] == "warning" else WARNING
            found[one["word"]].append(
                f"Entities of {one['channel']} are {one['gap']:.1%} off the channel's "
                f"{one['measure']} (at most {limit:.0%}); see which records are missing, or twice"
            )
    return found


def _tabulate(
    fit: ConvergedFit,
    contribution: xr.DataArray,
    shares: xr.DataArray,
    amounts: xr.DataArray,
    spend: xr.DataArray,
) -> pd.DataFrame:
    """Tell the totals of a channel's entities, of the window and of each quarter."""
    calendar, cells = Calendar.of(fit.features), list(fit.spec.data.panel)
    is_known = bool(spend.notnull().all())  # noqa: PD004  # of xarray
    tables = []
    for grain in TOLD:
        names = shares["entity"].to_numpy()
        parts = [
            calendar.add_up(contribution * shares.sel(entity=name, drop=True), grain)
            for name in names
        ]
        earned = stack(dict(zip(map(str, names), parts, strict=True)), "entity")
        spent, shown = (calendar.add_up(one, grain) for one in (spend, amounts))
        for total, money, amount in zip(
            *(split_cells(one, cells) for one in (earned, spent, shown)), strict=True
        ):
            mean = summarize(total, "contribution")["contribution"]
            columns = [
                money.where(is_known).rename("spend"),
                amount.rename("amount"),
                summarize(total, "contribution"),
                (mean / mean.sum("entity")).rename("share"),
                summarize(total / money.where(is_known & (money > 0)), "roas"),
            ]
            whole = xr.merge([one.reset_coords(drop=True) for one in columns], join="exact")
            table = whole.to_dataframe(dim_order=["start", *cells, "entity"]).reset_index()
            tables.append(calendar.label(table, grain))
    return pd.concat(tables, ignore_index=True)
