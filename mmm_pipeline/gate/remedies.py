"""A fit that fails is tried again with a more careful sampler, a bounded number of times.

Settings of the sampler alone are changed. What would change the model is advice, and the analyst's.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr
from pydantic import BaseModel, ConfigDict

from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.gate.examination import Examination
from mmm_pipeline.gate.verdict import MIN_CHAINS
from mmm_pipeline.model.trace import ATTEMPTS
from mmm_pipeline.spec import ModelSpec, Sampling

if TYPE_CHECKING:
    from mmm_pipeline.model.sample import Progress

MOST_CAREFUL = 0.99
"""Largest target acceptance."""
MOST_DRAWS = 10_000
"""Most draws, and most tuning draws, of a chain."""
CAREFUL = frozenset({"divergences", "bfmi", "treedepth"})
"""Checks that ask for smaller steps."""


class Attempt(BaseModel):
    """One attempt at a fit.

    Attributes
    ----------
    fit_id : str
        Under which it is kept.
    sampling : Sampling
        Its settings.
    seconds : float
        Time it took, compilation included.
    failures : dict of str to str
        A sentence for each limit that it broke, by the name of its check; empty if it passed.
    """

    model_config = ConfigDict(frozen=True)

    fit_id: str
    sampling: Sampling
    seconds: float
    failures: dict[str, str]


@dataclass(frozen=True)
class Witness:
    """Who is told what happens.

    Attributes
    ----------
    tell : callable
        Told how far the chains are.
    warn : callable
        Told that an attempt failed, and what is tried next.
    keep : callable
        Given every attempt's trace, and what was measured of it.
    """

    tell: Callable[["Progress"], None]
    warn: Callable[[str], None]
    keep: Callable[[xr.DataTree, Examination], None]


def fit_until_it_holds(
    spec: ModelSpec,
    features: xr.Dataset,
    witness: Witness,
    begun: xr.DataTree | None = None,
    fit: Callable[[Sampling], xr.DataTree] | None = None,
) -> xr.DataTree:
    """Fit a model, and again with more careful settings while it breaks a limit.

    Parameters
    ----------
    spec : ModelSpec
        The model; `sampling.attempts` says how often.
    features : xarray.Dataset
        Its features.
    witness : Witness
        Who is told.
    begun : xarray.DataTree, optional
        An earlier fit of the same request, from which to go on.
    fit : callable, optional
        Fits the model with given settings, where `fit_model` is not to build it each time.

    Returns
    -------
    xarray.DataTree
        The first that keeps the limits, or else the last. Nothing is let through here: the gate
        measures it anew.
    """
    attempts = [] if begun is None else list(read_attempts(begun))

    def build_and_fit(sampling: Sampling) -> xr.DataTree:
        from mmm_pipeline.model.fit import fit_model  # Seconds that a fit that holds need not wait.

        return fit_model(spec, features, witness.tell, sampling)

    def attempt(sampling: Sampling) -> xr.DataTree:
        trace = (fit or build_and_fit)(sampling)
        examination = examine(trace, spec.gate)
        attempts.append(
            Attempt(
                fit_id=trace.attrs["fit_id"],
                sampling=sampling,
                seconds=trace.attrs["seconds"],
                failures=examination.verdict.failures,
            )
        )
        trace.attrs[ATTEMPTS] = json.dumps([one.model_dump(mode="json") for one in attempts])
        witness.keep(trace, examination)
        return trace

    if attempts and begun is not None:
        failures = examine(begun, spec.gate).verdict.failures
        attempts[-1] = attempts[-1].model_copy(update={"failures": failures})
    trace = attempt(spec.sampling) if begun is None else begun
    while (sampling := _choose_next(spec.sampling, attempts)) is not None:
        witness.warn(describe_step(attempts[-1], sampling))
        trace = attempt(sampling)
    return trace


def read_attempts(trace: xr.DataTree) -> tuple[Attempt, ...]:
    """Read the attempts that led to a fit.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.

    Returns
    -------
    tuple of Attempt
        The last is the fit itself; none where it was made without them.
    """
    told = json.loads(trace.attrs.get(ATTEMPTS, "[]"))
    return tuple(Attempt.model_validate(one) for one in told)


def tabulate_attempts(trace: xr.DataTree) -> pd.DataFrame:
    """Tabulate the attempts that led to a fit.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.

    Returns
    -------
    pandas.DataFrame
        A row per attempt: ``tune, draws, target_accept, adaptation, seconds, fit_id`` and
        ``outcome``, what it broke, or that all limits held.
    """
    words = ("tune", "draws", "target_accept", "adaptation")
    rows = [
        {
            **one.sampling.model_dump(include=set(words)),
            "seconds": one.seconds,
            "fit_id": one.fit_id,
            "outcome": "; ".join(one.failures.values()) or "all limits hold",
        }
        for one in read_attempts(trace)
    ]
    return pd.DataFrame(rows, columns=[*words, "seconds", "fit_id", "outcome"])


def mend(sampling: Sampling, failures: Sequence[str], n_failed: int) -> Sampling | None:
    """Choose more careful settings after a failure.

    Parameters
    ----------
    sampling : Sampling
        Settings that failed.
    failures : sequence of str
        Checks that were not kept.
    n_failed : int
        How many attempts have failed so far.

    Returns
    -------
    Sampling or None
        None where there is nothing left to change.

    Notes
    -----
    Tuning is doubled. Divergences, a low BFMI and trajectories that are cut short bring the target
    acceptance three quarters of the way to 1, up to `MOST_CAREFUL`; anything else doubles the
    draws. From the second failure on, a mass matrix of low rank gives way to a diagonal one. A
    single chain cannot be mended: there is nothing to hold it against.
    """
    if sampling.chains < MIN_CHAINS:
        return None
    changes: dict[str, object] = {"tune": min(2 * sampling.tune, MOST_DRAWS)}
    if CAREFUL & set(failures):
        careful = 1 - (1 - sampling.target_accept) / 4
        changes["target_accept"] = round(min(careful, MOST_CAREFUL), 3)
    if set(failures) - CAREFUL:
        changes["draws"] = min(2 * sampling.draws, MOST_DRAWS)
    if n_failed > 1 and sampling.sampler == "nutpie":
        changes["adaptation"] = "diag"
    mended = sampling.model_copy(update=changes)
    return None if mended == sampling else mended


def describe_step(failed: Attempt, sampling: Sampling) -> str:
    """Say what failed, and what is tried instead.

    Parameters
    ----------
    failed : Attempt
        The last one.
    sampling : Sampling
        Settings of the next.

    Returns
    -------
    str
        A sentence.
    """
    before, after = failed.sampling.model_dump(), sampling.model_dump()
    changes = [
        f"`{word}` {after[word]} instead of {before[word]}"
        for word in after
        if after[word] != before[word]
    ]
    return f"Sampled again with {', '.join(changes)}: {'; '.join(failed.failures.values())}."


def _choose_next(first: Sampling, attempts: Sequence[Attempt]) -> Sampling | None:
    """Choose the settings of another attempt; None where there is to be none."""
    if not attempts or not attempts[-1].failures or len(attempts) >= first.attempts:
        return None
    return mend(attempts[-1].sampling, list(attempts[-1].failures), len(attempts))
