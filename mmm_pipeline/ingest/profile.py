"""What a validated frame holds, column by column, before anybody models it."""

from typing import Any

import pandas as pd
from scipy.stats import linregress

from mmm_pipeline.ingest.grain import detect_grain
from mmm_pipeline.ingest.quality.collinearity import correlate, inflate, list_drivers
from mmm_pipeline.ingest.roles import Role, list_roles
from mmm_pipeline.ingest.validate import FILLED
from mmm_pipeline.spec import ModelSpec

TREND_P = 0.05
"""Probability of a slope as steep without any trend, below which a trend is named."""


def profile_frame(frame: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Describe each column: range, share, activity, trend, gaps that were filled, correlations.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
        A row per column. ``column``, ``kind``, ``source``, ``group`` of a channel; over all rows
        ``rows``, ``filled_share``, ``zero_share``, ``min``, ``mean``, ``max``, ``sd``, ``total``
        (NaN for what cannot be added up). Over periods, cells brought together: ``active_share``,
        ``first_active``, ``last_active``, and a straight line through them: ``trend`` (`up`,
        `down`, `none`), ``trend_slope`` (units per period), ``trend_r2``, ``trend_p``.
        ``spend_share`` of all spend; ``vif``, the variance inflation by the other columns that
        compete to explain the target; and ``r_<column>``, Pearson's r with the target and each of
        those, in a panel of the deviations from each cell's mean.
    """
    roles = list_roles(spec)
    how = {role.column: "sum" if role.aggregate == "sum" else "mean" for role in roles}
    periods = frame.groupby("date").agg(how)
    rows = [_describe(frame, periods, role) for role in roles]
    spends = [role.column for role in roles if role.kind == "spend"]
    table = pd.DataFrame(rows).set_index("column")
    all_spend = table.loc[spends, "total"].sum()
    table["spend_share"] = table["total"].where(table["kind"] == "spend") / all_spend
    groups = {role.column: spec.media[role.setting[1]].group for role in roles if role.is_media}
    table.insert(2, "group", pd.Series(groups, dtype="str"))
    table["filled_share"] = [_share_filled(frame, role) for role in roles]
    correlation = correlate(frame, spec)
    drivers = list(list_drivers(spec))
    known = correlation.loc[drivers, drivers].dropna(how="all").dropna(axis=1, how="all")
    table["vif"] = inflate(known)
    table = table.join(correlation.add_prefix("r_"))
    return table.reset_index()


def summarize_frame(frame: pd.DataFrame, spec: ModelSpec) -> dict[str, Any]:
    """Describe a validated frame as a whole.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.

    Returns
    -------
    dict
        `periods`, `grain`, `first`, `last`, `cells`, `rows`, `target`, `spend`,
        `target_per_spend` (before any model: no return on spend; NaN without spend).
    """
    days = pd.DatetimeIndex(frame["date"])
    target = float(frame["target"].sum())
    spend = sum(float(frame[f"spend_{name}"].sum()) for name in spec.spend_columns)
    return {
        "periods": int(days.nunique()),
        "grain": str(detect_grain(days)),
        "first": f"{days.min():%Y-%m-%d}",
        "last": f"{days.max():%Y-%m-%d}",
        "cells": int(len(frame) / days.nunique()),
        "rows": len(frame),
        "target": target,
        "spend": spend,
        "target_per_spend": target / spend if spend else float("nan"),
    }


def profile_cells(frame: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Describe each cell of a panel.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame with dims.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
        A row per cell, the largest target first: the dims, ``target``, ``target_share``,
        ``spend``, ``spend_share`` (NaN where nothing is spent), ``target_per_spend``.
    """
    spend = frame[[f"spend_{name}" for name in spec.spend_columns]].sum(axis=1)
    cells = frame.assign(spend=spend).groupby(list(spec.data.panel))[["target", "spend"]].sum()
    shares = (cells / cells.sum()).add_suffix("_share")
    table = cells.join(shares).reset_index()
    table["target_per_spend"] = table["target"] / table["spend"].where(table["spend"] > 0)
    columns = [*spec.data.panel, "target", "target_share", "spend", "spend_share"]
    return table.sort_values("target", ascending=False)[[*columns, "target_per_spend"]]


def _describe(frame: pd.DataFrame, periods: pd.DataFrame, role: Role) -> dict[str, Any]:
    """Describe one column."""
    cells, series = frame[role.column], periods[role.column]
    active = series.index[series != 0]
    line = linregress(range(len(series)), series.to_numpy())
    is_trending = line.pvalue < TREND_P
    return {
        "column": role.column,
        "kind": role.kind,
        "source": role.name,
        "rows": len(cells),
        "zero_share": float((cells == 0).mean()),
        "min": float(cells.min()),
        "mean": float(cells.mean()),
        "max": float(cells.max()),
        "sd": float(cells.std(ddof=0)),
        "total": float(cells.sum()) if role.aggregate == "sum" else float("nan"),
        "active_share": len(active) / len(series),
        "first_active": active.min(),
        "last_active": active.max(),
        "trend": ("up" if line.slope > 0 else "down") if is_trending else "none",
        "trend_slope": float(line.slope),
        "trend_r2": float(line.rvalue**2),
        "trend_p": float(line.pvalue),
    }


def _share_filled(frame: pd.DataFrame, role: Role) -> float:
    """Compute the share of cells that stand for nothing in the source."""
    filled: dict[str, float] = frame.attrs.get(FILLED, {})
    shares = [filled.get(source.name, 0.0) for source in role.sources]
    return sum(shares) / len(shares)
