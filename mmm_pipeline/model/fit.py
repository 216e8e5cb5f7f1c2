"""Fit a model, and give the library's model back with its posterior attached."""

from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

import pymc as pm
import xarray as xr
from pymc.backends.arviz import find_constants
from pymc_marketing.mmm import MMM

from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.sample import Progress, sample_posterior
from mmm_pipeline.model.trace import assemble_trace, measure, read_spec
from mmm_pipeline.model.vectorized import Graph, Vectorized, simplify
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
    return attach_posterior(build_model(read_spec(trace), trace["/inputs"].to_dataset()), trace)


def attach_posterior(mmm: MMM, trace: xr.DataTree) -> MMM:
    """Attach the posterior of a fit to its model.

    Parameters
    ----------
    mmm : MMM
        The model, built; it is changed.
    trace : xarray.DataTree
        The fit.

    Returns
    -------
    MMM
        The same.
    """
    posterior = trace["/posterior"].to_dataset()
    mmm.idata = xr.DataTree.from_dict(
        {"posterior": posterior, "constant_data": _list_constants(mmm.model)}
    )
    mmm.is_fitted_ = True
    return mmm


def compute_variables(model: pm.Model, posterior: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """Compute what follows from draws of the free parameters.

    Parameters
    ----------
    model : pymc.Model
        The model.
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``.
    names : sequence of str
        Variables of the model.

    Returns
    -------
    xarray.Dataset
        The variables asked for, dims ``(chain, draw, ...)``, on the model's scale.
    """
    free = [name for name in names if name in posterior]
    derived = tuple(name for name in names if name not in posterior)
    computed = _vectorize(model, derived).compute(posterior)
    labels = {str(dim): list(model.coords[dim]) for dim in computed.dims if model.coords.get(dim)}
    return computed.assign_coords(labels).assign({name: posterior[name] for name in free})


_GRAPHS: WeakKeyDictionary[pm.Model, tuple[Graph, dict[tuple[str, ...], Vectorized]]] = (
    WeakKeyDictionary()
)
"""What computes variables of a model, for as long as there is the model."""


def _vectorize(model: pm.Model, names: tuple[str, ...]) -> Vectorized:
    """Find what computes variables; a model is simplified once, and anew when it has others."""
    derived = {one.name: one for one in model.deterministics}
    if model not in _GRAPHS or derived.keys() != _GRAPHS[model][0].outputs.keys():
        _GRAPHS[model] = simplify(model.free_RVs, derived), {}
    graph, known = _GRAPHS[model]
    if names not in known:
        known[names] = graph.vectorize(names)
    return known[names]


def _list_constants(model: pm.Model) -> xr.Dataset:
    """Label the data that the model holds, as the library's own fit would store them."""
    dims = model.named_vars_to_dims
    return xr.Dataset(
        {name: (dims.get(name, ()), value) for name, value in find_constants(model).items()},
        coords={dim: list(labels) for dim, labels in model.coords.items()},
    )
