"""What differs from cell to cell of a panel, held together as far as the data allow."""

from itertools import product

import pymc as pm
import xarray as xr
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.adapted import draw_adapted, draw_spread

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
            About how well one cell's own data tell it; see `draw_adapted`.

        Returns
        -------
        XTensorVariable, dims ``(..., *dims)``
            Adding up to 0 over the cells, so that their mean cannot be taken for what is common.
        """
        over = self._name_dim()
        spread = draw_spread(f"{name}_spread", scale, dims)
        departure = draw_adapted(f"{name}_offset", spread, error, (*dims, over), zero_sum=over)
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
