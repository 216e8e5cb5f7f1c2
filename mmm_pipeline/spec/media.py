"""The channels of a model."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from mmm_pipeline.spec.base import Number, SpecPart
from mmm_pipeline.spec.beliefs import Belief, Distribution
from mmm_pipeline.spec.data import Column, Columns
from mmm_pipeline.spec.shapes import Carryover, Saturation

type Choice = Annotated[
    tuple[str, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    Field(min_length=1),
]
"""One text, or several of which each will do."""


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
    reach: Columns | None = Field(
        default=None,
        description="Column with people reached per period, or several that are added up. "
        "`exposure` is then the number of contacts, and `saturation` speaks of how often each was "
        "reached.",
    )
    frequency: Column | None = Field(
        default=None,
        description="Column with contacts per person reached, instead of `exposure`.",
    )
    where: dict[Column, Choice] = Field(
        default={},
        description="Which records of a long table are of this channel: a text, or several, by "
        "level (media_long) or dim (mff).",
    )
    group: str | None = Field(
        default=None, min_length=1, description="What it is counted under, for example Digital."
    )
    cost_per_unit: Annotated[Number, Field(gt=0)] | None = Field(
        default=None,
        description="Money per unit of exposure, where what was spent is not delivered.",
    )
    roas: Belief | None = Field(
        default=None,
        description="Prior on return on ad spend, target units per money. Default: median 0.3 x "
        "total target / total spend of all media, standard deviation of the logarithm 1.",
    )
    marginal_roas: Belief | None = Field(
        default=None,
        description="Prior on the return of the next 1 % of spend, target units per money.",
    )
    cost_per_target: Belief | None = Field(
        default=None, description="Prior on money per target unit, with `kpi: count`."
    )
    share: Belief | None = Field(
        default=None,
        description="Prior on the share of the target that the channel brings, or that a "
        "competitor takes. Default for media without spend: median 2 %, standard deviation of "
        "the logarithm 1.",
    )
    effect: Distribution | None = Field(
        default=None,
        description="Prior on the amplitude of the curve itself, a share of the target's "
        "maximum; a competitor's takes away.",
    )
    carryover: Carryover = Field(
        default=Carryover(),
        description="How long an exposure acts: a word, or its form and priors.",
    )
    saturation: Saturation | None = Field(
        default=None,
        description="How the response bends: a word, a sharpness, or its form and priors. Default: "
        "logistic, half of the ceiling near the median of the periods with exposure; none for "
        "competitors; Hill, half of the ceiling near two contacts, with `reach`.",
    )

    @model_validator(mode="after")
    def _words_fit_the_kind(self) -> Self:
        if self.kind == "competitor":
            words = ("spend", "cost_per_unit", "roas", "marginal_roas", "cost_per_target")
            stated = [word for word in (*words, "reach", "saturation") if getattr(self, word)]
            if stated:
                message = f"`{stated[0]}` is not honoured with `kind: competitor`"
                raise ValueError(message)
        if self.cost_per_unit and (self.spend or not (self.exposure or self.reach)):
            message = "`cost_per_unit` needs `exposure` and no `spend`: it says what that cost"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _contacts_are_stated_once(self) -> Self:
        if self.reach is None and self.frequency is not None:
            message = "`frequency` needs `reach`: how many people were reached that often"
            raise ValueError(message)
        if self.reach is not None and (self.exposure is None) == (self.frequency is None):
            message = (
                "`reach` needs either `exposure`, the number of contacts, or `frequency`, contacts "
                "per person reached"
            )
            raise ValueError(message)
        if self.frequency is not None and len(self.reach or ()) > 1:
            message = (
                "`frequency` is honoured with one column of `reach`; of several columns that are "
                "added up, deliver the contacts as `exposure`"
            )
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _has_one_prior(self) -> Self:
        stated = [word for word in STATEMENTS if getattr(self, word) is not None]
        if len(stated) > 1:
            message = (
                f"one belief about a channel's return must be stated; got {' and '.join(stated)}"
            )
            raise ValueError(message)
        if stated and stated[0] in ON_MONEY and not self.has_spend:
            message = f"`{stated[0]}` needs `spend`: without money there is no return on it"
            raise ValueError(message)
        if self.effect is not None:
            self.effect.require_support("effect", 0, float("inf"))
        return self

    @property
    def has_spend(self) -> bool:
        """Whether money was spent on it."""
        return bool(self.kind == "paid" or self.spend or self.cost_per_unit)

    @property
    def counted_under(self) -> str:
        """Its group, or its kind where it has none."""
        return self.group or self.kind

    @property
    def can_tighten(self) -> bool:
        """Whether it has spend, and a prior that `tighten_low_spend` may hold tighter."""
        bends = self.saturation is None or self.saturation.can_tighten
        return self.has_spend and (self.effect is None or self.carryover.can_tighten or bends)

    @property
    def statement(self) -> str:
        """The word of `STATEMENTS` in which its return is believed."""
        stated = (word for word in STATEMENTS if getattr(self, word) is not None)
        return next(stated, "roas" if self.has_spend else "share")


STATEMENTS = ("roas", "marginal_roas", "cost_per_target", "share", "effect")
"""Words in which a channel's return may be believed; one of them for each channel."""
ON_MONEY = frozenset({"roas", "marginal_roas", "cost_per_target"})
"""Those that speak of money."""
