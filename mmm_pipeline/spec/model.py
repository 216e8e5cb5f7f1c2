"""The whole of a model's spec, part by part."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from mmm_pipeline.spec.base import Name, SpecPart
from mmm_pipeline.spec.gate import MAX_DIVERGENT_SHARE, GateLimits
from mmm_pipeline.spec.scenario import Scenario, default_scenarios

type Column = Annotated[str, StringConstraints(min_length=1)]
type Carryover = Literal["short", "medium", "long"]
type SaturationSpeed = Literal["gradual", "balanced", "sharp"]
type Sign = Literal["positive", "negative"]
type Trend = Literal["none", "linear", "piecewise"]

RESERVED = frozenset(
    {
        *("date", "target", "channel", "control", "chain", "draw", "sample", "population"),
        *("intercept", "trend", "trend_effect", "seasonality", "yearly_seasonality"),
    }
)
"""Names of columns, components and dims that no channel, control or event may take."""


class DataSource(SpecPart):
    """The table a model is fitted to: one row per period."""

    path: str = Field(
        min_length=1,
        description="CSV or Parquet file, relative to the data root.",
    )
    layout: Literal["wide"] = Field(
        default="wide", description="One row per period, one column per variable."
    )
    date: Column = Field(description="Column with the first day of each period, ISO 8601.")
    target: Column = Field(description="Column with the outcome, in its own units (revenue).")


class RoasPrior(SpecPart):
    """Belief about return on ad spend: its median, and how far it may lie from that.

    Notes
    -----
    Log-normal with median `mid`; `low` and `high` set the width of the interval that holds 95 %
    of belief, which runs from ``mid / sqrt(high / low)`` to ``mid x sqrt(high / low)``. With
    `mid` at ``sqrt(low x high)`` that is `low` to `high` itself.
    """

    low: float = Field(gt=0, description="Lower end of what is believed; target units per money.")
    mid: float = Field(gt=0, description="Median of what is believed; target units per money.")
    high: float = Field(gt=0, description="Upper end of what is believed; target units per money.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.mid < self.high:
            message = (
                f"`roas` must rise from low over mid to high; got low {self.low}, mid {self.mid}, "
                f"high {self.high}"
            )
            raise ValueError(message)
        return self


class PaidMedia(SpecPart):
    """A channel that money is spent on."""

    kind: Literal["paid"] = Field(default="paid", description="What sort of channel it is.")
    spend: Column | None = Field(
        default=None, description="Column with money spent per period. Default: the channel's name."
    )
    roas: RoasPrior | None = Field(
        default=None,
        description="Prior on return on ad spend. Default: median 0.3 x total target / total "
        "spend of all media, standard deviation of the logarithm 1.",
    )
    carryover: Carryover | None = Field(
        default=None,
        description="Share of the effect that survives into the next period: short about 0.15, "
        "medium 0.40, long 0.70. Default: Beta(2, 4), which leaves it to the data.",
    )
    saturation: SaturationSpeed | None = Field(
        default=None,
        description="Half of the maximum response is reached at the 35th (gradual), 50th "
        "(balanced) or 65th (sharp) percentile of the periods with spend. Default: balanced, "
        "with twice the spread.",
    )


class Control(SpecPart):
    """A variable that moves the target and is not media."""

    column: Column | None = Field(
        default=None, description="Column of the source. Default: the control's name."
    )
    sign: Sign | None = Field(
        default=None, description="Which way it can move the target. Default: either."
    )


class EventWindow(SpecPart):
    """Days on which an event is on, both ends included."""

    start: dt.date = Field(description="First day.")
    end: dt.date = Field(description="Last day.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end < self.start:
            message = f"an event must not end before it starts; got {self.start} to {self.end}"
            raise ValueError(message)
        return self


class Seasonality(SpecPart):
    """Smooth recurring patterns."""

    yearly: int = Field(
        default=2, ge=0, le=10, description="Pairs of sine and cosine over the year; 0 for none."
    )


class Sampling(SpecPart):
    """How the posterior is sampled."""

    chains: int = Field(default=4, ge=1, le=8, description="Independent chains.")
    draws: int = Field(default=1000, ge=1, le=10_000, description="Draws kept per chain.")
    tune: int = Field(default=1000, ge=1, le=10_000, description="Tuning draws per chain.")
    target_accept: float = Field(
        default=0.9, ge=0.5, le=0.99, description="Acceptance rate the step size is tuned to."
    )
    seed: int = Field(default=42, ge=0, lt=2**32, description="Seed of the random numbers.")


class Refit(SpecPart):
    """When the model is fitted again without anybody asking."""

    cron: str | None = Field(default=None, description="Schedule in cron's five fields, UTC.")
    on_new_data: bool = Field(
        default=False, description="Refit when the content of the source changes."
    )

    @model_validator(mode="after")
    def _has_five_fields(self) -> Self:
        if self.cron is not None and len(self.cron.split()) != 5:
            message = f"`refit.cron` must have cron's five fields; got {self.cron!r}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.cron is None and not self.on_new_data:
            message = "`refit` must name a `cron`, or say `on_new_data: true`, or be left out"
            raise ValueError(message)
        return self


def _not_empty[T](media: dict[str, T]) -> dict[str, T]:
    if not media:
        message = "`media` must name at least one channel"
        raise ValueError(message)
    return media


class ModelSpec(SpecPart):
    """One marketing mix model, as an analyst states it."""

    name: Name = Field(description="Name of the model and of its folder under `defs/`.")
    data: DataSource = Field(description="The table it is fitted to.")
    media: Annotated[dict[Name, PaidMedia], AfterValidator(_not_empty)] = Field(
        description="Channels, by name."
    )
    controls: dict[Name, Control] = Field(default={}, description="Other drivers, by name.")
    events: dict[Name, tuple[dt.date | EventWindow, ...]] = Field(
        default={},
        description="Days, or windows of days, on which something special is on, by name. Each "
        "becomes a column of 0 and 1: a period is on when a day of it is.",
    )
    trend: Trend = Field(
        default="linear", description="Slow drift of the baseline: none, linear, or piecewise."
    )
    seasonality: Seasonality = Field(default=Seasonality(), description="Recurring patterns.")
    l_max: int = Field(
        default=8, ge=1, le=52, description="Periods an exposure can act in, its own included."
    )
    truth: str | None = Field(
        default=None,
        description="JSON file with the known truth of a simulated world, shown in the report; "
        "relative to the data root.",
    )
    sampling: Sampling = Field(default=Sampling(), description="Settings of the sampler.")
    gate: GateLimits = Field(default=GateLimits(), description="Limits a fit must keep.")
    scenarios: dict[Name, Scenario] = Field(
        default_factory=default_scenarios, description="Budgets to plan, by name."
    )
    refit: Refit | None = Field(default=None, description="Automatic refits; none by default.")

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        seen: dict[str, str] = dict.fromkeys(RESERVED, "a reserved word")
        for name in self.media:
            seen |= dict.fromkeys(
                (f"spend_{name}", f"exposure_{name}"), f"a column of `media.{name}`"
            )
        for section in ("media", "controls", "events"):
            for name in getattr(self, section):
                if name in seen:
                    message = f"`{section}.{name}` must not share its name with {seen[name]}"
                    raise ValueError(message)
                seen[name] = f"`{section}.{name}`"
        return self

    @model_validator(mode="after")
    def _columns_are_distinct(self) -> Self:
        named = [
            self.data.date,
            self.data.target,
            *self.spend_columns.values(),
            *self.control_columns.values(),
        ]
        for column in named:
            if named.count(column) > 1:
                message = f"column {column!r} must have one role only; it is named more than once"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _divergences_stay_rare(self) -> Self:
        allowed = int(MAX_DIVERGENT_SHARE * self.sampling.chains * self.sampling.draws)
        if self.gate.max_divergences > allowed:
            message = (
                f"`gate.max_divergences` must not exceed 1 % of the draws, which is {allowed} "
                f"here; got {self.gate.max_divergences}"
            )
            raise ValueError(message)
        return self

    @property
    def spend_columns(self) -> dict[str, str]:
        """Column of the source that holds each channel's spend."""
        return {name: media.spend or name for name, media in self.media.items()}

    @property
    def control_columns(self) -> dict[str, str]:
        """Column of the source that holds each control."""
        return {name: control.column or name for name, control in self.controls.items()}

    def model_part(self) -> dict[str, Any]:
        """Select what decides the posterior, next to the data and the sampler.

        Returns
        -------
        dict
            Plain JSON values: the roles of the columns, media, controls, events, trend,
            seasonality, l_max.
        """
        sections = {"media", "controls", "events", "trend", "seasonality", "l_max"}
        columns = self.data.model_dump(mode="json", include={"layout", "date", "target"})
        return {"data": columns, **self.model_dump(mode="json", include=sections)}
