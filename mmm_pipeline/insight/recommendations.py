"""What a fit advises: the rules of `mmm_pipeline.insight.advice`, on its own draws."""

import math
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.gate.channels import Channels
from mmm_pipeline.gate.pathologies import list_unlearned
from mmm_pipeline.insight.advice import INCREASE, Recommendations, judge_channels, move_money
from mmm_pipeline.insight.marginal import SpendResponse, find_half, read_spend_response
from mmm_pipeline.insight.returns import bring_together, summarize_returns
from mmm_pipeline.insight.slopes import MOST
from mmm_pipeline.insight.summary import invert, share_above, summarize

FROM_RETURNS = (
    *("roas", "roas_lower", "roas_upper"),
    *("marginal_roas", "marginal_roas_lower", "marginal_roas_upper"),
    *("probability_profitable", "spend_now", "breakeven_spend", "headroom", "confidence"),
)
"""Columns that are those of the returns."""
COSTS = tuple(
    f"{word}{bound}"
    for word in ("cost_per_target", "marginal_cost_per_target")
    for bound in ("", "_lower", "_upper")
)
"""Those besides, where the target is a count."""


def recommend(fit: ConvergedFit) -> Recommendations:
    """Advise on the spend of every channel that is bought.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    Recommendations
        Table: ``rank, channel, action`` (INCREASE, HOLD, REDUCE), ``reason, needs_test,
        is_reliable, is_informed``, ``finding`` and ``roas_width``; ``roas`` and ``marginal_roas``
        with their 5-95 % intervals (of a count `COSTS` too), ``probability_profitable``,
        ``spend_now``, ``breakeven_spend``, ``headroom``, ``confidence`` as in `summarize_returns`;
        ``spend_largest`` of any period; the curve's ``steepness`` today (share of its ceiling per
        largest exposure) and its ``half`` (share of the largest exposure); and, if money is moved
        as advised, ``change`` of spend per period, ``move_needs_test``, whether that is from or to
        a channel that must be tested first, and ``gain``, target units per period, with its
        interval. Portfolio: see `describe_portfolio`.
    """
    spec, next_money = fit.spec, read_spend_response(fit)
    summary = summarize_returns(fit)
    returns = summary.table.set_index("channel").loc[spec.bought_media]
    costs = COSTS if spec.data.kpi == "count" else ()
    numbers = returns.reindex(columns=[*FROM_RETURNS, *costs]).reset_index()
    spend = fit.features["spend"].sum(list(spec.data.panel))
    unlearned = list_unlearned(Channels.of(fit.trace))
    numbers["spend_largest"] = spend.max("date").sel(channel=spec.bought_media).to_numpy()
    numbers["steepness"] = _measure_steepness(next_money)
    numbers["half"] = find_half(next_money.response).mean("sample").to_numpy()
    numbers["is_informed"] = ~numbers["channel"].isin(unlearned)
    table = judge_channels(numbers, spec.data.breakeven_roas)
    table["change"] = move_money(table)
    table["move_needs_test"] = table["needs_test"] & (table["change"] != 0)
    gain = _compute_gain(next_money, table)
    table = table.join(summarize(gain, "gain").to_dataframe(), on="channel")
    table.attrs["fit_id"] = fit.fit_id
    earned = bring_together(summary.draws, spec, "bought_media")
    return Recommendations(table, describe_portfolio(fit, table, earned, gain))


def describe_portfolio(
    fit: ConvergedFit, table: pd.DataFrame, earned: xr.DataArray, gain: xr.DataArray
) -> dict[str, Any]:
    """Say what all channels that are bought do together.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    table : pandas.DataFrame
        What is advised, a row per channel.
    earned : xarray.DataArray, dims ``(chain, draw)``
        What they brought together over the window, target units.
    gain : xarray.DataArray, dims ``(sample, channel)``
        What it would bring, target units per period.

    Returns
    -------
    dict
        `level`, the return that money must bring; `spend` and `contribution` of the window;
        `roas` (their ratio) and its bounds, `probability_profitable`; `marginal_roas` of money
        spread as today; with `kpi: count` `cost_per_target` and its bounds and
        `marginal_cost_per_target`, the inverses of these; per period `spend_now`, `headroom` of
        what is to be increased, `moved`, and what that brings: `gain`, its bounds and
        `probability_gain`; `confidence`, the channels', weighed by their spend. None for what
        cannot be said.

    Notes
    -----
    Confidence is ``sum_c share_c max(0.3, 1 - sd_c / |mean_c|)``, of the contributions' draws.
    """
    level = fit.spec.data.breakeven_roas
    spend, now = float(fit.features["spend"].sum()), table["spend_now"]
    roas = earned / spend
    returned, marginal = summarize(roas, "roas"), _weigh(table["marginal_roas"], now)
    costs: dict[str, float | None] = {}
    if fit.spec.data.kpi == "count":
        costs = _read(invert(returned, "roas", "cost_per_target"))
        costs["marginal_cost_per_target"] = 1 / marginal if marginal else None
    moved, together = float(table["change"].clip(lower=0).sum()), gain.sum("channel")
    spent = fit.features["spend"].sum(["date", *fit.spec.data.panel]).to_series()
    return {
        "fit_id": fit.fit_id,
        "level": level,
        "spend": spend,
        "contribution": float(earned.mean()),
        **_read(returned),
        **costs,
        "probability_profitable": float(share_above(roas, level)) if level else None,
        "marginal_roas": marginal,
        "spend_now": float(now.sum()),
        "headroom": float(table.loc[table["action"] == INCREASE, "headroom"].sum()),
        "moved": moved,
        **_read(summarize(together, "gain")),
        "probability_gain": float(share_above(together, 0.0)) if moved > 0 else None,
        "confidence": _weigh(table["confidence"], table["channel"].map(spent)),
    }


def _measure_steepness(next_money: SpendResponse) -> np.ndarray:
    """Measure how steep each curve is today, as a share of its ceiling per largest exposure."""
    height = next_money.response.height
    if next_money.base is not None:
        height = height * next_money.base
    largest = next_money.most / MOST
    slope = next_money.earn_next(next_money.spend_now) * largest / height.sum(next_money.cells)
    steepness: np.ndarray = slope.mean("sample").to_numpy()
    return steepness


def _compute_gain(next_money: SpendResponse, table: pd.DataFrame) -> xr.DataArray:
    """Compute what a change of spend brings, draw by draw, on the curve itself."""
    change = table.set_index("channel")["change"].to_xarray()
    change = change.sel(channel=next_money.spend_now["channel"])
    now = next_money.spend_now
    return next_money.respond(now + change) - next_money.respond(now)


def _read(summary: xr.Dataset) -> dict[str, float | None]:
    """Take the numbers out of a summary; None for what is not known."""
    numbers = {str(name): float(value) for name, value in summary.items()}
    return {name: value if math.isfinite(value) else None for name, value in numbers.items()}


def _weigh(values: pd.Series, weights: pd.Series) -> float | None:
    """Average over channels; None where there is no weight."""
    total = float(weights.sum())
    return float((values * weights).sum() / total) if total > 0 else None
