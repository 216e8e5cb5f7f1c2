"""Whether what the priors alone say could be signed by a marketer."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

MAX_TARGET_RATIO = 10.0
"""How many times the largest target a prior's 90 % interval may reach."""
MAX_NEGATIVE_SHARE = 0.25
"""Share of prior draws that may put the window's mean target below zero."""
MAX_MEDIA_SHARE = 1.5
"""Median share of the target that stated returns add up to, above which they contradict it."""


@dataclass(frozen=True)
class PriorPlausibility:
    """What the priors imply, in words that can be argued about.

    Attributes
    ----------
    roas_median : dict of str to float
        Implied median return of each channel, target units per unit of money.
    media_share : float
        Median share of the window's target that media earn together.
    stated_share : float
        Median of what each channel earns by itself, added up, as a share of the same: more, where
        terms multiply.
    target_ratio : float
        95 % quantile of the predicted absolute target, as a multiple of the largest observed in
        the same cell.
    negative_share : float
        Share of draws whose mean target over the window is below zero.
    """

    roas_median: dict[str, float]
    media_share: float
    stated_share: float
    target_ratio: float
    negative_share: float

    @property
    def absurdities(self) -> tuple[str, ...]:
        """What no marketer would sign."""
        found = {
            f"predicted targets reach {self.target_ratio:.0f} times the largest observed": (
                self.target_ratio > MAX_TARGET_RATIO
            ),
            f"{self.negative_share:.0%} of prior draws expect a target below zero": (
                self.negative_share > MAX_NEGATIVE_SHARE
            ),
            f"the stated returns add up to {self.stated_share:.0%} of the target": (
                self.stated_share > MAX_MEDIA_SHARE
            ),
        }
        return tuple(words for words, is_absurd in found.items() if is_absurd)


def assess_prior(prior: xr.Dataset, features: xr.Dataset) -> PriorPlausibility:
    """Put the prior draws into words.

    Parameters
    ----------
    prior : xarray.Dataset
        From `mmm_pipeline.model.prior_predictive.sample_prior`.
    features : xarray.Dataset
        Of the same model.

    Returns
    -------
    PriorPlausibility
    """
    median = prior["implied_roas"].median("draw").dropna("channel")
    names = median["channel"].to_numpy().tolist()
    reach = np.quantile(np.abs(prior["target"] / features["target_scale"]), 0.95)
    cells = [dim for dim in features["target"].dims if dim != "date"]
    return PriorPlausibility(
        roas_median=dict(zip(names, median.to_numpy().tolist(), strict=True)),
        media_share=float(prior["media_share"].median()),
        stated_share=float(prior["implied_share"].clip(min=0).sum("channel").median()),
        target_ratio=float(reach),
        negative_share=float((prior["target"].sum(cells).mean("date") < 0).mean()),
    )
