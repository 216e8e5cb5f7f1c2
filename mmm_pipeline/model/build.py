"""From spec and features to PyMC-Marketing's model, through strict labels."""

from typing import Any

import pandas as pd
import pymc.dims as pmd
import xarray as xr
from pymc_extras.prior import Prior
from pymc_marketing.mmm import MMM, MonthlyFourier, WeeklyFourier
from pymc_marketing.mmm.additive_effect import FourierEffect, MuEffect
from pymc_marketing.mmm.scaling import FixedScaling, Scaling
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.amplitude import Amplitude
from mmm_pipeline.model.controls import ControlEffect
from mmm_pipeline.model.level import LevelEffect, Nothing
from mmm_pipeline.model.lift_tests import observe_lifts
from mmm_pipeline.model.link import read_link
from mmm_pipeline.model.media import CarryoverTransformation, ResponseTransformation
from mmm_pipeline.model.pooling import Cells
from mmm_pipeline.model.reach import Reach
from mmm_pipeline.model.return_priors import DEFAULT_MEDIA_SHARE, state_returns
from mmm_pipeline.model.shape_priors import (
    read_curve,
    read_saturation,
    state_frequency,
    state_media_carryover,
    state_saturation,
)
from mmm_pipeline.model.totals import (
    CHANNEL_TOTAL,
    JOINT_TOTALS,
    total_channels,
    total_together,
)
from mmm_pipeline.model.trend import DRIFT, N_CHANGEPOINTS, CurveEffect, LineEffect
from mmm_pipeline.spec import ModelSpec

SIMULATED = "simulated_target"
"""Feature: a target that was drawn from the priors, and that the model is fitted to in place of its
own. Priors and scales stay those of its own."""
WAVE_SD = 0.2
"""Standard deviation of the height of each seasonal wave, share of the target's maximum."""
DEGREES = (2.0, 0.1)
"""Gamma parameters of Student's degrees of freedom (Juarez and Steel 2010)."""
NOISE_SCALE = 0.2
"""Scale of the half-normal prior on what nothing explains, share of the target's maximum."""


class MarketingMixModel(MMM):
    """The library's model, whose media may work better at one time than at another.

    Attributes
    ----------
    reach : Reach or None
        For the channels of which it is known how often people were reached.
    """

    reach: Reach | None = None

    def forward_pass(self, x: XTensorVariable, dims: tuple[str, ...]) -> XTensorVariable:
        """Turn exposure into contributions.

        Parameters
        ----------
        x : XTensorVariable
            Scaled exposure.
        dims : tuple of str
            Part of the library's protocol.

        Returns
        -------
        XTensorVariable
            On the model's scale.
        """
        if self.reach:
            x = x * self.reach.create_variable(self.model)
        contribution = super().forward_pass(x, dims)
        drift = self.model.named_vars.get(DRIFT)
        return contribution if drift is None else contribution * drift


def build_model(spec: ModelSpec, features: xr.Dataset) -> MMM:
    """Build one fresh model object; it is never built a second time.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features, whose scales are used as they stand.

    Returns
    -------
    MMM
        Built, not sampled. Free parameters: ``level``, ``y_sigma`` and, as the spec has them, those
        of carry-over (``adstock_alpha``), saturation (``saturation_lam``), return (``roas``),
        ``gamma_control``, ``gamma_fourier``, ``trend_slope``, ``trend_change`` and the like.
    """
    carryover, response = _build_media(spec, features)
    cells = Cells(features["target"]).dims
    link = read_link(spec, features)
    mmm = MarketingMixModel(
        date_column="date",
        target_column="target",
        channel_columns=features["channel"].to_numpy().tolist(),
        dims=cells,
        adstock=carryover,
        saturation=response,
        yearly_seasonality=spec.seasonality.yearly or None,
        scaling=Scaling(
            target=FixedScaling(dims=(), value=1.0 if link.is_log else _scale(link.scale)),
            channel=FixedScaling(dims=(), value=_scale(features["channel_scale"])),
        ),
        model_config={
            "intercept": Nothing(),
            "gamma_fourier": _state_waves("fourier_mode"),
            "likelihood": _state_noise(spec, cells),
        },
    )
    mmm.reach = _build_reach(spec, features)
    for effect in _list_effects(spec, features):
        mmm.add_mu_effect(effect)
    inputs = xr.Dataset(
        {"_channel": features["exposure"], "_target": take_observed(spec, features)}
    )
    mmm.build_model(inputs.drop_attrs())
    with mmm.model:
        pmd.Deterministic(CHANNEL_TOTAL, total_channels(mmm, features["target"], link))
        for channels, name in JOINT_TOTALS.items() if link.is_log else ():
            together = total_together(mmm, features["target"], link, getattr(spec, channels))
            pmd.Deterministic(name, together)
    if spec.experiments:
        observe_lifts(mmm, features, link)
    return mmm


def take_observed(spec: ModelSpec, features: xr.Dataset) -> xr.DataArray:
    """Take the target that a model is held against.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.

    Returns
    -------
    xarray.DataArray, dims ``(date, ...)``
        As the library takes it: target units, or, where terms multiply, on the model's scale.
    """
    link = read_link(spec, features)
    target = features[SIMULATED if SIMULATED in features else "target"]
    return link.to_model(target) if link.is_log else target


def _state_noise(spec: ModelSpec, cells: tuple[str, ...]) -> Prior:
    """State what is believed of what nothing explains."""
    sigma = Prior("HalfNormal", sigma=NOISE_SCALE, dims=cells)
    if spec.likelihood == "normal":
        return Prior("Normal", sigma=sigma, dims=("date", *cells))
    alpha, beta = DEGREES
    freedom = Prior("Gamma", alpha=alpha, beta=beta)
    return Prior("StudentT", nu=freedom, sigma=sigma, dims=("date", *cells))


def _build_media(
    spec: ModelSpec, features: xr.Dataset
) -> tuple[CarryoverTransformation, ResponseTransformation]:
    """Give each channel its forms, their priors, and the height that its return needs."""
    scaled = features["exposure"] / features["channel_scale"]
    forms = {name: media.carryover.form for name, media in spec.media.items()}
    lengths = state_media_carryover(spec, features)
    carryover = CarryoverTransformation(forms, spec.l_max, lengths)
    curves = {name: read_curve(media).form for name, media in spec.media.items()}
    saturation = state_saturation(spec, features)
    sign = [-1.0 if media.kind == "competitor" else 1.0 for media in spec.media.values()]
    amplitude = Amplitude(
        returns=state_returns(spec, features),
        sign=xr.DataArray(sign, dims="channel", coords={"channel": features["channel"]}),
        exposure=scaled,
        spend=features["spend"],
        target=features["target"],
        link=read_link(spec, features),
        carryover=carryover,
        response=ResponseTransformation(curves, saturation, 1.0),
        cells=Cells(features["target"]) if _is_scattered(spec) else None,
    )
    return carryover, ResponseTransformation(curves, saturation, amplitude)


def _build_reach(spec: ModelSpec, features: xr.Dataset) -> Reach | None:
    """Bend the frequency of the channels of which it is known."""
    if not spec.reach_columns:
        return None
    forms = {name: read_saturation(spec.media[name]).form for name in spec.reach_columns}
    return Reach(forms, state_frequency(spec, features), features["frequency"])


def _guess_noise(spec: ModelSpec, features: xr.Dataset) -> float:
    """Guess what nothing explains from what changes between one period and the next."""
    changes = read_link(spec, features).to_model(features["target"]).diff("date")
    return float((changes**2).mean() / 2) ** 0.5 or NOISE_SCALE


def _is_scattered(spec: ModelSpec) -> bool:
    """Tell whether cells have returns of their own."""
    return bool(spec.data.panel) and spec.pooling.media == "partial"


def _scale(scale: xr.DataArray) -> float | xr.DataArray:
    """Give the library a number where there are no dims."""
    return scale if scale.dims else float(scale)


def _list_effects(spec: ModelSpec, features: xr.Dataset) -> list[MuEffect]:
    """Build what the library has not, the level last: it needs all the others."""
    dates = pd.DatetimeIndex(features["date"].to_numpy())
    clock = _read_clock(dates[0], float((dates[-1] - dates[0]).days))
    kept = _read_clock(features["clock_start"].to_numpy()[()], float(features["clock_days"]))
    effects: list[MuEffect] = []
    noise = _guess_noise(spec, features)
    if "control" in features.dims:
        effects.append(ControlEffect(spec=spec, data=features["control_scaled"], noise=noise))
    if spec.trend in {"linear", "piecewise"}:
        n_changepoints = N_CHANGEPOINTS if spec.trend == "piecewise" else 0
        effects.append(LineEffect(prefix="trend", n_changepoints=n_changepoints, **kept))
    elif spec.trend != "none":
        effects.append(CurveEffect(prefix="trend", form=spec.trend, noise=noise, **clock))
    if spec.time_varying_media:
        effects.append(
            CurveEffect(
                prefix=DRIFT,
                form="hsgp",
                noise=noise / DEFAULT_MEDIA_SHARE,
                is_factor=True,
                **clock,
            )
        )
    for kind, order in (
        (MonthlyFourier, spec.seasonality.monthly),
        (WeeklyFourier, spec.seasonality.weekly),
    ):
        if order:
            effects.append(_build_waves(kind, order))
    target = read_link(spec, features).to_model(features["target"])
    return [*effects, LevelEffect(target=target)]


def _read_clock(start: Any, days: float) -> dict[str, Any]:
    """Word a clock as the effects take it."""
    return {"first_date": f"{pd.Timestamp(start):%Y-%m-%d}", "span_days": days}


def _build_waves(kind: type[MonthlyFourier | WeeklyFourier], order: int) -> FourierEffect:
    """Let the library recur within months or weeks."""
    name = "monthly" if kind is MonthlyFourier else "weekly"
    dim = f"{name}_seasonality"
    waves = kind(n_order=order, prefix=dim, prior=_state_waves(dim), variable_name=f"gamma_{name}")
    return FourierEffect(fourier=waves)


def _state_waves(dim: str) -> Prior:
    """State the belief about seasonal waves."""
    return Prior("Normal", mu=0, sigma=WAVE_SD, dims=dim)
