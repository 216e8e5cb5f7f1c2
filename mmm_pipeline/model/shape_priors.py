"""How long channels act and how they bend, in the words the sampler understands."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import xarray as xr

from mmm_pipeline.model.formulas import CARRYOVER_PARAMETERS, SATURATION_PARAMETERS
from mmm_pipeline.model.tightening import Factors, read_factors
from mmm_pipeline.model.vectors import Stated, Vector
from mmm_pipeline.spec import (
    Carryover,
    CarryoverWord,
    Distribution,
    Media,
    ModelSpec,
    Saturation,
    SaturationWord,
)

CARRYOVER_MEAN: dict[CarryoverWord, float] = {"short": 0.15, "medium": 0.40, "long": 0.70}
"""Mean of the surviving share for each word."""
CARRYOVER_CONCENTRATION = 20.0
"""Sum of the Beta's two parameters where a word is stated."""
DEFAULT_CARRYOVER = (2.0, 4.0)
"""Beta parameters where no word is stated: mean 1/3, standard deviation 0.18."""
DEFAULT_DELAY = Distribution.model_validate("HalfNormal(1.5)")
"""Periods until a delayed effect peaks."""
DEFAULT_WEIBULL_SCALE = Distribution.model_validate(f"LogNormal({math.log(2)}, 0.5)")
"""Periods; a median of 2."""
DEFAULT_WEIBULL_SLOPE = Distribution.model_validate("LogNormal(0.2, 0.4)")
"""Around 1, where the density falls from the start."""
SHARPNESS: dict[SaturationWord, float] = {"gradual": 25.0, "balanced": 50.0, "sharp": 75.0}
"""What the words for saturation are on the scale from 0 to 100."""
SATURATION_LOG_SD = 0.3
"""Standard deviation of log steepness where a word is stated."""
DEFAULT_SATURATION_LOG_SD = 0.6
"""Standard deviation of log steepness where no word is stated."""
DEFAULT_HILL_SLOPE = Distribution.model_validate("LogNormal(0.2, 0.3)")
"""Around 1.2: hardly S-shaped unless the data say so."""
DEFAULT_EXPONENT = Distribution.model_validate("Beta(4, 4)")
"""Around the square root."""
DEFAULT_CONTACTS = Distribution.model_validate("LogNormal(0.7, 0.4)")
"""Contacts per person at which half of the ceiling is reached: a median of 2 (Meridian's)."""
DEFAULT_CONTACT_SLOPE = Distribution.model_validate("LogNormal(0.7, 0.4)")
"""S-shaped, around 2: a first contact alone does little (Meridian's)."""
AT_HALF = {"logistic": math.log(3), "exponential": math.log(2)}
"""``lam x`` at which half of the ceiling is reached."""
SMALLEST_HALF = 0.01
"""Added to a percentile of scaled exposure, so that it is never 0."""


type Rule = Callable[[str], Stated]


def state_carryover(
    carryovers: Mapping[str, Carryover],
    labels: Sequence[str],
    factors: Mapping[str, Factors] | None = None,
    half_life: str = "adstock_half_life",
) -> dict[str, Vector]:
    """State the belief about how long each channel, or control, acts.

    Parameters
    ----------
    carryovers : mapping of str to Carryover
        Of each, by name.
    labels : sequence of str
        Labels of the dim ``channel``, if they lie along it.
    factors : mapping of str to Factors, optional
        By how much they are held tighter.
    half_life : str
        Name of the free parameter where a half-life is stated.

    Returns
    -------
    dict of str to Vector
        By `alpha`, `delay`, `scale`, `slope`: for those whose form takes them.
    """

    def alpha(name: str) -> Stated:
        carryover = carryovers[name]
        concentration = factors[name].concentration if factors else 1.0
        if isinstance(carryover.alpha, Distribution):
            return _state(carryover.alpha)
        if carryover.half_life is not None:
            belief = carryover.half_life
            parameters = {"mu": math.log(belief.center), "sigma": belief.log_sd}
            return Stated("LogNormal", parameters, half_life, lambda h: 0.5 ** (1 / h))
        a, b = _shape_of_beta(carryover.alpha)
        return Stated("Beta", {"alpha": a * concentration, "beta": b * concentration})

    rules: dict[str, Rule] = {
        "alpha": alpha,
        "delay": lambda name: _state(carryovers[name].delay or DEFAULT_DELAY),
        "scale": lambda name: _state(carryovers[name].scale or DEFAULT_WEIBULL_SCALE),
        "slope": lambda name: _state(carryovers[name].slope or DEFAULT_WEIBULL_SLOPE),
    }
    takes = {name: CARRYOVER_PARAMETERS[one.form] for name, one in carryovers.items()}
    return _collect(labels, rules, takes)


def state_media_carryover(spec: ModelSpec, features: xr.Dataset) -> dict[str, Vector]:
    """State the belief about how long each channel acts.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.

    Returns
    -------
    dict of str to Vector
        As `state_carryover`.
    """
    carryovers = {name: media.carryover for name, media in spec.media.items()}
    return state_carryover(carryovers, list(spec.media), read_factors(spec, features))


def _shape_of_beta(word: CarryoverWord | None) -> tuple[float, float]:
    """Turn a word into the two parameters of a Beta."""
    if word is None:
        return DEFAULT_CARRYOVER
    mean = CARRYOVER_MEAN[word]
    return mean * CARRYOVER_CONCENTRATION, (1 - mean) * CARRYOVER_CONCENTRATION


def state_saturation(spec: ModelSpec, features: xr.Dataset) -> dict[str, Vector]:
    """State the belief about how soon each channel saturates.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features: half of the ceiling is expected at a percentile of the positive exposure.

    Returns
    -------
    dict of str to Vector
        By `lam` (per exposure scaled to its maximum), `half_saturation` (a share of that
        maximum), `slope`, `exponent`: for the channels whose form takes them. Of a channel with
        `reach` it is the frequency that saturates, see `state_frequency`.

    Notes
    -----
    With ``q`` the percentile of positive exposure on the scale 0 to 1, log-normal with median
    ``ln 3 / (q + 0.01)`` (logistic: ``tanh(lam q / 2) = 1/2`` at ``lam q = ln 3``), ``ln 2 /
    (q + 0.01)`` (exponential), or ``q + 0.01`` (half-saturation). The percentile is
    ``20 + 0.6 x sharpness``.
    """
    scaled = features["exposure"] / features["channel_scale"]
    curves = {name: read_curve(media) for name, media in spec.media.items()}
    return _state_curves(spec, curves, scaled, read_factors(spec, features))


def state_frequency(spec: ModelSpec, features: xr.Dataset) -> dict[str, Vector]:
    """State the belief about how the effect of contacts saturates, where reach is known.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features: a percentile that a word asks for is one of the frequency.

    Returns
    -------
    dict of str to Vector
        As of `state_saturation`, with `half_saturation` in contacts per person and `lam` per
        contact; for the channels with `reach`.
    """
    curves = {name: read_saturation(media) for name, media in spec.media.items() if media.reach}
    often = features["frequency"].where(features["exposure"] > 0, 0.0)
    return _state_curves(spec, curves, often, read_factors(spec, features))


def _state_curves(
    spec: ModelSpec,
    curves: Mapping[str, Saturation],
    amounts: xr.DataArray,
    tightening: Mapping[str, Factors],
) -> dict[str, Vector]:
    """State each parameter of curves over amounts, dims ``(date, ..., channel)``."""

    def at_half(name: str) -> tuple[float, float]:
        values = amounts.sel(channel=name).to_numpy()
        half = curves[name].half
        percentile = 20 + 0.6 * read_sharpness(half)
        sd = DEFAULT_SATURATION_LOG_SD if half is None else SATURATION_LOG_SD
        place = float(np.percentile(values[values > 0], percentile)) + SMALLEST_HALF
        return place, sd * tightening[name].bend

    def lam(name: str) -> Stated:
        curve = curves[name]
        if curve.lam is not None:
            return _state(curve.lam)
        place, sd = at_half(name)
        return Stated("LogNormal", {"mu": math.log(AT_HALF[curve.form] / place), "sigma": sd})

    def half_saturation(name: str) -> Stated:
        if (stated := curves[name].half_saturation) is not None:
            return _state(stated)
        place, sd = at_half(name)
        return Stated("LogNormal", {"mu": math.log(place), "sigma": sd})

    rules: dict[str, Rule] = {
        "lam": lam,
        "half_saturation": half_saturation,
        "slope": lambda name: _state(curves[name].slope or DEFAULT_HILL_SLOPE),
        "exponent": lambda name: _state(curves[name].exponent or DEFAULT_EXPONENT),
    }
    takes = {name: SATURATION_PARAMETERS[curve.form] for name, curve in curves.items()}
    return _collect(list(spec.media), rules, takes)


def read_saturation(media: Media) -> Saturation:
    """Read a channel's saturation, or the default of its kind.

    Parameters
    ----------
    media : Media
        The channel.

    Returns
    -------
    Saturation
        Where nothing is stated: logistic; none for a competitor; Hill over contacts with `reach`.
    """
    if media.saturation is not None:
        return media.saturation
    if media.reach:
        return Saturation(
            form="hill", half_saturation=DEFAULT_CONTACTS, slope=DEFAULT_CONTACT_SLOPE
        )
    return Saturation(form="none" if media.kind == "competitor" else "logistic")


def read_curve(media: Media) -> Saturation:
    """Read how the response to a channel's exposure bends.

    Parameters
    ----------
    media : Media
        The channel.

    Returns
    -------
    Saturation
        None with `reach`, where it is the frequency that saturates; else as `read_saturation`.
    """
    return Saturation(form="none") if media.reach else read_saturation(media)


def read_sharpness(half: SaturationWord | float | None) -> float:
    """Read a word for saturation as a sharpness.

    Parameters
    ----------
    half : str or float or None
        A word, or the sharpness itself, 0 to 100.

    Returns
    -------
    float
    """
    return SHARPNESS[half or "balanced"] if isinstance(half, str | None) else half


def _collect(
    labels: Sequence[str], rules: Mapping[str, Rule], takes: Mapping[str, tuple[str, ...]]
) -> dict[str, Vector]:
    """State each parameter for those whose form takes it."""
    found = {
        word: {name: rule(name) for name, taken in takes.items() if word in taken}
        for word, rule in rules.items()
    }
    return {word: Vector(stated, labels) for word, stated in found.items() if stated}


def _state(distribution: Distribution) -> Stated:
    """Take a distribution as it is stated."""
    return Stated(distribution.family, distribution.parameters)
