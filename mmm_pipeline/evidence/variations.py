"""Which variations of a model there are: each is a spec and features of its own, to be fitted."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import xarray as xr

from mmm_pipeline.evidence.placebo import add_placebo, find_source
from mmm_pipeline.evidence.revisions import (
    Lengths,
    add_noise,
    bend_by,
    cut_window,
    drop_control,
    hold_carryover,
    revise,
    widen_beliefs,
)
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.model.shape_priors import state_media_carryover
from mmm_pipeline.spec import ModelSpec, VariationKind
from mmm_pipeline.spec.model import LONGEST

FACTORS = {"carryover_shorter": 0.8, "carryover_longer": 1.2}
"""By what factor effects are made to last."""
LAGS = {"fewer_lags": 2 / 3, "more_lags": 4 / 3}
"""By what factor carry-over is followed over more or fewer periods: 8, 12, 16."""
WIDTHS = {"priors_wider": 2.0, "priors_tighter": 0.5}
"""By what factor beliefs about returns are made wide."""
FORMS = ("logistic", "exponential", "michaelis_menten", "hill", "root")
"""Curves that are tried."""
CUT = 0.1
"""Share of the periods that a shorter window leaves out."""
MIN_PERIODS = 20
"""Periods that must be left."""


@dataclass(frozen=True)
class Variation:
    """A model told otherwise in one respect.

    Attributes
    ----------
    name : str
        Unlike any other of the same model.
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        What it sees.
    placebo, source : str
        The channel that cannot have acted, and the one it was made of; or nothing.
    """

    name: str
    spec: ModelSpec
    features: xr.Dataset
    placebo: str = ""
    source: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A variation that a model does not allow.

    Attributes
    ----------
    name : str
        What it would have been called.
    reason : str
        Why it cannot be.
    """

    name: str
    reason: str


@dataclass(frozen=True)
class Base:
    """What is varied.

    Attributes
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        What it sees.
    lengths : mapping of str to mapping of str to float
        Parameters of carry-over by channel and name, about which it is varied.
    """

    spec: ModelSpec
    features: xr.Dataset
    lengths: Lengths

    @classmethod
    def of(cls, fit: ConvergedFit) -> "Base":
        """Read it from a fit.

        Parameters
        ----------
        fit : ConvergedFit
            Whose posterior medians its carry-over is.

        Returns
        -------
        Base
        """
        lengths: dict[str, dict[str, float]] = {}
        for word, vector in state_media_carryover(fit.spec, fit.features).items():
            for name, draws in vector.read_draws(f"adstock_{word}", fit.posterior).items():
                lengths.setdefault(name, {})[word] = float(draws.median())
        return cls(fit.spec, fit.features, lengths)


type Found = Iterator[Variation | LeftOut]


def list_variations(base: Base) -> list[Variation | LeftOut]:
    """List what the spec asks to be varied.

    Parameters
    ----------
    base : Base
        What is varied.

    Returns
    -------
    list of Variation or LeftOut
        In the order of the spec's words.
    """
    asked = base.spec.sensitivity
    return [one for kind in (asked.variations if asked else ()) for one in KINDS[kind](base)]


def _vary_carryover(base: Base) -> Found:
    for name, factor in FACTORS.items():
        if base.spec.l_max == 1 or not base.lengths:
            yield LeftOut(name, "no channel acts beyond its own period")
        else:
            spec = hold_carryover(base.spec, base.lengths, factor)
            yield Variation(name, spec, base.features)


def _vary_l_max(base: Base) -> Found:
    for name, factor in LAGS.items():
        if not base.lengths:
            yield LeftOut(name, "no channel acts beyond its own period")
            continue
        if base.spec.experiments:
            lags = base.spec.l_max
            yield LeftOut(name, f"what experiments found is laid out over {lags} periods")
            continue
        l_max = min(max(1, round(factor * base.spec.l_max)), LONGEST)
        if l_max == base.spec.l_max:
            yield LeftOut(name, f"carry-over is followed over {l_max} periods as it is")
        else:
            yield Variation(name, revise(base.spec, l_max=l_max), base.features)


def _vary_saturation(base: Base) -> Found:
    for form in FORMS:
        bent = bend_by(base.spec, form)
        if bent != base.spec:
            yield Variation(f"saturation_{form}", bent, base.features)


def _vary_priors(base: Base) -> Found:
    for name, factor in WIDTHS.items():
        widened = widen_beliefs(base.spec, base.features, factor)
        if widened == base.spec:
            yield LeftOut(name, "the prior of no channel's effect has a sigma")
        else:
            yield Variation(name, widened, base.features)


def _vary_controls(base: Base) -> Found:
    spec, selectable = base.spec, set(base.spec.selectable_controls)
    for control, one in spec.controls.items():
        name = f"without_{control}"
        if one.confounder:
            yield LeftOut(name, "it is said to drive media and target both")
        elif spec.control_selection and len(selectable - {control}) < 2:
            yield LeftOut(name, "fewer than two controls would be left to select from")
        else:
            yield Variation(name, *drop_control(spec, base.features, control))


def _vary_window(base: Base) -> Found:
    n_periods = base.features.sizes["date"]
    n_cut = max(1, round(CUT * n_periods))
    windows = {"without_first": slice(n_cut, None), "without_last": slice(None, -n_cut)}
    for name, periods in windows.items():
        cut = cut_window(base.features, periods)
        idle = _list_active(base.features) - _list_active(cut)
        if n_periods - n_cut < MIN_PERIODS:
            yield LeftOut(name, f"fewer than {MIN_PERIODS} periods would be left")
        elif idle:
            yield LeftOut(name, f"{min(idle)} ran in no other period")
        else:
            yield Variation(name, base.spec, cut)


def _vary_placebo(base: Base) -> Found:
    source = find_source(base.spec, base.features)
    if source is None:
        yield LeftOut("placebo", "there is no channel whose exposure can be shifted in time")
    else:
        spec, features, name = add_placebo(base.spec, base.features, source)
        yield Variation("placebo", spec, features, placebo=name, source=source)


def _vary_noise(base: Base) -> Found:
    yield Variation("noise", base.spec, add_noise(base.features, base.spec.sampling.seed))


def _vary_seed(base: Base) -> Found:
    seed = (base.spec.sampling.seed + 1) % 2**32
    sampling = base.spec.sampling.model_copy(update={"seed": seed})
    yield Variation("seed", revise(base.spec, sampling=sampling), base.features)


def _list_active(features: xr.Dataset) -> set[str]:
    """Name the channels that ran at all."""
    over = [dim for dim in features["exposure"].dims if dim != "channel"]
    ran = (features["exposure"] > 0).any(over)
    return set(ran["channel"].to_numpy()[ran.to_numpy()].tolist())


KINDS: dict[VariationKind, Callable[[Base], Found]] = {
    "carryover": _vary_carryover,
    "l_max": _vary_l_max,
    "saturation": _vary_saturation,
    "priors": _vary_priors,
    "controls": _vary_controls,
    "window": _vary_window,
    "placebo": _vary_placebo,
    "noise": _vary_noise,
    "seed": _vary_seed,
}
