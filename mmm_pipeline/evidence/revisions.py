"""A spec, and what its model sees, told otherwise in one respect. Nothing here samples."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from mmm_pipeline.model.return_priors import (
    DEFAULT_ROAS_LOG_SD,
    DEFAULT_SHARE_LOG_SD,
    state_returns,
)
from mmm_pipeline.spec import Belief, Carryover, Distribution, Media, ModelSpec, Saturation
from mmm_pipeline.spec.beliefs import Z_95

HELD_SD = 0.02
"""How tightly a share that survives is held, its standard deviation."""
HELD_LOG_SD = 0.05
"""The same for a time, of its logarithm."""
EDGE = 0.03
"""How close to 0 and 1 a share that survives is held."""
NOISE_SD = 0.05
"""Standard deviation of the noise on exposure, of its logarithm."""

type Lengths = Mapping[str, Mapping[str, float]]
"""Of each channel that has any: its parameters of carry-over, by name."""


def revise(spec: ModelSpec, **changes: Any) -> ModelSpec:
    """Say some parts of a spec otherwise.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    **changes : object
        Parts, by name.

    Returns
    -------
    ModelSpec
        Checked as any other. It does not ask for tighter priors where none is left to tighten.
    """
    changed = spec.model_copy(update=changes)
    if not any(media.can_tighten for media in changed.media.values()):
        changed = changed.model_copy(update={"tighten_low_spend": False})
    return ModelSpec.model_validate(changed.model_dump(mode="json"))


def hold_carryover(spec: ModelSpec, lengths: Lengths, factor: float) -> ModelSpec:
    """Hold the carry-over of every channel where its effects last longer, or shorter.

    Shifting the prior alone would tell little where the data know the carry-over: they would pull
    it back. So it is held there, within about 5 %, and what is learnt is how far the returns hang
    on it.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    lengths : mapping of str to mapping of str to float
        Parameters of carry-over by channel, ``alpha`` (0 to 1), ``delay`` and ``scale`` (periods).
    factor : float
        By what every time is multiplied: 1.2 for effects that last 20 % longer.

    Returns
    -------
    ModelSpec

    Notes
    -----
    Time is stretched by ``f``: geometric weights ``alpha^l`` become ``alpha^(l / f)``, delayed ones
    ``alpha^((l / f - delay)^2)``; a Weibull's scale is multiplied by ``f``; of a binomial's it is
    the mean lag, about ``L / (1 / alpha + 1)``, as far as that goes: to ``L / 2``.
    """
    media = {
        name: one.model_copy(
            update={"carryover": _hold(one.carryover, lengths[name], factor)}
            if name in lengths
            else {}
        )
        for name, one in spec.media.items()
    }
    return revise(spec, media=media)


def bend_by(spec: ModelSpec, form: str) -> ModelSpec:
    """Bend the response to every own channel by one form; to reach it is the frequency's.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    form : str
        Form of the curve, under its default prior but for a `half` that is stated.

    Returns
    -------
    ModelSpec
        The same where all channels have that form already.
    """
    return revise(spec, media={name: _bend(one, form) for name, one in spec.media.items()})


def widen_beliefs(spec: ModelSpec, features: xr.Dataset, factor: float) -> ModelSpec:
    """Make what is believed of each channel's return wider, about the same median.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features, on which the default belief hangs.
    factor : float
        By what the standard deviation, of the logarithm for a belief, is multiplied.

    Returns
    -------
    ModelSpec
        The same for a channel whose `effect` has a prior without `sigma`.
    """
    centers = {
        name: math.exp(one.parameters["mu"])
        for vector in state_returns(spec, features).values()
        for name, one in vector.stated.items()
        if spec.media[name].effect is None
    }
    media = {
        name: _widen(one, centers.get(name, math.nan), factor, is_count=spec.data.kpi == "count")
        for name, one in spec.media.items()
    }
    return revise(spec, media=media)


def drop_control(spec: ModelSpec, features: xr.Dataset, name: str) -> tuple[ModelSpec, xr.Dataset]:
    """Take a control away.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.
    name : str
        The control.

    Returns
    -------
    ModelSpec
        Without it; a selection that expected all the others to matter expects one less.
    xarray.Dataset
        Its features.
    """
    controls = {other: one for other, one in spec.controls.items() if other != name}
    column = spec.control_columns[name]
    factors = {one: factor for one, factor in spec.data.factors.items() if one != column}
    changes: dict[str, Any] = {"controls": controls}
    changes["data"] = spec.data.model_copy(update={"factors": factors})
    selection, n_left = spec.control_selection, len(set(spec.selectable_controls) - {name})
    if selection and selection.expected is not None:
        expected = min(selection.expected, n_left - 1)
        changes["control_selection"] = selection.model_copy(update={"expected": expected})
    left = features.drop_sel(control=name)
    return revise(spec, **changes), left if left.sizes["control"] else left.drop_dims("control")


def cut_window(features: xr.Dataset, periods: slice) -> xr.Dataset:
    """Keep some of the periods, on the scales of all.

    Parameters
    ----------
    features : xarray.Dataset
        Of the model.
    periods : slice
        Places of those that are kept.

    Returns
    -------
    xarray.Dataset
        What experiments found stays known; those that ran elsewhere now lie outside the data.
    """
    places = np.arange(features.sizes["date"])[periods]
    cut = features.isel(date=periods)
    if "lift_date" in cut:
        date = cut["lift_date"] - int(places[0])
        cut["lift_date"] = date.where((date >= 0) & (date < len(places)), -1)
    return cut


def add_noise(features: xr.Dataset, seed: int) -> xr.Dataset:
    """Let every exposure, and the money for it, have been measured a little wrong.

    Parameters
    ----------
    features : xarray.Dataset
        Of the model.
    seed : int
        Of the noise.

    Returns
    -------
    xarray.Dataset
        With exposure and spend times the same log-normal noise of mean 1, on the scales they had.
    """
    draws = np.random.default_rng(seed).standard_normal(features["exposure"].shape)
    factor = np.exp(NOISE_SD * draws - NOISE_SD**2 / 2)
    return features.assign(exposure=features["exposure"] * factor, spend=features["spend"] * factor)


def _hold(carryover: Carryover, found: Mapping[str, float], factor: float) -> Carryover:
    """Hold one carry-over at what was found, its time stretched."""
    stated: dict[str, Any] = {"form": carryover.form, "slope": carryover.slope}
    if "alpha" in found:
        stated["alpha"] = _hold_share(_stretch(carryover.form, found["alpha"], factor))
    for word in ("delay", "scale"):
        if word in found:
            parameters = {"mu": math.log(found[word] * factor), "sigma": HELD_LOG_SD}
            stated[word] = Distribution(family="LogNormal", parameters=_round(parameters))
    return Carryover(**stated)


def _stretch(form: str, alpha: float, factor: float) -> float:
    """Let a share that survives a period survive a longer one."""
    if form == "binomial":
        return 1 / (1 + max((1 / alpha + 1) / factor - 2, 0.0))
    return float(alpha ** (1 / factor ** (2 if form == "delayed" else 1)))


def _hold_share(alpha: float) -> Distribution:
    """Hold a share that survives."""
    mean = min(max(alpha, EDGE), 1 - EDGE)
    concentration = mean * (1 - mean) / HELD_SD**2 - 1
    parameters = {"alpha": mean * concentration, "beta": (1 - mean) * concentration}
    return Distribution(family="Beta", parameters=_round(parameters))


def _round(parameters: Mapping[str, float]) -> dict[str, float]:
    """Keep what matters of a parameter: a request should not hang on a draw's last digit."""
    return {name: float(f"{value:.4g}") for name, value in parameters.items()}


def _bend(media: Media, form: str) -> Media:
    """Give one channel another curve, if it has one of its own to change."""
    before = media.saturation or Saturation()
    if media.kind == "competitor" or media.reach or before.form == form:
        return media
    half = before.half if "half" in Saturation.TAKES[form] else None
    saturation = Saturation.model_validate({"form": form, "half": half})
    return media.model_copy(update={"saturation": saturation})


def _widen(media: Media, center: float, factor: float, *, is_count: bool) -> Media:
    """Widen what is believed of one channel."""
    if media.effect is not None:
        said = media.effect.parameters
        if "sigma" not in said:
            return media
        wider = {**said, "sigma": said["sigma"] * factor}
        effect = Distribution(family=media.effect.family, parameters=wider)
        return media.model_copy(update={"effect": effect})
    word = media.statement
    if word == "roas" and is_count:
        word = "cost_per_target"
    belief: Belief | None = getattr(media, word)
    usual = DEFAULT_SHARE_LOG_SD if word == "share" else DEFAULT_ROAS_LOG_SD
    log_sd = factor * (belief.log_sd if belief else usual)
    wider_belief = Belief(median=center, factor=math.exp(Z_95 * log_sd))
    return media.model_copy(update={word: wider_belief})
