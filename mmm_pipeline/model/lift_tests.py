"""What experiments found, held against what the model says that they brought."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pymc_marketing.mmm import MMM
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.formulas import (
    CARRYOVER_PARAMETERS,
    SATURATION_PARAMETERS,
    saturate,
    weigh_lags,
)
from mmm_pipeline.model.link import Link
from mmm_pipeline.model.media import (
    CarryoverTransformation,
    ResponseTransformation,
    join_forms,
    read_parameters,
    take_parameters,
)
from mmm_pipeline.model.reach import CONTACT_EFFECT
from mmm_pipeline.model.terms import constant, freeze
from mmm_pipeline.model.trend import DRIFT

LIFT = "lift_expected"
"""Variable: target units that the model says each experiment brought, dims ``(lift_test,)``."""
OBSERVED_LIFT = "lift_observed"
"""Variable: what experiments found, in units of its own error, dims ``(lift_test,)``."""
LIFT_DATA = "lift_data"
"""Variable: the same as it was measured."""
LIFT_TEST = "lift_test"
"""Dim: the experiments."""
ROW, TIME, LAG = "lift_row", "lift_time", "lift_lag"
"""Dims: an experiment in a cell; a period of it; periods since an exposure."""


def observe_lifts(mmm: MMM, features: xr.Dataset, link: Link) -> None:
    """Let a model know what experiments found.

    Parameters
    ----------
    mmm : MMM
        Built.
    features : xarray.Dataset
        Its features, with what `arrange_lift_tests` made of the experiments.
    link : Link
        How the model looks at its target.

    Notes
    -----
    For an experiment in a share ``m`` of the market the model says, period by period, what its
    money brought there: with ``b`` the exposure without it and ``d`` what it bought,
    ``m (f(b + d / m) - f(b))``, carried over and bent as the channel is, and counted in the days
    of the experiment only. Where terms multiply, ``m y0 (exp(f(b + d / m) - f(b)) - 1)``, with
    ``y0`` the observed target without what it brought. That is what the measured lift is
    normally distributed around, with its own error made larger, see `arrange_lift_tests`.
    """
    with mmm.model as model:
        model.add_coord(LIFT_TEST, features[LIFT_TEST].to_numpy().tolist())
        rows = _expect(mmm, features, link)
        tests = features["lift_row_test"].to_numpy()
        belongs = (tests[None, :] == np.arange(features.sizes[LIFT_TEST])[:, None]).astype(float)
        share = ptx.as_xtensor(belongs, dims=(LIFT_TEST, ROW))
        lift = pmd.Deterministic(LIFT, (rows * share).sum(dim=ROW))
        error = features["lift_error_used"]
        seen = pmd.Data(LIFT_DATA, take_lifts(features).to_numpy(), dims=(LIFT_TEST,))
        pmd.Normal(OBSERVED_LIFT, mu=lift / constant(error), sigma=1.0, observed=seen)


def take_lifts(features: xr.Dataset) -> xr.DataArray:
    """Take what experiments found.

    Parameters
    ----------
    features : xarray.Dataset
        With what `arrange_lift_tests` made of the experiments.

    Returns
    -------
    xarray.DataArray, dims ``(lift_test,)``
        In units of its own error.
    """
    return features["lift"] / features["lift_error_used"]


def _expect(mmm: MMM, features: xr.Dataset, link: Link) -> XTensorVariable:
    """Compute what every row brought, target units, dims ``(lift_row,)``."""
    model, rows = mmm.model, _Rows(features)
    without = rows.bend(mmm, features["lift_base"])
    more = rows.bend(mmm, features["lift_plus"])
    height = rows.look_up(model[mmm.saturation.variable_mapping["beta"]])
    if DRIFT in model.named_vars:
        height = height * rows.follow(freeze(model[DRIFT], model))
    gain = height * (more - without)
    market, is_on = constant(features["lift_row_market"]), constant(features["lift_on"])
    if link.is_log:
        seen = height * (rows.bend(mmm, features["lift_seen"]) - without)
        before = constant(features["lift_target"] + link.offset) * ptx.math.exp(-seen)
        brought = before * ptx.math.expm1(gain)
    else:
        brought = gain * constant(features["lift_scale"])
    return (market * is_on * brought).sum(dim=TIME)


class _Rows:
    """The rows of `lift_row`, which stand where a channel does in the formulas."""

    def __init__(self, features: xr.Dataset) -> None:
        self._features = features
        self._channels = [str(name) for name in features["lift_row_channel"].to_numpy()]

    def bend(self, mmm: MMM, exposure: xr.DataArray) -> XTensorVariable:
        """Carry over and bend exposure, dims ``(lift_row, lift_time, lift_lag)``."""
        lagged: Any = constant(exposure)
        if CONTACT_EFFECT in mmm.model.named_vars:
            seen = constant(self._features["exposure"])
            often = (seen * freeze(mmm.model[CONTACT_EFFECT], mmm.model)).sum(dim="date")
            lagged = lagged * self.look_up(often / seen.sum(dim="date"))
        carried = (lagged * self._weigh(mmm)).sum(dim=LAG)
        return self._saturate(mmm, carried)

    def _weigh(self, mmm: MMM) -> XTensorVariable:
        lags = constant(xr.DataArray(np.arange(float(mmm.adstock.l_max)), dims=LAG))

        def weigh(form: str, places: list[int]) -> XTensorVariable:
            taken = self._take(mmm, mmm.adstock, CARRYOVER_PARAMETERS[form], places)
            return weigh_lags(form, lags, mmm.adstock.l_max, LAG, **taken)

        return self._join(mmm.adstock, weigh)

    def _saturate(self, mmm: MMM, carried: XTensorVariable) -> XTensorVariable:
        def bend(form: str, places: list[int]) -> XTensorVariable:
            taken = self._take(mmm, mmm.saturation, SATURATION_PARAMETERS[form], places)
            return saturate(form, carried.isel({ROW: places}).rename({ROW: "channel"}), **taken)

        return self._join(mmm.saturation, bend)

    def _join(
        self,
        transformation: CarryoverTransformation | ResponseTransformation,
        compute: Callable[[str, list[int]], XTensorVariable],
    ) -> XTensorVariable:
        """Compute every row in the form of its channel."""
        forms = [transformation.forms[channel] for channel in self._channels]
        return join_forms(forms, compute).rename({"channel": ROW})

    def _take(
        self,
        mmm: MMM,
        transformation: CarryoverTransformation | ResponseTransformation,
        words: tuple[str, ...],
        places: list[int],
    ) -> dict[str, Any]:
        """Take parameters for some rows."""
        channels = [self._channels[place] for place in places]
        values = read_parameters(mmm.model, transformation)
        return take_parameters(transformation, values, words, channels)

    def look_up(self, values: XTensorVariable) -> XTensorVariable:
        """Take the entry of each row's channel and cell, dims ``(lift_row,)``."""
        wanted: Any = 1.0
        for dim in values.dims:
            labels = self._features[dim].to_numpy().astype(str)
            mine = self._features[f"lift_row_{dim}"].to_numpy().astype(str)
            wanted = wanted * ptx.as_xtensor(
                (mine[:, None] == labels[None, :]).astype(float), dims=(ROW, dim)
            )
        return (values * wanted).sum(dim=list(values.dims))

    def follow(self, values: XTensorVariable) -> XTensorVariable:
        """Take what is dated in the periods of each row; 1 outside the data."""
        places = self._features["lift_date"].to_numpy()
        n_dates = self._features.sizes["date"]
        is_then = (places[..., None] == np.arange(n_dates)).astype(float)
        dated = (values * ptx.as_xtensor(is_then, dims=(ROW, TIME, "date"))).sum(dim="date")
        return dated + ptx.as_xtensor((places < 0).astype(float), dims=(ROW, TIME))
