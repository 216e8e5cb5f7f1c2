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
    its standard deviation, unless the spec says otherwise or it holds only 0 and 1: those keep
    their values, so that their contribution is what they add while they are on.

    Each cell of a panel is scaled by itself: its target by its own maximum, its exposure by its
    own maximum too, or, where the population is known, to the largest exposure per head of any
    cell. A control is centred in every cell, and divided by its standard deviation within cells.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.

    Returns
    -------
    xarray.Dataset
        ``exposure (date, ..., channel)``, what acts: impressions or the like where the channel
        names them, else money; ``spend (date, ..., channel)`` in currency, 0 for what is not
        bought; ``target (date, ...)`` in its units; all unscaled, with ``channel_scale (...,
        channel)`` and ``target_scale (...)`` by which the model divides exposure and target; and,
        where there are any, ``control_scaled (date, ..., control)`` with ``control_center (...,
        control)`` and ``control_scale (control)`` such that ``control_scaled x scale + center``
        is the source. Events follow the controls on the same dim. ``population (date, ...)``
        where it is given, ``frequency (date, ..., channel)`` where reach is: contacts per person
        reached, 1 for other channels; ``is_bought (channel)`` for media with spend;
        ``clock_start`` and ``clock_days``, where a trend reads 0 and after how long it reads 1.
        The dots are the panel's dims. Attributes: `model`, `grain`.

    Raises
    ------
    DataError
        If an event falls on no period of the data, or on all of them, or names a holiday that is
        not known; if a target that has no logarithm is to be taken the logarithm of; and if a
        season is shorter than two periods.
    """
    cells = list(spec.data.panel)
    table = arrange(frame, spec)
    _require_usable(table["target"], spec)
    exposure = stack({name: table[_exposure_of(table, name)] for name in spec.media}, "channel")
    spend = stack({name: _spend_of(table, spec, name) for name in spec.media}, "channel")
    dates = pd.DatetimeIndex(table["date"].to_numpy())
    features = xr.Dataset(
        {
            "exposure": exposure.transpose("date", *cells, "channel"),
            "spend": spend.transpose("date", *cells, "channel"),
            "target": table["target"].transpose("date", *cells),
            "channel_scale": _scale_channels(exposure, table.get("population")),
            "target_scale": _above_zero(abs(table["target"]).max("date")),
            "is_bought": ("channel", [media.has_spend for media in spec.media.values()]),
            "clock_start": dates[0],
            "clock_days": float((dates[-1] - dates[0]).days),
        },
        attrs={"model": spec.name, "grain": str(detect_grain(dates))},
    )
    if "population" in table:
        features["population"] = table["population"].transpose("date", *cells)
    if spec.reach_columns:
        often = {name: _frequency_of(table, name) for name in spec.media}
        features["frequency"] = stack(often, "channel").transpose("date", *cells, "channel")
    controls = {name: table[name] for name in spec.controls}
    for name, is_on in mark_events(spec, dates).items():
        controls[name] = xr.DataArray(is_on, dims="date", coords={"date": table["date"]})
    if not controls:
        return features
    ways = {name: control.scale for name, control in spec.controls.items()}
    return features.merge(_scale_controls(controls, table["target"], ways))


def arrange(frame: pd.DataFrame, spec: ModelSpec) -> xr.Dataset:
    """Label a validated frame by date and cell.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per date and cell.
    spec : ModelSpec
        The model.

    Returns
    -------
    xarray.Dataset
        A variable for every column, dims ``(date, ...)``, cells in alphabetical order.
    """
    table: xr.Dataset = frame.set_index(["date", *spec.data.panel]).to_xarray()
    return table.astype(float)


def stack(columns: Mapping[str, xr.DataArray], dim: str) -> xr.DataArray:
    """Set columns side by side.

    Parameters
    ----------
    columns : mapping of str to xarray.DataArray
        By label of the new dim; a coordinate of its name that one of them has is dropped.
    dim : str
        The new dim.

    Returns
    -------
    xarray.DataArray, dims ``(dim, ...)``
    """
    parts = [one.drop_vars(dim, errors="ignore") for one in columns.values()]
    whole: xr.DataArray = xr.concat(parts, dim, coords="minimal", compat="override")
    return whole.assign_coords({dim: list(columns)})


def find_lost_features(features: xr.Dataset, frame: pd.DataFrame, spec: ModelSpec) -> list[str]:
    """Compare features with the frame they were built from.

    Parameters
    ----------
    features : xarray.Dataset
        As built by `build_features`.
    frame : pandas.DataFrame
        The validated frame.
    spec : ModelSpec
        The model.

    Returns
    -------
    list of str
        One sentence for each column whose values cannot be had back to 1e-9 relative; empty if
        nothing was lost and nothing invented.
    """
    table = arrange(frame, spec)
    for dim in ("date", *spec.data.panel):
        if not np.array_equal(features[dim].to_numpy(), table[dim].to_numpy()):
            return [f"the {dim}s are not those of the validated frame"]
    restored = _restore(features)
    absent = set(table.data_vars) - set(restored)
    changed = [
        column
        for column, values in restored.items()
        if column in table
        and not np.allclose(*xr.broadcast(values, table[column]), rtol=1e-9, atol=1e-9)
    ]
    return [f"column {column!r} is not what was delivered" for column in [*absent, *changed]]


def _require_usable(target: xr.DataArray, spec: ModelSpec) -> None:
    """Refuse what the model could make nothing of."""
    problems = []
    least = {"identity": -np.inf, "log": 0.0, "log1p": -1.0}[spec.link]
    if (low := float(target.min())) <= least:
        place = target.where(target == low, drop=True)["date"].to_numpy()[0]
        message = (
            f"`link: {spec.link}` needs a target above {least:g} everywhere; on "
            f"{pd.Timestamp(place):%Y-%m-%d} it is {low:g}. Say `link: identity`, or `log1p` for a "
            "target with zeros."
        )
        problems.append(Problem("bad_link", message, setting=("link",), is_of_spec=True))
    grain = detect_grain(pd.DatetimeIndex(target["date"].to_numpy()))
    for word, grains in (("weekly", {"week", "month"}), ("monthly", {"month"})):
        if getattr(spec.seasonality, word) and grain in grains:
            message = (
                f"`seasonality.{word}` must be left out of data by {grain}: it recurs within a "
                "period."
            )
            setting = ("seasonality", word)
            problems.append(Problem("bad_season", message, setting=setting, is_of_spec=True))
    if problems:
        raise DataError(problems)


def _restore(features: xr.Dataset) -> dict[str, xr.DataArray]:
    """Undo the scaling, and name every series by its column."""
    restored = {name: features[name] for name in ("target", "population") if name in features}
    for kind in ("exposure", "spend"):
        for channel in features["channel"].to_numpy():
            restored[f"{kind}_{channel}"] = features[kind].sel(channel=channel)
    if "frequency" in features:
        reach = features["exposure"] / features["frequency"]
        for channel in features["channel"].to_numpy():
            restored[f"reach_{channel}"] = reach.sel(channel=channel)
    if "control" in features.dims:
        unscaled = features["control_scaled"] * features["control_scale"]
        unscaled = unscaled + features["control_center"]
        for control in features["control"].to_numpy():
            restored[str(control)] = unscaled.sel(control=control)
    return restored


def _exposure_of(table: xr.Dataset, name: str) -> str:
    """Name the column of what acts."""
    return f"exposure_{name}" if f"exposure_{name}" in table else f"spend_{name}"


def _spend_of(table: xr.Dataset, spec: ModelSpec, name: str) -> xr.DataArray:
    """Read a channel's money, or what its exposure cost."""
    if f"spend_{name}" in table:
        return table[f"spend_{name}"]
    return table[f"exposure_{name}"] * (spec.media[name].cost_per_unit or 0.0)


def _frequency_of(table: xr.Dataset, name: str) -> xr.DataArray:
    """Compute contacts per person reached; 1 where nobody was, or reach is not known."""
    exposure = table[_exposure_of(table, name)]
    if f"reach_{name}" not in table:
        return xr.ones_like(exposure)
    return (exposure / table[f"reach_{name}"]).where(exposure > 0, 1.0)


def _scale_channels(exposure: xr.DataArray, population: xr.DataArray | None) -> xr.DataArray:
    """Find the exposure that each curve takes for 1, in every cell."""
    if population is None:
        return _above_zero(exposure.max("date"))
    people = population.mean("date")
    per_head = (exposure / people).max([dim for dim in exposure.dims if dim != "channel"])
    return _above_zero(people * per_head)


def _above_zero(scale: xr.DataArray) -> xr.DataArray:
    """Divide by 1 where nothing was seen."""
    return scale.where(scale > 0, 1.0)


def _scale_controls(
    columns: Mapping[str, xr.DataArray], like: xr.DataArray, ways: Mapping[str, str]
) -> xr.Dataset:
    """Scale each control in its way; events, and what else is 0/1, are left alone."""
    values = stack({name: one.broadcast_like(like) for name, one in columns.items()}, "control")
    values = values.transpose(*like.dims, "control")
    over = list(like.dims)
    is_binary = values.isin((0.0, 1.0)).all(over)
    way = xr.DataArray([ways.get(name, "none") for name in columns], dims="control")
    is_centered = (way == "standard") & ~is_binary
    center = values.mean("date").where(is_centered, 0.0)
    spread = ((values - center) ** 2).mean(over) ** 0.5
    largest = abs(values).max(over).where(way == "max_abs", 1.0)
    scale = _above_zero(spread.where(is_centered, largest))
    return xr.Dataset(
        {
            "control_scaled": (values - center) / scale,
            "control_center": center,
            "control_scale": scale,
        }
    )
