"""Return on media spend, of all of it and of the next unit, computed draw by draw."""

from typing import Literal

import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.carryover import measure_half_life
from mmm_pipeline.insight.marginal import SpendResponse, measure_saturation, read_spend_response
from mmm_pipeline.insight.posterior import compute_channel_totals, compute_joint_totals
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.insight.simulated import simulate_more_spend
from mmm_pipeline.insight.summary import (
    SAMPLE_DIMS,
    Summary,
    invert,
    list_sample_dims,
    measure_confidence,
    share_above,
    summarize,
)
from mmm_pipeline.model.features import stack
from mmm_pipeline.spec import DataSource, ModelSpec


def compute_roas(contribution: xr.DataArray, spend: xr.DataArray) -> xr.DataArray:
    """Divide what each channel brought by what was spent on it.

    The ratio is taken inside every draw; summarise afterwards.

    Parameters
    ----------
    contribution : xarray.DataArray, dims ``(chain, draw, ..., channel)``
        Target units, per period or cell or in total.
    spend : xarray.DataArray, dims ``(..., channel)``
        Currency, not negative; per period or cell or in total.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, channel)``
        Target units per unit of currency over the whole window and all cells. NaN where a channel
        spent nothing: the ratio is undefined there, not zero.

    Raises
    ------
    xarray.AlignmentError
        If what both are labelled by has not the same labels in the same order.

    Examples
    --------
    >>> dims = ("chain", "draw", "date", "channel")
    >>> earned = xr.DataArray([[[[6.0, 1.0]]]], dims=dims, coords={"channel": ["tv", "radio"]})
    >>> spent = xr.DataArray([[2.0, 0.0]], dims=dims[2:], coords={"channel": ["tv", "radio"]})
    >>> compute_roas(earned, spent).values.tolist()
    [[[3.0, nan]]]
    """
    earned, spent = xr.align(contribution, spend, join="exact")
    total = _sum_up(spent)
    ratio: xr.DataArray = _sum_up(earned) / total.where(total > 0)
    return ratio


def _sum_up(values: xr.DataArray) -> xr.DataArray:
    """Add up over periods and cells."""
    return values.sum([dim for dim in values.dims if dim not in {*SAMPLE_DIMS, "channel"}])


def compute_window_returns(fit: ConvergedFit) -> xr.Dataset:
    """Compute what each channel brought and returned over the whole window, draw by draw.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    xarray.Dataset, dims ``(chain, draw, channel)``
        ``contribution`` in target units over all periods and cells; ``roas`` as `compute_roas`
        has it. Where terms multiply, ``together`` too, dims ``(chain, draw, among)``: what channels
        brought together, for `bring_together`.
    """
    totals = compute_channel_totals(fit)
    found = {
        "contribution": _sum_up(totals),
        "roas": compute_roas(totals, fit.features["spend"]),
    }
    if joint := compute_joint_totals(fit):
        found["together"] = stack({of: _sum_up(total) for of, total in joint.items()}, "among")
    return xr.Dataset(found).sel(channel=list(fit.spec.media))  # What is joined is sorted.


def bring_together(
    returns: xr.Dataset, spec: ModelSpec, among: Literal["own_media", "bought_media"]
) -> xr.DataArray:
    """Say what channels brought together: where terms multiply, less than the sum of each.

    Parameters
    ----------
    returns : xarray.Dataset
        From `compute_window_returns`, in target units or any other.
    spec : ModelSpec
        The model.
    among : {"own_media", "bought_media"}
        Which channels, by the name of their list in the spec.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw)``
        In the unit of the contributions.
    """
    if "together" in returns:
        return returns["together"].sel(among=among, drop=True)
    whole: xr.DataArray = returns["contribution"].sel(channel=getattr(spec, among)).sum("channel")
    return whole


def summarize_returns(fit: ConvergedFit) -> Summary:
    """Tabulate what each channel earned on its spend, and what the next unit of money would.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    Summary
        Table, one row per channel, NaN for what is not known of one that is not bought. Every
        quantity is the posterior mean, with its 5-95 % interval in ``_lower`` and ``_upper``.

        * Over the window: ``channel, kind, spend, contribution, roas`` (target units per money)
          and ``probability_above_1``; with ``data.kpi: count`` ``cost_per_target`` instead of the
          last, see `mmm_pipeline.insight.summary.invert`; with ``data.margin`` ``profit`` (money)
          and ``roi`` (profit per money).
        * ``mroas_10pct``: what a tenth more spend in every period of the window would have brought,
          per unit of it, see `mmm_pipeline.insight.simulated.simulate_more_spend`.
        * Today, at the mean spend of the last 52 weeks, kept up: ``spend_now`` per period,
          ``marginal_roas`` of the next unit of money (or ``marginal_cost_per_target``), and
          ``saturation``, how far up its curve the channel is, 0 to 1. Of a channel that was off
          all these weeks that is 0, and ``marginal_roas`` is the slope at the first step (see
          `mmm_pipeline.insight.slopes.differentiate`).
        * Where it is known what a return must be: ``probability_profitable``, that the window's
          return was above it (with ``data.margin``, that ``roi`` was above 0); ``breakeven_spend``
          per period, up to which the next unit of money comes back, and ``headroom``, what is left
          of it above today's; medians, for their draws have no mean where a curve hardly bends.
        * ``half_life`` of the carry-over, in periods, and ``confidence`` in the contribution.

        Draws: ``contribution`` and ``roas``, dims ``(chain, draw, channel)``; ``marginal_roas``,
        ``breakeven_spend``, dims ``(sample, channel)``; ``together`` as `compute_window_returns`
        has it.

    Notes
    -----
    ``roi = margin x roas - 1``. Confidence is ``1 - sd / |mean|`` of the contribution's draws,
    between `LEAST_CONFIDENCE` and 1.
    """
    data, spend = fit.spec.data, _sum_up(fit.features["spend"])
    window = compute_window_returns(fit)
    contribution, roas = window["contribution"], window["roas"]
    returned = summarize(roas, "roas")
    next_money = read_spend_response(fit)
    marginal = next_money.earn_next(next_money.spend_now).transpose("sample", "channel")
    ahead = summarize(marginal, "marginal_roas")
    parts: list[xr.Dataset | xr.DataArray] = [
        spend.rename("spend"),
        summarize(contribution, "contribution"),
        returned,
        *_judge_window(roas, returned, spend, data),
        summarize(simulate_more_spend(fit), "mroas_10pct"),
        next_money.spend_now.rename("spend_now"),
        ahead,
    ]
    draws = {**window.data_vars, "marginal_roas": marginal}
    if data.kpi == "count":
        parts.append(invert(ahead, "marginal_roas", "marginal_cost_per_target"))
    parts.append(summarize(measure_saturation(fit), "saturation"))
    if data.breakeven_roas is not None:
        draws["breakeven_spend"] = next_money.find_breakeven(data.breakeven_roas)
        parts += _judge_next(roas, draws["breakeven_spend"], next_money, data.breakeven_roas)
    forms = {name: media.carryover.form for name, media in fit.spec.media.items()}
    parts.append(summarize(measure_half_life(read_response(fit), forms), "half_life"))
    parts.append(measure_confidence(contribution).rename("confidence"))
    table = xr.merge([part.reset_coords(drop=True) for part in parts], join="outer")
    rows = table.to_dataframe().loc[list(fit.spec.media)].reset_index()
    rows.insert(1, "kind", [media.kind for media in fit.spec.media.values()])
    rows.attrs["fit_id"] = fit.fit_id
    whole = xr.Dataset(draws).sel(channel=list(fit.spec.media))  # What is joined is sorted.
    return Summary(rows, whole.assign_attrs(fit_id=fit.fit_id))


def _judge_window(
    roas: xr.DataArray, returned: xr.Dataset, spend: xr.DataArray, data: DataSource
) -> list[xr.Dataset | xr.DataArray]:
    """Say whether the window's money came back."""
    if data.kpi == "count":
        return [invert(returned, "roas", "cost_per_target")]
    above = share_above(roas, 1.0).where(spend > 0).rename("probability_above_1")
    if data.margin is None:
        return [above]
    roi = data.margin * roas - 1
    return [above, summarize(roi * spend, "profit"), summarize(roi, "roi")]


def _judge_next(
    roas: xr.DataArray, breakeven: xr.DataArray, next_money: SpendResponse, level: float
) -> list[xr.Dataset | xr.DataArray]:
    """Say whether money came back, and how much more would."""
    chance = share_above(roas, level).where(roas.notnull().any(SAMPLE_DIMS))
    headroom = (breakeven - next_money.spend_now).clip(min=0)
    return [
        chance.rename("probability_profitable"),
        _summarize_by_median(breakeven, "breakeven_spend"),
        _summarize_by_median(headroom, "headroom"),
    ]


def _summarize_by_median(draws: xr.DataArray, name: str) -> xr.Dataset:
    """Reduce draws that may have no mean to their median, and the bounds of their interval."""
    return summarize(draws, name).assign({name: draws.median(list_sample_dims(draws))})
