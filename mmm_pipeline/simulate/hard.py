"""Worlds that are hard to model, each for a reason that its recipe names."""

import datetime as dt
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from mmm_pipeline.simulate.transforms import Vector, geometric_adstock, logistic_saturation
from mmm_pipeline.spec.base import SpecPart

L_MAX = 8
"""Weeks an exposure acts in."""
BASE = 1e6
"""Target of a week without media, price, season and drift."""
RETURN = 1.5
"""What all media together earn per money."""
UNEVEN = 0.6
"""Standard deviation of the logarithm of what a channel spends in a week on air."""
PRICE_EFFECT = -0.02
"""Of one standard deviation of price, share of the base."""
STEP_AT, OUTLIER_SIZE = 0.6, 8.0
"""When a step comes, share of the window; size of an outlier, standard deviations of the noise."""


class HardWorld(SpecPart):
    """Recipe of a weekly world; all that is hard in it is off until it is said."""

    world: Literal["hard"]
    seed: int = Field(default=42, ge=0, lt=2**32, description="Of the random numbers.")
    start: dt.date = Field(default=dt.date(2022, 1, 3), description="First week, a Monday.")
    weeks: int = Field(default=156, ge=20, description="Length of the history.")
    channels: int = Field(default=4, ge=1, le=50, description="How many there are.")
    media_share: float = Field(
        default=0.25, gt=0, lt=1, description="What media bring, share of the base."
    )
    pattern: Literal["bursts", "steady", "constant", "pulses"] = Field(
        default="bursts",
        description="How media are bought: four weeks on or off, every week, one channel the same "
        "in every week, or one week in eight.",
    )
    together: float = Field(
        default=0.0, ge=0, lt=1, description="Correlation of the logarithms of what they spend."
    )
    smallest: float | None = Field(
        default=None, gt=0, lt=1, description="Share of all spend that the last channel has."
    )
    demand: float = Field(
        default=0.0, ge=0, description="Size of a demand that no column holds, share of the base."
    )
    follows_demand: float = Field(
        default=0.0, ge=0, description="By how much spend follows it: log per standard deviation."
    )
    season: float = Field(default=0.05, ge=0, description="Wave of the year, share of the base.")
    follows_season: float = Field(
        default=0.0, ge=0, description="By how much spend follows the season, log."
    )
    trend: float = Field(
        default=0.1, gt=-1, description="Change of the base over the window, share of it."
    )
    step: float = Field(default=0.0, gt=-1, description="Jump of the base, share of it.")
    noise: float = Field(default=0.02, ge=0, description="Standard deviation, share of the base.")
    noise_grows: bool = Field(
        default=False, description="The noise grows fivefold from the first week to the last."
    )
    outliers: int = Field(default=0, ge=0, description="Weeks with an outlier, up or down.")
    price_unit: float = Field(default=1.0, gt=0, description="What the price is multiplied by.")


def simulate_hard(world: HardWorld) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw one history of a world.

    Parameters
    ----------
    world : HardWorld
        The recipe.

    Returns
    -------
    pandas.DataFrame
        ``week`` (Monday), ``sales``, ``price``, and the spend of each channel, ``ch_01`` and on.
    dict
        The truth: `roas`, `contribution`, `alpha` and `lam` by channel.

    Notes
    -----
    The target is ``base (1 + trend + step + season + demand + price) + sum of response + noise``, a
    response being ``tanh(lam x / 2)`` of the carried and scaled spend, as high as its return
    demands. Returns run from 0.5 to 1.5 times `RETURN`.
    """
    rng = np.random.default_rng(world.seed)
    weeks = pd.date_range(world.start, periods=world.weeks, freq="W-MON")
    time = np.linspace(0, 1, world.weeks)
    wave = np.sin(2 * np.pi * weeks.day_of_year.to_numpy() / 365.25)
    demand, price = _wander(rng, world.weeks), np.round(20 + rng.normal(0, 1, world.weeks), 4)
    names = [f"ch_{number:02d}" for number in range(1, world.channels + 1)]
    pull = np.exp(world.follows_demand * demand + world.follows_season * wave)
    spend = dict(zip(names, _buy(world, rng, pull), strict=True))
    truth = _choose_truth(names, spend, world)
    media = {name: _respond(spend[name], *(truth[word][name] for word in truth)) for name in names}
    drift = world.trend * time + world.step * (time >= STEP_AT)
    moved = drift + world.season * wave + world.demand * demand
    moved = moved + PRICE_EFFECT * (price - price.mean()) / price.std()
    sales = BASE * (1 + moved + _draw_noise(world, rng, time)) + sum(media.values())
    frame = pd.DataFrame(
        {"week": weeks, "sales": np.round(sales, 2), "price": world.price_unit * price, **spend}
    )
    contribution = {name: float(response.sum()) for name, response in media.items()}
    return frame, {"seed": world.seed, "contribution": contribution, **truth}


def _buy(world: HardWorld, rng: np.random.Generator, pull: Vector) -> list[Vector]:
    """Draw what each channel spends in each week; all of them to the scale of the base."""
    shape = (world.channels, world.weeks)
    common, own = rng.normal(size=world.weeks), rng.normal(size=shape)
    level = np.exp(UNEVEN * (world.together**0.5 * common + (1 - world.together) ** 0.5 * own))
    plans = level * pull * _switch(world, rng)
    if world.pattern == "constant":
        plans[0] = 1.0
    shares = np.full(world.channels, 1 / world.channels)
    if world.smallest is not None:
        shares[:-1], shares[-1] = (1 - world.smallest) / (world.channels - 1), world.smallest
    money = BASE * world.weeks * world.media_share / RETURN
    return [
        np.round(money * share * plan / plan.sum(), 2)
        for share, plan in zip(shares, plans, strict=True)
    ]


def _switch(world: HardWorld, rng: np.random.Generator) -> Vector:
    """Put channels on air and off; all at once where they move together."""
    shape = (world.channels, world.weeks)
    if world.pattern == "steady":
        return np.ones(shape)
    if world.pattern == "pulses":
        phase = np.arange(world.channels)[:, None] * 3
        pulses: Vector = ((np.arange(world.weeks) + phase) % 8 == 0).astype(float)
        return pulses
    n_rows = 1 if world.together else world.channels
    bursts = rng.random((n_rows, -(-world.weeks // 4))) < 0.6
    bursts[:, 0] = True
    return np.ones(shape) * np.repeat(bursts, 4, axis=1)[:, : world.weeks]


def _choose_truth(
    names: list[str], spend: dict[str, Vector], world: HardWorld
) -> dict[str, dict[str, float]]:
    """Give channels returns that add up to what media bring, and shapes of their own."""
    spread = np.linspace(0.5, 1.5, len(names)) if len(names) > 1 else np.ones(1)
    money = np.array([spend[name].sum() for name in names])
    height = world.media_share * BASE * world.weeks / (spread * money).sum()
    words = {
        "roas": height * spread,
        "alpha": np.linspace(0.1, 0.6, len(names)),
        "lam": np.linspace(3.0, 1.5, len(names)),
    }
    return {
        word: dict(zip(names, map(float, values), strict=True)) for word, values in words.items()
    }


def _respond(spend: Vector, roas: float, alpha: float, lam: float) -> Vector:
    """Turn spend into target units such that the window's ROAS is exactly the stated one."""
    shape = logistic_saturation(geometric_adstock(spend / spend.max(), alpha, L_MAX), lam)
    response: Vector = roas * spend.sum() * shape / shape.sum()
    return response


def _wander(rng: np.random.Generator, weeks: int) -> Vector:
    """Draw what moves slowly: mean 0, standard deviation 1."""
    steps, level = rng.normal(size=weeks), np.zeros(weeks)
    for week in range(1, weeks):
        level[week] = 0.9 * level[week - 1] + steps[week]
    standard: Vector = (level - level.mean()) / level.std()
    return standard


def _draw_noise(world: HardWorld, rng: np.random.Generator, time: Vector) -> Vector:
    """Draw what nothing explains, share of the base."""
    noise = world.noise * rng.normal(size=world.weeks)
    if world.noise_grows:
        noise = noise * (1 + 4 * time) / 3
    odd = rng.choice(world.weeks, world.outliers, replace=False)
    noise[odd] += OUTLIER_SIZE * world.noise * rng.choice([-1.0, 1.0], world.outliers)
    return noise
