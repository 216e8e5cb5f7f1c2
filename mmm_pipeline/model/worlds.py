"""Worlds drawn from a model's own priors, and the model fitted to one after the other.

The priors lean on the data: the usual return on total target and spend, the level on the mean of
the target, every scale on a maximum. So a world is the target alone, drawn for given features: the
model that is fitted to it keeps those features' priors and scales, from which it was drawn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pymc as pm
import xarray as xr

from mmm_pipeline.model.build import SIMULATED, build_model, take_observed
from mmm_pipeline.model.fit import fit_model
from mmm_pipeline.model.lift_tests import LIFT_DATA, OBSERVED_LIFT, take_lifts
from mmm_pipeline.model.link import read_link
from mmm_pipeline.model.sample import Progress, list_free_parameters, sample_compiled
from mmm_pipeline.model.sample.choice import choose_sampler
from mmm_pipeline.model.sample.with_nutpie import compile_with_nutpie
from mmm_pipeline.model.trace import assemble_trace, measure, name_request_now
from mmm_pipeline.spec import ModelSpec, Sampling

WORLD = "world"
"""Dim: the worlds."""
TARGET_DATA = "target_data"
"""Variable: what the library calls the target that was observed."""


@dataclass(frozen=True, eq=False)
class Origin:
    """Where worlds come from.

    Attributes
    ----------
    spec : ModelSpec
        A model.
    features : xarray.Dataset
        Its features, whose priors and scales the model keeps in every world.
    """

    spec: ModelSpec
    features: xr.Dataset

    @property
    def request_id(self) -> str:
        """Name of the fit that it asks for."""
        return name_request_now(self.spec, self.features)

    def __eq__(self, other: object) -> bool:
        """Equal if the same is asked for."""
        return isinstance(other, Origin) and other.request_id == self.request_id

    def __hash__(self) -> int:
        """Hash as `__eq__` compares."""
        return hash(self.request_id)


def draw_worlds(origin: Origin, n_worlds: int, seed: int) -> xr.Dataset:
    """Draw parameters from the priors of a model, and for each a history, noise included.

    Parameters
    ----------
    origin : Origin
        The model, on its features.
    n_worlds : int
        How many. The first of them are the same however many are drawn.
    seed : int
        Of the random numbers.

    Returns
    -------
    xarray.Dataset
        The free parameters, dims ``(world, ...)``, on the model's scale; ``simulated_target
        (world, date, ...)`` in target units; with `experiments`, ``lift (world, lift_test)``, what
        they would have found, target units. Attribute: `seed`.
    """
    spec, features = origin.spec, origin.features
    model = build_model(spec, features).model
    seen = ["y", *([OBSERVED_LIFT] if spec.experiments else [])]
    tree = pm.sample_prior_predictive(
        draws=n_worlds,
        model=model,
        var_names=[*list_free_parameters(model), *seen],
        random_seed=seed,
    )
    drawn, predicted = (
        tree[f"/{group}"].to_dataset().squeeze("chain", drop=True).rename(draw=WORLD)
        for group in ("prior", "prior_predictive")
    )
    target = read_link(spec, features).to_target(predicted["y"])
    drawn[SIMULATED] = target.transpose(WORLD, *features["target"].dims)
    if spec.experiments:
        drawn["lift"] = predicted[OBSERVED_LIFT] * features["lift_error_used"]
    worlds: xr.Dataset = drawn.drop_attrs().assign_attrs(seed=seed)
    return worlds


def enter_world(origin: Origin, world: xr.Dataset) -> tuple[ModelSpec, xr.Dataset]:
    """Tell what is fitted to a world.

    Parameters
    ----------
    origin : Origin
        Where it comes from.
    world : xarray.Dataset
        One of `draw_worlds`.

    Returns
    -------
    ModelSpec
        The same model, with a seed of its own: draws of two worlds have nothing in common.
    xarray.Dataset
        The same features, with what was seen in the world.
    """
    seen = [SIMULATED, *(["lift"] if origin.spec.experiments else [])]
    features = origin.features.assign({name: world[name].drop_vars(WORLD) for name in seen})
    sampling = origin.spec.sampling
    seed = (sampling.seed + 1 + int(world[WORLD])) % 2**32
    changed = {"sampling": sampling.model_copy(update={"seed": seed})}
    return origin.spec.model_copy(update=changed), features


def fit_world(
    origin: Origin,
    spec: ModelSpec,
    features: xr.Dataset,
    tell: Callable[[Progress], None],
    sampling: Sampling,
) -> xr.DataTree:
    """Fit a model to a world, as `fit_model` would, but compiled once for all worlds.

    Parameters
    ----------
    origin : Origin
        Where the world comes from.
    spec : ModelSpec
        From `enter_world`.
    features : xarray.Dataset
        From `enter_world`.
    tell : callable
        Told how far the chains are.
    sampling : Sampling
        Settings of the sampler.

    Returns
    -------
    xarray.DataTree
        The trace, see `mmm_pipeline.model.trace`.
    """
    if choose_sampler(sampling.sampler).sampler != "nutpie":
        return fit_model(spec, features, tell, sampling)

    def sample() -> tuple[xr.Dataset, xr.Dataset]:
        compiled, free = _compile(origin)
        data = {TARGET_DATA: take_observed(spec, features).to_numpy()}
        if spec.experiments:
            data[LIFT_DATA] = take_lifts(features).to_numpy()
        return sample_compiled(compiled.with_data(**data), free, sampling, tell)

    (posterior, statistics), seconds = measure(sample)
    return assemble_trace(spec, features, posterior, statistics, seconds)


@lru_cache(maxsize=1)
def _compile(origin: Origin) -> tuple[Any, list[str]]:
    """Compile a model such that what was seen can be exchanged; with its free parameters."""
    model = build_model(origin.spec, origin.features).model
    free = list_free_parameters(model)
    vary = [TARGET_DATA, *([LIFT_DATA] if origin.spec.experiments else [])]
    return compile_with_nutpie(model, free, vary), free
