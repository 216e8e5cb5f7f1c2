"""What the priors alone say, before the data are asked."""

import pymc as pm
import xarray as xr

from mmm_pipeline.model.build import build_model
from mmm_pipeline.spec import ModelSpec

N_DRAWS = 1000
"""Draws from the priors."""


def sample_prior(spec: ModelSpec, features: xr.Dataset) -> xr.Dataset:
    """Draw from the priors of a model.

    Parameters
    ----------
    spec : ModelSpec
        The model; its sampler's seed is used.
    features : xarray.Dataset
        Its features.

    Returns
    -------
    xarray.Dataset
        ``roas (draw, channel)``, ``adstock_alpha``, ``saturation_lam``, and ``target (draw,
        date)`` as it would be observed, in target units, with ``media_share (draw)``.
    """
    model = build_model(spec, features).model
    tree = pm.sample_prior_predictive(
        draws=N_DRAWS,
        model=model,
        var_names=["roas", "adstock_alpha", "saturation_lam", "y"],
        random_seed=spec.sampling.seed,
    )
    prior = tree["/prior"].to_dataset().squeeze("chain", drop=True)
    predicted = tree["/prior_predictive"].to_dataset().squeeze("chain", drop=True)
    earned = (prior["roas"] * features["spend"].sum("date")).sum("channel")
    draws: xr.Dataset = prior.assign(
        target=predicted["y"] * features["target_scale"],
        media_share=earned / features["target"].sum(),
    ).drop_attrs()
    return draws
