"""From spec and features to PyMC-Marketing's model, through strict labels."""

import pandas as pd
import pymc.dims as pmd
import xarray as xr
from pymc_extras.prior import Prior
from pymc_marketing.mmm import MMM
from pymc_marketing.mmm.scaling import FixedScaling, Scaling

from mmm_pipeline.model.amplitude import Amplitude
from mmm_pipeline.model.control_priors import control_prior
from mmm_pipeline.model.effects import N_CHANGEPOINTS, TrendEffect
from mmm_pipeline.model.media import CarryoverTransformation, ResponseTransformation
from mmm_pipeline.model.return_priors import state_returns
from mmm_pipeline.model.shape_priors import (
    read_saturation,
    state_carryover,
    state_saturation,
)
from mmm_pipeline.spec import ModelSpec

CHANNEL_TOTAL = "channel_total"
"""Variable: target units that each channel brings over the model's dates, dims ``(channel,)``."""
INTERCEPT_PRIOR = Prior("Normal", mu=0.5, sigma=0.5)
"""Share of the target's maximum that comes without media: between nothing and all, mostly."""
CONTROL_SD = 0.3
"""Prior standard deviation of a control's or event's effect, share of the target's maximum."""
FOURIER_PRIOR = Prior("Normal", mu=0, sigma=0.2, dims="fourier_mode")
"""Amplitude of each wave of the year, share of the target's maximum."""
NOISE_PRIOR = Prior("HalfNormal", sigma=0.2)
"""Standard deviation of what nothing explains, share of the target's maximum."""


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
        Built, not sampled. Free parameters: ``intercept_contribution``, ``y_sigma`` and, as the
        spec has them, those of carry-over (``adstock_alpha``), saturation (``saturation_lam``),
        return (``roas``), ``gamma_control``, ``gamma_fourier``, ``trend_slope``,
        ``trend_change``.
    """
    carryover, response = _build_media(spec, features)
    controls = features["control"].to_numpy().tolist() if "control" in features.dims else None
    mmm = MMM(
        date_column="date",
        target_column="target",
        channel_columns=features["channel"].to_numpy().tolist(),
        control_columns=controls,
        adstock=carryover,
        saturation=response,
        yearly_seasonality=spec.seasonality.yearly or None,
        scaling=Scaling(
            target=FixedScaling(dims=(), value=float(features["target_scale"])),
            channel=FixedScaling(dims=(), value=features["channel_scale"]),
        ),
        model_config={
            "intercept": INTERCEPT_PRIOR,
            "gamma_control": control_prior(spec, CONTROL_SD),
            "gamma_fourier": FOURIER_PRIOR,
            "likelihood": Prior("Normal", sigma=NOISE_PRIOR, dims="date"),
        },
    )
    if spec.trend != "none":
        mmm.add_mu_effect(_build_trend(spec, features))
    mmm.build_model(_name_for_library(features))
    with mmm.model:
        total = mmm.model["channel_contribution"].sum(dim="date") * mmm.model["target_scale"]
        pmd.Deterministic(CHANNEL_TOTAL, total)
    return mmm


def _build_media(
    spec: ModelSpec, features: xr.Dataset
) -> tuple[CarryoverTransformation, ResponseTransformation]:
    """Give each channel its forms, their priors, and the height that its return needs."""
    scaled = features["exposure"] / features["channel_scale"]
    forms = {name: media.carryover.form for name, media in spec.media.items()}
    carryover = CarryoverTransformation(forms, spec.l_max, state_carryover(spec, features))
    curves = {name: read_saturation(media).form for name, media in spec.media.items()}
    saturation = state_saturation(spec, features)
    sign = [-1.0 if media.kind == "competitor" else 1.0 for media in spec.media.values()]
    amplitude = Amplitude(
        returns=state_returns(spec, features),
        sign=xr.DataArray(sign, dims="channel", coords={"channel": features["channel"]}),
        exposure=scaled,
        spend=features["spend"],
        target=features["target"],
        target_scale=features["target_scale"],
        carryover=carryover,
        response=ResponseTransformation(curves, saturation, 1.0),
    )
    return carryover, ResponseTransformation(curves, saturation, amplitude)


def _build_trend(spec: ModelSpec, features: xr.Dataset) -> TrendEffect:
    """Fix the trend's clock to the training window."""
    dates = pd.DatetimeIndex(features["date"].to_numpy())
    return TrendEffect(
        first_date=str(dates[0].date()),
        span_days=float((dates[-1] - dates[0]).days),
        n_changepoints=N_CHANGEPOINTS if spec.trend == "piecewise" else 0,
    )


def _name_for_library(features: xr.Dataset) -> xr.Dataset:
    """Give the arrays the names that the library reads."""
    names = {"exposure": "_channel", "target": "_target", "control_scaled": "_control"}
    present = {ours: theirs for ours, theirs in names.items() if ours in features}
    dataset: xr.Dataset = features[list(present)].rename(present)
    return dataset.drop_attrs()
