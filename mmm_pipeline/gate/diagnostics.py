"""Measure a fit: every free parameter, nothing rounded."""

import itertools
import math

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate.completeness import name_content, require_complete
from mmm_pipeline.gate.examination import Examination
from mmm_pipeline.gate.verdict import Diagnostics
from mmm_pipeline.spec import GateLimits

SIDE_BY_SIDE, FEW = 0.9, 20
"""Correlation of two chains, draw by draw, beyond which one was made from the other; draws below
which chance makes as much."""


def assess_parameters(posterior: xr.Dataset, fit_id: str = "") -> pd.DataFrame:
    """Measure every free parameter, element by element.

    Parameters
    ----------
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``.
    fit_id : str
        Of the fit they are from, kept as an attribute.

    Returns
    -------
    pandas.DataFrame
        One row per element: ``parameter`` (such as ``roas[tv]``), ``mean``, ``sd``, ``mcse``
        (Monte Carlo standard error of the mean), ``rhat`` (rank-normalised, split), ``ess_bulk``,
        ``ess_tail`` (draws), ``is_stuck`` (constant in some chain), ``is_broken`` (not finite
        somewhere). NaN where a number cannot be had.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), equations 4 to 14.
    """
    measures = {
        "mean": posterior.mean(("chain", "draw")),
        "sd": posterior.std(("chain", "draw")),
        "mcse": az.mcse(posterior, method="mean"),
        "rhat": az.rhat(posterior, method="rank"),
        "ess_bulk": az.ess(posterior, method="bulk"),
        "ess_tail": az.ess(posterior, method="tail"),
        "is_stuck": (posterior.max("draw") == posterior.min("draw")).any("chain"),
        "is_broken": (~posterior.map(np.isfinite)).any(("chain", "draw")),
    }
    columns = {name: _flatten(dataset) for name, dataset in measures.items()}
    table = pd.DataFrame({"parameter": _label(measures["mean"]), **columns})
    table.attrs["fit_id"] = fit_id
    return table


def list_draws(posterior: xr.Dataset) -> dict[str, np.ndarray]:
    """List the draws of every free parameter, element by element.

    Parameters
    ----------
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``.

    Returns
    -------
    dict of str to numpy.ndarray
        (chains, draws), by the names of `assess_parameters`.
    """
    names = _label(posterior.isel(chain=0, draw=0, drop=True))
    parts = [
        values.transpose("chain", "draw", ...).to_numpy().reshape(*values.shape[:2], -1)
        for values in posterior.values()
    ]
    whole = np.concatenate(parts, axis=2)
    return {name: whole[..., place] for place, name in enumerate(names)}


def examine(trace: xr.DataTree, limits: GateLimits) -> Examination:
    """Measure a fit and write down what was found.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit, with its sampler statistics.
    limits : GateLimits
        What it is held against.

    Returns
    -------
    Examination

    Raises
    ------
    StaleFitError
        If a part of the fit is missing, or is not that of its model.
    """
    # In here, because it needs the model's priors, and the gate, which measures only, does not.
    from mmm_pipeline.gate.pathologies import find_pathologies

    require_complete(trace)
    numbers, parameters = _measure(trace)
    pathologies = find_pathologies(trace, parameters)
    return Examination(numbers, limits, parameters, pathologies)


def measure(trace: xr.DataTree) -> Diagnostics:
    """Measure a fit for the gate, and nothing else.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit, with its sampler statistics.

    Returns
    -------
    Diagnostics

    Raises
    ------
    StaleFitError
        If a part of the fit is missing, or is not that of its model.
    """
    require_complete(trace)
    return _measure(trace)[0]


def _measure(trace: xr.DataTree) -> tuple[Diagnostics, pd.DataFrame]:
    """Measure a fit, or say what was measured of the very same draws in this process."""
    content = name_content(trace).content
    if content not in _MEASURED:
        parameters = assess_parameters(trace["/posterior"].to_dataset(), trace.attrs["fit_id"])
        _MEASURED[content] = diagnose(trace, parameters), parameters
    numbers, parameters = _MEASURED[content]
    return numbers, parameters.copy()


_MEASURED: dict[str, tuple[Diagnostics, pd.DataFrame]] = {}
"""By the content of a fit, which is read each time: what is another fit is measured anew."""


def diagnose(trace: xr.DataTree, parameters: pd.DataFrame) -> Diagnostics:
    """Reduce a fit to the numbers that the gate asks for.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit, with its sampler statistics.
    parameters : pandas.DataFrame
        Of the same fit, from `assess_parameters`.

    Returns
    -------
    Diagnostics
    """
    statistics = trace["/sample_stats"].to_dataset()
    bfmi = np.atleast_1d(az.bfmi(statistics)["energy"].to_numpy())
    extremes = {
        "max_rhat": _find_extreme(parameters, "rhat", largest=True),
        "min_ess_bulk": _find_extreme(parameters, "ess_bulk", largest=False),
        "min_ess_tail": _find_extreme(parameters, "ess_tail", largest=False),
    }
    posterior = trace["/posterior"]
    is_broken = bool(parameters["is_broken"].any())
    is_told = not is_broken and posterior.sizes["draw"] >= FEW
    return Diagnostics(
        model=trace.attrs["model"],
        fit_id=trace.attrs["fit_id"],
        n_chains=posterior.sizes["chain"],
        n_draws=posterior.sizes["draw"],
        n_parameters=len(parameters),
        **{name: number for name, (number, _) in extremes.items()},
        divergences=int(statistics["diverging"].sum()),
        min_bfmi=_finite_or_none(float(bfmi.min())),
        treedepth_share=_finite_or_none(float(statistics["maxdepth_reached"].mean())),
        residual_autocorrelation=_follow(trace) if is_told else None,
        worst={name: parameter for name, (_, parameter) in extremes.items()},
        stuck=tuple(parameters.loc[parameters["is_stuck"], "parameter"]),
        broken=tuple(parameters.loc[parameters["is_broken"], "parameter"]),
        copied=() if is_broken else find_copies(posterior.to_dataset()),
    )


def find_copies(posterior: xr.Dataset) -> tuple[str, ...]:
    """Find chains that agree with another because they were made from it.

    Parameters
    ----------
    posterior : xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``; finite.

    Returns
    -------
    tuple of str
        Pairs of places, such as ``0 and 2``. Two chains are told if a draw of all parameters is in
        both, or if they go side by side: over the parameters, the median of their correlation, draw
        by draw, is beyond `SIDE_BY_SIDE`. Chains that were sampled apart do neither.
    """
    chains = np.stack(list(list_draws(posterior).values()), axis=-1)
    rows = [{row.tobytes() for row in chain} for chain in chains]
    centered = chains - chains.mean(axis=1, keepdims=True)
    spread = centered.std(axis=1, keepdims=True)
    steps = centered / np.where(spread > 0, spread, np.inf)

    def go_together(one: int, other: int) -> bool:
        correlation = (steps[one] * steps[other]).mean(axis=0)
        return bool(np.median(correlation) > SIDE_BY_SIDE)

    is_long = chains.shape[1] >= FEW
    return tuple(
        f"{one} and {other}"
        for one, other in itertools.combinations(range(len(chains)), 2)
        if not rows[one].isdisjoint(rows[other]) or (is_long and go_together(one, other))
    )


def _follow(trace: xr.DataTree) -> float | None:
    """Measure whether what the model leaves follows itself; draws may be anywhere."""
    from mmm_pipeline.gate.fitted import (  # In here, because it needs the model.
        compute_fitted,
        compute_residual,
        measure_autocorrelation,
    )

    with np.errstate(all="ignore"):
        return measure_autocorrelation(compute_residual(trace, compute_fitted(trace)))


def _find_extreme(
    parameters: pd.DataFrame, column: str, *, largest: bool
) -> tuple[float | None, str]:
    """Find the worst parameter; one that cannot be measured is worse than any."""
    numbers, names = parameters[column].to_numpy(dtype=float), parameters["parameter"].to_numpy()
    if not np.isfinite(numbers).all():
        return None, str(names[~np.isfinite(numbers)][0])
    at = int(numbers.argmax() if largest else numbers.argmin())
    return float(numbers[at]), str(names[at])


def _finite_or_none(number: float) -> float | None:
    """JSON has no NaN."""
    return number if math.isfinite(number) else None


def _flatten(dataset: xr.Dataset) -> np.ndarray:
    """Line up the elements of all variables."""
    return np.concatenate([variable.to_numpy().ravel() for variable in dataset.values()])


def _label(dataset: xr.Dataset) -> list[str]:
    """Name each element by its variable and its coordinates."""
    labels = []
    for name, variable in dataset.items():
        coordinates = [variable[dim].to_numpy() for dim in variable.dims]
        labels += [
            f"{name}[{', '.join(map(str, at))}]" if at else str(name)
            for at in itertools.product(*coordinates)
        ]
    return labels
