"""Draw from the posterior, with the sampler that is asked for, and say how it is going."""

import logging
from collections.abc import Callable
from typing import Any

import pymc as pm
import xarray as xr

from mmm_pipeline.model.sample.choice import Choice, choose_sampler
from mmm_pipeline.model.sample.progress import Progress
from mmm_pipeline.model.sample.with_nutpie import draw_with_nutpie, sample_with_nutpie
from mmm_pipeline.model.sample.with_pymc import sample_with_numpyro, sample_with_pymc
from mmm_pipeline.spec import SamplerName, Sampling

__all__ = ["Progress", "list_free_parameters", "sample_compiled", "sample_posterior"]

type Sampler = Callable[
    [pm.Model, list[str], Sampling, Callable[[Progress], None]], tuple[xr.Dataset, xr.Dataset]
]

SAMPLERS: dict[SamplerName, Sampler] = {
    "nutpie": sample_with_nutpie,
    "pymc": sample_with_pymc,
    "numpyro": sample_with_numpyro,
}
"""What draws, by name."""
LOGGER = logging.getLogger(__name__)


def sample_posterior(
    model: pm.Model, sampling: Sampling, tell: Callable[[Progress], None]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Sample the free parameters of a model.

    Parameters
    ----------
    model : pymc.Model
        A built model.
    sampling : Sampling
        Sampler, chains, draws, tuning, target acceptance and seed.
    tell : callable
        Called on this thread every few seconds (by numpyro, at the beginning only), and once at
        the end.

    Returns
    -------
    xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``, on the model's scale.
    xarray.Dataset
        Sampler statistics, dims ``(chain, draw)``, the same whatever drew; see
        `mmm_pipeline.model.sample.statistics`. Attributes: `sampler`, what drew, and
        `sampler_note`, why it is not what was asked for, empty where it is.
    """
    choice = choose_sampler(sampling.sampler)
    if choice.note:
        LOGGER.warning(choice.note)
    free = list_free_parameters(model)
    posterior, statistics = SAMPLERS[choice.sampler](model, free, sampling, tell)
    return posterior[free].drop_attrs(), _note(statistics, choice)


def sample_compiled(
    compiled: Any, free: list[str], sampling: Sampling, tell: Callable[[Progress], None]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Sample the free parameters of a model that is compiled for nutpie.

    Parameters
    ----------
    compiled : nutpie.compile_pymc.CompiledPyMCModel
        From `mmm_pipeline.model.sample.with_nutpie.compile_with_nutpie`.
    free : list of str
        Its free parameters.
    sampling : Sampling
        Of which the spec's sampler is nutpie, or one that nutpie stands in for.
    tell : callable
        As of `sample_posterior`.

    Returns
    -------
    xarray.Dataset, xarray.Dataset
        As of `sample_posterior`.
    """
    posterior, statistics = draw_with_nutpie(compiled, sampling, tell)
    return posterior[free].drop_attrs(), _note(statistics, choose_sampler(sampling.sampler))


def _note(statistics: xr.Dataset, choice: Choice) -> xr.Dataset:
    """Note what drew, and why."""
    attributes = {"sampler": choice.sampler, "sampler_note": choice.note}
    return statistics.drop_attrs().assign_attrs(attributes)


def list_free_parameters(model: pm.Model) -> list[str]:
    """Name the parameters that are sampled; all else follows from them.

    Parameters
    ----------
    model : pymc.Model
        A built model.

    Returns
    -------
    list of str
    """
    return [variable.name for variable in model.free_RVs]
