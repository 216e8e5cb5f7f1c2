"""Return on media spend, computed draw by draw."""

import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import compute_channel_totals
from mmm_pipeline.insight.summary import SAMPLE_DIMS, Summary, share_above, summarize


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


def summarize_returns(fit: ConvergedFit) -> Summary:
    """Tabulate what each channel earned on its spend.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    Summary
        Table, one row per channel: ``channel, kind, spend, contribution, contribution_lower,
        contribution_upper, roas, roas_lower, roas_upper, probability_above_1`` (window totals in
        currency and target units; posterior means, 5-95 % intervals, and the probability that a
        unit of money brings more than one unit of target); with ``data.kpi: count``
        ``cost_per_target`` and its bounds instead of the last. NaN where nothing was spent.
        Draws: ``contribution`` and ``roas``, dims ``(chain, draw, channel)``.
    """
    totals = compute_channel_totals(fit)
    contribution, spend = _sum_up(totals), _sum_up(fit.features["spend"])
    roas = compute_roas(totals, fit.features["spend"]).rename("roas")
    parts: list[xr.Dataset | xr.DataArray] = [
        spend.rename("spend"),
        summarize(contribution, "contribution"),
        summarize(roas, "roas"),
    ]
    if fit.spec.data.kpi == "count":
        parts.append(summarize(1 / roas, "cost_per_target"))
    else:
        parts.append(share_above(roas, 1.0).where(spend > 0).rename("probability_above_1"))
    table = xr.merge(parts).to_dataframe().loc[list(fit.spec.media)].reset_index()
    table.insert(1, "kind", [media.kind for media in fit.spec.media.values()])
    table.attrs["fit_id"] = fit.fit_id
    draws = xr.Dataset({"contribution": contribution, "roas": roas})
    return Summary(table, draws.assign_attrs(fit_id=fit.fit_id))
