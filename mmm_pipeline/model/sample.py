"""Draw from the posterior with nutpie, and say how it is going."""

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import nutpie
import pymc as pm
import xarray as xr

from mmm_pipeline.spec import Sampling

KEPT_STATISTICS = (
    "depth",
    "diverging",
    "energy",
    "logp",
    "maxdepth_reached",
    "n_steps",
    "step_size",
)
"""Sampler statistics that the gate and a reader ask for."""
PROGRESS_SECONDS = 2.0
"""How often progress is told."""
MAX_LOW_RANK = 100
"""Free numbers up to which correlations between them are adapted to as well."""
POLL_SECONDS = 0.2
"""How often the sampler is asked whether it is done."""


@dataclass(frozen=True)
class Progress:
    """How far the chains are, tuning included.

    Attributes
    ----------
    draws : int
        Draws done, over all chains.
    total_draws : int
        Draws to do, over all chains.
    divergences : int
        Divergent transitions so far, over all chains.
    seconds : float
        Since sampling began.
    """

    draws: int
    total_draws: int
    divergences: int
    seconds: float

    def __str__(self) -> str:
        """Say it in a line of a log."""
        return (
            f"Sampling: {self.draws:,} of {self.total_draws:,} draws, "
            f"{self.divergences} divergences, {self.seconds:.0f} s"
        )


def sample_posterior(
    model: pm.Model, sampling: Sampling, tell: Callable[[Progress], None]
) -> tuple[xr.Dataset, xr.Dataset]:
    """Sample the free parameters of a model.

    Parameters
    ----------
    model : pymc.Model
        A built model.
    sampling : Sampling
        Chains, draws, tuning, target acceptance and seed.
    tell : callable
        Called on this thread every few seconds, and once at the end.

    Returns
    -------
    xarray.Dataset
        Free parameters, dims ``(chain, draw, ...)``, on the model's scale.
    xarray.Dataset
        Sampler statistics, dims ``(chain, draw)``.

    Notes
    -----
    Low-rank adaptation of the mass matrix gives national models 1.4 to 5 times the effective
    draws per gradient of a diagonal one. A panel has hundreds of parameters, of which each depends
    on few others: there it takes long to find its feet, and the diagonal one is as good.
    """
    free = list_free_parameters(model)
    compiled = nutpie.compile_pymc_model(model, backend="numba", var_names=free, freeze_model=True)
    heard: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()
    started = time.monotonic()
    sampler = nutpie.sample(
        compiled,
        draws=sampling.draws,
        tune=sampling.tune,
        chains=sampling.chains,
        target_accept=sampling.target_accept,
        seed=sampling.seed,
        adaptation="low_rank" if compiled.n_dim <= MAX_LOW_RANK else "diag",
        save_warmup=False,
        progress_bar=False,
        progress_callback=heard.put,
        progress_rate=int(PROGRESS_SECONDS * 1000),
        blocking=False,
    )
    try:
        tree = _wait(sampler, heard, lambda chains: tell(_summarize_progress(chains, started)))
    except BaseException:
        sampler.cancel()
        raise
    statistics = tree["/sample_stats"].to_dataset()[list(KEPT_STATISTICS)]
    n_total = sampling.chains * (sampling.draws + sampling.tune)
    divergences = int(statistics["diverging"].sum())
    tell(Progress(n_total, n_total, divergences, time.monotonic() - started))
    return tree["/posterior"].to_dataset()[free].drop_attrs(), statistics.drop_attrs()


def list_free_parameters(model: pm.Model) -> list[str]:
    """Name the parameters that are sampled; all else follows from them.

    Parameters
    ----------
    model : pymc.Model
        A built model.

    Returns
    -------
    list of str
    """
    return [variable.name for variable in model.free_RVs]


def _wait(
    sampler: Any, heard: queue.SimpleQueue[list[Any]], tell: Callable[[list[Any]], None]
) -> xr.DataTree:
    """Pass on what the sampler's own thread reports until it is done."""
    while True:
        try:
            tree: xr.DataTree = sampler.wait(timeout=POLL_SECONDS)
        except TimeoutError:
            while not heard.empty():
                tell(heard.get())
        else:
            return tree


def _summarize_progress(chains: list[Any], started: float) -> Progress:
    """Add up what the chains report."""
    return Progress(
        draws=sum(chain.finished_draws for chain in chains),
        total_draws=sum(chain.total_draws for chain in chains),
        divergences=sum(chain.divergences for chain in chains),
        seconds=time.monotonic() - started,
    )
