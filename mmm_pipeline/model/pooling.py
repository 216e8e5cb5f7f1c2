"""What differs from cell to cell of a panel, held together as far as the data allow."""

from itertools import product

import pymc as pm
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pytensor.xtensor.type import XTensorVariable

CELL = "cell"
"""Dim: every combination of the panel's labels."""


class Cells:
    """The cells of a panel.

    Parameters
    ----------
    target : xarray.DataArray, dims ``(date, ...)``
        Whose dims, the date's excepted, are the panel's.
    """

    def __init__(self, target: xr.DataArray) -> None:
        self.dims = tuple(str(dim) for dim in target.dims if dim != "date")
        self.labels = {dim: [str(label) for label in target[dim].to_numpy()] for dim in self.dims}

    def deviate(
        self, name: str, scale: float, dims: tuple[str, ...], error: xr.DataArray | None = None
    ) -> XTensorVariable:
        """Register by how much each cell departs from what all have in common.

        Parameters
        ----------
        name : str
            Of what is common: ``<name>_spread`` and ``<name>_offset`` are free parameters.
        scale : float
            Prior mean of the standard deviation between cells.
        dims : tuple of str
            Other dims it has, each entry with a spread of its own.
        error : xarray.DataArray, dims `dims`, optional
            About how well one cell's own data tell it, as a standard error. It decides how well
            the sampler mixes, and nothing else. None where they say next to nothing.

        Returns
        -------
        XTensorVariable, dims ``(..., *dims)``
            Adding up to 0 over the cells, so that their mean cannot be taken for what is common.

        Notes
        -----
        The departure ``d ~ Normal(0, s)`` is ``s u / w`` with ``u ~ Normal(0, w)`` and ``w = sqrt(1
        + (s / error)^2)``: given the data, ``u`` then varies by about 1 whatever the spread ``s``.
        That is the non-centred form where the data say little and the centred one where they say
        much (Papaspiliopoulos, Roberts and Skoeld 2007, "A general framework for the
        parametrization of hierarchical models"). The spread has a Gamma prior with shape 2, which
        keeps it off 0 (Chung, Rabe-Hesketh, Dorie, Gelman and Liu 2013, "A nondegenerate penalized
        likelihood estimator for variance parameters in multilevel models").
        """
        over = self._name_dim()
        spread = pmd.Gamma(f"{name}_spread", alpha=2.0, beta=2.0 / scale, dims=dims)
        width: XTensorVariable | float = 1.0
        if error is not None:
            width = (1 + (spread / ptx.as_xtensor(error.to_numpy(), dims=dims)) ** 2) ** 0.5
        offset = pmd.ZeroSumNormal(
            f"{name}_offset", sigma=width, core_dims=over, dims=(*dims, over)
        )
        departure = offset * spread / width
        if over == CELL:
            departure = departure.unstack(
                {CELL: {dim: len(labels) for dim, labels in self.labels.items()}}
            )
        return departure.transpose(*self.dims, *dims)

    def _name_dim(self) -> str:
        """Name the dim that counts the cells: the panel's own where it has one."""
        if len(self.dims) == 1:
            return self.dims[0]
        names = [" / ".join(labels) for labels in product(*self.labels.values())]
        pm.modelcontext(None).add_coord(CELL, names)
        return CELL
