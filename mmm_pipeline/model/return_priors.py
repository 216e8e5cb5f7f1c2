"""What a marketer believes that channels return, in the words the sampler understands."""

import math

import xarray as xr

from mmm_pipeline.model.tightening import read_factors
from mmm_pipeline.model.vectors import Stated, Vector
from mmm_pipeline.spec import Belief, Media, ModelSpec

DEFAULT_MEDIA_SHARE = 0.3
"""Share of the target that all media earn together where no return is stated."""
DEFAULT_ROAS_LOG_SD = 1.0
"""Standard deviation of log ROAS where no return is stated."""
DEFAULT_SHARE, DEFAULT_SHARE_LOG_SD = 0.02, 1.0
"""Median share of the target that a channel without money moves, and its spread."""


def state_returns(spec: ModelSpec, features: xr.Dataset) -> dict[str, Vector]:
    """State the belief about what each channel brings.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features; the default prior follows from total target and total spend, so that it
        means the same in any currency.

    Returns
    -------
    dict of str to Vector
        By `roas` (target units per money), `marginal_roas`, `share` (of the target), `effect`
        (the curve's own height). With ``kpi: count`` money per target unit is the free
        parameter, ``cost_per_target``, from which `roas` follows.

    Notes
    -----
    Log-normal, see `mmm_pipeline.spec.Belief`. Where nothing is stated: a median of 0.3 x total
    target / total spend of all media for what is bought, 2 % of the target for what is not.
    """
    tightening = read_factors(spec, features)
    words: dict[str, dict[str, Stated]] = {}
    for name, media in spec.media.items():
        word, spread = media.statement, tightening[name].spread
        if spec.data.kpi == "count" and word == "roas":
            word = "cost_per_target"
        one = (
            _state_effect(media)
            if media.effect
            else _state_return(word, getattr(media, word), features, spread)
        )
        words.setdefault("roas" if word == "cost_per_target" else word, {})[name] = one
    return {word: Vector(stated, list(spec.media)) for word, stated in words.items()}


def _state_effect(media: Media) -> Stated:
    """Take the prior of a curve's height as it is stated."""
    assert media.effect is not None  # noqa: S101  # it was asked for
    return Stated(media.effect.family, media.effect.parameters)


def _state_return(word: str, belief: Belief | None, features: xr.Dataset, spread: float) -> Stated:
    """State a belief about a quantity above 0, or the default."""
    if belief is not None:
        parameters = {"mu": math.log(belief.center), "sigma": belief.log_sd * spread}
    elif word == "share":
        parameters = {"mu": math.log(DEFAULT_SHARE), "sigma": DEFAULT_SHARE_LOG_SD * spread}
    else:
        expected = _expect_roas(features) ** (-1 if word == "cost_per_target" else 1)
        parameters = {"mu": math.log(expected), "sigma": DEFAULT_ROAS_LOG_SD * spread}
    if word == "cost_per_target":
        return Stated("LogNormal", parameters, word, lambda cost: 1 / cost)
    return Stated("LogNormal", parameters)


def _expect_roas(features: xr.Dataset) -> float:
    """Let all media together earn their usual share of the target."""
    total_target = float(abs(features["target"]).sum())
    return DEFAULT_MEDIA_SHARE * total_target / float(features["spend"].sum())
