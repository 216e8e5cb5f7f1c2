"""From spec and features to PyMC-Marketing's model, through strict labels."""

import pandas as pd
import xarray as xr
from pymc_extras.prior import Prior
from pymc_marketing.mmm import MMM, GeometricAdstock, LogisticSaturation
from pymc_marketing.mmm.scaling import FixedScaling, Scaling

from mmm_pipeline.model.effects import N_CHANGEPOINTS, TrendEffect
from mmm_pipeline.model.priors import (
    RoasFactory,
    carryover_prior,
    control_prior,
    roas_prior,
    steepness_prior,
)
from mmm_pipeline.spec import ModelSpec

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
        Built, not sampled. Free parameters: ``intercept_contribution``, ``adstock_alpha``,
        ``saturation_lam``, ``roas``, ``y_sigma`` and, as the spec has them, ``gamma_control``,
        ``gamma_fourier``, ``trend_slope``, ``trend_change``.
    """
    adstock = GeometricAdstock(l_max=spec.l_max, priors={"alpha": carryover_prior(spec)})
    steepness = steepness_prior(spec, features)
    factory = RoasFactory(roas_prior(spec, features), adstock, LogisticSaturation())
    controls = features["control"].to_numpy().tolist() if "control" in features.dims else None
    mmm = MMM(
        date_column="date",
        target_column="target",
        channel_columns=features["channel"].to_numpy().tolist(),
        control_columns=controls,
        adstock=adstock,
        saturation=LogisticSaturation(priors={"lam": steepness, "beta": factory}),
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
    return mmm


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
    names = {"spend": "_channel", "target": "_target", "control_scaled": "_control"}
    present = {ours: theirs for ours, theirs in names.items() if ours in features}
    dataset: xr.Dataset = features[list(present)].rename(present)
    return dataset.drop_attrs()
