"""A world in which every channel is of another kind and acts in another way."""

import datetime as dt
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from mmm_pipeline.simulate.transforms import Vector
from mmm_pipeline.spec.base import SpecPart

LAGS = np.arange(8.0)
"""Weeks an exposure acts in."""
WEIGHTS: dict[str, Vector] = {
    "tv": 0.7 ** ((LAGS - 2) ** 2),
    "radio": ((LAGS + 1) / 2.5) ** 0.5 * np.exp(-(((LAGS + 1) / 2.5) ** 1.5)),
    "social": (1 - LAGS / 9) ** (1 / 0.3 - 1),
    "print": (LAGS < 1).astype(float),
    "mail": 0.3**LAGS,
    "rival": 0.2**LAGS,
}
"""By channel: delayed, Weibull, binomial, none, geometric."""
CURVES: dict[str, Callable[[Vector], Vector]] = {
    "tv": lambda x: x**1.5 / (0.4**1.5 + x**1.5),
    "radio": lambda x: x / (0.5 + x),
    "social": lambda x: 1 - np.exp(-2 * x),
    "print": lambda x: x**0.6,
    "mail": np.tanh,
    "rival": lambda x: x,
}
"""By channel: Hill, Michaelis-Menten, exponential, root, logistic, none."""
SHARES = {"tv": 0.08, "radio": 0.05, "social": 0.07, "print": 0.05, "mail": 0.04, "rival": -0.05}
"""Share of the sales without media that each adds, or takes; where effects multiply, of its log."""


class MixedWorld(SpecPart):
    """Recipe of a world with media that are bought, owned and a competitor's."""

    world: Literal["mixed"]
    seed: int = Field(default=42, ge=0, lt=2**32, description="Of the random numbers.")
    start: dt.date = Field(default=dt.date(2022, 1, 3), description="First week, a Monday.")
    weeks: int = Field(default=156, ge=2, description="Length of the history.")
    multiplies: bool = Field(default=False, description="Effects multiply instead of adding up.")
    wander: float = Field(default=0.0, ge=0, description="Size of a slow wave of the baseline.")
    noise: float = Field(default=0.02, ge=0, description="Share of the sales without media.")


def simulate_mixed(world: MixedWorld) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw one history of a world with media of all kinds.

    Parameters
    ----------
    world : MixedWorld
        The recipe.

    Returns
    -------
    pandas.DataFrame
        ``week, sales, price``, spend of ``tv, radio, social, print``, mails sent, and the rival's
        exposure.
    dict
        The truth: `contribution` by channel, what sales would have lost without it; `roas` of what
        is bought; `share`, of all sales.
    """
    rng = np.random.default_rng(world.seed)
    weeks = pd.date_range(world.start, periods=world.weeks, freq="W-MON")
    base, time = 1e6, np.linspace(0, 1, world.weeks)
    angle = 2 * np.pi * weeks.day_of_year.to_numpy() / 365.25
    price = rng.normal(10, 0.5, world.weeks)
    baseline = 0.05 * np.sin(angle) - 0.02 * (price - 10) / 0.5
    baseline = baseline + world.wander * np.sin(2 * np.pi * 1.3 * time)
    exposure, terms = {}, {}
    for name, share in SHARES.items():
        is_on = rng.random(world.weeks) < 0.75
        exposure[name] = np.round(rng.gamma(3.0, 10_000.0, world.weeks) * is_on, 2)
        weights = WEIGHTS[name] / WEIGHTS[name].sum()
        carried = np.convolve(exposure[name] / exposure[name].max(), weights)[: world.weeks]
        shape = CURVES[name](carried)
        terms[name] = share * shape / shape.mean()
    total = baseline + sum(terms.values()) + rng.normal(0, world.noise, world.weeks)
    sales = np.round(base * np.exp(total) if world.multiplies else base * (1 + total), 2)
    lost = {
        name: float((sales * -np.expm1(-term)).sum() if world.multiplies else base * term.sum())
        for name, term in terms.items()
    }
    truth = {
        "seed": world.seed,
        "contribution": lost,
        "roas": {name: lost[name] / exposure[name].sum() for name in list(SHARES)[:4]},
        "share": {name: one / float(sales.sum()) for name, one in lost.items()},
    }
    return pd.DataFrame({"week": weeks, "sales": sales, "price": price, **exposure}), truth
