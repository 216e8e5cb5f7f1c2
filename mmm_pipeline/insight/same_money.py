"""Whether several models speak of the same periods, and of the same money."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import xarray as xr

from mmm_pipeline.errors import SpecError, shorten
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.spec import JointSpec

MAX_GAP = 0.01
"""Spend that two models may book otherwise, as a share: rounding, and late corrections."""


def require_same_money(fits: Mapping[str, ConvergedFit], joint: JointSpec) -> None:
    """Refuse fits whose periods differ, or whose money does though it is said to be shared.

    Parameters
    ----------
    fits : mapping of str to ConvergedFit
        A fit of each model, by its name.
    joint : JointSpec
        The models together.

    Raises
    ------
    SpecError
        Naming the models, and the channels whose records differ.
    """
    grains = {name: fit.features.attrs["grain"] for name, fit in fits.items()}
    if len(set(grains.values())) > 1:
        each = ", ".join(f"{name} has {grain}s" for name, grain in grains.items())
        message = (
            f"Models that are looked at together must have periods of one length; {each}. Bring "
            "the finer ones to the longest by `data.grain`."
        )
        raise SpecError(message)
    if joint.spend == "shared":
        told = [
            words
            for one, other in combinations(fits, 2)
            for words in _list_gaps(one, fits[one], other, fits[other])
        ]
        if told:
            message = (
                "With `spend: shared` the models must hold the same spend of a channel, to 1 % "
                f"over the dates that both have; {shorten(told, between='; ')}. If each model has "
                "budgets of its own, say `spend: separate`."
            )
            raise SpecError(message)


def _list_gaps(one: str, first: ConvergedFit, other: str, second: ConvergedFit) -> list[str]:
    """Say of which channels two models hold other records."""
    spends = [_read_spend(fit) for fit in (first, second)]
    dates = spends[0].indexes["date"].intersection(spends[1].indexes["date"])
    if dates.empty:
        return [f"{one} and {other} have no date in common"]
    known = set(second.spec.bought_media)
    told = []
    for channel in [name for name in first.spec.bought_media if name in known]:
        a, b = (spend.sel(channel=channel, date=dates).to_numpy() for spend in spends)
        if np.abs(a - b).sum() > MAX_GAP * np.maximum(a, b).sum():
            told.append(
                f"of {channel} since {dates[0]:%Y-%m-%d} {one} has {a.sum():,.0f} and {other} "
                f"{b.sum():,.0f}"
            )
    return told


def _read_spend(fit: ConvergedFit) -> xr.DataArray:
    """Read what was spent, all cells together."""
    spend: xr.DataArray = fit.features["spend"].sum(list(fit.spec.data.panel))
    return spend
