"""Scales of an earlier fit, kept so that the parameters of a refit mean the same."""

import xarray as xr

MOST = 2.0
"""By what factor a scale may be off before the data's own is taken."""
DIVISORS = ("target_scale", "channel_scale", "control_scale")
"""What features are divided by."""
CLOCK = ("clock_start", "clock_days")
"""Where a trend reads 0, and after how long it reads 1."""


def hold_scales(
    features: xr.Dataset, earlier: xr.Dataset, *, at_any_cost: bool = False
) -> xr.Dataset:
    """Put features on the scales and the calendar of earlier ones, as far as they are as large.

    Parameters
    ----------
    features : xarray.Dataset
        From `mmm_pipeline.model.features.build_features`, on their own scales.
    earlier : xarray.Dataset
        Inputs of an earlier fit.
    at_any_cost : bool
        Whether to hold them however far they are off, as a forecast must.

    Returns
    -------
    xarray.Dataset
        With the earlier scales where the features' own are within a factor of `MOST`; and the
        earlier start and length of the trend's clock, under the same condition. What the earlier
        features did not have keeps its own. Equal scales leave every bit as it is.
    """
    held = features.copy()
    for name in DIVISORS:
        if name in features and name in earlier:
            before = earlier[name].reindex_like(features[name])
            held[name] = _choose(features[name], before, at_any_cost=at_any_cost)
    if "control_scaled" in features and "control_scaled" in earlier:
        held = _shift_controls(held, features, earlier, at_any_cost=at_any_cost)
    clock = [name for name in CLOCK if name in earlier]
    ratio = float(features["clock_days"] / earlier["clock_days"]) if clock else 0.0
    if at_any_cost or 1 / MOST <= ratio <= MOST:
        held = held.assign({name: earlier[name] for name in clock})
    return held


def find_new_scales(features: xr.Dataset, earlier: xr.Dataset) -> list[str]:
    """Name what was not held.

    Parameters
    ----------
    features : xarray.Dataset
        From `hold_scales`.
    earlier : xarray.Dataset
        What it was given.

    Returns
    -------
    list of str
        Columns whose scale is another than before, in any cell; and ``trend``, where its clock is.
    """
    found = []
    for name in DIVISORS:
        if name not in features or name not in earlier:
            continue
        before = earlier[name].reindex_like(features[name])
        differs = (features[name] != before) & before.notnull()
        if not differs.any():
            continue
        labels = [dim for dim in ("channel", "control") if dim in differs.dims]
        over = [dim for dim in differs.dims if dim not in labels]
        whole = differs.any(over)
        found += (
            [str(label) for label in whole[labels[0]].to_numpy()[whole.to_numpy()]]
            if labels
            else ["target"]
        )
    is_same_clock = all(features[name] == earlier[name] for name in CLOCK if name in earlier)
    return found if is_same_clock else [*found, "trend"]


def _choose(own: xr.DataArray, before: xr.DataArray, *, at_any_cost: bool) -> xr.DataArray:
    """Take what was, where it is known and as large."""
    ratio = own / before
    is_near = before.notnull() & (before > 0)
    if not at_any_cost:
        is_near = is_near & (ratio <= MOST) & (ratio >= 1 / MOST)
    return before.where(is_near, own).transpose(*own.dims)


def _shift_controls(
    held: xr.Dataset, own: xr.Dataset, earlier: xr.Dataset, *, at_any_cost: bool
) -> xr.Dataset:
    """Centre and divide the controls anew, those alone whose scale or centre changes."""
    before = earlier["control_center"].reindex_like(own["control_center"])
    was = earlier["control_scale"].reindex_like(own["control_scale"])
    # What is centred, and what is not, stays so.
    is_same_way = ((own["control_center"] == 0) == (before == 0)).all(
        [dim for dim in before.dims if dim != "control"]
    ) & ((own["control_scale"] == 1) == (was == 1))
    is_held = (held["control_scale"] == was) & (is_same_way | at_any_cost)
    scale = was.where(is_held, own["control_scale"])
    center = before.where(is_held & before.notnull(), own["control_center"])
    center = center.transpose(*own["control_center"].dims)
    values = own["control_scaled"] * own["control_scale"] + own["control_center"]
    is_moved = (scale != own["control_scale"]) | (center != own["control_center"])
    scaled = own["control_scaled"].where(~is_moved, (values - center) / scale)
    return held.assign(
        control_scale=scale,
        control_center=center,
        control_scaled=scaled.transpose(*own["control_scaled"].dims),
    )
