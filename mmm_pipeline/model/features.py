"""What the model sees, with every scale that was applied to get there."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DataError, Problem
from mmm_pipeline.ingest.calendar import mark_events
from mmm_pipeline.ingest.grain import detect_grain
from mmm_pipeline.spec import ModelSpec


def build_features(frame: pd.DataFrame, spec: ModelSpec) -> xr.Dataset:
    """Shape a validated frame into labelled arrays, and scale the controls.

    PyMC-Marketing scales target and channels but not controls, whose priors then mean something
    else for every unit they come in. Here every control is centred on its mean and divided by
    its standard deviation, unless it holds only 0 and 1: those keep their values, so that their
    contribution is what they add while they are on.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.

    Returns
    -------
    xarray.Dataset
        ``exposure (date, channel)``, what acts: impressions or the like where the channel names
        them, else money; ``spend (date, channel)`` in currency, 0 for what is not bought;
        ``target (date)`` in its units; all unscaled, with ``channel_scale (channel)`` and
        ``target_scale`` by which the model divides exposure and target; and, where there are
        any, ``control_scaled (date, control)`` with ``control_center`` and ``control_scale``
        such that ``control_scaled x scale + center`` is the source. Events follow the controls
        on the same dim. ``is_bought (channel)`` tells media with spend. Attributes: `model`,
        `grain`.

    Raises
    ------
    DataError
        If an event falls on no period of the data, or on all of them, or names a holiday that is
        not known; and if the spec has dims that are not modelled.
    """
    _refuse_what_is_not_fitted(spec)
    dates = pd.DatetimeIndex(frame["date"])
    exposure = _stack(frame, {name: _exposure_of(frame, name) for name in spec.media})
    target = xr.DataArray(frame["target"].to_numpy(), dims="date")
    features = xr.Dataset(
        {
            "exposure": exposure,
            "spend": _stack(frame, {name: _spend_of(frame, spec, name) for name in spec.media}),
            "target": target,
            "channel_scale": exposure.max("date"),
            "target_scale": abs(target).max("date"),
            "is_bought": ("channel", [media.has_spend for media in spec.media.values()]),
        },
        coords={
            "date": dates,
            "channel": list(spec.media),
        },
        attrs={"model": spec.name, "grain": str(detect_grain(dates))},
    )
    columns = _list_controls(frame, spec, dates)
    return features.merge(_scale_controls(columns)) if columns else features


def find_lost_features(features: xr.Dataset, frame: pd.DataFrame) -> list[str]:
    """Compare features with the frame they were built from.

    Parameters
    ----------
    features : xarray.Dataset
        As built by `build_features`.
    frame : pandas.DataFrame
        The validated frame.

    Returns
    -------
    list of str
        One sentence for each column whose values cannot be had back to 1e-9 relative; empty if
        nothing was lost and nothing invented.
    """
    restored = {"target": features["target"].to_numpy()}
    for channel in features["channel"].to_numpy():
        for kind in ("exposure", "spend"):
            if (column := f"{kind}_{channel}") in frame:
                restored[column] = features[kind].sel(channel=channel).to_numpy()
    if "control" in features.dims:
        unscaled = features["control_scaled"] * features["control_scale"]
        unscaled = unscaled + features["control_center"]
        for control in set(features["control"].to_numpy()) & set(frame.columns):
            restored[str(control)] = unscaled.sel(control=control).to_numpy()
    if not np.array_equal(features["date"].to_numpy(), frame["date"].to_numpy()):
        return ["the dates are not those of the validated frame"]
    absent = set(frame.columns) - {"date"} - set(restored)
    changed = [
        column
        for column, values in restored.items()
        if not np.allclose(values, frame[column].to_numpy(), rtol=1e-9, atol=1e-9)
    ]
    return [f"column {column!r} is not what was delivered" for column in [*absent, *changed]]


def _exposure_of(frame: pd.DataFrame, name: str) -> str:
    """Name the column of what acts."""
    return f"exposure_{name}" if f"exposure_{name}" in frame else f"spend_{name}"


def _spend_of(frame: pd.DataFrame, spec: ModelSpec, name: str) -> pd.Series:
    """Read a channel's money, or what its exposure cost."""
    if f"spend_{name}" in frame:
        return frame[f"spend_{name}"]
    return frame[f"exposure_{name}"] * (spec.media[name].cost_per_unit or 0.0)


def _stack(frame: pd.DataFrame, columns: Mapping[str, str | pd.Series]) -> xr.DataArray:
    """Set the channels' columns side by side."""
    series = [frame[one] if isinstance(one, str) else one for one in columns.values()]
    return xr.DataArray(np.stack(series, axis=1), dims=("date", "channel"))


def _list_controls(
    frame: pd.DataFrame, spec: ModelSpec, dates: pd.DatetimeIndex
) -> dict[str, np.ndarray]:
    """Collect controls as delivered, then events as 0 and 1."""
    return {name: frame[name].to_numpy() for name in spec.controls} | mark_events(spec, dates)


def _refuse_what_is_not_fitted(spec: ModelSpec) -> None:
    """Refuse what is read, checked and profiled, and that no model here has a place for."""
    if not spec.data.panel:
        return
    message = (
        "`data.panel` must be left out of a model that is fitted: it is fitted to one series; say "
        "`data.sum_over` instead. The data are read, checked and profiled all the same."
    )
    problem = Problem("not_fitted", message, setting=("data", "panel"), is_of_spec=True)
    raise DataError([problem])


def _scale_controls(columns: dict[str, np.ndarray]) -> xr.Dataset:
    """Standardise what is not 0/1."""
    values = np.stack(list(columns.values()), axis=1)
    is_binary = np.isin(values, (0.0, 1.0)).all(axis=0)
    center = np.where(is_binary, 0.0, values.mean(axis=0))
    scale = np.where(is_binary, 1.0, values.std(axis=0))
    return xr.Dataset(
        {
            "control_scaled": (("date", "control"), (values - center) / scale),
            "control_center": ("control", center),
            "control_scale": ("control", scale),
        },
        coords={"control": list(columns)},
    )
