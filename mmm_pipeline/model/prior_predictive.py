"""What the priors alone say, before the data are asked."""

import pymc as pm
import xarray as xr

from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.link import read_link
from mmm_pipeline.model.sample import list_free_parameters
from mmm_pipeline.model.totals import CHANNEL_TOTAL, JOINT_TOTALS
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
        The free parameters, dims ``(draw, ...)``; ``target (draw, date)`` as it would be
        observed, in target units; and what they imply over the window: ``implied_roas (draw,
        channel)``, target units per money, NaN for what is not bought; ``implied_share (draw,
        channel)``, of the target; ``media_share (draw)``, of all together that adds to it.
    """
    model = build_model(spec, features).model
    totals = [name for name in (CHANNEL_TOTAL, *JOINT_TOTALS.values()) if name in model.named_vars]
    tree = pm.sample_prior_predictive(
        draws=N_DRAWS,
        model=model,
        var_names=[*list_free_parameters(model), *totals, "y"],
        random_seed=spec.sampling.seed,
        compile_kwargs={"mode": "FAST_COMPILE"},  # A thousand draws: machine code takes longer.
    )
    prior = tree["/prior"].to_dataset().squeeze("chain", drop=True)
    predicted = tree["/prior_predictive"].to_dataset().squeeze("chain", drop=True)
    cells = list(spec.data.panel)
    total = prior[CHANNEL_TOTAL].sum(cells)
    spend = features["spend"].sum(["date", *cells])
    share = total / features["target"].sum()
    together = share.clip(min=0).sum("channel")
    if (name := JOINT_TOTALS["own_media"]) in totals:
        together = prior[name].sum(cells) / features["target"].sum()
    draws: xr.Dataset = prior.drop_vars(totals).assign(
        target=read_link(spec, features).to_target(predicted["y"]),
        implied_roas=total / spend.where(spend > 0),
        implied_share=share,
        media_share=together,
    )
    return draws.drop_attrs()
