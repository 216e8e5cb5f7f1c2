"""What a model is made of beside media and controls."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from mmm_pipeline.spec.base import SpecPart

type Trend = Literal["none", "linear", "piecewise", "spline", "hsgp"]
type Likelihood = Literal["normal", "student_t"]
type LinkName = Literal["identity", "log", "log1p"]


class Seasonality(SpecPart):
    """Smooth recurring patterns."""

    yearly: int = Field(
        default=2, ge=0, le=10, description="Pairs of sine and cosine over the year; 0 for none."
    )
    monthly: int = Field(
        default=0, ge=0, le=5, description="The same over the month, for data by day or week."
    )
    weekly: int = Field(
        default=0, ge=0, le=3, description="The same over the week, for daily data."
    )


class Selection(SpecPart):
    """Which controls matter, left to the data.

    Confounders, events, and controls whose sign is known stay in as they are.
    """

    method: Literal["horseshoe", "spike_slab", "lasso"] = Field(
        description="Prior that holds what does not matter near 0."
    )
    expected: int | None = Field(
        default=None,
        ge=1,
        description="How many are expected to matter, with horseshoe. Default: 2, or 1 of two.",
    )

    @model_validator(mode="before")
    @classmethod
    def _a_word_alone_will_do(cls, values: Any) -> Any:
        return {"method": values} if isinstance(values, str) else values

    @model_validator(mode="after")
    def _expects_where_it_counts(self) -> Self:
        if self.expected is not None and self.method != "horseshoe":
            message = f"`expected` is honoured with `method: horseshoe`; got {self.method!r}"
            raise ValueError(message)
        return self


class Pooling(SpecPart):
    """What the cells of a panel have in common.

    A word alone is meant for both.
    """

    media: Literal["complete", "partial"] = Field(
        default="partial",
        description="Returns on media: the same in every cell, or scattered about a common one.",
    )
    controls: Literal["complete", "partial"] = Field(
        default="partial",
        description="Effects of controls and events: the same in every cell, or scattered.",
    )

    @model_validator(mode="before")
    @classmethod
    def _a_word_alone_will_do(cls, values: Any) -> Any:
        return {"media": values, "controls": values} if isinstance(values, str) else values
