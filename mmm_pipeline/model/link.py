"""Between the target and the scale on which the terms of a model add up."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from mmm_pipeline.spec import ModelSpec

LARGEST = 300.0
"""Logarithm beyond which absurd targets are not told apart: Student's tails reach anywhere."""


@dataclass(frozen=True)
class Link:
    """How the target is looked at.

    Attributes
    ----------
    name : {"identity", "log", "log1p"}
        Terms add up to the target's share of its maximum, to the logarithm of that share, or to
        the same after 1 is added to both.
    scale : xarray.DataArray, dims ``(...)``
        The target's maximum, target units, in every cell.
    """

    name: str
    scale: xr.DataArray

    @property
    def is_log(self) -> bool:
        """Whether terms multiply."""
        return self.name != "identity"

    @property
    def offset(self) -> float:
        """What is added to the target before its logarithm is taken."""
        return 1.0 if self.name == "log1p" else 0.0

    def to_model(self, target: xr.DataArray) -> xr.DataArray:
        """Look at a target on the model's scale.

        Parameters
        ----------
        target : xarray.DataArray
            Target units.

        Returns
        -------
        xarray.DataArray
        """
        ratio = (target + self.offset) / (self.scale + self.offset)
        return xr.apply_ufunc(np.log, ratio) if self.is_log else ratio

    def to_target(self, value: xr.DataArray) -> xr.DataArray:
        """Come back from the model's scale.

        Parameters
        ----------
        value : xarray.DataArray
            On the model's scale.

        Returns
        -------
        xarray.DataArray
            Target units.
        """
        ratio = xr.apply_ufunc(np.exp, value.clip(max=LARGEST)) if self.is_log else value
        return ratio * (self.scale + self.offset) - self.offset

    def take_away(self, base: xr.DataArray, term: xr.DataArray) -> xr.DataArray:
        """Compute what a target loses when a term is taken out.

        Parameters
        ----------
        base : xarray.DataArray
            The target with the term in it, target units; of no account where terms add up.
        term : xarray.DataArray
            On the model's scale.

        Returns
        -------
        xarray.DataArray
            Target units.
        """
        if not self.is_log:
            return term * self.scale
        lost: xr.DataArray = -(base + self.offset) * xr.apply_ufunc(np.expm1, -term)
        return lost


def read_link(spec: ModelSpec, features: xr.Dataset) -> Link:
    """Read how a model looks at its target.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.

    Returns
    -------
    Link
    """
    return Link(spec.link, features["target_scale"])
