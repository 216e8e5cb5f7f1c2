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
