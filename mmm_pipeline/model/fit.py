"""Fit a model, and give the library's model back with its posterior attached."""

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import pymc as pm
import xarray as xr
from pymc.backends.arviz import (
    apply_function_over_dataset,
    coords_and_dims_for_inferencedata,
    find_constants,
)
from pymc_marketing.mmm import MMM

from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.sample import Progress, sample_posterior
from mmm_pipeline.model.trace import assemble_trace, measure, read_spec
from mmm_pipeline.spec import ModelSpec, Sampling


def fit_model(
    spec: ModelSpec,
    features: xr.Dataset,
    tell: Callable[[Progress], None],
    sampling: Sampling | None = None,
) -> xr.DataTree:
    """Sample the posterior of a model.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.
    tell : callable
        Told how far the chains are.
    sampling : Sampling, optional
        Settings of the sampler, where they are not the spec's.

    Returns
    -------
    xarray.DataTree
        The trace, see `mmm_pipeline.model.trace`.
    """
    settings = sampling or spec.sampling

    def build_and_sample() -> tuple[xr.Dataset, xr.Dataset]:
        return sample_posterior(build_model(spec, features).model, settings, tell)

    (posterior, statistics), seconds = measure(build_and_sample)
    return assemble_trace(spec, features, posterior, statistics, seconds)


def rebuild_model(trace: xr.DataTree) -> MMM:
    """Build a fit's model again and attach its posterior.

    The file of a fit holds free parameters only. Whatever follows from them (contributions, the
    fitted mean) is computed where it is asked for, see `compute_variables`.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.

    Returns
    -------
    MMM
        Ready for the library's incrementality, predictive draws and optimiser.
    """
    mmm = build_model(read_spec(trace), trace["/inputs"].to_dataset())
    posterior = trace["/posterior"].to_dataset()
    mmm.idata = xr.DataTree.from_dict(
        {"posterior": posterior, "constant_data": _list_constants(mmm.model)}
    )
    mmm.is_fitted_ = True
    return mmm


def compute_variables(
    model: pm.Model, posterior: xr.Dataset, names: Sequence[str], *, is_brief: bool = False
) -> xr.Dataset:
    """Compute what follows from draws of the free parameters.

    Parameters
    ----------
    model : pymc.Model
        The model.
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``.
    names : sequence of str
        Variables of the model.
    is_brief : bool
        There are so few draws that compiling what computes them would take longer.

    Returns
    -------
    xarray.Dataset
        The variables asked for, dims ``(chain, draw, ...)``, on the model's scale.
    """
    free = [name for name in names if name in posterior]
    derived = [name for name in names if name not in posterior]
    coords, dims = coords_and_dims_for_inferencedata(model)
    computed: xr.Dataset = apply_function_over_dataset(
        _compile(model, tuple(derived), is_brief=is_brief),
        posterior[[variable.name for variable in model.free_RVs]],
        output_var_names=derived,
        coords=coords,
        dims=dims,
        progressbar=False,
    )
    return computed.assign({name: posterior[name] for name in free})


_COMPILED: WeakKeyDictionary[pm.Model, dict[tuple[tuple[str, ...], bool], Any]] = (
    WeakKeyDictionary()
)
"""What computes variables of a model, for as long as there is the model."""


def _compile(model: pm.Model, names: tuple[str, ...], *, is_brief: bool) -> Any:
    """Compile what computes variables, once for each model."""
    known = _COMPILED.setdefault(model, {})
    if (names, is_brief) not in known:
        mode = {"mode": "FAST_COMPILE"} if is_brief else {}
        known[names, is_brief] = model.compile_fn(
            inputs=model.free_RVs,
            outs=[model[name] for name in names],
            on_unused_input="ignore",
            **mode,
        )
    return known[names, is_brief]


def _list_constants(model: pm.Model) -> xr.Dataset:
    """Label the data that the model holds, as the library's own fit would store them."""
    dims = model.named_vars_to_dims
    return xr.Dataset(
        {name: (dims.get(name, ()), value) for name, value in find_constants(model).items()},
        coords={dim: list(labels) for dim, labels in model.coords.items()},
    )
