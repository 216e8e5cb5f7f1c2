"""A fit's model, built once, and what follows from its draws."""

from copy import copy
from functools import lru_cache

import xarray as xr
from pymc_marketing.mmm import MMM

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.gate.completeness import build_without_experiments, name_model
from mmm_pipeline.insight.summary import SAMPLE_DIMS
from mmm_pipeline.model.fit import attach_posterior, compute_variables, rebuild_model
from mmm_pipeline.model.terms import list_terms
from mmm_pipeline.model.totals import CHANNEL_TOTAL, JOINT_TOTALS
from mmm_pipeline.model.vectors import along_channel

MAX_NUMBERS = 60_000_000
"""Numbers that dated draws may take, 8 bytes each; beyond, evenly spaced draws are used."""
FITS_KEPT = 4
"""Fits of which model and totals are kept: several are looked at together, or in turn."""


@lru_cache(maxsize=FITS_KEPT)
def restore_model(fit: ConvergedFit) -> MMM:
    """Give back the model of a fit, with its posterior attached.

    Kept for the fits asked last, because every result asks. The gate's own is taken where it has
    all that was fitted: it knows the fit's variables already.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    MMM
        Do not change it: it is shared.
    """
    if fit.spec.experiments:
        return rebuild_model(fit.trace)
    return attach_posterior(copy(build_without_experiments(name_model(fit.trace))), fit.trace)


@lru_cache(maxsize=1)
def compute_terms(fit: ConvergedFit) -> xr.Dataset:
    """Compute every term that the fitted mean is the sum of, and that mean.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    xarray.Dataset
        On the model's scale, dims ``(chain, draw, date, ...)``: a variable per term, and ``mu``.
        Of a large panel, evenly spaced draws only, see `MAX_NUMBERS`.
    """
    model = restore_model(fit).model
    terms = list_terms(model)
    sizes = fit.features["target"].size * (len(terms) + len(fit.spec.media) + 1)
    n_draws = fit.posterior.sizes["chain"] * fit.posterior.sizes["draw"]
    step = -(-sizes * n_draws // MAX_NUMBERS)
    posterior = fit.posterior.isel(draw=slice(None, None, step))
    return compute_variables(model, posterior, [*terms, "mu"])


def compute_channel_totals(fit: ConvergedFit) -> xr.DataArray:
    """Compute what each channel brought over the window, in every draw.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, ..., channel)``
        Target units.
    """
    total = _compute_totals(fit)[CHANNEL_TOTAL]
    return total.transpose(*SAMPLE_DIMS, ..., "channel").rename("contribution")


def compute_joint_totals(fit: ConvergedFit) -> dict[str, xr.DataArray]:
    """Compute what channels brought together over the window, in every draw.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    dict of str to xarray.DataArray, dims ``(chain, draw, ...)``
        Target units, of ``own_media`` and ``bought_media`` as the spec lists them. Empty where
        terms add up: it is the sum of what each brought.
    """
    totals = _compute_totals(fit)
    return {of: totals[name] for of, name in JOINT_TOTALS.items() if name in totals}


@lru_cache(maxsize=FITS_KEPT)
def _compute_totals(fit: ConvergedFit) -> xr.Dataset:
    """Compute both at once."""
    model = restore_model(fit).model
    names = [name for name in (CHANNEL_TOTAL, *JOINT_TOTALS.values()) if name in model.named_vars]
    return compute_variables(model, fit.posterior, names)


def read_parameter(fit: ConvergedFit, name: str) -> xr.DataArray | None:
    """Read a free parameter that has an entry for some of the channels.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    name : str
        Name of the parameter.

    Returns
    -------
    xarray.DataArray or None, dims ``(chain, draw, channel)``
        None where the model has no such free parameter.
    """
    if name not in fit.posterior:
        return None
    draws: xr.DataArray = along_channel(fit.posterior[name])
    return draws
