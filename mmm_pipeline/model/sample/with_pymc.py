"""Draw through PyMC's own function: with PyMC's sampler, or with NumPyro's."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr
from pymc.model.transform.optimization import freeze_dims_and_data

from mmm_pipeline.model.sample.progress import PROGRESS_SECONDS, Progress
from mmm_pipeline.model.sample.statistics import MAX_TREE_DEPTH, keep_statistics
from mmm_pipeline.spec import Sampling

PYMC_NAMES = {
    "depth": "tree_depth",
    "logp": "lp",
    "maxdepth_reached": "reached_max_treedepth",
    "step_size": "step_size_bar",
}
"""What PyMC calls the statistics. Its `step_size` is the last one tried while tuning."""
NUMPYRO_NAMES = {"depth": "tree_depth"}
"""What PyMC calls the statistics of NumPyro, as far as they can be taken as they are."""


def sample_with_pymc(
    model: pm.Model, free: list[str], sampling: Sampling, tell: Callable[[Progress], None]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Sample the free parameters of a model with PyMC's own sampler.

    Parameters
    ----------
    model : pymc.Model
        A built model.
    free : list of str
        Its free parameters.
    sampling : Sampling
        Chains, draws, tuning, target acceptance and seed.
    tell : callable
        Called on this thread every few seconds, and once at the end.

    Returns
    -------
    xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``.
    xarray.Dataset
        Sampler statistics, dims ``(chain, draw)``.

    Raises
    ------
    KeyboardInterrupt
        If sampling was interrupted. PyMC itself would return what there is by then.

    Notes
    -----
    Chains are processes, as many at a time as there are cores. Where NumPyro has drawn before they
    come one after the other: JAX runs threads, of which a forked process may wait for one that it
    does not have. The draws are the same either way.
    """
    tally = _Tally(_count_draws(sampling), tell)
    try:
        tree = _sample(
            model,
            free,
            sampling,
            nuts_sampler="pymc",
            nuts={"target_accept": sampling.target_accept, "max_treedepth": MAX_TREE_DEPTH},
            cores=_count_processes(sampling.chains),
            callback=tally,
        )
    except ValueError:  # What PyMC raises where the interruption left no draws at all.
        if tally.is_cut_short:
            raise KeyboardInterrupt from None
        raise
    if tally.is_cut_short:
        raise KeyboardInterrupt
    statistics = keep_statistics(tree["/sample_stats"].to_dataset(), PYMC_NAMES)
    tally.report()
    return tree["/posterior"].to_dataset(), statistics


def sample_with_numpyro(
    model: pm.Model, free: list[str], sampling: Sampling, tell: Callable[[Progress], None]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Sample the free parameters of a model with NumPyro, compiled by JAX.

    Parameters
    ----------
    model : pymc.Model
        A built model.
    free : list of str
        Its free parameters.
    sampling : Sampling
        Chains, draws, tuning, target acceptance and seed.
    tell : callable
        Called on this thread at the beginning and at the end: NumPyro says nothing in between.

    Returns
    -------
    xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``.
    xarray.Dataset
        Sampler statistics, dims ``(chain, draw)``.

    Notes
    -----
    NumPyro does not say whether a trajectory was cut short. One that made all the steps of the
    deepest tree counts as cut short; a few of those may have turned at the very last of them, so
    the share is at worst too large. What PyMC calls `lp` here is the potential, ``-logp``.
    """
    n_total, started = _count_draws(sampling), time.monotonic()
    tell(Progress(0, n_total, 0, 0.0))
    tree = _sample(
        model,
        free,
        sampling,
        nuts_sampler="numpyro",
        nuts={"target_accept": sampling.target_accept, "max_tree_depth": MAX_TREE_DEPTH},
    )
    recorded = tree["/sample_stats"].to_dataset().as_numpy()
    derived = recorded.assign(
        logp=-recorded["lp"], maxdepth_reached=recorded["n_steps"] >= 2**MAX_TREE_DEPTH - 1
    )
    statistics = keep_statistics(derived, NUMPYRO_NAMES)
    divergences = int(statistics["diverging"].sum())
    tell(Progress(n_total, n_total, divergences, time.monotonic() - started))
    return tree["/posterior"].to_dataset().as_numpy(), statistics


@dataclass
class _Tally:
    """Add up what PyMC reports draw by draw, and tell it every few seconds."""

    total_draws: int
    tell: Callable[[Progress], None]
    draws: int = 0
    divergences: int = 0
    started: float = 0.0
    told: float = 0.0

    def __call__(self, trace: object, draw: Any) -> None:  # noqa: ARG002
        """Count a draw of any chain."""
        now = time.monotonic()
        self.started = self.started or now
        self.draws += 1
        self.divergences += sum(not draw.tuning and one["diverging"] for one in draw.stats)
        if now - self.told >= PROGRESS_SECONDS:
            self.told = now
            self.report()

    @property
    def is_cut_short(self) -> bool:
        """Whether draws are missing after sampling has begun."""
        return 0 < self.draws < self.total_draws

    def report(self) -> None:
        """Tell how far the chains are."""
        seconds = time.monotonic() - self.started
        self.tell(Progress(self.draws, self.total_draws, self.divergences, seconds))


def _count_processes(chains: int) -> int:
    """Count the chains that can be drawn side by side."""
    return 1 if "pymc.sampling.jax" in sys.modules else min(chains, os.cpu_count() or 1)


def _count_draws(sampling: Sampling) -> int:
    """Count the draws of all chains, tuning included."""
    return sampling.chains * (sampling.draws + sampling.tune)


def _sample(model: pm.Model, free: list[str], sampling: Sampling, **settings: Any) -> xr.DataTree:
    """Draw without bars, logs and checks: those are the gate's."""
    # While the step size is tuned, a trajectory may run off to infinity; that is a divergence.
    with np.errstate(over="ignore", invalid="ignore"):
        tree: xr.DataTree = pm.sample(
            draws=sampling.draws,
            tune=sampling.tune,
            chains=sampling.chains,
            random_seed=sampling.seed,
            model=freeze_dims_and_data(model),
            var_names=free,
            backend="numba",
            quiet=True,
            progressbar=False,
            compute_convergence_checks=False,
            **settings,
        )
    return tree
