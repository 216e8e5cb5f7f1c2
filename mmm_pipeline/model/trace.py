"""What is kept of a fit: free parameters, statistics, inputs, and names that prove they belong."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.model.identity import digest_arrays, digest_text, list_versions
from mmm_pipeline.spec import ModelSpec, Prespecification, Sampling

GROUPS = ("posterior", "sample_stats", "inputs")
"""Groups of a trace that its `fit_id` vouches for."""
ATTEMPTS = "attempts"
"""Attribute of a trace: every attempt that led to it, as JSON."""


def name_request(spec: ModelSpec, features: xr.Dataset, versions: Mapping[str, str]) -> str:
    """Name a fit before it is made: equal requests give equal draws on one machine.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.
    versions : mapping of str to str
        Of the packages that draw; see `list_versions`.

    Returns
    -------
    str
        The `request_id`: of the features, the part of the spec that decides the posterior, the
        sampler's settings, and the versions of what computes them.
    """
    return digest_text(
        {
            "features": digest_arrays(features),
            "model": spec.model_part(),
            "sampling": spec.sampling.model_dump(mode="json", exclude={"attempts"}),
            "versions": dict(versions),
        }
    )


def name_request_now(spec: ModelSpec, features: xr.Dataset) -> str:
    """Name the fit that a spec asks for, here and now.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.

    Returns
    -------
    str
        The `request_id`, under the versions that are installed.
    """
    return name_request(spec, features, list_versions(spec.sampling.sampler))


def name_fit(request_id: str, trace: xr.DataTree) -> str:
    """Name a fit by what was asked for and what came out.

    Parameters
    ----------
    request_id : str
        What was asked for.
    trace : xarray.DataTree
        With the groups `GROUPS`.

    Returns
    -------
    str
        The `fit_id`. Any change of a draw, a statistic or an input changes it.
    """
    digests = [digest_arrays(trace[f"/{group}"].to_dataset()) for group in GROUPS]
    return digest_text([request_id, *digests])


def assemble_trace(
    spec: ModelSpec,
    features: xr.Dataset,
    posterior: xr.Dataset,
    statistics: xr.Dataset,
    seconds: float,
) -> xr.DataTree:
    """Put together what is kept of a fit.

    Parameters
    ----------
    spec : ModelSpec
        The model, kept whole.
    features : xarray.Dataset
        The exact inputs, with their scales.
    posterior : xarray.Dataset
        Free parameters.
    statistics : xarray.Dataset
        Sampler statistics, with their attributes, from `sample_posterior`.
    seconds : float
        Time it took, compilation included.

    Returns
    -------
    xarray.DataTree
        Groups `GROUPS`; attributes `fit_id`, `request_id`, `model`, `spec`, `versions`,
        `fitted_at` (UTC), `seconds`, `sampler` and `sampler_note` (see `sample_posterior`).
    """
    tree = xr.DataTree.from_dict(
        {"posterior": posterior, "sample_stats": statistics, "inputs": features}
    )
    versions = list_versions(spec.sampling.sampler)
    request_id = name_request(spec, features, versions)
    tree.attrs = {
        "fit_id": name_fit(request_id, tree),
        "request_id": request_id,
        "model": spec.name,
        "spec": spec.model_dump_json(),
        "versions": json.dumps(versions),
        "fitted_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "sampler": statistics.attrs["sampler"],
        "sampler_note": statistics.attrs["sampler_note"],
    }
    return tree


def read_spec(trace: xr.DataTree) -> ModelSpec:
    """Read the spec that a fit was made from.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.

    Returns
    -------
    ModelSpec

    Raises
    ------
    StaleFitError
        If it says what a spec can no longer say.
    """
    try:
        return ModelSpec.model_validate_json(trace.attrs["spec"])
    except ValueError:
        message = (
            f"Fit {trace.attrs['fit_id']} must have been made from a spec that can be read; this "
            "version knows other settings. Materialise the model again from its raw_data."
        )
        raise StaleFitError(message) from None


def read_sampling(trace: xr.DataTree) -> Sampling:
    """Read the settings of the sampler that a fit's draws were made with.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.

    Returns
    -------
    Sampling
        Those of the attempt that made it; those of its spec, where it says nothing of attempts.

    Raises
    ------
    StaleFitError
        If it says what a spec can no longer say.
    """
    attempts = json.loads(trace.attrs.get(ATTEMPTS, "[]"))
    own = [one["sampling"] for one in attempts if one["fit_id"] == trace.attrs["fit_id"]]
    return Sampling.model_validate(own[-1]) if own else read_spec(trace).sampling


def read_versions(trace: xr.DataTree) -> dict[str, str]:
    """Read the versions that a fit was made with.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.

    Returns
    -------
    dict of str to str
        As `list_versions` gave them.
    """
    versions: dict[str, str] = json.loads(trace.attrs["versions"])
    return versions


def note_prespecification(
    trace: xr.DataTree, first: Prespecification, deviations: Sequence[str]
) -> xr.DataTree:
    """Note on a fit what was decided before the first one, and what was not kept to.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.
    first : Prespecification
        What was decided.
    deviations : sequence of str
        A sentence for each deviation of the spec that is fitted.

    Returns
    -------
    xarray.DataTree
        The fit with attributes `prespecification` and `deviations`; its names stay as they are.
    """
    noted = trace.copy()
    noted.attrs["prespecification"] = first.model_dump_json()
    noted.attrs["deviations"] = json.dumps(list(deviations))
    return noted


def read_prespecification(trace: xr.DataTree) -> Prespecification | None:
    """Read what was decided before the first fit.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.

    Returns
    -------
    Prespecification or None
        None where the fit was made outside the lineage, which fixes it.

    Raises
    ------
    StaleFitError
        If it was written in another form.
    """
    text = trace.attrs.get("prespecification")
    try:
        return None if text is None else Prespecification.model_validate_json(text)
    except ValueError:
        message = (
            f"Fit {trace.attrs['fit_id']} must say what was decided before the first fit in a form "
            f"that can be read; it does not. Materialise {trace.attrs['model']}/fitted_trace again."
        )
        raise StaleFitError(message) from None


def has_own_identity(trace: xr.DataTree) -> bool:
    """Tell whether a trace is what its own names say it is.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit as it was stored.

    Returns
    -------
    bool
        False if a draw, a statistic, an input, the model part of the spec or a setting of the
        sampler differs from what `request_id` and `fit_id` were given for.
    """
    inputs = trace["/inputs"].to_dataset()
    request_id = name_request(read_spec(trace), inputs, read_versions(trace))
    names = (request_id, name_fit(request_id, trace))
    return names == (trace.attrs["request_id"], trace.attrs["fit_id"])


def measure[T](compute: Callable[[], T]) -> tuple[T, float]:
    """Run a computation and time it.

    Parameters
    ----------
    compute : callable
        Without arguments.

    Returns
    -------
    object
        Its result.
    float
        Seconds on the wall clock.
    """
    started = time.monotonic()
    return compute(), time.monotonic() - started
