"""The terms that the model's mean is the sum of."""

from typing import Any

import pymc as pm
import pytensor.tensor as pt
import pytensor.xtensor as ptx
import xarray as xr
from pytensor.graph.replace import graph_replace
from pytensor.xtensor.type import XTensorType, XTensorVariable

SUFFIX = "_contribution"
"""A variable so named is a term, and is shown as a component."""
LABEL_DIMS = ("channel", "control")
"""Dims along which a term holds several components."""
PARTS_OF_TERMS = frozenset({"fourier_contribution"})
"""Variables so named that are summed up into a term."""


def list_terms(model: pm.Model) -> list[str]:
    """Name the terms that a model's mean is the sum of, so far as they are registered.

    Parameters
    ----------
    model : pymc.Model
        A model, built or under construction.

    Returns
    -------
    list of str
    """
    return [
        name for name in model.named_vars if name.endswith(SUFFIX) and name not in PARTS_OF_TERMS
    ]


def add_up(model: pm.Model) -> XTensorVariable:
    """Add up the terms registered so far.

    Parameters
    ----------
    model : pymc.Model
        Under construction.

    Returns
    -------
    XTensorVariable, dims ``(date, ...)``
        On the model's scale.
    """
    total = 0.0
    for name in list_terms(model):
        term = model[name]
        total = total + term.sum(dim=[dim for dim in LABEL_DIMS if dim in term.dims])
    return total


def freeze(variable: XTensorVariable, model: pm.Model) -> XTensorVariable:
    """Put the data as they are now into what follows from them.

    What is worked out over the window of a fit (a mean, a sum) must not move when other dates are
    set for a forecast.

    Parameters
    ----------
    variable : XTensorVariable
        Of the model.
    model : pymc.Model
        Whose data are frozen in it.

    Returns
    -------
    XTensorVariable
    """
    return graph_replace(variable, {one: _read(one) for one in model.data_vars}, strict=False)


def constant(array: xr.DataArray) -> XTensorVariable:
    """Put numbers into the graph as they are now: they must not move with a forecast's data.

    Parameters
    ----------
    array : xarray.DataArray
        Numbers.

    Returns
    -------
    XTensorVariable
        With its dims.
    """
    return ptx.as_xtensor(array.to_numpy().astype(float), dims=array.dims)


def _read(data: Any) -> Any:
    """Make a constant of what a data variable holds."""
    if isinstance(data.type, XTensorType):
        return ptx.as_xtensor(data.get_value(), dims=data.type.dims)
    return pt.as_tensor(data.get_value())
