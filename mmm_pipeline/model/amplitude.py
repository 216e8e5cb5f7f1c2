"""The height of each channel's curve, from what is believed about its return."""

from collections.abc import Mapping
from dataclasses import dataclass

import pymc as pm
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pytensor.gradient import disconnected_grad
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.link import Link
from mmm_pipeline.model.media import (
    CarryoverTransformation,
    ResponseTransformation,
    read_parameters,
)
from mmm_pipeline.model.pooling import Cells
from mmm_pipeline.model.reach import CONTACT_EFFECT
from mmm_pipeline.model.terms import constant, freeze
from mmm_pipeline.model.trend import DRIFT
from mmm_pipeline.model.vectors import Vector, along_channel, join, pick

MARGIN = 0.01
"""By how much more is spent where a marginal return is meant."""
EXACT, MOST = 0.9, 0.96
"""Where terms multiply: up to which share of ``sum_t y_t q_t`` a return is exact, and what no
return goes beyond, with ``q_t`` the response as a share of its largest. So the strongest period is
at most 25 times what it would be without the channel."""
NEWTON_STEPS = 12
"""Steps to the height of a curve where terms multiply."""
RETURN_SPREAD = 0.25
"""Prior mean of the standard deviation of log return between the cells of a panel."""


@dataclass(frozen=True)
class Amplitude:
    """Make each channel's return the free parameter, and its curve's height follow from it.

    For each draw the height is what makes the channel bring exactly what is stated over the
    window of the data, whatever its carry-over and its curve. So the prior on the return is
    exact, shows in the prior predictive, and needs no Jacobian.

    Attributes
    ----------
    returns : mapping of str to Vector
        Free parameters by the word they are believed in: `roas`, `marginal_roas`, `share`,
        `effect`.
    sign : xarray.DataArray, dims ``(channel,)``
        1, or -1 for what takes away.
    exposure, spend : xarray.DataArray, dims ``(date, ..., channel)``
        Exposure scaled to its maximum, and money.
    target : xarray.DataArray, dims ``(date, ...)``
        Target units.
    link : Link
        How the model looks at the target.
    carryover, response : CarryoverTransformation, ResponseTransformation
        The model's own.
    cells : Cells, optional
        Those over which returns are scattered; None where all have the same.

    Notes
    -----
    With ``G`` the window's sum of the saturated, adstocked exposure at height 1 and ``M`` what 1 %
    more exposure would add to it, divided by 0.01:

    * roas: ``beta = roas x spend / (target_scale x G)``
    * marginal_roas: ``beta = marginal_roas x spend / (target_scale x M)``
    * share: ``beta = share x total target / (target_scale x G)``
    * effect: ``beta`` itself

    Where terms multiply, what a channel brings is what the observed target would have lost without
    it, and ``beta`` solves ``sum_t y_t (1 - exp(-beta s_t)) = roas x spend``, with ``s_t`` the
    response at height 1 (for a marginal return, its first order). It is exact up to `EXACT`.

    All sums run over the window; a cell of a panel has its own. Exact because the response is
    linear in its height. Where returns are scattered over cells ``g``, cell ``g`` has the return
    ``r exp(d_g) / sum_g w_g exp(d_g)``, with ``w_g`` its part of the money (of the target for a
    share): so the return of all cells together is still ``r``.
    """

    returns: Mapping[str, Vector]
    sign: xr.DataArray
    exposure: xr.DataArray
    spend: xr.DataArray
    target: xr.DataArray
    link: Link
    carryover: CarryoverTransformation
    response: ResponseTransformation
    cells: Cells | None = None

    @property
    def dims(self) -> tuple[str, ...]:
        """Dims of the height."""
        return tuple(str(dim) for dim in self.exposure.dims if dim != "date")

    def create_variable(self, name: str, xdist: bool = False) -> XTensorVariable:  # noqa: ARG002, FBT001, FBT002
        """Register the returns and the height derived from them in the model at hand.

        Parameters
        ----------
        name : str
            Name of the height.
        xdist : bool
            Part of the library's protocol; the result has named dims either way.

        Returns
        -------
        XTensorVariable, dims ``(..., channel)``
            On the model's scale.
        """
        model = pm.modelcontext(None)
        if "channel_data" not in model.named_vars:
            # The library draws curves in a model of their own, with heights it already has.
            return pmd.Flat(name, dims=self.dims)
        channels = [str(channel) for channel in self.sign["channel"].to_numpy()]
        bent = self._bend(model, 1.0)
        slope = bent
        if "marginal_roas" in self.returns:
            slope = (self._bend(model, 1 + MARGIN) - bent) / MARGIN
        parts = []
        for word, vector in self.returns.items():
            value = along_channel(vector.create_variable(word))
            brought = self._measure(word, vector.labels)
            if self.cells:
                scatter = self.cells.deviate(word, RETURN_SPREAD, (vector.name_dim(word),))
                value = _scatter(value, along_channel(scatter), brought)
            amount = value * constant(brought)
            if word != "effect":
                shape = slope if word == "marginal_roas" else bent
                shape = pick(shape, channels, vector.labels)
                amount = self._find_height(word, amount, shape, list(vector.labels))
            parts.append((amount, vector.labels))
        height = join(parts, channels) * constant(self.sign)
        return pmd.Deterministic(name, height.transpose(*self.dims))

    def _measure(self, word: str, channels: tuple[str, ...]) -> xr.DataArray:
        """Read what a return is a unit of: money, or the target where it was reached."""
        labels = list(channels)
        reached = (self.exposure.sel(channel=labels) > 0).any("date")
        if word == "effect":
            return reached.astype(float)
        if word == "share":
            return abs(self.target).sum("date") * reached
        return self.spend.sel(channel=labels).sum("date") * reached

    def _bend(self, model: pm.Model, factor: float) -> XTensorVariable:
        """Compute the response at height 1 in every period of the window, and every cell."""
        exposure = constant(factor * self.exposure)
        if CONTACT_EFFECT in model.named_vars:
            exposure = exposure * freeze(model[CONTACT_EFFECT], model)
        carried = self.carryover.function(
            exposure, **read_parameters(model, self.carryover), dim="date"
        )
        bent = self.response.function(carried, **read_parameters(model, self.response), beta=1.0)
        if DRIFT in model.named_vars:
            bent = bent * freeze(model[DRIFT], model)
        return bent

    def _find_height(
        self, word: str, amount: XTensorVariable, shape: XTensorVariable, channels: list[str]
    ) -> XTensorVariable:
        """Find the height at which channels bring an amount, target units of the window."""
        is_off = constant((self.exposure.sel(channel=channels) <= 0).all("date"))
        if not self.link.is_log:
            unit = shape.sum(dim="date") * constant(self.link.scale)
            return amount / (unit + is_off)
        base = constant(self.target + self.link.offset)
        if word == "marginal_roas":
            return amount / ((base * shape).sum(dim="date") + is_off)
        return _solve(amount, base, shape, constant(self.sign.sel(channel=channels)), is_off)


def _solve(
    amount: XTensorVariable,
    base: XTensorVariable,
    shape: XTensorVariable,
    sign: XTensorVariable,
    is_off: XTensorVariable,
) -> XTensorVariable:
    """Solve ``sum_t base_t sign (1 - exp(-sign height shape_t)) = amount`` by Newton's method.

    Monotone from the linear solution, on either side. An amount beyond `EXACT` is bent towards
    `MOST`, so that there is a solution for any. Gradients are those of the last step alone, which
    at the solution are exact.
    """
    linear = (base * shape).sum(dim="date") + is_off
    reach = linear / (shape.max(dim="date") + is_off)
    share, rest = amount / reach, MOST - EXACT
    over = ptx.math.maximum(share - EXACT, 0.0)
    bounded = ptx.math.minimum(share, EXACT) + rest * ptx.math.tanh(over / rest)
    wanted = ptx.math.switch(sign > 0, bounded * reach, amount)
    height = wanted / linear
    for step in range(NEWTON_STEPS):
        if step == NEWTON_STEPS - 1:
            height = ptx.as_xtensor(disconnected_grad(height.values), dims=height.dims)
        left = ptx.math.exp(-sign * height * shape)
        lost = (base * sign * (1 - left)).sum(dim="date")
        steepness = (base * shape * left).sum(dim="date") + is_off
        height = height - (lost - wanted) / steepness
    return height


def _scatter(
    value: XTensorVariable, scatter: XTensorVariable, brought: xr.DataArray
) -> XTensorVariable:
    """Scatter a return over the cells, leaving that of all together as it is."""
    cells = [dim for dim in brought.dims if dim != "channel"]
    factor = ptx.math.exp(scatter)
    return value * factor / (constant(brought / brought.sum(cells)) * factor).sum(dim=cells)
