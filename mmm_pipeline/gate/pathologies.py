"""What ails a posterior, in words: why it may not converge, or why it says little where it does.

Nothing here lets a fit through or stops one. What would help changes the model, which is for the
analyst to decide.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import shorten
from mmm_pipeline.model.formulas import CARRYOVER_PARAMETERS, weigh_lags
from mmm_pipeline.model.return_priors import state_returns
from mmm_pipeline.model.shape_priors import state_media_carryover, state_saturation
from mmm_pipeline.model.trace import read_spec
from mmm_pipeline.spec import ModelSpec

APART = 4.0
"""Standard deviations within chains by which their means differ where they settled apart."""
RIDGE = 0.9
"""Correlation from which on two parameters of a channel are one."""
SHARED = -0.7
"""Correlation of two returns below which the data tell their sum, not their parts."""
EDGE, AT_EDGE = 0.03, 0.5
"""Distance of a carry-over share from 0 or 1, and the share of draws within it."""
LAST_WEIGHT = 0.05
"""Weight of the last lag from which on more would come after it."""
SAME_SPREAD, SAME_PLACE = 0.9, 0.25
"""Spread of the posterior over the prior's, and shift in the prior's spread: what was believed."""

type Draws = Mapping[str, xr.DataArray]


@dataclass(frozen=True)
class Channels:
    """Draws of what is sampled of each channel.

    Attributes
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its inputs.
    returns, lengths, bends : mapping of str to mapping of str to xarray.DataArray
        Draws, dims ``(chain, draw)``, by parameter and channel: of returns, carry-over, curves.
    """

    spec: ModelSpec
    features: xr.Dataset
    returns: Mapping[str, Draws]
    lengths: Mapping[str, Draws]
    bends: Mapping[str, Draws]

    @classmethod
    def of(cls, trace: xr.DataTree) -> "Channels":
        """Read them from a fit."""
        spec, features = read_spec(trace), trace["/inputs"].to_dataset()
        posterior = trace["/posterior"].to_dataset()
        vectors = (
            ("", state_returns(spec, features)),
            ("adstock_", state_media_carryover(spec, features)),
            ("saturation_", state_saturation(spec, features)),
        )
        returns, lengths, bends = (
            {word: vector.read_draws(f"{prefix}{word}", posterior) for word, vector in some.items()}
            for prefix, some in vectors
        )
        return cls(spec, features, returns, lengths, bends)

    def list_parameters(self, channel: str) -> dict[str, xr.DataArray]:
        """List what is sampled of a channel, as it is called."""
        parts = (("", self.returns), ("adstock_", self.lengths), ("saturation_", self.bends))
        return {
            f"{prefix}{word}[{channel}]": draws[channel]
            for prefix, some in parts
            for word, draws in some.items()
            if channel in draws
        }


def find_pathologies(trace: xr.DataTree, parameters: pd.DataFrame) -> tuple[str, ...]:
    """Say what ails a posterior.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit, converged or not.
    parameters : pandas.DataFrame
        Of the same fit, from `mmm_pipeline.gate.diagnostics.assess_parameters`.

    Returns
    -------
    tuple of str
        A sentence each, with what would help. None where draws are not finite: they say nothing.
    """
    if parameters["is_broken"].any():
        return ()
    channels = Channels.of(trace)
    apart = _find_apart(trace["/posterior"].to_dataset())
    return (*apart, *(words for find in FINDERS for words in find(channels)))


def _find_apart(posterior: xr.Dataset) -> Iterator[str]:
    """Find parameters on which chains have settled in different places."""
    names = []
    for name, draws in posterior.items():
        means, spread = draws.mean("draw"), draws.std("draw").max("chain")
        if bool((means.max("chain") - means.min("chain") > APART * spread).any()):
            names.append(str(name))
    if names:
        yield (
            f"The chains have settled in different places on {shorten(names)}: the posterior has "
            "several peaks. A tighter prior on the shape of the channels, or a simpler form, "
            "leaves one"
        )


def _find_ridges(channels: Channels) -> Iterator[str]:
    """Find two parameters of a channel of which only a combination is known."""
    for channel in channels.spec.media:
        for one, other in itertools.combinations(channels.list_parameters(channel).items(), 2):
            if abs(r := _correlate(one[1], other[1])) > RIDGE:
                yield (
                    f"{one[0]} and {other[0]} cannot be told apart (correlation {r:.2f}): a prior "
                    "on either would settle the other"
                )


def _find_shared(channels: Channels) -> Iterator[str]:
    """Find channels of which the data tell what they bring together."""
    for word, draws in channels.returns.items():
        for one, other in itertools.combinations(draws, 2):
            if (r := _correlate(draws[one], draws[other])) < SHARED:
                yield (
                    f"{word} of {one} and of {other} are known together, not apart (correlation "
                    f"{r:.2f}): merge the two, state a prior, or try one of them in an experiment"
                )


def _find_edges(channels: Channels) -> Iterator[str]:
    """Find carry-over that is pressed against an end of what it can be."""
    for channel, alpha in channels.lengths.get("alpha", {}).items():
        for end, what in ((0.0, "nothing lasts"), (1.0, "everything lasts")):
            if float((abs(alpha - end) < EDGE).mean()) > AT_EDGE:
                yield (
                    f"The carry-over of {channel} is at its edge: {what}. Say `carryover: "
                    f"{'none' if end == 0 else 'long'}` if that can be, or look for a trend that "
                    "it takes for its own"
                )


def _find_cut_off(channels: Channels) -> Iterator[str]:
    """Find channels that would go on acting after the last lag."""
    l_max = channels.spec.l_max
    lags = xr.DataArray(np.arange(float(l_max)), dims="lag")
    for channel, media in channels.spec.media.items():
        form = media.carryover.form
        if form == "none" or l_max == 1:
            continue
        taken = {word: channels.lengths[word][channel] for word in CARRYOVER_PARAMETERS[form]}
        last = float(weigh_lags(form, lags, l_max, "lag", **taken).isel(lag=-1).mean())
        if form != "binomial" and last > LAST_WEIGHT:
            yield (
                f"{last:.0%} of what {channel} brings comes in the last of {l_max} periods: more "
                "would come after it. Raise `l_max`"
            )


def list_unlearned(channels: Channels) -> list[str]:
    """List channels of whose return the data say no more than was believed.

    Parameters
    ----------
    channels : Channels
        Draws of what is sampled of them.

    Returns
    -------
    list of str
        Those whose posterior is as wide as the prior, and in the same place; see `SAME_SPREAD`.
        Only where what was believed is log-normal.
    """
    same = []
    for word, vector in state_returns(channels.spec, channels.features).items():
        for channel, stated in vector.stated.items():
            if stated.family != "LogNormal":
                continue
            center, spread = stated.parameters["mu"], stated.parameters["sigma"]
            center = -center if stated.derive else center
            found = np.log(channels.returns[word][channel])
            is_as_wide = float(found.std()) > SAME_SPREAD * spread
            if is_as_wide and abs(float(found.mean()) - center) < SAME_PLACE * spread:
                same.append(channel)
    return same


def _find_unlearned(channels: Channels) -> Iterator[str]:
    """Find returns of which the data say no more than was believed."""
    if same := list_unlearned(channels):
        yield (
            f"The data say nothing of the return on {shorten(same)} that was not believed before: "
            "what the report says of it is the prior"
        )


def _correlate(one: xr.DataArray, other: xr.DataArray) -> float:
    """Correlate draws; 0 where one never moves."""
    a, b = one.to_numpy().ravel(), other.to_numpy().ravel()
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


FINDERS: tuple[Callable[[Channels], Iterator[str]], ...] = (
    _find_ridges,
    _find_shared,
    _find_edges,
    _find_cut_off,
    _find_unlearned,
)
