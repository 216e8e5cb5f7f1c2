"""The channels of a model."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mmm_pipeline.spec.base import SpecPart
from mmm_pipeline.spec.data import Column, Columns

type Carryover = Literal["short", "medium", "long"]
type SaturationSpeed = Literal["gradual", "balanced", "sharp"]
type Choice = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    Field(min_length=1),
]
"""One text, or several of which each will do."""


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


class Media(SpecPart):
    """A channel: bought, owned, or a competitor's."""

    kind: Literal["paid", "owned", "competitor"] = Field(
        default="paid",
        description="Bought with money, one's own (a newsletter), or a competitor's.",
    )
    spend: Columns | None = Field(
        default=None,
        description="Column with money spent per period, or several that are added up. Default "
        "for paid media: the channel's name.",
    )
    exposure: Columns | None = Field(
        default=None,
        description="Column with impressions, clicks or the like, or several that are added up. "
        "Default for owned media and competitors: the channel's name.",
    )
    where: dict[Column, Choice] = Field(
        default={},
        description="Which records of a long table are of this channel: a text, or several, by "
        "level (media_long) or dim (mff).",
    )
    group: str | None = Field(
        default=None, min_length=1, description="What it is counted under, for example Digital."
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

    @model_validator(mode="after")
    def _words_fit_the_kind(self) -> Self:
        if self.kind == "competitor":
            stated = [word for word in ("spend", "roas", "saturation") if getattr(self, word)]
            if stated:
                message = f"`{stated[0]}` is not honoured with `kind: competitor`"
                raise ValueError(message)
        if self.roas is not None and self.kind != "paid" and self.spend is None:
            message = "`roas` needs `spend`: without money there is no return on it"
            raise ValueError(message)
        return self
