"""What two fits were told otherwise about the same dates."""

import numpy as np
import pandas as pd
import xarray as xr

SAME = 1e-9
"""Relative difference up to which two numbers are the same; scaling and unscaling costs less."""
COLUMNS = {
    "column": "str",
    "n_restated": "int64",
    "first": "str",
    "last": "str",
    "dates": "str",
    "change": "float64",
    "size": "float64",
}
"""Columns of the table, and their types."""


def find_common(now: xr.Dataset, before: xr.Dataset) -> dict[str, np.ndarray]:
    """Find the dates and cells that two fits both saw.

    Parameters
    ----------
    now, before : xarray.Dataset
        Inputs of both.

    Returns
    -------
    dict of str to numpy.ndarray
        Labels by dim of the target.
    """
    return {
        str(dim): pd.Index(now[dim].to_numpy())
        .intersection(pd.Index(before[dim].to_numpy()).astype(now[dim].dtype), sort=True)
        .to_numpy()
        for dim in now["target"].dims
        if dim in before["target"].dims
    }


def find_restated(now: xr.Dataset, before: xr.Dataset) -> pd.DataFrame:
    """Compare what two fits were made of where both speak of the same dates and cells.

    Parameters
    ----------
    now, before : xarray.Dataset
        Inputs of both.

    Returns
    -------
    pandas.DataFrame
        A row per column that is said otherwise on some date: ``column, n_restated`` (dates),
        ``first, last, dates`` (ISO 8601), ``change`` of its total and ``size``, the sum of all
        changes taken as positive, both as shares of the earlier total of absolute values.
    """
    common = find_common(now, before)
    if any(len(labels) == 0 for labels in common.values()):
        return pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    new, old = _list_columns(now.sel(common)), _list_columns(before.sel(common))
    rows = [
        row
        for name in new
        if name in old and (row := _compare(name, new[name], old[name])) is not None
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _list_columns(inputs: xr.Dataset) -> dict[str, xr.DataArray]:
    """List what a fit was told, in the units of the data."""
    columns = {"target": inputs["target"]}
    for kind in ("spend", "exposure", "frequency"):
        if kind in inputs:
            values = inputs[kind]
            names = [str(name) for name in values["channel"].to_numpy()]
            columns |= {f"{kind}_{name}": values.sel(channel=name) for name in names}
    if "control_scaled" in inputs:
        controls = inputs["control_scaled"] * inputs["control_scale"] + inputs["control_center"]
        names = [str(name) for name in controls["control"].to_numpy()]
        columns |= {name: controls.sel(control=name) for name in names}
    return columns


def _compare(name: str, new: xr.DataArray, old: xr.DataArray) -> dict[str, object] | None:
    """Compare a column; None where it says the same."""
    new, old = xr.align(new, old, join="exact")
    difference = (new - old.transpose(*new.dims)).drop_vars(["channel", "control"], errors="ignore")
    total = float(abs(old).sum())
    limit = SAME * max(float(abs(old).max()), float(abs(new).max()))
    is_other = (abs(difference) > limit).any([dim for dim in difference.dims if dim != "date"])
    if not bool(is_other.any()):
        return None
    dates = pd.DatetimeIndex(difference["date"].to_numpy()[is_other.to_numpy()])
    days = dates.strftime("%Y-%m-%d").tolist()
    return {
        "column": name,
        "n_restated": len(days),
        "first": days[0],
        "last": days[-1],
        "dates": ", ".join(days),
        "change": float(difference.sum()) / total if total else 0.0,
        "size": float(abs(difference).sum()) / total if total else 1.0,
    }
