"""The numbers behind a verdict, and the verdict they give under stated limits."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from mmm_pipeline.errors import shorten
from mmm_pipeline.spec import GateLimits

type Word = Literal["PASS", "REVIEW", "FAIL"]

MIN_CHAINS = 2
"""Chains below which nobody can say that they agree."""
MAX_AUTOCORRELATION = 0.3
"""Autocorrelation of the residuals above which something is missing from the model."""


class Diagnostics(BaseModel):
    """What was measured of one fit, over all its free parameters, unrounded.

    None stands for a number that cannot be computed, or that is not finite; it breaks its limit.

    Attributes
    ----------
    model, fit_id : str
        What was examined.
    n_chains, n_draws, n_parameters : int
        Chains, draws per chain, and free parameters counted one by one.
    max_rhat : float or None
        Largest rank-normalised split R-hat.
    min_ess_bulk, min_ess_tail : float or None
        Smallest effective sample sizes, draws.
    divergences : int
        Divergent transitions after tuning.
    min_bfmi : float or None
        Smallest Bayesian fraction of missing information of any chain.
    treedepth_share : float or None
        Share of draws that stopped at the largest tree depth, 0 to 1.
    residual_autocorrelation : float or None
        Autocorrelation at lag 1 of what the fitted mean leaves, -1 to 1; None where nothing is
        left, or draws are too few or not finite. Breaks no limit.
    worst : dict of str to str
        The parameter behind each extreme.
    stuck : tuple of str
        Parameters that never move in some chain.
    broken : tuple of str
        Parameters with draws that are not finite.
    copied : tuple of str
        Pairs of chains of which one was made from the other, by their places.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    fit_id: str
    n_chains: int
    n_draws: int
    n_parameters: int
    max_rhat: float | None
    min_ess_bulk: float | None
    min_ess_tail: float | None
    divergences: int
    min_bfmi: float | None
    treedepth_share: float | None
    residual_autocorrelation: float | None = None
    worst: dict[str, str] = {}
    stuck: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    copied: tuple[str, ...] = ()

    @property
    def measures(self) -> dict[str, float | None]:
        """The numbers that a verdict hangs on, by name."""
        return {
            "max_rhat": self.max_rhat,
            "min_ess_bulk": self.min_ess_bulk,
            "min_ess_tail": self.min_ess_tail,
            "divergences": float(self.divergences),
            "min_bfmi": self.min_bfmi,
            "treedepth_share": self.treedepth_share,
            "residual_autocorrelation": self.residual_autocorrelation,
        }


@dataclass(frozen=True)
class Verdict:
    """What the numbers say under the limits.

    Attributes
    ----------
    word : {"PASS", "REVIEW", "FAIL"}
        PASS where all default limits hold; REVIEW where the fit passes, with a reason: a limit is
        loosened, or something is missing from the model; FAIL where it is blocked.
    failures : dict of str to str
        One sentence for each limit that is broken, by the name of its check.
    reasons : tuple of str
        Why a fit that passes is not a plain PASS.
    advice : tuple of str
        What to try.
    """

    word: Word
    failures: dict[str, str]
    reasons: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


CHECKS = ("rhat", "ess", "divergences", "bfmi", "treedepth", "draws")
"""Names of the checks a fit must pass, in the order they are told."""


def judge(numbers: Diagnostics, limits: GateLimits) -> Verdict:
    """Hold the numbers against the limits.

    Parameters
    ----------
    numbers : Diagnostics
        Of one fit.
    limits : GateLimits
        The limits the spec states now.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> numbers = Diagnostics(
    ...     model="demo",
    ...     fit_id="1f",
    ...     n_chains=4,
    ...     n_draws=1000,
    ...     n_parameters=9,
    ...     max_rhat=1.0101,
    ...     min_ess_bulk=900.0,
    ...     min_ess_tail=900.0,
    ...     divergences=0,
    ...     min_bfmi=0.9,
    ...     treedepth_share=0.0,
    ...     worst={"max_rhat": "roas[tv]"},
    ... )
    >>> judge(numbers, GateLimits()).failures["rhat"]
    'R-hat reaches 1.0101 for roas[tv] (limit 1.01)'
    """
    failures = {
        name: sentence
        for name, measure in _MEASURES.items()
        if (sentence := measure(numbers, limits)) is not None
    }
    if failures:
        advice = tuple(dict.fromkeys(_ADVICE[name] for name in failures))
        return Verdict("FAIL", failures, advice=advice)
    reasons = (*_say_loosened(limits), *_say_missing(numbers))
    return Verdict("REVIEW" if reasons else "PASS", {}, reasons)


def _say_loosened(limits: GateLimits) -> Iterator[str]:
    """Say which limits are looser than the house's."""
    for name in limits.loosened:
        yield f"`gate.{name}` is loosened to {getattr(limits, name):g}"


def _say_missing(numbers: Diagnostics) -> Iterator[str]:
    """Say that draws which agree may agree on a model that lacks something."""
    found = numbers.residual_autocorrelation
    if found is not None and found > MAX_AUTOCORRELATION:
        yield (
            f"what the model leaves unexplained follows itself (autocorrelation {found:.2f}, at "
            f"most {MAX_AUTOCORRELATION}): something is missing from it, and intervals are too "
            "narrow"
        )


def _judge_rhat(numbers: Diagnostics, limits: GateLimits) -> str | None:
    if numbers.n_chains < MIN_CHAINS:
        return f"R-hat compares chains, and there is {numbers.n_chains} (at least {MIN_CHAINS})"
    if _exceeds(numbers.max_rhat, limits.max_rhat):
        return _sentence(numbers, "max_rhat", "R-hat reaches", limits.max_rhat)
    return None


def _judge_ess(numbers: Diagnostics, limits: GateLimits) -> str | None:
    for name, kind in (("min_ess_bulk", "bulk"), ("min_ess_tail", "tail")):
        if _falls_below(getattr(numbers, name), limits.min_ess):
            words = f"{kind} effective sample size falls to"
            return _sentence(numbers, name, words, limits.min_ess)
    return None


def _judge_divergences(numbers: Diagnostics, limits: GateLimits) -> str | None:
    if numbers.divergences > limits.max_divergences:
        return f"{numbers.divergences} divergent transitions (limit {limits.max_divergences})"
    return None


def _judge_bfmi(numbers: Diagnostics, limits: GateLimits) -> str | None:
    if _falls_below(numbers.min_bfmi, limits.min_bfmi):
        return _sentence(numbers, "min_bfmi", "BFMI falls to", limits.min_bfmi)
    return None


def _judge_treedepth(numbers: Diagnostics, limits: GateLimits) -> str | None:
    if _exceeds(numbers.treedepth_share, limits.max_treedepth_share):
        words = "share of draws at the largest tree depth is"
        return _sentence(numbers, "treedepth_share", words, limits.max_treedepth_share)
    return None


def _judge_draws(numbers: Diagnostics, limits: GateLimits) -> str | None:  # noqa: ARG001
    if numbers.broken:
        return f"draws of {shorten(numbers.broken)} are not finite"
    if numbers.stuck:
        return f"{shorten(numbers.stuck)} never moves in some chain"
    if numbers.copied:
        return f"chains {shorten(numbers.copied)} are not independent: one copies the other"
    return None


def _exceeds(number: float | None, limit: float) -> bool:
    """Break an upper limit; what cannot be computed breaks it too."""
    return number is None or not math.isfinite(number) or number > limit


def _falls_below(number: float | None, limit: float) -> bool:
    """Break a lower limit; what cannot be computed breaks it too."""
    return number is None or not math.isfinite(number) or number < limit


def _sentence(numbers: Diagnostics, name: str, words: str, limit: float) -> str:
    """Say what was found, where, and what it must keep."""
    number = getattr(numbers, name)
    found = "what cannot be computed" if number is None else f"{number:.6g}"
    where = f" for {numbers.worst[name]}" if name in numbers.worst else ""
    return f"{words} {found}{where} (limit {limit:g})"


_MEASURES: dict[str, Callable[[Diagnostics, GateLimits], str | None]] = {
    "rhat": _judge_rhat,
    "ess": _judge_ess,
    "divergences": _judge_divergences,
    "bfmi": _judge_bfmi,
    "treedepth": _judge_treedepth,
    "draws": _judge_draws,
}

_ADVICE = {
    "rhat": "raise `sampling.tune` and `sampling.draws` (1000 each, 4 chains, suit most models)",
    "ess": "raise `sampling.draws`",
    "divergences": "raise `sampling.target_accept` towards 0.99",
    "bfmi": "raise `sampling.tune`; if that does not help, the priors disagree with the data",
    "treedepth": "raise `sampling.tune`; look for two channels or controls that move together",
    "draws": "look at the priors and the data of the parameters named; chains that are copies must "
    "be sampled anew",
}
