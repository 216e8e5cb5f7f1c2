"""Traces with known faults, and what the gate must say of each.

Every one is whole: draws, statistics and names belong together, as if a sampler had left them so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from mmm_pipeline_tests.factories import (
    make_features,
    make_posterior,
    make_spec,
    make_trace,
    settle_target,
)

SPEC = make_spec(controls={"price": {}})
FEATURES = settle_target(SPEC, make_features(SPEC))
N_CHAINS, N_DRAWS = 4, 500

type Draws = np.ndarray
"""Of one parameter: (chain, draw)."""
type Spoil = Callable[[Draws, np.random.Generator], Draws]


@dataclass(frozen=True)
class Fault:
    """A fault, and the checks that may fail for it: one of them must, and no other."""

    checks: frozenset[str]
    spoil: Spoil | None = None
    statistics: Mapping[str, Callable[[tuple[int, int]], np.ndarray]] | None = None


def make_draws(seed: int = 3, n_draws: int = N_DRAWS) -> xr.Dataset:
    """Independent draws of every free parameter."""
    rng = np.random.default_rng(seed)
    few = make_posterior(SPEC, FEATURES, seed)
    shapes = {name: (N_CHAINS, n_draws, *values.shape[2:]) for name, values in few.items()}
    centers = few.mean(("chain", "draw"))
    variables = {
        name: (
            few[name].dims,
            centers[name].to_numpy() * (1 + 0.1 * rng.standard_normal(shapes[name])),
        )
        for name in few
    }
    coords: dict[Any, Any] = {
        name: values for name, values in few.coords.items() if name not in {"chain", "draw"}
    }
    coords |= {"chain": range(N_CHAINS), "draw": range(n_draws)}
    return xr.Dataset(variables, coords=coords)


def list_places(posterior: xr.Dataset) -> list[tuple[str, tuple[int, ...]]]:
    """List every number that is sampled: its parameter, and its place in it."""
    return [
        (str(name), place)
        for name, values in posterior.items()
        for place in np.ndindex(values.shape[2:])
    ]


def spoil_trace(fault: Fault, place: int = 0, seed: int = 1) -> xr.DataTree:
    """Make a trace that has a fault at one place, and is well everywhere else."""
    rng, posterior = np.random.default_rng(seed), make_draws(seed)
    if fault.spoil is not None:
        places = list_places(posterior)
        name, at = places[place % len(places)]
        values = posterior[name].to_numpy().copy()
        values[(..., *at)] = fault.spoil(values[(..., *at)], rng)
        posterior = posterior.assign({name: (posterior[name].dims, values)})
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    changed = {name: change(shape) for name, change in (fault.statistics or {}).items()}
    return make_trace(SPEC, FEATURES, posterior, **changed)


def follow(draws: Draws, rng: np.random.Generator, memory: float) -> Draws:
    """Let each draw remember the one before."""
    out = rng.standard_normal(draws.shape)
    for step in range(1, out.shape[1]):
        out[:, step] = memory * out[:, step - 1] + (1 - memory**2) ** 0.5 * out[:, step]
    return np.asarray(draws.mean() + draws.std() * out)


def walk_on_cauchy(draws: Draws, rng: np.random.Generator) -> Draws:
    """Sample a Cauchy as a sampler does that knows only its density: by steps."""
    state, out = np.zeros(draws.shape[0]), np.empty(draws.shape)
    for step in range(draws.shape[1]):
        proposed = state + rng.standard_normal(state.shape)
        keeps = rng.random(state.shape) < (1 + state**2) / (1 + proposed**2)
        state = np.where(keeps, proposed, state)
        out[:, step] = state
    return out


def keep_far_out(draws: Draws, rng: np.random.Generator) -> Draws:
    """Change sides at every draw, and hardly ever how far out: the middle mixes, tails do not."""
    distance = abs(follow(draws, rng, 0.98) - draws.mean())
    return np.asarray(draws.mean() + rng.choice([-1.0, 1.0], draws.shape) * distance)


def change_chain(draws: Draws, values: Any, chain: int = 2) -> Draws:
    """Replace the draws of one chain."""
    out = draws.copy()
    out[chain] = values
    return out


def one_of(shape: tuple[int, int], value: Any, rest: Any, count: int = 1) -> np.ndarray:
    """Fill a statistic, the first draws of the last chain otherwise."""
    out = np.full(shape, rest)
    out[-1, :count] = value
    return out


def wander(shape: tuple[int, int]) -> np.ndarray:
    """An energy that changes by little from one draw to the next."""
    return np.cumsum(np.random.default_rng(2).standard_normal(shape), axis=1)


MIXING, DRAWS = frozenset({"rhat", "ess"}), frozenset({"draws"})
STUCK = DRAWS | MIXING

FAULTS: dict[str, Fault] = {
    "unmixed chains": Fault(MIXING, lambda d, _: d + d.std() * np.arange(4)[:, None]),
    "one chain apart": Fault(MIXING, lambda d, _: change_chain(d, d[2] + 3 * d.std())),
    "another spread in one chain": Fault(
        MIXING, lambda d, _: change_chain(d, d[2].mean() + 6 * (d[2] - d[2].mean()))
    ),
    "one stuck chain": Fault(STUCK, lambda d, _: change_chain(d, d[2, 0])),
    "constant parameter": Fault(STUCK, lambda d, _: np.full_like(d, d[0, 0])),
    "constant in every chain, at other places": Fault(
        STUCK, lambda d, _: d[:, :1] * np.ones(d.shape)
    ),
    "a chain that stops": Fault(
        MIXING, lambda d, _: change_chain(d, np.where(np.arange(N_DRAWS) < 100, d[2], d[2, 100]))
    ),
    "not a number": Fault(STUCK, lambda d, _: change_chain(d, [np.nan, *d[2, 1:]])),
    "infinite": Fault(STUCK, lambda d, _: change_chain(d, [np.inf, *d[2, 1:]])),
    "all of them not a number": Fault(STUCK, lambda d, _: np.full_like(d, np.nan)),
    "heavy tails": Fault(MIXING, walk_on_cauchy),
    "slow": Fault(MIXING, lambda d, rng: follow(d, rng, 0.97)),
    "random walk": Fault(MIXING, lambda d, rng: np.cumsum(rng.standard_normal(d.shape), axis=1)),
    "drifting chains": Fault(
        MIXING, lambda d, _: d + 3 * d.std() * np.linspace(0, 1, d.shape[1])[None, :]
    ),
    "two peaks, one to each pair of chains": Fault(
        MIXING, lambda d, _: d + 8 * d.std() * np.array([0, 0, 1, 1])[:, None]
    ),
    "two peaks, seldom changed": Fault(
        MIXING,
        lambda d, rng: d + 8 * d.std() * (np.cumsum(rng.random(d.shape) < 0.02, axis=1) % 2),
    ),
    "tails that last": Fault(MIXING, keep_far_out),
    "one divergence": Fault(
        frozenset({"divergences"}), statistics={"diverging": lambda s: one_of(s, True, False)}
    ),
    "every draw diverges": Fault(
        frozenset({"divergences"}), statistics={"diverging": lambda s: np.ones(s, dtype=bool)}
    ),
    "low BFMI": Fault(frozenset({"bfmi"}), statistics={"energy": wander}),
    "low BFMI in one chain": Fault(
        frozenset({"bfmi"}),
        statistics={
            "energy": lambda s: np.vstack(
                [np.random.default_rng(4).standard_normal((s[0] - 1, s[1])), wander((1, s[1]))]
            )
        },
    ),
    "energy not a number": Fault(
        frozenset({"bfmi"}), statistics={"energy": lambda s: one_of(s, np.nan, 1.0)}
    ),
    "constant energy": Fault(frozenset({"bfmi"}), statistics={"energy": np.ones}),
    "1.2 % of draws cut short": Fault(
        frozenset({"treedepth"}),
        statistics={"maxdepth_reached": lambda s: one_of(s, True, False, 24)},
    ),
}
"""Faults by name."""


def copy_chain(posterior: xr.Dataset, noise: float = 0.0, shift: int = 0) -> xr.Dataset:
    """Put a copy of the first chain in the place of the third."""
    rng = np.random.default_rng(8)

    def change(values: xr.DataArray) -> xr.DataArray:
        out = values.to_numpy().copy()
        copied = np.roll(out[0], shift, axis=0)
        out[2] = copied + noise * out[0].std(axis=0) * rng.standard_normal(copied.shape)
        return values.copy(data=out)

    return posterior.map(change)
