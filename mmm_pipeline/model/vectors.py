"""Parameters over channels whose priors, or whose very presence, differ from channel to channel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pymc as pm
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pymc_extras.prior import Prior
from pytensor.xtensor.type import XTensorVariable


@dataclass(frozen=True)
class Stated:
    """The prior of one channel's parameter.

    Attributes
    ----------
    family : str
        Name of PyMC's distribution.
    parameters : mapping of str to float
        Its parameters.
    name : str
        Name of the free variable, where that is another quantity: a half-life, say.
    derive : callable, optional
        From the free variable to the parameter.
    """

    family: str
    parameters: Mapping[str, float] = field(hash=False)
    name: str = ""
    derive: Callable[[Any], Any] | None = None


class Vector:
    """A parameter with an entry for some of the labels of a dim.

    Where all entries have priors of one family it is one free variable; else one for each family,
    and the parameter is put together from them.

    Parameters
    ----------
    stated : mapping of str to Stated
        Prior of each label, in order.
    labels : sequence of str
        All labels of `dim`. A variable that has them all lies along `dim` itself; one that has
        some of them, along a dim of its own.
    dim : str
        The dim that the labels are of.
    """

    def __init__(
        self, stated: Mapping[str, Stated], labels: Sequence[str], dim: str = "channel"
    ) -> None:
        self.labels = tuple(stated)
        self.stated = dict(stated)
        self._all = tuple(labels)
        self._dim = dim
        self.dims = (dim,)

    def create_variable(self, name: str, xdist: bool = False) -> XTensorVariable:  # noqa: ARG002, FBT001, FBT002
        """Register the parameter in the model at hand.

        Parameters
        ----------
        name : str
            Its name.
        xdist : bool
            Part of the library's protocol; the result has named dims either way.

        Returns
        -------
        XTensorVariable, dims ``(dim,)``
            Entries in the order of the labels that have one; without coordinates of its own.
        """
        groups = self._group(name)
        parts = [(self._register(free, labels), labels) for free, labels in groups.items()]
        if list(groups) == [name]:
            return parts[0][0]
        vector = join(parts, self.labels, self._dim)
        own = self._own_dim(name, self.labels)
        pmd.Deterministic(name, vector.rename({self._dim: own}) if own != self._dim else vector)
        return vector

    def name_dim(self, name: str) -> str:
        """Name the dim on which variables with these labels lie, in the model at hand.

        Parameters
        ----------
        name : str
            Of the parameter.

        Returns
        -------
        str
        """
        return self._own_dim(name, self.labels)

    def read_draws(self, name: str, posterior: xr.Dataset) -> dict[str, xr.DataArray]:
        """Read draws of the parameter, from those of the free variables that it is made of.

        Parameters
        ----------
        name : str
            Of the parameter.
        posterior : xarray.Dataset
            Draws of free variables.

        Returns
        -------
        dict of str to xarray.DataArray
            Without `dim`, by label.
        """
        found = {}
        for free, labels in self._group(name).items():
            own = self._dim if tuple(labels) == self._all else f"{free}_{self._dim}"
            for label in labels:
                draws, derive = (
                    posterior[free].sel({own: label}, drop=True),
                    self.stated[label].derive,
                )
                found[label] = derive(draws) if derive else draws
        return {label: found[label] for label in self.labels}

    def _group(self, name: str) -> dict[str, list[str]]:
        """Give each free variable its labels: one for each quantity and family."""
        families = {
            (one.name or name, one.family, tuple(one.parameters)) for one in self.stated.values()
        }
        quantities = [quantity for quantity, *_ in families]
        groups: dict[str, list[str]] = {}
        for label, one in self.stated.items():
            free = one.name or name
            if quantities.count(free) > 1 or (free == name and len(families) > 1):
                free = f"{free}_{one.family.lower()}"
            groups.setdefault(free, []).append(label)
        return groups

    def _register(self, free: str, labels: Sequence[str]) -> XTensorVariable:
        """Register one free variable, and derive the parameter from it."""
        own = self._own_dim(free, labels)
        some = [self.stated[label] for label in labels]
        parameters = {
            word: _label([one.parameters[word] for one in some], own) for word in some[0].parameters
        }
        variable = Prior(some[0].family, **parameters, dims=own).create_variable(free, xdist=True)
        if own != self._dim:
            variable = variable.rename({own: self._dim})
        derive = some[0].derive
        return derive(variable) if derive else variable

    def _own_dim(self, name: str, labels: Sequence[str]) -> str:
        """Name the dim of a variable, and see to it that the model knows its labels."""
        if tuple(labels) == self._all:
            return self._dim
        own = f"{name}_{self._dim}"
        pm.modelcontext(None).add_coord(own, list(labels))
        return own


def _label(values: Sequence[float], dim: str) -> xr.DataArray | float:
    """Label one value per entry; a value that all share stays a number.

    PyTensor 3.3 draws nothing at all from a truncated normal with a bound of length one.
    """
    return values[0] if len(set(values)) == 1 else xr.DataArray(np.asarray(values), dims=dim)


def along_channel(variable: Any) -> Any:
    """Call a parameter's own dim ``channel``.

    Parameters
    ----------
    variable : XTensorVariable or xarray.DataArray
        Made by a `Vector`, or draws of it.

    Returns
    -------
    XTensorVariable or xarray.DataArray
    """
    own = [dim for dim in variable.dims if str(dim).endswith("_channel")]
    return variable.rename({own[0]: "channel"}) if own else variable


def join(
    parts: Sequence[tuple[XTensorVariable, Sequence[str]]],
    labels: Sequence[str],
    dim: str = "channel",
) -> XTensorVariable:
    """Put together what was computed for some labels at a time.

    Each part is spread over all labels, and switched off at those of others: the library's own
    concatenation takes minutes to compile where one is fed by another.

    Parameters
    ----------
    parts : sequence of tuple
        An array, dims ``(dim,)`` among others, and the labels of its entries.
    labels : sequence of str
        All labels, in the order wanted.
    dim : str
        The dim they are of.

    Returns
    -------
    XTensorVariable
        Along `dim`; 0 where no part has the label.
    """
    if len(parts) == 1 and tuple(parts[0][1]) == tuple(labels):
        return parts[0][0]
    whole = None
    for part, of in parts:
        names = list(of)
        places = [names.index(label) if label in names else 0 for label in labels]
        is_mine = np.array([float(label in names) for label in labels])
        spread = part.isel({dim: places}) * ptx.as_xtensor(is_mine, dims=(dim,))
        whole = spread if whole is None else whole + spread
    return whole


def pick(vector: Any, of: Sequence[str], wanted: Sequence[str]) -> Any:
    """Take some entries of a parameter.

    Parameters
    ----------
    vector : XTensorVariable or float
        The parameter, dims ``(channel,)`` among others.
    of : sequence of str
        Labels of its entries.
    wanted : sequence of str
        Labels to take.

    Returns
    -------
    XTensorVariable
    """
    if tuple(of) == tuple(wanted):
        return vector
    return vector.isel(channel=[of.index(label) for label in wanted])
