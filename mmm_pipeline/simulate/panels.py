"""Two panels as reference systems draw them: stores of a chain, and regions with national media."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from mmm_pipeline.simulate.transforms import Vector
from mmm_pipeline.spec.base import Name, SpecPart


class StoreWorld(SpecPart):
    """Recipe of a chain: every store buys its own media, whose effect grows with the root."""

    world: Literal["stores"]
    seed: int = Field(default=42, ge=0, lt=2**32, description="Of the random numbers.")
    start: dt.date = Field(default=dt.date(2022, 1, 3), description="First week, a Monday.")
    weeks: int = Field(default=104, ge=2, description="Length of the history.")
    stores: int = Field(default=50, ge=1, description="How many.")
    media: Annotated[dict[Name, float], Field(min_length=1)] = Field(
        default={"tv": 5000, "digital": 3000, "radio": 2000, "print": 1500, "social": 1000},
        description="Usual money of a week and store.",
    )


class Region(SpecPart):
    """What a national channel does in every region."""

    alpha: float = Field(ge=0, lt=1, description="Share that survives into the next week.")
    lam: float = Field(gt=0, description="Steepness of 1 - exp(-lam x), x carried and scaled.")
    effect: float = Field(ge=0, description="Target units of a week and region at the ceiling.")


class GeoWorld(SpecPart):
    """Recipe of a country: national media, whose money is split equally over its regions."""

    world: Literal["geos"]
    seed: int = Field(default=42, ge=0, lt=2**32, description="Of the random numbers.")
    start: dt.date = Field(default=dt.date(2022, 1, 3), description="First week, a Monday.")
    weeks: int = Field(default=156, ge=2, description="Length of the history.")
    geos: int = Field(default=17, ge=1, description="How many regions.")
    noise: float = Field(default=80.0, ge=0, description="Standard deviation in a region.")
    media: Annotated[dict[Name, Region], Field(min_length=1)] = Field(
        default={
            "tv": Region(alpha=0.1, lam=2, effect=100),
            "radio": Region(alpha=0.3, lam=3, effect=200),
            "search": Region(alpha=0.2, lam=10, effect=300),
            "social": Region(alpha=0.4, lam=5, effect=400),
        },
        description="The channels.",
    )


def simulate_stores(world: StoreWorld) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw one history of a chain.

    Parameters
    ----------
    world : StoreWorld
        The recipe.

    Returns
    -------
    pandas.DataFrame
        ``week, store, sales, price, competitor``, spend by channel, and ``<channel>_units``, what
        was shown for it. Long: one row per week and store.
    dict
        The truth: `roas` and `contribution` by channel, `effect` of price and competitor.

    Notes
    -----
    Sales are ``1000 + N(0, 200)`` by store ``+ 2 t + 200 sin(2 pi t / 52) - 10 (price - 100) - 100
    competitor + sum of 0.3 s sqrt(units) + N(0, 100)``, not below 0, with ``s`` uniform in 0.3 to
    1.5 by store and channel, and spend a third higher in the last quarter of each year's weeks.
    """
    rng = np.random.default_rng(world.seed)
    shape = (world.weeks, world.stores)
    time = np.arange(world.weeks)[:, None]
    season = np.where(time % 52 >= 39, 1.3, 1.0)
    price, rival = rng.normal(100, 5, shape), rng.uniform(0, 1, shape)
    baseline = 1000 + rng.normal(0, 200, world.stores) + 2 * time
    baseline = baseline + 200 * np.sin(2 * np.pi * time / 52) - 10 * (price - 100) - 100 * rival
    columns: dict[str, Vector] = {}
    added: dict[str, Vector] = {}
    for name, usual in world.media.items():
        spend = usual * season * rng.uniform(0.7, 1.3, shape)
        units = spend * rng.uniform(50, 150, shape)
        sensitivity = rng.uniform(0.3, 1.5, world.stores)
        added[name] = 0.3 * sensitivity * np.sqrt(units)
        columns |= {name: np.round(spend, 2), f"{name}_units": np.round(units)}
    sales = np.maximum(baseline + sum(added.values()) + rng.normal(0, 100, shape), 0)
    stores = [f"store_{one:03d}" for one in range(world.stores)]
    series = {"sales": np.round(sales, 2), "price": price, "competitor": rival, **columns}
    frame = _stack(world.start, "store", stores, series)
    truth = _tell(frame, added) | {"effect": {"price": -10.0, "competitor": -100.0}}
    return frame, truth | {"seed": world.seed}


def simulate_geos(world: GeoWorld) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw one history of a country.

    Parameters
    ----------
    world : GeoWorld
        The recipe.

    Returns
    -------
    pandas.DataFrame
        ``week, geo, sales`` and each region's part of the spend. Long: one row per week and region.
    dict
        The truth: `roas`, `contribution`, `alpha` and `lam` by channel.

    Notes
    -----
    Sales of a region are ``10000 + N(0, 30) + 300 t / T + 200 sin(2 pi t / 52) + 50 cos(4 pi t /
    52) + sum of (effect + N(0, 10)) (1 - exp(-lam x)) + noise`` with ``x`` the national spend, 4
    times an exponential of mean 100, carried over for ever (``x_t + alpha x_(t-1) + ...``) and
    divided by its largest value.
    """
    rng = np.random.default_rng(world.seed)
    time = np.arange(world.weeks)[:, None]
    angle = 2 * np.pi * time / 52
    baseline = 10_000 + rng.normal(0, 30, world.geos) + 300 * time / world.weeks
    baseline = baseline + 200 * np.sin(angle) + 50 * np.cos(2 * angle)
    columns: dict[str, Vector] = {}
    added: dict[str, Vector] = {}
    for name, truth in world.media.items():
        spend = np.round(4 * rng.exponential(100, world.weeks), 2)
        shape = 1 - np.exp(-truth.lam * _carry(spend, truth.alpha))
        added[name] = shape[:, None] * (truth.effect + rng.normal(0, 10, world.geos))
        columns[name] = np.repeat(spend[:, None] / world.geos, world.geos, axis=1)
    sales = baseline + sum(added.values()) + rng.normal(0, world.noise, (world.weeks, world.geos))
    geos = [f"geo_{one:02d}" for one in range(world.geos)]
    frame = _stack(world.start, "geo", geos, {"sales": np.round(sales, 2), **columns})
    known = {
        "alpha": {name: one.alpha for name, one in world.media.items()},
        "lam": {name: one.lam for name, one in world.media.items()},
    }
    return frame, _tell(frame, added) | known | {"seed": world.seed}


def _carry(spend: Vector, alpha: float) -> Vector:
    """Carry over for ever, and scale to the largest."""
    carried = np.zeros(len(spend))
    for week, money in enumerate(spend):
        carried[week] = money + alpha * (carried[week - 1] if week else 0.0)
    scaled: Vector = carried / carried.max()
    return scaled


def _stack(
    start: dt.date, dim: str, cells: list[str], series: Mapping[str, Vector]
) -> pd.DataFrame:
    """Write a row for every week and cell."""
    weeks = pd.date_range(start, periods=len(next(iter(series.values()))), freq="W-MON")
    index = pd.MultiIndex.from_product([weeks, cells], names=["week", dim])
    columns = {name: values.reshape(-1) for name, values in series.items()}
    return pd.DataFrame(columns, index=index).reset_index()


def _tell(frame: pd.DataFrame, added: Mapping[str, Vector]) -> dict[str, Any]:
    """Write down what each channel brought."""
    contribution = {name: float(values.sum()) for name, values in added.items()}
    roas = {name: contribution[name] / float(frame[name].sum()) for name in added}
    return {"roas": roas, "contribution": contribution}
