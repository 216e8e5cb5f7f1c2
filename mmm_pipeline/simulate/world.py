"""A national weekly world: five channels, a price, holidays, trend and seasonality."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mmm_pipeline.simulate.transforms import Vector, geometric_adstock, logistic_saturation


@dataclass(frozen=True)
class ChannelTruth:
    """How one channel is bought, and what it truly does.

    Attributes
    ----------
    weekly_spend : float
        Mean spend of a week on air, in currency.
    on_air : float
        Share of weeks on air; bursts last `burst` weeks.
    burst : int
        Length of a burst, weeks.
    alpha : float
        Share of the effect that survives into the next week.
    lam : float
        Steepness of saturation on spend scaled to its maximum.
    roas : float
        Target units earned per unit of money over the whole window.
    """

    weekly_spend: float
    on_air: float
    burst: int
    alpha: float
    lam: float
    roas: float


@dataclass(frozen=True)
class World:
    """Recipe of a world; all money and target in the same currency.

    Attributes
    ----------
    channels : mapping of str to ChannelTruth
        The media.
    first_week : datetime.date
        A Monday.
    weeks : int
        Length of the history.
    l_max : int
        Weeks an exposure acts in.
    base : float
        Target without media at the start, mean price, no holiday.
    growth : float
        Change of the baseline from the first week to the last.
    season : tuple of float
        Sine and cosine over the year, then over half a year.
    price_effect : float
        Target units for one standard deviation of price.
    holidays : mapping of datetime.date to float
        Uplift of the week that holds the day.
    noise : float
        Standard deviation of what nothing explains.
    seed : int
        Of the random numbers.
    """

    channels: Mapping[str, ChannelTruth]
    first_week: dt.date
    weeks: int
    l_max: int
    base: float
    growth: float
    season: tuple[float, float, float, float]
    price_effect: float
    holidays: Mapping[dt.date, float] = field(default_factory=dict)
    noise: float = 0.0
    seed: int = 0


def demo_world() -> World:
    """Return the recipe behind ``data/demo.csv``.

    Returns
    -------
    World
        Three years of weeks; media make about 30 % of the target.
    """
    return World(
        channels={
            "tv": ChannelTruth(42_000, 0.45, 4, 0.60, 1.8, 1.5),
            "search": ChannelTruth(18_000, 1.0, 1, 0.15, 2.6, 3.4),
            "social": ChannelTruth(20_000, 0.85, 6, 0.30, 2.2, 2.1),
            "display": ChannelTruth(12_000, 0.7, 3, 0.25, 2.0, 1.1),
            "radio": ChannelTruth(15_000, 0.4, 2, 0.45, 1.6, 1.8),
        },
        first_week=dt.date(2023, 1, 2),
        weeks=156,
        l_max=8,
        base=380_000.0,
        growth=60_000.0,
        season=(18_000.0, -14_000.0, 6_000.0, 5_000.0),
        price_effect=-16_000.0,
        holidays={
            dt.date(2023, 11, 24): 62_000.0,
            dt.date(2024, 11, 29): 62_000.0,
            dt.date(2025, 11, 28): 62_000.0,
            dt.date(2023, 12, 20): 38_000.0,
            dt.date(2024, 12, 18): 38_000.0,
            dt.date(2025, 12, 17): 38_000.0,
        },
        noise=9_000.0,
        seed=20_260_101,
    )


def simulate_world(world: World) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw one history of a world.

    Parameters
    ----------
    world : World
        The recipe.

    Returns
    -------
    pandas.DataFrame
        ``week`` (Monday), ``sales``, ``price``, and the spend of each channel; money rounded to
        cents, price to four digits.
    dict
        The truth: `roas`, `contribution` (target units over the window), `alpha` and `lam` by
        channel, `contribution` of the other components, `noise`, and the recipe's seed.
    """
    rng = np.random.default_rng(world.seed)
    weeks = pd.date_range(world.first_week, periods=world.weeks, freq="W-MON")
    spend = {
        name: np.round(_buy(channel, world.weeks, rng), 2)
        for name, channel in world.channels.items()
    }
    media = {
        name: _respond(spend[name], channel, world.l_max)
        for name, channel in world.channels.items()
    }
    price = np.round(20 + _wander(world.weeks, rng), 4)
    other = {
        "intercept": np.full(world.weeks, world.base),
        "trend": world.growth * np.linspace(0, 1, world.weeks),
        "seasonality": _season(weeks, world.season),
        "price": world.price_effect * (price - price.mean()) / price.std(),
        "holidays": _celebrate(weeks, world.holidays),
    }
    sales = sum(media.values()) + sum(other.values()) + rng.normal(0, world.noise, world.weeks)
    frame = pd.DataFrame({"week": weeks, "sales": np.round(sales, 2), "price": price, **spend})
    return frame, _tell_truth(world, media, other)


def _buy(channel: ChannelTruth, weeks: int, rng: np.random.Generator) -> Vector:
    """Draw a flighting plan: bursts on and off air, with uneven weeks."""
    n_bursts = -(-weeks // channel.burst)
    is_on = np.repeat(rng.random(n_bursts) < channel.on_air, channel.burst)[:weeks]
    level = rng.gamma(shape=4.0, scale=channel.weekly_spend / 4.0, size=weeks)
    plan: Vector = level * is_on
    return plan


def _respond(spend: Vector, channel: ChannelTruth, l_max: int) -> Vector:
    """Turn spend into target units such that the window's ROAS is exactly the stated one."""
    shape = logistic_saturation(
        geometric_adstock(spend / spend.max(), channel.alpha, l_max), channel.lam
    )
    response: Vector = channel.roas * spend.sum() * shape / shape.sum()
    return response


def _wander(weeks: int, rng: np.random.Generator) -> Vector:
    """Draw a slowly moving price around 0, in currency."""
    steps = rng.normal(0, 0.25, weeks)
    level = np.zeros(weeks)
    for week in range(1, weeks):
        level[week] = 0.9 * level[week - 1] + steps[week]
    return level


def _season(weeks: pd.DatetimeIndex, season: tuple[float, float, float, float]) -> Vector:
    """Add up two harmonics of the year."""
    angle = 2 * np.pi * weeks.day_of_year.to_numpy() / 365.25
    sine, cosine, sine_2, cosine_2 = season
    waves: Vector = (
        sine * np.sin(angle)
        + cosine * np.cos(angle)
        + sine_2 * np.sin(2 * angle)
        + cosine_2 * np.cos(2 * angle)
    )
    return waves


def _celebrate(weeks: pd.DatetimeIndex, holidays: Mapping[dt.date, float]) -> Vector:
    """Lift the weeks that hold a holiday."""
    uplift = np.zeros(len(weeks))
    for day, size in holidays.items():
        uplift[weeks.searchsorted(pd.Timestamp(day), side="right") - 1] += size
    return uplift


def _tell_truth(
    world: World, media: Mapping[str, Vector], other: Mapping[str, Vector]
) -> dict[str, Any]:
    """Write down what a model of this world should find."""
    channels = {name: asdict(channel) for name, channel in world.channels.items()}
    return {
        "seed": world.seed,
        "noise": world.noise,
        "l_max": world.l_max,
        "roas": {name: channel["roas"] for name, channel in channels.items()},
        "alpha": {name: channel["alpha"] for name, channel in channels.items()},
        "lam": {name: channel["lam"] for name, channel in channels.items()},
        "contribution": {
            name: round(float(series.sum()), 2) for name, series in {**media, **other}.items()
        },
    }
