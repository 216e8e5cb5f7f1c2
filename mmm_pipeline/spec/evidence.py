"""What is done to find out whether a fit may be believed."""

from typing import Any, Literal, get_args

from pydantic import Field, field_validator, model_validator

from mmm_pipeline.spec.base import SpecPart

type VariationKind = Literal[
    "carryover", "l_max", "saturation", "priors", "controls", "window", "placebo", "noise", "seed"
]


class Backtest(SpecPart):
    """How often, and how far ahead, the model predicts what it has not seen."""

    folds: int = Field(
        default=3,
        ge=1,
        le=20,
        description="Origins: at each the model is fitted to what was known, and predicts what "
        "followed. Their windows follow each other up to the end of the data; one is a hold-out.",
    )
    horizon: int | None = Field(
        default=None,
        ge=1,
        le=366,
        description="Periods that each fold predicts. Default: a quarter; 13 weeks, 91 days or 3 "
        "months.",
    )


class Sensitivity(SpecPart):
    """What is varied, to see whether the returns stay; each variation is a fit of its own.

    A list alone, or a word, will do.
    """

    variations: tuple[VariationKind, ...] = Field(
        default=get_args(VariationKind.__value__),
        description="carryover (20 % shorter and longer than found), l_max (a "
        "third fewer and a third more lags), saturation (each other form), "
        "priors (of returns, twice and half as wide), controls (without each), window (without "
        "the first and the last tenth), placebo (a channel that cannot act), noise (5 % on all "
        "exposure), seed (another one). Default: all.",
    )

    @model_validator(mode="before")
    @classmethod
    def _a_list_alone_will_do(cls, values: Any) -> Any:
        if isinstance(values, str):
            return {"variations": (values,)}
        return {"variations": values} if isinstance(values, list | tuple) else values

    @field_validator("variations")
    @classmethod
    def _each_once(cls, kinds: tuple[VariationKind, ...]) -> tuple[VariationKind, ...]:
        if not kinds:
            message = "`variations` must name at least one, or `sensitivity` be left out"
            raise ValueError(message)
        return tuple(dict.fromkeys(kinds))
