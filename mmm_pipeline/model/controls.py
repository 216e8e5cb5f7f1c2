"""What controls and events add."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pymc as pm
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pydantic import ConfigDict, InstanceOf
from pymc_extras.prior import Prior
from pymc_marketing.mmm.additive_effect import MuEffect
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.pooling import Cells
from mmm_pipeline.spec import ModelSpec

CONTROL_SD = 0.3
"""Prior standard deviation of a control's or event's effect, share of the target's maximum."""
CONTROL_SPREAD = 0.1
"""Prior mean of the standard deviation of an effect between cells, in the same unit."""
SIGNED_SPREAD = 0.3
"""The same for the logarithm of an effect whose sign is known."""


class ControlEffect(MuEffect):
    """Controls and events, each with an effect of its own.

    Attributes
    ----------
    spec : ModelSpec
        The model.
    data : xarray.DataArray, dims ``(date, ..., control)``
        Scaled controls, then events.
    noise : float
        About the standard deviation of what nothing explains, share of the target's maximum.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    spec: ModelSpec
    data: InstanceOf[xr.DataArray]
    noise: float
    prefix: str = "control"

    def create_data(self, mmm: Any) -> None:
        """Register the scaled controls."""
        mmm.model.add_coord("control", self.data["control"].to_numpy().tolist())
        pmd.Data("control_data", self.data.reset_coords(drop=True).to_numpy(), dims=self.data.dims)

    def create_effect(self, mmm: Any) -> XTensorVariable:
        """Register the effects and what they add."""
        signs = [control.sign for control in self.spec.controls.values()]
        signs += [event.sign for event in self.spec.events.values()]
        effect = state_effects(signs).create_variable("gamma_control", xdist=True)
        cells = Cells(self.data.isel(control=0))
        if cells.dims and self.spec.pooling.controls == "partial":
            effect = _scatter(effect, signs, cells, self.data, self.noise)
        added = mmm.model["control_data"] * effect
        whole = pmd.Deterministic("control_contribution", added.transpose("date", ..., "control"))
        return whole.sum(dim="control")

    def set_data(self, mmm: Any, model: pm.Model, X: xr.Dataset) -> None:  # noqa: ARG002, N803
        """Set the controls of a forecast; their mean where none are given."""
        dates = model.coords["date"]
        given = X["control_scaled"] if "control_scaled" in X else self.data.isel(date=slice(0))
        known = given.reindex(date=list(dates), fill_value=0.0).transpose(*self.data.dims)
        pm.set_data({"control_data": known.to_numpy()}, model=model)


def state_effects(signs: Sequence[str | None]) -> Prior:
    """State the belief about each control and event, bounded where the spec knows the sign.

    Parameters
    ----------
    signs : sequence of str or None
        ``positive``, ``negative`` or None, in order.

    Returns
    -------
    Prior
        Over ``control``: share of the target's maximum for one standard deviation of a control,
        or for a 0/1 column being on.
    """
    if not any(signs):
        return Prior("Normal", mu=0, sigma=CONTROL_SD, dims="control")
    lower = _by_control([0.0 if sign == "positive" else -np.inf for sign in signs])
    upper = _by_control([0.0 if sign == "negative" else np.inf for sign in signs])
    return Prior(
        "TruncatedNormal", mu=0, sigma=CONTROL_SD, lower=lower, upper=upper, dims="control"
    )


def _scatter(
    effect: XTensorVariable,
    signs: Sequence[str | None],
    cells: Cells,
    data: xr.DataArray,
    noise: float,
) -> XTensorVariable:
    """Let each cell depart from the common effect: by a factor where the sign is known."""
    is_signed = np.array([float(sign is not None) for sign in signs])
    scale = np.where(is_signed > 0, SIGNED_SPREAD / CONTROL_SPREAD, 1.0)
    information = (data**2).sum("date").mean(cells.dims)
    error = noise / information.clip(min=1.0) ** 0.5 / scale
    departure = cells.deviate("gamma_control", CONTROL_SPREAD, ("control",), error)
    departure = ptx.as_xtensor(scale, dims=("control",)) * departure
    signed = ptx.as_xtensor(is_signed, dims=("control",))
    factor = ptx.math.exp(signed * departure)
    return effect * factor + (1 - signed) * departure


def _by_control(values: list[float]) -> xr.DataArray | float:
    """Label one bound per control; a bound that all share stays a number.

    PyTensor 3.3 draws nothing at all from a truncated normal with a bound of length one.
    """
    return values[0] if len(set(values)) == 1 else xr.DataArray(values, dims="control")
