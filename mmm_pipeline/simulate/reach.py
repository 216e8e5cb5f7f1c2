"""A world in which it is known how many people a channel reached, and how often."""

import datetime as dt
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from mmm_pipeline.simulate.transforms import geometric_adstock, logistic_saturation
from mmm_pipeline.spec.base import SpecPart

L_MAX = 8
"""Weeks an exposure acts in."""


class ReachWorld(SpecPart):
    """Recipe of a world with two video channels bought by reach, and search."""

    world: Literal["reach"]
    seed: int = Field(default=42, ge=0, lt=2**32, description="Of the random numbers.")
    start: dt.date = Field(default=dt.date(2022, 1, 3), description="First week, a Monday.")
    weeks: int = Field(default=156, ge=2, description="Length of the history.")
    half: float = Field(
        default=3.0,
        gt=0,
        description="Contacts per person at which half of the ceiling is reached.",
    )
    slope: float = Field(default=2.0, gt=0, description="Of the curve of contacts, Hill's.")
    noise: float = Field(default=0.02, ge=0, description="Share of the sales without media.")


def simulate_reach(world: ReachWorld) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw one history of a world with reach and frequency.

    Parameters
    ----------
    world : ReachWorld
        The recipe.

    Returns
    -------
    pandas.DataFrame
        ``week, sales``; spend, ``<channel>_reach`` and ``<channel>_frequency`` of ``video`` and
        ``stream``; spend of ``search``.
    dict
        The truth: `contribution` and `roas` by channel, and the curve of contacts, `half` and
        `slope`.

    Notes
    -----
    A channel brings ``adstock(reach x f^slope / (half^slope + f^slope))`` at frequency ``f``.
    """
    rng = np.random.default_rng(world.seed)
    weeks = pd.date_range(world.start, periods=world.weeks, freq="W-MON")
    base, columns, terms = 1e6, {}, {}
    for name, share, alpha, largest in (("video", 0.12, 0.5, 9.0), ("stream", 0.08, 0.2, 6.0)):
        is_on = rng.random(world.weeks) < 0.8
        frequency = np.round(rng.uniform(1.0, largest, world.weeks), 2)
        reach = np.round(rng.gamma(3.0, 50_000.0, world.weeks) * is_on)
        price = 0.02 * rng.uniform(0.9, 1.1, world.weeks)
        columns[name] = np.round(reach * frequency * price, 2)
        columns[f"{name}_reach"] = reach
        columns[f"{name}_frequency"] = np.where(is_on, frequency, 0.0)
        effect = frequency**world.slope / (world.half**world.slope + frequency**world.slope)
        carried = geometric_adstock(reach * effect, alpha, L_MAX)
        terms[name] = base * share * carried / carried.mean()
    spend = np.round(rng.gamma(3.0, 10_000.0, world.weeks), 2)
    columns["search"] = spend
    shape = logistic_saturation(geometric_adstock(spend / spend.max(), 0.2, L_MAX), 2.0)
    terms["search"] = base * 0.1 * shape / shape.mean()
    season = 0.05 * np.sin(2 * np.pi * weeks.day_of_year.to_numpy() / 365.25)
    noise = rng.normal(0, world.noise, world.weeks)
    sales = np.round(base * (1 + season + noise) + sum(terms.values()), 2)
    contribution = {name: float(term.sum()) for name, term in terms.items()}
    truth = {
        "seed": world.seed,
        "contribution": contribution,
        "roas": {name: one / columns[name].sum() for name, one in contribution.items()},
        "half": world.half,
        "slope": world.slope,
    }
    return pd.DataFrame({"week": weeks, "sales": sales, **columns}), truth
