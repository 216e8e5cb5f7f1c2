"""Limits that a fit must keep before anything may be read from it."""

from pydantic import Field

from mmm_pipeline.spec.base import SpecPart

MAX_DIVERGENT_SHARE = 0.01
"""Largest share of draws that `max_divergences` may be loosened to."""


class GateLimits(SpecPart):
    """Convergence limits over all free parameters, compared unrounded.

    Tightening is free. Loosening goes no further than the bounds below, makes the verdict
    REVIEW at best, and is said in the report.

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), "Rank-normalization, folding, and
    localization: an improved R-hat", Bayesian Analysis 16(2), sections 4 and 5: R-hat below
    1.01 and an effective sample size above 400.
    Betancourt (2016), "Diagnosing suboptimal cotangent disintegrations in Hamiltonian Monte
    Carlo", section 3: the energy's Bayesian fraction of missing information.
    """

    max_rhat: float = Field(
        default=1.01,
        gt=1,
        le=1.05,
        description="Largest rank-normalised split R-hat of any free parameter.",
    )
    min_ess: float = Field(
        default=400,
        ge=100,
        description="Smallest bulk and tail effective sample size of any free parameter, draws.",
    )
    max_divergences: int = Field(
        default=0,
        ge=0,
        description="Divergent transitions after tuning, over all chains.",
    )
    min_bfmi: float = Field(
        default=0.3,
        ge=0.2,
        lt=1,
        description="Smallest Bayesian fraction of missing information of any chain.",
    )
    max_treedepth_share: float = Field(
        default=0.01,
        ge=0,
        le=0.05,
        description="Share of draws that stopped at the largest tree depth, 0 to 1.",
    )

    @property
    def loosened(self) -> tuple[str, ...]:
        """Names of the limits that are weaker than the defaults."""
        default = type(self)()
        weaker = {
            "max_rhat": self.max_rhat > default.max_rhat,
            "min_ess": self.min_ess < default.min_ess,
            "max_divergences": self.max_divergences > default.max_divergences,
            "min_bfmi": self.min_bfmi < default.min_bfmi,
            "max_treedepth_share": self.max_treedepth_share > default.max_treedepth_share,
        }
        return tuple(name for name, is_weaker in weaker.items() if is_weaker)
