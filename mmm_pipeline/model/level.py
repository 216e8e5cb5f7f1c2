"""Where the target lies without media, from where it lies with all that is in the model."""

from typing import Any

import pymc as pm
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pydantic import ConfigDict, InstanceOf
from pymc_marketing.mmm.additive_effect import MuEffect
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.terms import add_up, constant, freeze

LEVEL_SD = 0.3
"""Prior standard deviation of the level about the target's mean, share of its maximum."""


class Nothing:
    """Stands where the library wants a prior for its own intercept, and adds nothing."""

    dims = ()

    def create_variable(self, name: str, xdist: bool = False) -> XTensorVariable:  # noqa: ARG002, FBT001, FBT002
        """Register nothing.

        Parameters
        ----------
        name : str
            What the library would call it.
        xdist : bool
            Part of the library's protocol.

        Returns
        -------
        XTensorVariable
            0.
        """
        return ptx.as_xtensor(0.0, dims=())


class LevelEffect(MuEffect):
    """The intercept, such that the mean over the window is the free parameter.

    The data know the mean of the target well, and the intercept only as what media, trend and
    events leave of it. With the mean as the free parameter nothing that is learnt about media moves
    it, which on Meridian's panel gave seven times the effective draws of ROAS.

    Attributes
    ----------
    target : xarray.DataArray, dims ``(date, ...)``
        Scaled target.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    target: InstanceOf[xr.DataArray]
    prefix: str = "level"

    def create_data(self, mmm: Any) -> None:
        """Register nothing: what it needs is that of the others."""

    def create_effect(self, mmm: Any) -> XTensorVariable:
        """Register the level, and the intercept that follows from it."""
        model = mmm.model
        others = freeze(add_up(model).mean(dim="date"), model)
        center = self.target.mean("date")
        cells = tuple(str(dim) for dim in center.dims)
        level = pmd.Normal(self.prefix, mu=constant(center), sigma=LEVEL_SD, dims=cells)
        return pmd.Deterministic("intercept_contribution", level - others)

    def set_data(self, mmm: Any, model: pm.Model, X: xr.Dataset) -> None:  # noqa: N803
        """Set nothing."""
