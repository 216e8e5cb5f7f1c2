"""What ails the mean that a model fits: a baseline below zero, outliers, noise that grows."""

from collections.abc import Iterator

import numpy as np
import xarray as xr
from scipy.stats import spearmanr

from mmm_pipeline.errors import shorten
from mmm_pipeline.gate.advice import state_return, write_lines
from mmm_pipeline.gate.channels import Channels
from mmm_pipeline.gate.completeness import SAMPLE_DIMS
from mmm_pipeline.gate.findings import Advice, Finding
from mmm_pipeline.gate.fitted import compute_fitted, compute_residual
from mmm_pipeline.model.link import Link, read_link

BELOW_ZERO = 0.2
"""Probability from which on the baseline counts as below zero (Meridian's, for a review)."""
BELOW_OFTEN = 0.05
"""Share of the periods in which it may be."""
FAR_OUT = 6.0
"""Robust standard deviations beyond which a residual is an outlier: 2 in 10^9 if it were normal."""
GROWS, FEW_PERIODS = 0.4, 50
"""Rank correlation of the size of residuals with the fitted mean from which on the noise grows with
the level; periods below which chance makes as much."""


def find_in_mean(trace: xr.DataTree) -> Iterator[Finding]:
    """Find what ails the fitted mean.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit, converged or not; finite.

    Yields
    ------
    Finding
    """
    channels = Channels.of(trace)
    link = read_link(channels.spec, channels.features)
    terms = compute_fitted(trace)
    yield from _find_negative_baseline(channels, link, terms)
    residual = compute_residual(trace, terms)
    yield from _find_outliers(channels, residual)
    yield from _find_growing_noise(channels, terms["mu"].mean(SAMPLE_DIMS), residual)


def _find_negative_baseline(channels: Channels, link: Link, terms: xr.Dataset) -> Iterator[Finding]:
    """Find a target of which less than nothing is left when media are taken out."""
    if link.is_log:
        return  # What multiplies never falls below zero.
    media = terms["channel_contribution"].sel(channel=channels.spec.own_media)
    rest = (terms["mu"] - media.sum("channel")) * link.scale
    rest = rest.sum([dim for dim in rest.dims if dim not in {*SAMPLE_DIMS, "date"}])
    share = float(((rest < 0).mean(SAMPLE_DIMS) > BELOW_ZERO).mean())
    whole = float((rest.sum("date") < 0).mean())
    if share <= BELOW_OFTEN and whole <= BELOW_ZERO:
        return
    brought = media * link.scale
    totals = brought.sum([dim for dim in brought.dims if dim != "channel"])
    largest = str(totals.idxmax("channel").item())
    advice = [*state_return(channels, largest)]
    if float(channels.features["target"].min()) > 0:
        words = "Let what is in the model multiply, so that no baseline falls below zero"
        advice.append(Advice(words, write_lines(link="log")))
    yield Finding(
        "negative_baseline",
        f"Without media the target would be below zero: with a probability above {BELOW_ZERO:.0%} "
        f"in {share:.0%} of the periods, and with one of {whole:.0%} over all of them. What media "
        f"are said to bring is too much, most of it by {largest}",
        {"share_of_periods": share, "probability_over_all": whole},
        tuple(advice),
    )


def _find_outliers(channels: Channels, residual: xr.DataArray) -> Iterator[Finding]:
    """Find periods that a normal noise cannot explain, and that bend all else towards them."""
    center = residual.median("date")
    spread = 1.4826 * abs(residual - center).median("date")
    size = (abs(residual - center) / spread.where(spread > 0)).transpose("date", ...)
    is_out = size > FAR_OUT
    if channels.spec.likelihood != "normal" or not bool(is_out.any()):
        return
    rows = is_out.to_numpy().reshape(is_out.sizes["date"], -1).any(axis=1)
    days = [np.datetime_as_string(day, "D") for day in is_out["date"].to_numpy()[rows]]
    yield Finding(
        "outliers",
        f"The target is far from what is fitted on {shorten(days)} (up to {float(size.max()):.0f} "
        "robust standard deviations), and a normal noise bends all else towards it",
        {"periods": float(rows.sum()), "largest": float(size.max())},
        (
            Advice("Let the noise forgive outliers", write_lines(likelihood="student_t")),
            Advice(
                "Name what happened, if it is one thing",
                write_lines(events={"what_happened": [str(day) for day in days]}),
            ),
        ),
    )


def _find_growing_noise(
    channels: Channels, fitted: xr.DataArray, residual: xr.DataArray
) -> Iterator[Finding]:
    """Find noise that is larger where the target is larger."""
    target = channels.features["target"]
    is_open = channels.spec.link == "identity" and float(target.min()) > 0
    if not is_open or target.dims != ("date",) or target.size < FEW_PERIODS:
        return
    size = abs(residual - residual.median("date")).transpose(*target.dims)
    r = float(spearmanr(fitted.transpose(*target.dims), size).statistic)
    if r > GROWS:
        yield Finding(
            "growing_noise",
            f"What nothing explains is larger where more is sold (rank correlation {r:.2f})",
            {"correlation": r},
            (Advice("Let what is in the model multiply", write_lines(link="log")),),
        )
