"""How the effect of media spreads over time, and how it bends."""

from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import Discriminator, Field, Tag, model_validator

from mmm_pipeline.spec.base import PART, TEXT, Number, SpecPart
from mmm_pipeline.spec.beliefs import Belief, Distribution
from mmm_pipeline.spec.wording import word_choice

type CarryoverWord = Literal["short", "medium", "long"]
type SaturationWord = Literal["gradual", "balanced", "sharp"]
type CarryoverForm = Literal["geometric", "delayed", "weibull", "binomial", "none"]
type SaturationForm = Literal["logistic", "hill", "michaelis_menten", "exponential", "root", "none"]

WORDS_CARRYOVER = ("short", "medium", "long")
WORDS_SATURATION = ("gradual", "balanced", "sharp")


def _is_word(*words: str) -> Discriminator:
    """Tell a word from what is stated in numbers."""
    return Discriminator(lambda value: TEXT if value in words else PART)


type Retention = Annotated[
    Annotated[CarryoverWord, Tag(TEXT)] | Annotated[Distribution, Tag(PART)],
    _is_word(*WORDS_CARRYOVER),
]
"""A word for the share that survives, or its distribution."""
type Half = Annotated[
    Annotated[SaturationWord, Tag(TEXT)] | Annotated[Number, Field(ge=0, le=100), Tag(PART)],
    _is_word(*WORDS_SATURATION),
]
"""A word for where half of the ceiling is reached, or a sharpness from 0 to 100."""


def _read_word(value: Any, setting: str, words: tuple[str, ...], forms: Any) -> Any:
    """Read a word that stands alone: how long or how sharp, or else a form."""
    if not isinstance(value, str):
        return value
    known = [*words, *get_args(forms.__value__)]
    if value not in known:
        message = word_choice(known, value)
        raise ValueError(message)
    return {setting: value} if value in words else {"form": value}


class ShapePart(SpecPart):
    """A form, and the priors that it takes."""

    TAKES: ClassVar[dict[str, tuple[str, ...]]]
    """Settings of each form."""

    @model_validator(mode="after")
    def _form_takes_what_is_stated(self) -> Self:
        form = self.form  # type: ignore[attr-defined]
        for word in type(self).model_fields:
            if word == "form" or getattr(self, word) is None:
                continue
            if word not in self.TAKES[form]:
                takes = ", ".join(self.TAKES[form]) or "nothing"
                message = f"`{word}` is not honoured with `form: {form}`, which takes {takes}"
                raise ValueError(message)
        return self


class Carryover(ShapePart):
    """How long an exposure acts, and when most."""

    TAKES: ClassVar[dict[str, tuple[str, ...]]] = {
        "geometric": ("alpha", "half_life"),
        "delayed": ("alpha", "delay"),
        "binomial": ("alpha",),
        "weibull": ("scale", "slope"),
        "none": (),
    }

    form: CarryoverForm = Field(default="geometric", description="Form of the decay.")
    alpha: Retention | None = Field(
        default=None,
        description="Share of the effect that survives into the next period: short (about 0.15), "
        "medium (0.40), long (0.70), or a distribution between 0 and 1.",
    )
    half_life: Belief | None = Field(
        default=None, description="Periods after which half of the effect is left."
    )
    delay: Distribution | None = Field(
        default=None, description="Periods after which the effect peaks (delayed)."
    )
    scale: Distribution | None = Field(
        default=None, description="Scale of the Weibull density, periods."
    )
    slope: Distribution | None = Field(
        default=None, description="Shape of the Weibull density: above 1 it peaks later."
    )

    @property
    def can_tighten(self) -> bool:
        """Whether the share that survives is left to a word or a default."""
        is_stated = isinstance(self.alpha, Distribution) or self.half_life is not None
        return "alpha" in self.TAKES[self.form] and not is_stated

    @model_validator(mode="before")
    @classmethod
    def _word_will_do(cls, value: Any) -> Any:
        return _read_word(value, "alpha", WORDS_CARRYOVER, CarryoverForm)

    @model_validator(mode="after")
    def _priors_stay_inside(self) -> Self:
        if isinstance(self.alpha, Distribution):
            self.alpha.require_support("alpha", 0, 1)
        if self.alpha is not None and self.half_life is not None:
            message = "`alpha` and `half_life` say the same; state one of them"
            raise ValueError(message)
        for word in ("delay", "scale", "slope"):
            stated = getattr(self, word)
            if stated is not None:
                stated.require_support(word, 0, float("inf"))
        return self


class Saturation(ShapePart):
    """How the response to more exposure bends."""

    TAKES: ClassVar[dict[str, tuple[str, ...]]] = {
        "logistic": ("half", "lam"),
        "exponential": ("half", "lam"),
        "michaelis_menten": ("half", "half_saturation"),
        "hill": ("half", "half_saturation", "slope"),
        "root": ("exponent",),
        "none": (),
    }

    form: SaturationForm = Field(default="logistic", description="Form of the curve.")
    half: Half | None = Field(
        default=None,
        description="Where half of the ceiling is reached: gradual, balanced, sharp (at the 35th, "
        "50th, 65th percentile of the periods with exposure), or a sharpness from 0 to 100 (20th "
        "to 80th percentile).",
    )
    lam: Distribution | None = Field(
        default=None, description="Steepness per exposure scaled to its maximum."
    )
    half_saturation: Distribution | None = Field(
        default=None, description="Exposure at half of the ceiling, as a share of its maximum."
    )
    slope: Distribution | None = Field(
        default=None, description="Steepness of Hill's curve; above 1 it is S-shaped."
    )
    exponent: Distribution | None = Field(
        default=None, description="Power of exposure, between 0 and 1."
    )

    @property
    def can_tighten(self) -> bool:
        """Whether the place of half of the ceiling is left to a word, a sharpness or a default."""
        is_stated = self.lam is not None or self.half_saturation is not None
        return "half" in self.TAKES[self.form] and not is_stated

    @model_validator(mode="before")
    @classmethod
    def _word_will_do(cls, value: Any) -> Any:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"half": value}
        return _read_word(value, "half", WORDS_SATURATION, SaturationForm)

    @model_validator(mode="after")
    def _priors_stay_inside(self) -> Self:
        for word in ("lam", "half_saturation", "slope"):
            stated = getattr(self, word)
            if stated is not None:
                stated.require_support(word, 0, float("inf"))
                if word != "slope" and self.half is not None:
                    message = f"`half` and `{word}` say the same; state one of them"
                    raise ValueError(message)
        if self.exponent is not None:
            self.exponent.require_support("exponent", 0, 1)
        return self
