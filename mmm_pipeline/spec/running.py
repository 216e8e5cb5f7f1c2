"""How and when a model is fitted."""

from typing import Literal, Self

from pydantic import Field, model_validator

from mmm_pipeline.spec.base import SpecPart

type SamplerName = Literal["nutpie", "pymc", "numpyro"]


class Sampling(SpecPart):
    """How the posterior is sampled."""

    sampler: SamplerName = Field(
        default="nutpie",
        description="What draws: nutpie; pymc, PyMC's own sampler; or numpyro, an extra of this "
        "package, in whose absence nutpie draws and it is said.",
    )
    chains: int = Field(default=4, ge=1, le=8, description="Independent chains.")
    draws: int = Field(default=1000, ge=1, le=10_000, description="Draws kept per chain.")
    tune: int = Field(default=1000, ge=1, le=10_000, description="Tuning draws per chain.")
    target_accept: float = Field(
        default=0.9, ge=0.5, le=0.99, description="Acceptance rate the step size is tuned to."
    )
    adaptation: Literal["auto", "low_rank", "diag"] = Field(
        default="auto",
        description="Which correlations between parameters nutpie adapts to: the strongest "
        "(low_rank), none (diag), or the one or the other by the number of parameters (auto).",
    )
    seed: int = Field(default=42, ge=0, lt=2**32, description="Seed of the random numbers.")
    attempts: int = Field(
        default=3,
        ge=1,
        le=5,
        description="How often sampling is tried, each time more carefully, before a fit that "
        "breaks a limit is refused.",
    )

    @model_validator(mode="after")
    def _adapts_where_it_can(self) -> Self:
        if self.adaptation != "auto" and self.sampler != "nutpie":
            message = f"`adaptation` is honoured with `sampler: nutpie`; got {self.sampler!r}"
            raise ValueError(message)
        return self


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


class DriftLimits(SpecPart):
    """How far a refit may say something else than the promoted fit before it is to be looked at.

    References
    ----------
    Overlap: Recast's stability loop calls refits stable whose posteriors overlap by more than
    80 %. Two normal posteriors of one width overlap by 80 % when they are half a standard
    deviation apart, and by 32 % when they are two. A posterior mean is a martingale: even data that
    tell everything move it by more than two of its earlier standard deviations in one case of
    twenty only, where it is normal.
    Shares and restatements have no published limit: 5 points of the target are about what a
    channel of middling size brings, 15 what a large one does, and 1 % of a column is more than
    late bookings of a week or two in two years.
    """

    min_overlap: float = Field(
        default=0.8, gt=0, lt=1, description="Overlap of a return's two posteriors, below: REVIEW."
    )
    fail_overlap: float = Field(
        default=0.3, gt=0, lt=1, description="Overlap of a return's two posteriors, below: FAIL."
    )
    max_share_shift: float = Field(
        default=0.05,
        gt=0,
        lt=1,
        description="Change of a channel's share of the target, a fraction, above: REVIEW.",
    )
    fail_share_shift: float = Field(
        default=0.15,
        gt=0,
        lt=1,
        description="Change of a channel's share of the target, a fraction, above: FAIL.",
    )
    max_restated: float = Field(
        default=0.01,
        ge=0,
        description="Change of the past of a column, as a share of its total, above: REVIEW.",
    )

    @model_validator(mode="after")
    def _reviews_before_it_fails(self) -> Self:
        if self.fail_overlap > self.min_overlap or self.fail_share_shift < self.max_share_shift:
            message = "`drift` must not FAIL what it does not REVIEW; widen the limits of FAIL"
            raise ValueError(message)
        return self

    @property
    def changed(self) -> dict[str, float]:
        """Limits that are not the defaults."""
        default = type(self)()
        return {
            name: getattr(self, name)
            for name in type(self).model_fields
            if getattr(self, name) != getattr(default, name)
        }
