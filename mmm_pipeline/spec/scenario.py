"""A budget to be planned for the periods after the data."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import Field, Tag, model_validator

from mmm_pipeline.spec.amount import CURRENT, FREE, Amount, Budget, Course
from mmm_pipeline.spec.base import (
    LIST,
    PART,
    TEXT,
    TEXT_OR_PART_OR_LIST,
    LineName,
    Number,
    SpecPart,
)

type Utility = Literal["mean", "var", "cvar", "sharpe", "tightness", "adjusted_var"]
type Pattern = Literal["even", "front", "back", "ramp", "pulse", "seasonal"]
type Weights = Annotated[
    tuple[Annotated[Number, Field(ge=0)], ...],
    Field(min_length=1),
]
type OnePhasing = Annotated[
    Annotated[Pattern, Tag(TEXT)] | Annotated[Weights, Tag(LIST)], TEXT_OR_PART_OR_LIST
]
type Phasing = Annotated[
    Annotated[Pattern, Tag(TEXT)]
    | Annotated[Weights, Tag(LIST)]
    | Annotated[dict[LineName, OnePhasing], Tag(PART)],
    TEXT_OR_PART_OR_LIST,
]
type Share = Annotated[Number, Field(ge=0, le=1)]
type Ratio = Annotated[Number, Field(ge=0)]
type Positive = Annotated[Number, Field(gt=0)]


class Range(SpecPart):
    """Money, and shares of all money, that some channels must stay within."""

    @model_validator(mode="after")
    def _leave_room(self) -> Self:
        for low, high in (("min", "max"), ("min_share", "max_share")):
            least, most = getattr(self, low), getattr(self, high)
            is_said = isinstance(least, float) and isinstance(most, float)
            if is_said and least > most:
                message = f"`{low}` must not exceed `{high}`, which is {most:g}; got {least:g}"
                raise ValueError(message)
        return self


class ChannelLimits(Range):
    """How far one channel may move, in place of the scenario's `bounds`."""

    min: Amount | None = Field(default=None, description="Least that is spent on it.")
    max: Amount | None = Field(default=None, description="Most that is spent on it.")
    spend: Amount | None = Field(
        default=None, description="What is spent on it, whatever else happens: 'current' holds it."
    )
    min_share: Share | None = Field(default=None, description="Least share of all money, 0 to 1.")
    max_share: Share | None = Field(default=None, description="Most share of all money, 0 to 1.")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.spend is not None and (self.min is not None or self.max is not None):
            message = "`spend` settles what a channel gets; leave `min` and `max` out"
            raise ValueError(message)
        return self


class GroupLimits(Range):
    """How far several channels may move together."""

    channels: tuple[LineName, ...] = Field(
        default=(),
        description="Which; those whose `group` bears this name, if not said.",
    )
    min: Amount | None = Field(default=None, description="Least that is spent on all of them.")
    max: Amount | None = Field(default=None, description="Most that is spent on all of them.")
    min_share: Share | None = Field(default=None, description="Least share of all money, 0 to 1.")
    max_share: Share | None = Field(default=None, description="Most share of all money, 0 to 1.")


class RatioLimits(SpecPart):
    """How much one channel gets against another."""

    channel: LineName = Field(description="The one that is measured.")
    to: LineName = Field(description="The one it is measured by.")
    min: Ratio | None = Field(default=None, description="Least multiple of the other's money.")
    max: Ratio | None = Field(default=None, description="Most multiple of the other's money.")


class Goal(SpecPart):
    """What a plan is after when it need not spend its whole budget: one of these."""

    roas: Positive | None = Field(
        default=None, description="Spend as long as all of it together returns this much."
    )
    marginal_roas: Positive | None = Field(
        default=None, description="Spend as long as the next unit of money returns this much."
    )
    cost_per_target: Positive | None = Field(
        default=None, description="Spend as long as a target unit costs no more than this."
    )
    marginal_cost: Positive | None = Field(
        default=None, description="Spend as long as the next target unit costs no more than this."
    )
    margin: Annotated[Number, Field(gt=0)] | None = Field(
        default=None,
        description="Earn the largest profit, a target unit being worth this much money: 0.3 "
        "where 30 % of the revenue is left.",
    )
    response: Amount | None = Field(
        default=None,
        description="Have the window's money bring this many target units, by the utility, or this "
        "change against today's plan, for the least money. What comes without media is not in it.",
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        said = [name for name, value in self if value is not None]
        if len(said) != 1:
            known = ", ".join(f"`{name}`" for name in type(self).model_fields)
            message = f"`goal` must say one of {known}; got {', '.join(said) or 'none'}"
            raise ValueError(message)
        return self


class Scenario(SpecPart):
    """One plan: how much is spent, over how many periods, within which limits, to what end."""

    budget: Budget = Field(
        default=CURRENT,
        description="Money for the whole window, or 'current', or a change: '-20%', '+30%'. All "
        "of it is spent, unless there is a `goal`: then it is the most that may be, and 'free' "
        "leaves that to the limits of the channels.",
    )
    extra: Amount | None = Field(
        default=None,
        description="Money on top of today's plan, instead of `budget`: no channel loses any.",
    )
    what_if: dict[LineName, Amount] = Field(
        default={},
        description="Nothing is planned: channels get this, the others what they get today.",
    )
    goal: Goal | None = Field(
        default=None, description="What the plan is after if it need not spend its whole budget."
    )
    utility: Utility = Field(
        default="mean",
        description="What of the response is made large: its mean; var, its value at risk, which "
        "it exceeds with probability `confidence`; cvar, the mean of what is no better than that; "
        "sharpe, mean over standard deviation; tightness, how close its tails are against its "
        "mean; adjusted_var, a fifth of the mean and four of the value at risk.",
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        default=0.95, description="Of var, cvar, tightness and adjusted_var."
    )
    periods: int = Field(default=13, ge=1, le=366, description="Length of the window.")
    start: dt.date | None = Field(
        default=None,
        description="First day of the window. Default: the period after the data. Until then "
        "today's plan goes on.",
    )
    today: int | None = Field(
        default=None,
        ge=1,
        description="Periods whose mean is today's plan. Default: the last 52 weeks.",
    )
    bounds: float = Field(
        default=0.8,
        ge=0,
        le=1000,
        description="How far a channel may move from today's plan: 0.8 is 80 % either way, and "
        "never below nothing.",
    )
    channels: dict[LineName, ChannelLimits] = Field(
        default={}, description="Limits of single channels, by name, in place of `bounds`."
    )
    groups: dict[str, GroupLimits] = Field(default={}, description="Limits of several together.")
    ratios: tuple[RatioLimits, ...] = Field(default=(), description="One channel against another.")
    phasing: Phasing = Field(
        default="even",
        description="How money is spread over the window: evenly, more at the front or at the "
        "back, in a ramp, in pulses, as the target is over the seasons, or by weights of one's "
        "own; for all channels, or by channel.",
    )
    prices: dict[LineName, Amount] = Field(
        default={},
        description="What a unit of exposure costs, against the last 52 weeks, where that "
        "changes: '+10%'; or in money.",
    )
    controls: dict[LineName, Course] = Field(
        default={},
        description="What a control will be in the window: a number, a number for each period, or "
        "a change against the same period of the year before: '+5%'. Default: as the year before.",
    )
    free_cells: bool = Field(
        default=False,
        description="In a panel: plan each cell's money by itself, rather than spread as today.",
    )

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.what_if and (self.goal or self.extra is not None or self.budget != CURRENT):
            message = "`what_if` plans nothing; leave `budget`, `extra` and `goal` out"
            raise ValueError(message)
        if self.extra is not None and self.budget != CURRENT:
            message = "`extra` is in place of `budget`; say one of them"
            raise ValueError(message)
        if self.budget == FREE and self.goal is None:
            message = "`budget: free` needs a `goal`, or there is no end to what is spent"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _shares_make_a_whole(self) -> Self:
        least = sum(limits.min_share or 0.0 for limits in self.channels.values())
        if least > 1:
            message = f"the `min_share` of all `channels` must not exceed 1 together; got {least:g}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _has_a_unit(self) -> Self:
        goal, is_ratio = self.goal, self.utility in {"sharpe", "tightness"}
        if goal and is_ratio and goal.roas is None and goal.cost_per_target is None:
            message = (
                f"`goal` is in target units, and `utility: {self.utility}` has none; say mean, "
                "var, cvar or adjusted_var"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _weights_fit(self) -> Self:
        parts = self.phasing.values() if isinstance(self.phasing, dict) else [self.phasing]
        for weights in parts:
            if isinstance(weights, str):
                continue
            if len(weights) != self.periods or sum(weights) <= 0:
                message = (
                    f"`phasing` must have a weight for each of the {self.periods} periods, some "
                    f"above 0; got {len(weights)}"
                )
                raise ValueError(message)
        for name, course in self.controls.items():
            if isinstance(course, tuple) and len(course) != self.periods:
                message = (
                    f"`controls.{name}` must have a number for each of the {self.periods} "
                    f"periods; got {len(course)}"
                )
                raise ValueError(message)
        return self

    @property
    def named_channels(self) -> set[str]:
        """Channels that are spoken of by name."""
        names = {*self.channels, *self.what_if, *self.prices}
        names |= {name for group in self.groups.values() for name in group.channels}
        names |= {name for ratio in self.ratios for name in (ratio.channel, ratio.to)}
        return names | (set(self.phasing) if isinstance(self.phasing, dict) else set())


def default_scenarios() -> dict[str, Scenario]:
    """Return the three plans made where the spec names none.

    Returns
    -------
    dict of str to Scenario
        A fifth less, today's money, and 30 % more.
    """
    return {
        "cut_20": Scenario(budget="-20%"),
        "current": Scenario(),
        "grow_30": Scenario(budget="+30%"),
    }
