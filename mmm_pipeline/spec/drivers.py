"""What moves the target beside media: controls, and the calendar."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, Tag, model_validator

from mmm_pipeline.spec.base import PART, TEXT, TEXT_OR_PART, Number, SpecPart
from mmm_pipeline.spec.data import Aggregate, Column
from mmm_pipeline.spec.media import Choice
from mmm_pipeline.spec.shapes import Carryover

type Sign = Literal["positive", "negative"]
type Fill = Literal["forward", "nearest"]


class Control(SpecPart):
    """A variable that moves the target and is not media."""

    column: Column | None = Field(
        default=None, description="Column of the source. Default: the control's name."
    )
    sign: Sign | None = Field(
        default=None, description="Which way it can move the target. Default: either."
    )
    equals: Choice | None = Field(
        default=None,
        description="Makes a column of text one of 0 and 1: 1 where it holds this text, or one "
        "of these, and 0 where it holds another. Where it holds nothing, `fill` says what stands.",
    )
    fill: Fill | Number | None = Field(
        default=None,
        description="What stands where the source holds nothing: the value before (forward), the "
        "nearest one, or a number. A cell that says NaN is not filled. Default: refused.",
    )
    aggregate: Aggregate = Field(
        default="mean", description="How values become one where rows are brought together."
    )
    scale: Literal["standard", "max_abs", "none"] = Field(
        default="standard",
        description="What its effect is per: a standard deviation from its mean (0/1 columns: "
        "being on), its largest absolute value, or one of its own unit.",
    )
    carryover: Carryover = Field(
        default=Carryover(form="none"),
        description="How long it acts: a word, or its form and priors. Default: not.",
    )
    confounder: bool = Field(
        default=False, description="Drives media and target both: never left out by a selection."
    )
    binary: bool = Field(default=False, description="Holds 0 and 1 only; said if it does not.")
    allow_negative: bool = Field(default=True, description="Whether it may be below 0.")


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


type Day = Annotated[
    Annotated[dt.date, Tag(TEXT)] | Annotated[EventWindow, Tag(PART)], TEXT_OR_PART
]
"""A day, or the days between two."""


class Event(SpecPart):
    """Something on the calendar: days, months, or the public holidays of a country.

    Becomes a column of 0 and 1: a period is on when a day of it is.
    """

    days: tuple[Day, ...] = Field(default=(), description="Days, or windows of days.")
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field(
        default=(), description="Months of every year, 1 to 12: those a period begins in."
    )
    country: str | None = Field(
        default=None, description="Country, ISO 3166 (US), whose public holidays it is on."
    )
    region: str | None = Field(default=None, description="Part of the country, ISO 3166-2 (BY).")
    only: Choice | None = Field(
        default=None, description="Names of the holidays that count. Default: all of them."
    )
    before: int = Field(default=0, ge=0, le=365, description="Days that it begins to act earlier.")
    after: int = Field(default=0, ge=0, le=365, description="Days that it goes on acting.")
    sign: Sign | None = Field(
        default=None, description="Which way it can move the target. Default: either."
    )

    @model_validator(mode="before")
    @classmethod
    def _days_alone_will_do(cls, values: Any) -> Any:
        is_list = isinstance(values, Sequence) and not isinstance(values, str | bytes)
        return {"days": values} if is_list else values

    @model_validator(mode="after")
    def _has_one_origin(self) -> Self:
        origins = [word for word in ("days", "months", "country") if getattr(self, word)]
        if len(origins) != 1:
            message = "an event must name either its `days`, its `months` or a `country`"
            raise ValueError(message)
        if self.months and (self.before or self.after):
            message = "`before` and `after` are honoured with `days` or `country` only"
            raise ValueError(message)
        if self.country is None and (self.region or self.only):
            message = "`region` and `only` are honoured together with `country` only"
            raise ValueError(message)
        return self
