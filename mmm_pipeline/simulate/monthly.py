"""A shop whose media are planned by the month, while its sales are known by the week."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, model_validator

from mmm_pipeline.simulate.transforms import Vector, geometric_adstock, logistic_saturation
from mmm_pipeline.spec.base import Name, SpecPart

type Flags = npt.NDArray[np.bool_]

L_MAX = 8
"""Weeks an exposure acts in."""
SALE_DAYS, SALE_SHARE = 4, 0.12
"""Length of a sale, days, and share of the days with one."""
SEASON = 0.05
"""Height of the wave of the year, share of the base."""


class MonthlyChannel(SpecPart):
    """How a channel, or a group of them, is planned, and what it truly does."""

    share: float = Field(gt=0, le=1, description="Of all money that is spent.")
    roas: float = Field(ge=0, description="Target units per money, over the whole window.")
    alpha: float = Field(ge=0, lt=1, description="Share that survives into the next week.")
    lam: float = Field(gt=0, description="Steepness of saturation on spend scaled to its maximum.")


class MonthlyEffects(SpecPart):
    """What the controls do, whose sizes are far apart."""

    nps: float = Field(default=3e6, description="Target units per point of the score.")
    discount: float = Field(default=0.5, description="Target units per money of price reductions.")
    sale_days: float = Field(default=1e7, description="Target units per day of a sale.")


class MonthlyWorld(SpecPart):
    """Recipe of a shop: each month has one plan, spread evenly over its weeks.

    The proportions are those of the DT Mart case: a year of a shop's orders, four groups of
    channels, a dark month, and a control of the size of 100 million.
    """

    world: Literal["monthly"]
    seed: int = Field(default=42, ge=0, lt=2**32, description="Of the random numbers.")
    start: dt.date = Field(default=dt.date(2023, 7, 3), description="First week, a Monday.")
    weeks: int = Field(default=52, ge=2, description="Length of the history.")
    dark: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field(
        default=(8,), description="Months without media, 1 to 12. August 2023 has four weeks."
    )
    base: float = Field(default=3e8, gt=0, description="Target of a usual week without media.")
    money: float = Field(default=7.2e9, gt=0, description="Spent on all media in the window.")
    media: Annotated[dict[Name, MonthlyChannel], Field(min_length=1)] = Field(
        default={
            "tv": MonthlyChannel(share=0.056, roas=1.2, alpha=0.5, lam=1.5),
            "sponsorship": MonthlyChannel(share=0.466, roas=0.4, alpha=0.4, lam=2.5),
            "digital": MonthlyChannel(share=0.163, roas=0.8, alpha=0.2, lam=2.0),
            "online": MonthlyChannel(share=0.315, roas=0.6, alpha=0.3, lam=1.8),
        },
        description="The channels, whose shares add up to 1.",
    )
    discount: float = Field(default=1e8, gt=0, description="Usual price reductions of a week.")
    effect: MonthlyEffects = Field(default=MonthlyEffects(), description="Of the controls.")
    noise: float = Field(default=1e7, ge=0, description="Standard deviation of a week's noise.")

    @model_validator(mode="after")
    def _spends_its_money(self) -> Self:
        total = sum(channel.share for channel in self.media.values())
        if abs(total - 1) > 1e-9:
            message = f"the shares of `media` must add up to 1; got {total:g}"
            raise ValueError(message)
        if set(self.dates.month) <= set(self.dark):
            message = f"a month must be left for media; `dark` names all there are: {self.dark}"
            raise ValueError(message)
        return self

    @property
    def dates(self) -> pd.DatetimeIndex:
        """Mondays of the history."""
        return pd.date_range(self.start, periods=self.weeks, freq="W-MON")


def simulate_monthly(world: MonthlyWorld) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw one history of a shop.

    Parameters
    ----------
    world : MonthlyWorld
        The recipe.

    Returns
    -------
    pandas.DataFrame
        ``week`` (a Monday), ``gmv``, the spend of each channel (the same in all weeks of a month),
        ``nps`` (a score of 44 to 60, the same in all weeks of a month), ``discount`` (money) and
        ``sale_days`` (0 to 7).
    dict
        The truth: `roas`, `contribution`, `alpha` and `lam` by channel, `effect` by control.

    Notes
    -----
    A week belongs to the month that its Monday is in. The target is ``base (1 + 0.05 sin(2 pi day
    / 365.25)) + sum of effect (control - its mean) + sum of response + N(0, noise)``, a response
    being ``tanh(lam x / 2)`` of the carried and scaled spend, as high as its return demands.
    """
    rng = np.random.default_rng(world.seed)
    angle = 2 * np.pi * world.dates.day_of_year.to_numpy() / 365.25
    periods = world.dates.to_period("M")
    months = periods.unique()
    month = months.get_indexer(periods)
    plans = _plan(world, rng, ~months.month.isin(world.dark))
    spend = {name: np.round((plan / np.bincount(month))[month], 2) for name, plan in plans.items()}
    controls = _control(world, rng, rng.integers(44, 61, len(months))[month].astype(float))
    media = {name: _respond(spend[name], channel) for name, channel in world.media.items()}
    effect = world.effect.model_dump()
    moved = sum(effect[name] * (one - one.mean()) for name, one in controls.items())
    noise = rng.normal(0, world.noise, world.weeks)
    gmv = world.base * (1 + SEASON * np.sin(angle)) + moved + sum(media.values()) + noise
    frame = pd.DataFrame({"week": world.dates, "gmv": np.round(gmv, 2), **spend, **controls})
    truth = {
        "seed": world.seed,
        "roas": {name: channel.roas for name, channel in world.media.items()},
        "contribution": {name: float(response.sum()) for name, response in media.items()},
        "alpha": {name: channel.alpha for name, channel in world.media.items()},
        "lam": {name: channel.lam for name, channel in world.media.items()},
        "effect": effect,
    }
    return frame, truth


def _plan(world: MonthlyWorld, rng: np.random.Generator, is_lit: Flags) -> dict[str, Vector]:
    """Draw what each channel spends in each month: more of all in a month that is busy."""
    mood = rng.gamma(3.0, size=len(is_lit)) * is_lit
    plans = {name: mood * rng.gamma(3.0, size=len(is_lit)) for name in world.media}
    return {
        name: world.money * world.media[name].share * plan / plan.sum()
        for name, plan in plans.items()
    }


def _control(world: MonthlyWorld, rng: np.random.Generator, nps: Vector) -> dict[str, Vector]:
    """Draw sales of a few days each, and reductions that go with them."""
    n_days = 7 * world.weeks
    is_sale = rng.random(-(-n_days // SALE_DAYS)) < SALE_SHARE
    sale_days = np.repeat(is_sale, SALE_DAYS)[:n_days].reshape(-1, 7).sum(axis=1).astype(float)
    discount = world.discount * (0.85 + 0.15 * sale_days) * rng.lognormal(0, 0.15, world.weeks)
    return {"nps": nps, "discount": np.round(discount, 2), "sale_days": sale_days}


def _respond(spend: Vector, channel: MonthlyChannel) -> Vector:
    """Turn spend into target units such that the window's ROAS is exactly the stated one."""
    carried = geometric_adstock(spend / spend.max(), channel.alpha, L_MAX)
    shape = logistic_saturation(carried, channel.lam)
    response: Vector = channel.roas * spend.sum() * shape / shape.sum()
    return response
