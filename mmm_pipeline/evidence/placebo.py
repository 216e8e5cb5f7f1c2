"""A channel that cannot have acted: whatever the model says that it brought is made up."""

import numpy as np
import xarray as xr

from mmm_pipeline.evidence.revisions import revise
from mmm_pipeline.insight.summary import LOWER, UPPER
from mmm_pipeline.spec import Media, ModelSpec

EFFECT = "HalfNormal(0.3)"
"""Prior on the height of its curve, share of the target's maximum: that of a control, above 0."""
SMALLEST = 0.01
"""Share of the draws among which an interval begins that reaches 0."""


def find_source(spec: ModelSpec, features: xr.Dataset) -> str | None:
    """Choose the channel that a placebo is made of: the one with the most spend.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.

    Returns
    -------
    str or None
        None where no channel that money is spent on rises and falls, or its reach is known.
    """
    over = [dim for dim in features["spend"].dims if dim != "channel"]
    spend = features["spend"].sum(over)
    moves = features["exposure"].std("date").max([dim for dim in over if dim != "date"]) > 0
    names = [
        name
        for name in spec.bought_media
        if not spec.media[name].reach and bool(moves.sel(channel=name))
    ]
    return max(names, key=lambda name: float(spend.sel(channel=name)), default=None)


def add_placebo(
    spec: ModelSpec, features: xr.Dataset, source: str
) -> tuple[ModelSpec, xr.Dataset, str]:
    """Add a copy of a channel that ran at other times than it did.

    Its exposure is that of the channel, shifted in time, and what ran off the end put at the
    beginning: so it is as smooth and as bursty as media are. Of all shifts by a quarter to three
    quarters of the window it is the one that resembles no channel: one that did would be that
    channel once more, not a placebo.

    A log-normal prior on a return never reaches 0, whatever the data say. So what is believed of
    the placebo is a half-normal of the height of its curve, the densest at 0; its carry-over and
    saturation have the defaults. It spends nothing, so that it moves no other channel's prior.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.
    source : str
        The channel.

    Returns
    -------
    ModelSpec
        With the placebo.
    xarray.Dataset
        Its features, on the same scales.
    str
        What the placebo is called.
    """
    name = f"placebo_{source}"
    while name in {*spec.media, *spec.controls, *spec.events, *spec.control_columns.values()}:
        name += "_"
    along = [one for one, values in features.data_vars.items() if "channel" in values.dims]
    channels = features[along]
    copy = channels.sel(channel=[source])
    copy["exposure"] = copy["exposure"].roll(date=_find_shift(features["exposure"], source))
    copy = copy.assign(spend=0.0 * copy["spend"], is_bought=copy["is_bought"] & False)
    whole = xr.concat([channels, copy.assign_coords(channel=[name])], "channel")
    media = {**spec.media, name: Media.model_validate({"kind": "owned", "effect": EFFECT})}
    # What was read from a file would be written with its names cut to the longest of before.
    seen = features.drop_dims("channel").merge(whole).drop_encoding()
    return revise(spec, media=media), seen, name


def find_narrowest(draws: np.ndarray) -> tuple[float, float]:
    """Find the narrowest interval that holds 90 % of the draws.

    Parameters
    ----------
    draws : numpy.ndarray
        Of one quantity.

    Returns
    -------
    float, float
        Its ends. Of a density that is highest at its lower end it begins with the smallest draw,
        where an interval of equal tails would never begin.
    """
    ordered = np.sort(draws, axis=None)
    n_held = int(np.ceil((UPPER - LOWER) * len(ordered)))
    widths = ordered[n_held - 1 :] - ordered[: len(ordered) - n_held + 1]
    first = int(widths.argmin())
    return float(ordered[first]), float(ordered[first + n_held - 1])


def reaches_zero(draws: np.ndarray) -> bool:
    """Tell whether what a placebo is said to have brought may be nothing.

    Parameters
    ----------
    draws : numpy.ndarray
        Of its return, not negative.

    Returns
    -------
    bool
        Whether its narrowest 90 % interval begins among the smallest draws.

    Notes
    -----
    With a flat prior above 0, and data that alone would say ``m`` with standard error ``s``, the
    interval leaves 0 from about ``m = 1.5 s`` on: of placebos that did nothing 1 in 15 is found.
    """
    return find_narrowest(draws)[0] <= float(np.quantile(draws, SMALLEST))


def _find_shift(exposure: xr.DataArray, source: str) -> int:
    """Find by how many periods a channel is shifted such that it resembles no channel."""
    over = [dim for dim in exposure.dims if dim not in {"date", "channel"}]
    series = exposure.sum(over).transpose("channel", "date")
    centered = series - series.mean("date")
    units = (centered / np.sqrt((centered**2).sum("date"))).fillna(0.0)
    n_periods = exposure.sizes["date"]
    mine = units.sel(channel=source).to_numpy()
    shifts = range(n_periods // 4, n_periods - n_periods // 4)
    return min(shifts, key=lambda shift: float(abs(units.to_numpy() @ np.roll(mine, shift)).max()))
