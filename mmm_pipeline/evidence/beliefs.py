"""What was believed of each channel's return, and how far the data agree."""

import math

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.summary import LOWER, UPPER
from mmm_pipeline.model.reach import PREFIX
from mmm_pipeline.model.return_priors import state_returns
from mmm_pipeline.model.shape_priors import state_frequency, state_saturation

INFLUENCES = {0.5: "strong", 0.2: "moderate"}
"""Least influence of the data on a return, and what it is called."""
N_BINS = 20
"""Equally probable parts of a prior, in which its overlap with the posterior is counted."""
LARGE_SHIFT = 0.5
"""Relative shift of the median below which a belief is not in tension with the data."""
LARGE_BEND = 0.3
"""Relative shift, of where a curve bends, below which it is as it was believed."""
PLACES = ("lam", "half_saturation")
"""Parameters of curves that say where they bend."""
FEW_TENSE = 0.3
"""Share of the stated returns that may be in tension before they need a review."""


def require_own_prior(fit: ConvergedFit, prior: xr.Dataset) -> None:
    """Refuse draws from other priors than those of a fit.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    prior : xarray.Dataset
        With the attribute `request_id`.

    Raises
    ------
    StaleFitError
        If they are of another request.
    """
    request_id = fit.trace.attrs["request_id"]
    if prior.attrs["request_id"] != request_id:
        name = fit.spec.name
        message = (
            f"Priors must be those of the fit they are held against, request {request_id}; "
            f"{name}/prior_predictive is of another. Materialise it first."
        )
        raise StaleFitError(message)


def compare_belief(fit: ConvergedFit, prior: xr.Dataset, name: str) -> dict[str, object]:
    """Hold what was believed of a channel's return against what came out.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    prior : xarray.Dataset
        Draws from its priors.
    name : str
        The channel.

    Returns
    -------
    dict
        Columns of `mmm_pipeline.evidence.effects.summarize_effects`.
    """
    word, center, before, after = _read_belief(fit, prior, name)
    low, high = np.quantile(after, [LOWER, UPPER])
    found = float(np.median(after))
    stated = getattr(fit.spec.media[name], fit.spec.media[name].statement)
    is_outside = bool(not low <= center <= high)
    outer = np.quantile(before, [0.01, 0.99])
    influence = abs(found - center) / (center + 0.1) if word not in OF_TARGET else np.nan
    return {
        "belief": word,
        "is_stated": stated is not None,
        "prior_median": center,
        "posterior_median": found,
        "posterior_lower": float(low),
        "posterior_upper": float(high),
        "shift": found / center - 1,
        "overlap": measure_prior_overlap(before, after),
        "influence": influence,
        "influence_band": "" if np.isnan(influence) else name_band(influence, INFLUENCES, "weak"),
        "is_outside": is_outside,
        "is_tense": is_outside and abs(found / center - 1) > LARGE_SHIFT,
        "is_beyond": bool(not outer[0] <= after.mean() <= outer[1]),
    }


def compare_curve(fit: ConvergedFit, prior: xr.Dataset, name: str) -> dict[str, object]:
    """Hold what was believed of where a channel's curve bends against what came out.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    prior : xarray.Dataset
        Draws from its priors.
    name : str
        The channel.

    Returns
    -------
    dict
        Columns of `mmm_pipeline.evidence.effects.summarize_effects`.
    """
    curves = ("saturation_", state_saturation(fit.spec, fit.features))
    if fit.spec.media[name].reach:
        curves = (PREFIX, state_frequency(fit.spec, fit.features))
    beginning, vectors = curves
    for word in PLACES:
        if word in vectors and name in vectors[word].stated:
            before, after = (
                float(vectors[word].read_draws(f"{beginning}{word}", draws)[name].median())
                for draws in (prior, fit.posterior)
            )
            shift = after / before - 1
            return {"curve_shift": shift, "is_bent": abs(shift) > LARGE_BEND}
    return {"curve_shift": np.nan, "is_bent": False}


OF_TARGET = frozenset({"share", "effect"})
"""Beliefs that are not of money: the influence that is measured on returns is not for them."""


def _read_belief(
    fit: ConvergedFit, prior: xr.Dataset, name: str
) -> tuple[str, float, np.ndarray, np.ndarray]:
    """Read what is believed of a channel: its word, its median, draws before and after."""
    vectors = state_returns(fit.spec, fit.features)
    parameter = next(word for word, vector in vectors.items() if name in vector.stated)
    vector, one = vectors[parameter], vectors[parameter].stated[name]
    before, after = (
        vector.read_draws(parameter, draws)[name].to_numpy().ravel()
        for draws in (prior, fit.posterior)
    )
    if one.name:  # Cost per target is what is drawn; its inverse is what is read.
        before, after = 1 / before, 1 / after
    is_exact = one.family == "LogNormal"
    center = math.exp(one.parameters["mu"]) if is_exact else float(np.median(before))
    return one.name or parameter, center, before, after


def measure_prior_overlap(before: np.ndarray, after: np.ndarray) -> float:
    """Measure how much two sets of draws have in common.

    Parameters
    ----------
    before, after : numpy.ndarray
        Draws from prior and posterior.

    Returns
    -------
    float
        0 to 1, near 1 where they are from one distribution.

    Notes
    -----
    The overlapping coefficient, as in `mmm_pipeline.evidence.overlap.compute_overlap`, but by
    bins that hold an equal share of the prior: a kernel of one width would smear priors whose
    tails are as long as these.

    Examples
    --------
    >>> draws = np.linspace(0, 1, 1001)
    >>> measure_prior_overlap(draws, draws + 2), round(measure_prior_overlap(draws, draws / 2), 2)
    (0.0, 0.5)
    """
    edges = np.quantile(before, np.linspace(0, 1, N_BINS + 1))
    inside = after[(after >= edges[0]) & (after <= edges[-1])]
    shares = np.histogram(inside, edges)[0] / len(after)
    return float(np.minimum(shares, 1 / N_BINS).sum())


def name_band(value: float, bands: dict[float, str], otherwise: str) -> str:
    """Name how strong something is.

    Parameters
    ----------
    value : float
        The number.
    bands : dict of float to str
        Least number of each name, the largest first.
    otherwise : str
        Name of what is less than all.

    Returns
    -------
    str

    Examples
    --------
    >>> name_band(0.3, INFLUENCES, "weak")
    'moderate'
    """
    return next((name for least, name in bands.items() if value >= least), otherwise)


def judge_beliefs(table: pd.DataFrame) -> str:
    """Say in a word how far the data agree with the returns that were stated.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_effects`.

    Returns
    -------
    str
        ``good`` where none is in tension, ``moderate`` up to `FEW_TENSE` of them, else ``review``;
        nothing where none was stated.
    """
    stated = table[(table["kind"] == "media") & table["is_stated"]]
    if stated.empty:
        return ""
    share = float(stated["is_tense"].mean())
    return "good" if share == 0 else "moderate" if share <= FEW_TENSE else "review"


def find_tensions(table: pd.DataFrame) -> tuple[str, ...]:
    """Say where data and stated beliefs disagree.

    A default is nobody's belief, and to learn that it was wrong is no tension.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_effects`.

    Returns
    -------
    tuple of str
        A sentence each.
    """
    stated = table[(table["kind"] == "media") & table["is_stated"]]
    return tuple(
        f"{row['belief']} of {row['name']} was stated as {row['prior_median']:.3g} and comes out "
        f"as {row['posterior_median']:.3g} (90 %: {row['posterior_lower']:.3g} to "
        f"{row['posterior_upper']:.3g}){_REMARKS[row['is_beyond']]}"
        for row in stated[stated["is_tense"] | stated["is_beyond"]].to_dict("records")
    )


_REMARKS = {False: "", True: ", beyond what the prior held possible"}
