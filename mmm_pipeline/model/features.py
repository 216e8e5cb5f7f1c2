"""What the model sees, with every scale that was applied to get there."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DataError, Problem
from mmm_pipeline.ingest.grain import detect_grain, extend_calendar
from mmm_pipeline.spec import EventWindow, ModelSpec


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
        ``spend (date, channel)`` in currency and ``target (date)`` in its units, unscaled, with
        ``channel_scale (channel)`` and ``target_scale`` by which the model divides them; and,
        where there are any, ``control_scaled (date, control)`` with ``control_center`` and
        ``control_scale`` such that ``control_scaled x scale + center`` is the source. Events
        follow the controls on the same dim. Attributes: `model`, `grain`.

    Raises
    ------
    DataError
        If an event falls on no period of the data, or on all of them.
    """
    dates = pd.DatetimeIndex(frame["date"])
    channels = list(spec.media)
    spend = frame[[f"spend_{name}" for name in channels]].to_numpy()
    target = frame["target"].to_numpy()
    features = xr.Dataset(
        {
            "spend": (("date", "channel"), spend),
            "target": ("date", target),
            "channel_scale": ("channel", spend.max(axis=0)),
            "target_scale": ((), np.abs(target).max()),
        },
        coords={"date": dates, "channel": channels},
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
        restored[f"spend_{channel}"] = features["spend"].sel(channel=channel).to_numpy()
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


def _list_controls(
    frame: pd.DataFrame, spec: ModelSpec, dates: pd.DatetimeIndex
) -> dict[str, np.ndarray]:
    """Collect controls as delivered, then events as 0 and 1."""
    columns = {name: frame[name].to_numpy() for name in spec.controls}
    for name, windows in spec.events.items():
        columns[name] = _mark_event(dates, windows)
    problems = [
        _tell_idle_event(name, dates)
        for name in spec.events
        if columns[name].min() == columns[name].max()
    ]
    if problems:
        raise DataError(problems)
    return columns


def _mark_event(dates: pd.DatetimeIndex, windows: Sequence[dt.date | EventWindow]) -> np.ndarray:
    """Set 1 where any day of a period lies in any window."""
    grain = detect_grain(dates)
    assert grain is not None  # noqa: S101  # a validated frame has one
    ends = dates[1:].append(extend_calendar(dates[-1], grain, 1))
    is_on = np.zeros(len(dates), dtype=bool)
    for window in windows:
        first, last = (
            (window.start, window.end) if isinstance(window, EventWindow) else (window, window)
        )
        is_on |= (dates <= pd.Timestamp(last)) & (ends > pd.Timestamp(first))
    return is_on.astype(float)


def _tell_idle_event(name: str, dates: pd.DatetimeIndex) -> Problem:
    """Say that an event cannot be told from the baseline."""
    message = (
        f"`events.{name}` must be on in some periods of the data and off in others; between "
        f"{dates[0]:%Y-%m-%d} and {dates[-1]:%Y-%m-%d} it never changes. Correct its days, or "
        "remove it."
    )
    return Problem("idle_event", message, setting=("events", name), is_of_spec=True)


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
