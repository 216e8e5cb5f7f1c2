"""What channels bring over the dates of a model: each alone, and together."""

from collections.abc import Collection

import pytensor.xtensor as ptx
import xarray as xr
from pymc_marketing.mmm import MMM
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.link import Link
from mmm_pipeline.model.terms import constant

CHANNEL_TOTAL = "channel_total"
"""Variable: target units that each channel brings over the model's dates, dims ``(channel,)``."""
JOINT_TOTALS = {"own_media": "own_media_total", "bought_media": "bought_media_total"}
"""Variables, where terms multiply: target units that some channels bring together, by the list of
the spec that names them."""


def total_channels(mmm: MMM, target: xr.DataArray, link: Link, since: int = 0) -> XTensorVariable:
    """Add up what each channel brings, target units.

    Parameters
    ----------
    mmm : MMM
        Built.
    target : xarray.DataArray, dims ``(date, ...)``
        Of its features.
    link : Link
        How it looks at its target.
    since : int
        Place of the first date that counts; of the last ones, where it is below 0.

    Returns
    -------
    XTensorVariable, dims ``(..., channel)``
    """
    dates = slice(since or None, None)
    term = mmm.model["channel_contribution"].isel(date=dates)
    if not link.is_log:
        return term.sum(dim="date") * constant(link.scale)
    return _total_lost(term, target.isel(date=dates), link)


def total_together(
    mmm: MMM, target: xr.DataArray, link: Link, channels: Collection[str]
) -> XTensorVariable:
    """Add up what channels bring together, where terms multiply, target units.

    Parameters
    ----------
    mmm : MMM
        Built.
    target : xarray.DataArray, dims ``(date, ...)``
        Of its features.
    link : Link
        A logarithm.
    channels : collection of str
        Some of the model's, or none of them.

    Returns
    -------
    XTensorVariable, dims ``(...)``
        What the observed target would have lost without any of them: less than the sum of what it
        would have lost without each, where all of them add to it.
    """
    names = [str(name) for name in mmm.channel_columns]
    is_meant = xr.DataArray([float(name in channels) for name in names], dims="channel")
    term = mmm.model["channel_contribution"] * constant(is_meant)
    return _total_lost(term.sum(dim="channel"), target, link)


def _total_lost(term: XTensorVariable, target: xr.DataArray, link: Link) -> XTensorVariable:
    """Add up what the observed target would have lost without a term."""
    base = constant(target + link.offset)
    return (base * (1 - ptx.math.exp(-term))).sum(dim="date")
