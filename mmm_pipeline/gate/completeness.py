"""Whether a trace holds what is measured, and the model that it says it is of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import xarray as xr

from mmm_pipeline.errors import StaleFitError, shorten
from mmm_pipeline.model.identity import digest_arrays, digest_text
from mmm_pipeline.model.trace import GROUPS, read_spec

STATISTICS = {"diverging": "bool", "energy": "float64", "maxdepth_reached": "bool"}
"""Statistics of the sampler that the gate asks for, and their types."""
NAMES = ("fit_id", "request_id", "model", "spec", "versions")
"""Attributes without which nobody knows what a trace is."""
SAMPLE_DIMS = ("chain", "draw")


@dataclass(frozen=True)
class Named:
    """Something of a trace, known by its content: the trace's own names may be wrong.

    Attributes
    ----------
    content : str
        A digest of it.
    trace : xarray.DataTree
        That has it.
    """

    content: str
    trace: xr.DataTree = field(compare=False, repr=False)


def require_groups(trace: xr.DataTree) -> None:
    """Refuse what is no trace at all.

    Parameters
    ----------
    trace : xarray.DataTree
        What is said to be a fit.

    Raises
    ------
    StaleFitError
        If it lacks a group, or the attributes that name it.
    """
    missing = [f"/{group}" for group in GROUPS if group not in trace.children]
    missing += [name for name in NAMES if name not in trace.attrs]
    if missing:
        message = (
            f"A fit must hold {', '.join(GROUPS)} and its names; {shorten(missing)} is missing. "
            "Materialise fitted_trace again."
        )
        raise StaleFitError(message)


def require_complete(trace: xr.DataTree) -> None:
    """Refuse a trace of which a part is missing, or is of another shape than its model's.

    What is not there cannot be measured, and would not be missed by numbers that are the worst of
    those that are.

    Parameters
    ----------
    trace : xarray.DataTree
        What is said to be a fit.

    Raises
    ------
    StaleFitError
        If a free parameter of the model is missing, is one too many, or lies along other dims or
        labels; if there are no draws; if a statistic of the sampler is missing, or is not one
        number (or truth) per draw.
    """
    require_groups(trace)
    posterior, statistics = (trace[f"/{name}"].to_dataset() for name in GROUPS[:2])
    problems = [*_compare(posterior, _list_free(name_model(trace)))]
    problems += [*_inspect(statistics, posterior)]
    if problems:
        message = (
            f"Fit {trace.attrs['fit_id']} of {trace.attrs['model']!r} must hold draws of every "
            f"free parameter of its model, and the sampler's statistics; "
            f"{shorten(problems, between='; ')}. Materialise {trace.attrs['model']}/fitted_trace "
            "again."
        )
        raise StaleFitError(message)


def name_model(trace: xr.DataTree) -> Named:
    """Name the model of a fit by its spec and its inputs.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.

    Returns
    -------
    Named
    """
    inputs = digest_arrays(trace["/inputs"].to_dataset())
    return Named(digest_text([trace.attrs["spec"], inputs]), trace)


def name_content(trace: xr.DataTree) -> Named:
    """Name all that is measured of a fit: its draws, statistics, inputs, spec and names.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.

    Returns
    -------
    Named
    """
    digests = [digest_arrays(trace[f"/{group}"].to_dataset()) for group in GROUPS]
    return Named(digest_text([*digests, *(str(trace.attrs[name]) for name in NAMES)]), trace)


@lru_cache(maxsize=8)
def build_without_experiments(named: Named) -> Any:
    """Build the model of a fit, but for its experiments: no parameter and no mean needs them.

    Parameters
    ----------
    named : Named
        From `name_model`.

    Returns
    -------
    MMM
        Do not change it: it is shared.
    """
    from mmm_pipeline.model.build import build_model

    spec = read_spec(named.trace).model_copy(update={"experiments": None})
    return build_model(spec, named.trace["/inputs"].to_dataset())


@lru_cache(maxsize=8)
def _list_free(named: Named) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """List the free parameters that a model has: their dims, and the labels of each."""
    from mmm_pipeline.model.sample import list_free_parameters

    model = build_without_experiments(named).model
    return {
        name: {
            str(dim): tuple(map(str, model.coords[dim] or ()))
            for dim in model.named_vars_to_dims.get(name, ())
        }
        for name in list_free_parameters(model)
    }


def _compare(
    posterior: xr.Dataset, free: Mapping[str, Mapping[str, tuple[str, ...]]]
) -> Iterator[str]:
    """Find what differs between the draws and the parameters that the model has."""
    found = {str(name) for name in posterior}
    if missing := [name for name in free if name not in found]:
        yield f"{shorten(missing)} is missing"
    if added := sorted(found - set(free)):
        yield f"{shorten(added)} is none of its parameters"
    for name in found & set(free):
        draws, dims = posterior[name], free[name]
        if tuple(draws.dims) != (*SAMPLE_DIMS, *dims):
            yield f"{name} lies along {', '.join(map(str, draws.dims))}"
        elif any(_read_labels(draws, dim) != labels for dim, labels in dims.items()):
            yield f"{name} has other labels, or another order of them"
        elif draws.size == 0:
            yield f"there are no draws of {name}"


def _read_labels(draws: xr.DataArray, dim: str) -> tuple[str, ...]:
    """Read the labels along a dim."""
    return tuple(map(str, draws[dim].to_numpy()))


def _inspect(statistics: xr.Dataset, posterior: xr.Dataset) -> Iterator[str]:
    """Find statistics that are missing, or are not one for each draw."""
    sizes = {dim: posterior.sizes.get(dim) for dim in SAMPLE_DIMS}
    for name, kind in STATISTICS.items():
        if name not in statistics:
            yield f"`{name}` is missing"
        elif statistics[name].sizes != sizes or statistics[name].dtype != kind:
            yield f"`{name}` is not one {kind} for each draw"
