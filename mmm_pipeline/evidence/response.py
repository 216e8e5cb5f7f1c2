"""Whether response curves say of each period what the decomposition says."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.evidence.residuals import correlate
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contributions import compute_contributions
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.insight.summary import OVERLAP, SAMPLE_DIMS
from mmm_pipeline.model.link import read_link

MIN_R2, MAX_MAPE = 0.5, 0.3
"""What the curves of all media together must reach to describe the decomposition."""
BANDS = {"excellent": (0.7, 0.15), "good": (0.5, 0.25), "moderate": (0.3, np.inf)}
"""Least R2 and largest error of each band."""
RESPONSE_DRAWS = 400
"""Draws that the mean of the curves is taken over."""
ALL_MEDIA = "all media"
"""Name of the row that adds up the channels."""


def summarize_response_backtest(fit: ConvergedFit) -> pd.DataFrame:
    """Hold what the curves say of each period's exposure against the decomposition.

    A response curve is of the same exposure in every period. The decomposition is of the exposure
    that was, carried over. They differ by what carry-over moves from one period to another, and, if
    it varies, by how well media worked at the time. So this shows how far one may read single
    periods off a curve; both are of the same fit, so that it cannot show that the fit is right.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        A row per channel, and one for `ALL_MEDIA`, cells added up: see `compare_response`.
    """
    cells = list(fit.spec.data.panel)
    contributions = compute_contributions(fit)
    media = [*fit.spec.media, OVERLAP]
    decomposed = contributions.sel(component=contributions["component"].isin(media))
    decomposed = decomposed.mean(SAMPLE_DIMS).rename(component="channel").sum(cells)
    expected = _expect(fit).sum(cells)
    features = fit.features
    money = features["spend"].where(features["is_bought"], features["exposure"]).sum(cells)
    rows = [
        compare_response(name, *(one.sel(channel=name) for one in (expected, decomposed, money)))
        for name in fit.spec.media
    ]
    together = expected.sum("channel"), decomposed.sum("channel")
    spend = features["spend"].sum([*cells, "channel"])
    table = pd.DataFrame([*rows, compare_response(ALL_MEDIA, *together, spend)])
    table.attrs["fit_id"] = fit.fit_id
    return table


def _expect(fit: ConvergedFit) -> xr.DataArray:
    """Read each period's contribution off the curves, and their overlap, mean over the draws."""
    response = read_response(fit).thin(RESPONSE_DRAWS)
    scaled = response.weigh_past(fit.features) / response.scale
    link = read_link(fit.spec, fit.features)
    terms = response.bend(scaled)
    if link.is_log:
        alone, together = (
            link.take_away(fit.features["target"], one) for one in (terms, terms.sum("channel"))
        )
        overlap = (together - alone.sum("channel")).expand_dims(channel=[OVERLAP])
        terms = xr.concat([alone, overlap], "channel")
    mean: xr.DataArray = terms.mean("sample").transpose("date", ..., "channel")
    return mean


def compare_response(
    name: str, expected: xr.DataArray, decomposed: xr.DataArray, spend: xr.DataArray
) -> dict[str, object]:
    """Compare a channel's two contributions, period by period.

    Parameters
    ----------
    name : str
        The channel.
    expected, decomposed : xarray.DataArray, dims ``(date,)``
        By the curve and by the decomposition, target units.
    spend : xarray.DataArray, dims ``(date,)``
        Money, or exposure where there is none.

    Returns
    -------
    dict
        ``channel``; ``r2`` (NaN where the decomposition never moves); ``mape``, absolute errors as
        a share of the decomposed sum, since single periods may have nothing; ``band`` of `BANDS`,
        or poor; ``correlation`` of spend with decomposed - expected; ``error_high`` and
        ``error_low``, the sum of that as a share of the decomposed, in the half of the periods with
        more and with less spend.
    """
    before, after = expected.to_series(), decomposed.to_series()
    error = after - before
    spread = float(((after - after.mean()) ** 2).sum())
    r2 = float(1 - (error**2).sum() / spread) if spread else np.nan
    total = float(after.abs().sum())
    mape = float(error.abs().sum()) / total if total else np.nan
    is_high = spend.to_series() > float(spend.median())
    return {
        "channel": name,
        "r2": r2,
        "mape": mape,
        "band": next(
            (word for word, (least, most) in BANDS.items() if r2 > least and mape < most), "poor"
        ),
        "correlation": correlate(spend.to_series(), error),
        "error_high": _sum_error(error[is_high], after[is_high]),
        "error_low": _sum_error(error[~is_high], after[~is_high]),
    }


def _sum_error(error: pd.Series, decomposed: pd.Series) -> float:
    """Add up errors, as a share of the absolute sum."""
    total = float(decomposed.abs().sum())
    return float(error.sum()) / total if total else np.nan


def find_misread(table: pd.DataFrame) -> tuple[str, ...]:
    """Say where curves do not describe single periods.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_response_backtest`.

    Returns
    -------
    tuple of str
        One sentence, or none.
    """
    row = table.set_index("channel").loc[ALL_MEDIA]
    if row["r2"] > MIN_R2 and row["mape"] < MAX_MAPE:
        return ()
    words = (
        f"Response curves give each period's media contribution with R² {row['r2']:.2f} (above "
        f"{MIN_R2}) and an error of {row['mape']:.0%} (below {MAX_MAPE:.0%}): carry-over moves "
        "much of it to later periods, so read whole windows off them, not periods"
    )
    return (words,)
