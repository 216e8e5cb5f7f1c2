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

from mmm_pipeline.model.media import CarryoverTransformation
from mmm_pipeline.model.pooling import Cells
from mmm_pipeline.model.selection import SELECTED, draw_selected
from mmm_pipeline.model.shape_priors import state_carryover
from mmm_pipeline.model.vectors import along_channel, join
from mmm_pipeline.spec import ModelSpec

CONTROL_SD = 0.3
"""Prior standard deviation of a control's or event's effect, share of the target's maximum."""
CONTROL_SPREAD = 0.1
"""Prior mean of the standard deviation of an effect between cells, in the same unit."""
SIGNED_SPREAD = 0.3
"""The same for the logarithm of an effect whose sign is known."""
SHARED = ("date", "control")
"""Dims of the data beside the panel's."""
KEPT = "kept_control"
"""Dim: controls and events that no selection leaves out."""


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
        effect = self._draw_effects(signs)
        cells = Cells(self.data.isel(control=0))
        if cells.dims and self.spec.pooling.controls == "partial":
            effect = _scatter(effect, signs, cells, self._measure_error())
        added = self._carry(mmm.model["control_data"]) * effect
        whole = pmd.Deterministic("control_contribution", added.transpose("date", ..., "control"))
        return whole.sum(dim="control")

    def _draw_effects(self, signs: Sequence[str | None]) -> XTensorVariable:
        """Register the effects, those that are selected from under a prior of their own."""
        labels = self.data["control"].to_numpy().tolist()
        if self.spec.control_selection is None:
            return state_effects(signs).create_variable("gamma_control", xdist=True)
        chosen = self.spec.selectable_controls
        kept = [label for label in labels if label not in chosen]
        n_cells = self.data.isel(date=0, control=0).size
        error = self._measure_error().sel(control=chosen).rename(control=SELECTED) / n_cells**0.5
        parts = [(draw_selected(self.spec.control_selection, error), chosen)]
        if kept:
            pm.modelcontext(None).add_coord(KEPT, kept)
            own = [signs[labels.index(label)] for label in kept]
            prior = state_effects(own, KEPT)
            parts.append((prior.create_variable("gamma_kept", xdist=True), kept))
        renamed = [(part.rename({part.dims[0]: "control"}), names) for part, names in parts]
        return pmd.Deterministic("gamma_control", join(renamed, labels, "control"))

    def _measure_error(self) -> xr.DataArray:
        """Guess the standard error with which one cell's data tell each effect."""
        cells = [dim for dim in self.data.dims if dim not in SHARED]
        information = (self.data**2).sum("date").mean(cells)
        error: xr.DataArray = self.noise / information.clip(min=1.0) ** 0.5
        return error

    def _carry(self, data: XTensorVariable) -> XTensorVariable:
        """Carry controls over into later periods, those that last."""
        forms = {name: control.carryover.form for name, control in self.spec.controls.items()}
        lasting = {name: form for name, form in forms.items() if form != "none"}
        if not lasting:
            return data
        labels = self.data["control"].to_numpy().tolist()
        carryovers = {name: self.spec.controls[name].carryover for name in lasting}
        vectors = state_carryover(carryovers, (), half_life="control_half_life")
        carryover = CarryoverTransformation(lasting, self.spec.l_max, vectors)
        values = {
            word: along_channel(vectors[word].create_variable(f"control_{word}"))
            if word in vectors
            else 1.0
            for word in carryover.default_priors
        }
        names = list(lasting)
        some = data.isel(control=[labels.index(name) for name in names])
        carried = carryover.function(some.rename(control="channel"), **values, dim="date")
        parts = [(carried.rename(channel="control"), names)]
        if others := [label for label in labels if label not in lasting]:
            parts.append((data.isel(control=[labels.index(one) for one in others]), others))
        return join(parts, labels, "control")

    def set_data(self, mmm: Any, model: pm.Model, X: xr.Dataset) -> None:  # noqa: ARG002, N803
        """Set the controls of a forecast; their mean where none are given."""
        dates = model.coords["date"]
        given = X["control_scaled"] if "control_scaled" in X else self.data.isel(date=slice(0))
        known = given.reindex(date=list(dates), fill_value=0.0).transpose(*self.data.dims)
        pm.set_data({"control_data": known.to_numpy()}, model=model)


def state_effects(signs: Sequence[str | None], dim: str = "control") -> Prior:
    """State the belief about each control and event, bounded where the spec knows the sign.

    Parameters
    ----------
    signs : sequence of str or None
        ``positive``, ``negative`` or None, in order.
    dim : str
        On which they lie.

    Returns
    -------
    Prior
        Share of the target's maximum for one standard deviation of a control, or for a 0/1 column
        being on.
    """
    if not any(signs):
        return Prior("Normal", mu=0, sigma=CONTROL_SD, dims=dim)
    lower = _by_control([0.0 if sign == "positive" else -np.inf for sign in signs], dim)
    upper = _by_control([0.0 if sign == "negative" else np.inf for sign in signs], dim)
    return Prior("TruncatedNormal", mu=0, sigma=CONTROL_SD, lower=lower, upper=upper, dims=dim)


def _scatter(
    effect: XTensorVariable, signs: Sequence[str | None], cells: Cells, error: xr.DataArray
) -> XTensorVariable:
    """Let each cell depart from the common effect: by a factor where the sign is known."""
    is_signed = np.array([float(sign is not None) for sign in signs])
    scale = np.where(is_signed > 0, SIGNED_SPREAD / CONTROL_SPREAD, 1.0)
    departure = cells.deviate("gamma_control", CONTROL_SPREAD, ("control",), error / scale)
    departure = ptx.as_xtensor(scale, dims=("control",)) * departure
    signed = ptx.as_xtensor(is_signed, dims=("control",))
    factor = ptx.math.exp(signed * departure)
    return effect * factor + (1 - signed) * departure


def _by_control(values: list[float], dim: str) -> xr.DataArray | float:
    """Label one bound per control; a bound that all share stays a number.

    PyTensor 3.3 draws nothing at all from a truncated normal with a bound of length one.
    """
    return values[0] if len(set(values)) == 1 else xr.DataArray(values, dims=dim)
