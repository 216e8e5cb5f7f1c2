"""Whether a fit that was made again is the same fit."""

from dataclasses import dataclass

import arviz as az
import numpy as np
import xarray as xr
from scipy.stats import norm

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.gate.diagnostics import list_draws
from mmm_pipeline.insight.summary import LOWER, SAMPLE_DIMS, UPPER
from mmm_pipeline.model.identity import digest_arrays

FALSE_ALARMS = 0.001
"""Share of right replays with other draws that are called wrong all the same."""


@dataclass(frozen=True)
class Replay:
    """How a fit and its replay compare.

    Attributes
    ----------
    is_identical : bool
        Whether all draws are equal, bit for bit.
    largest : float
        Largest difference of a summary, in Monte Carlo standard errors of that difference.
    where : str
        Parameter and summary it was found at.
    limit : float
        Largest one that chance explains.
    n_compared : int
        Summaries that were compared.
    """

    is_identical: bool
    largest: float
    where: str
    limit: float
    n_compared: int

    @property
    def agrees(self) -> bool:
        """Whether chance explains every difference."""
        return self.is_identical or self.largest <= self.limit


def compare_replay(kept: ConvergedFit, again: ConvergedFit) -> Replay:
    """Compare a fit with its replay: draw by draw, then mean, sd and quantiles.

    Parameters
    ----------
    kept, again : ConvergedFit
        Both.

    Returns
    -------
    Replay

    Notes
    -----
    A difference of two summaries from independent chains is normal, with the variance that the
    squared Monte Carlo standard errors of both add up to. All free parameters times mean, standard
    deviation, 5 % and 95 % quantile are compared: the limit is the two-sided normal quantile at
    `FALSE_ALARMS` over their number (Bonferroni), about 4.5 for fifty parameters.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), section 4: Monte Carlo standard errors
    of means, standard deviations and quantiles.
    """
    one, other = _summarize(kept.posterior), _summarize(again.posterior)
    difference = {
        name: np.abs(one[name][0] - other[name][0]) / np.hypot(one[name][1], other[name][1])
        for name in one
    }
    names = list(list_draws(kept.posterior))
    worst = max(difference, key=lambda name: float(difference[name].max()))
    at = int(difference[worst].argmax())
    n_compared = len(names) * len(difference)
    return Replay(
        is_identical=digest_arrays(kept.posterior) == digest_arrays(again.posterior),
        largest=float(difference[worst][at]),
        where=f"{worst} of {names[at]}",
        limit=float(norm.isf(FALSE_ALARMS / (2 * n_compared))),
        n_compared=n_compared,
    )


def _summarize(posterior: xr.Dataset) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Compute summaries of every free parameter, and how far chance may have moved them."""
    quantiles = {f"{level:.0%} quantile": level for level in (LOWER, UPPER)}
    return {
        "mean": (
            _flatten(posterior.mean(SAMPLE_DIMS)),
            _flatten(az.mcse(posterior, method="mean")),
        ),
        "sd": (_flatten(posterior.std(SAMPLE_DIMS)), _flatten(az.mcse(posterior, method="sd"))),
        **{
            name: (
                _flatten(posterior.quantile(level, SAMPLE_DIMS).drop_vars("quantile")),
                _flatten(az.mcse(posterior, method="quantile", prob=level)),
            )
            for name, level in quantiles.items()
        },
    }


def _flatten(summary: xr.Dataset) -> np.ndarray:
    """Line up the elements of all variables, in the order of `list_draws`."""
    return np.concatenate([values.to_numpy().ravel() for values in summary.values()])
