"""A world of random-walk spends whose recipe is a YAML file, as one reference system draws it."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from mmm_pipeline.simulate.transforms import Vector, geometric_adstock, logistic_saturation
from mmm_pipeline.spec.base import Name, SpecPart


class WalkOutcome(SpecPart):
    """What is sold without media, and in which units."""

    name: Name = Field(default="sales", description="Column of the outcome.")
    intercept: float = Field(description="Outcome of a day without media, before `scale`.")
    sigma: float = Field(ge=0, description="Standard deviation of the noise, before `scale`.")
    scale: float = Field(default=1.0, gt=0, description="What the sum of all is multiplied by.")


class WalkChannel(SpecPart):
    """How a channel is bought, and what it truly does."""

    min: float = Field(ge=0, description="Smallest spend, currency.")
    max: float = Field(gt=0, description="Largest spend, currency.")
    mu: float = Field(gt=0, description="Steepness of saturation on scaled spend.")
    beta: float = Field(ge=0, description="Outcome at full saturation, before `scale`.")
    alpha: float = Field(
        default=0.0, ge=0, lt=1, description="Share that survives into the next period."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min >= self.max:
            message = f"`min` must be below `max`; got {self.min} and {self.max}"
            raise ValueError(message)
        return self


class WalkWorld(SpecPart):
    """Recipe of a world: a walk for each channel, rescaled to its range."""

    world: Literal["walk"] = "walk"
    seed: int = Field(default=8927, ge=0, lt=2**32, description="Of the random numbers.")
    start: dt.date = Field(description="First day.")
    end: dt.date = Field(description="Last day.")
    freq: Literal["D", "W"] = Field(default="D", description="Days, or weeks that end on Sunday.")
    scaling: Literal["minmax", "maxabs"] = Field(
        default="maxabs",
        description="What spend is scaled by before it acts: its range, so that the smallest "
        "spend does nothing, or its maximum, as the models here do.",
    )
    l_max: int = Field(default=12, ge=1, description="Periods an exposure acts in.")
    outcome: WalkOutcome
    media: Annotated[dict[Name, WalkChannel], Field(min_length=1)]


def simulate_walk(world: WalkWorld) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw one history of a world.

    Parameters
    ----------
    world : WalkWorld
        The recipe.

    Returns
    -------
    pandas.DataFrame
        ``date``, the spend of each channel, and the outcome; money rounded to cents.
    dict
        The truth: `roas`, `contribution`, `alpha`, `lam` and `beta` by channel, `intercept`.

    Notes
    -----
    The noise is drawn first, then the channels in their order, from NumPy's legacy generator,
    so that the reference system's own numbers come out.
    """
    dates = pd.date_range(world.start, world.end, freq=world.freq)
    rng = np.random.RandomState(world.seed)  # the stream of the reference
    noise = rng.normal(world.outcome.intercept, world.outcome.sigma, len(dates))
    spends = {
        name: _walk(channel, rng.normal(0, 1, len(dates))) for name, channel in world.media.items()
    }
    impacts = {
        name: channel.beta * _respond(spends[name], channel, world)
        for name, channel in world.media.items()
    }
    scale = world.outcome.scale
    sales = scale * (noise + sum(impacts.values()))
    rounded = {name: np.round(spend, 2) for name, spend in spends.items()}
    frame = pd.DataFrame({"date": dates, **rounded, world.outcome.name: np.round(sales, 2)})
    contribution = {name: float(scale * impact.sum()) for name, impact in impacts.items()}
    truth = {
        "seed": world.seed,
        "intercept": scale * world.outcome.intercept,
        "contribution": contribution,
        "roas": {name: contribution[name] / float(frame[name].sum()) for name in contribution},
        "alpha": {name: channel.alpha for name, channel in world.media.items()},
        "lam": {name: channel.mu for name, channel in world.media.items()},
        "beta": {name: scale * channel.beta for name, channel in world.media.items()},
    }
    return frame, truth


def _walk(channel: WalkChannel, steps: Vector) -> Vector:
    """Rescale the absolute value of a random walk to a channel's range."""
    path = np.abs(np.cumsum(steps))
    spend: Vector = _to_unit(path) * (channel.max - channel.min) + channel.min
    return spend


def _respond(spend: Vector, channel: WalkChannel, world: WalkWorld) -> Vector:
    """Scale, carry over, saturate."""
    scaled = _to_unit(spend) if world.scaling == "minmax" else spend / np.abs(spend).max()
    return logistic_saturation(geometric_adstock(scaled, channel.alpha, world.l_max), channel.mu)


def _to_unit(values: Vector) -> Vector:
    """Rescale to 0 to 1."""
    unit: Vector = (values - values.min()) / (values.max() - values.min())
    return unit
