"""What ails a posterior: why it may not converge, or why it says little where it does.

Nothing here lets a fit through or stops one. What would help changes the model, which is for the
analyst to decide: it is advice, and applied by whoever writes it into the spec.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import shorten
from mmm_pipeline.gate.advice import (
    advise_on,
    leave_out,
    merge,
    say_of,
    state_return,
    write_lines,
)
from mmm_pipeline.gate.channels import Channels
from mmm_pipeline.gate.findings import Advice, Finding
from mmm_pipeline.gate.mean import find_in_mean
from mmm_pipeline.gate.places import find_apart, find_divergent_place, find_peaks
from mmm_pipeline.model.formulas import CARRYOVER_PARAMETERS, weigh_lags
from mmm_pipeline.model.tightening import TIGHTENING
from mmm_pipeline.spec.model import LONGEST

RIDGE = 0.9
"""Correlation from which on two parameters of a channel are one."""
SHARED = -0.7
"""Correlation of two returns below which the data tell their sum, not their parts."""
CONFUSED = 0.7
"""Correlation from which on a control and something else are told together, not apart."""
EDGE, AT_EDGE = 0.03, 0.5
"""Distance of a carry-over share from 0 or 1, and the share of draws within it."""
LAST_WEIGHT = 0.05
"""Weight of the last lag from which on more would come after it."""
SAME_SPREAD, SAME_PLACE = 0.9, 0.25
"""Spread of the posterior over the prior's, and shift in the prior's spread: what was believed."""


def find_pathologies(trace: xr.DataTree, parameters: pd.DataFrame) -> tuple[Finding, ...]:
    """Find what ails a posterior.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit, converged or not.
    parameters : pandas.DataFrame
        Of the same fit, from `mmm_pipeline.gate.diagnostics.assess_parameters`.

    Returns
    -------
    tuple of Finding
        Each with its numbers, and what would change it. None where draws are not finite: they say
        nothing.
    """
    if parameters["is_broken"].any():
        return ()
    channels = Channels.of(trace)
    posterior = trace["/posterior"].to_dataset()
    places = (
        *find_apart(posterior),
        *find_peaks(posterior),
        *find_divergent_place(posterior, trace["/sample_stats"].to_dataset()),
    )
    found = [replace(finding, advice=tuple(_advise(channels, names))) for finding, names in places]
    found += [finding for find in FINDERS for finding in find(channels)]
    return (*found, *find_in_mean(trace))


def _advise(channels: Channels, names: list[str]) -> Iterator[Advice]:
    """Advise on the first parameters of several."""
    told: set[Advice] = set()
    for name in names[:3]:
        for advice in advise_on(channels, name):
            if advice not in told:
                yield advice
            told.add(advice)


def _find_ridges(channels: Channels) -> Iterator[Finding]:
    """Find two parameters of a channel of which only a combination is known."""
    for channel in channels.spec.media:
        for one, other in itertools.combinations(channels.list_parameters(channel).items(), 2):
            if abs(r := _correlate(one[1], other[1])) > RIDGE:
                yield Finding(
                    "ridge",
                    f"{one[0]} and {other[0]} cannot be told apart (correlation {r:.2f}): a prior "
                    "on either would settle the other",
                    {"correlation": r},
                    tuple(_advise(channels, [other[0], one[0]])),
                )


def _find_shared(channels: Channels) -> Iterator[Finding]:
    """Find channels of which the data tell what they bring together."""
    exposure = channels.features["exposure"]
    for word, draws in channels.returns.items():
        for one, other in itertools.combinations(draws, 2):
            if (r := _correlate(draws[one], draws[other])) < SHARED:
                moves = _correlate(exposure.sel(channel=one), exposure.sel(channel=other))
                yield Finding(
                    "shared",
                    f"{word} of {one} and of {other} are known together, not apart (correlation "
                    f"{r:.2f}; of their exposures {moves:.2f}): merge the two, state a prior, or "
                    "try one of them in an experiment",
                    {"correlation": r, "correlation_of_exposures": moves},
                    (*merge(channels, one, other), *state_return(channels, one)),
                )


def _find_confused(channels: Channels) -> Iterator[Finding]:
    """Find controls whose effect is told only together with another's, or with a return."""
    effects = {f"gamma_control[{name}]": one for name, one in channels.controls.items()}
    returns = {
        f"{word}[{name}]": one
        for word, draws in channels.returns.items()
        for name, one in draws.items()
    }
    pairs = [*itertools.combinations(effects, 2), *itertools.product(effects, returns)]
    for one, other in pairs:
        if abs(r := _correlate(effects[one], (effects | returns)[other])) > CONFUSED:
            label = one.removesuffix("]").partition("[")[2]
            yield Finding(
                "confused",
                f"{one} and {other} are known together, not apart (correlation {r:.2f}): what is "
                "said of either is said of both",
                {"correlation": r},
                (leave_out(channels, label),),
            )


def _find_edges(channels: Channels) -> Iterator[Finding]:
    """Find carry-over that is pressed against an end of what it can be."""
    ends = ((0.0, "nothing lasts", "none"), (1.0, "everything lasts", "long"))
    for channel, alpha in channels.lengths.get("alpha", {}).items():
        for end, what, word in ends:
            share = float((abs(alpha - end) < EDGE).mean())
            if share <= AT_EDGE:
                continue
            advice = [say_of(channel, "Say so, if that can be", carryover=word)]
            if end == 1.0 and channels.spec.trend in {"none", "linear"}:
                trend = "linear" if channels.spec.trend == "none" else "piecewise"
                words = "Let the baseline have the drift that it may take for its own"
                advice.append(Advice(words, write_lines(trend=trend)))
            yield Finding(
                "edge",
                f"The carry-over of {channel} is at its edge: {what} ({share:.0%} of the draws are "
                f"within {EDGE} of {end:g})",
                {"share_of_draws": share},
                tuple(advice),
            )


def _find_cut_off(channels: Channels) -> Iterator[Finding]:
    """Find channels that would go on acting after the last lag."""
    l_max = channels.spec.l_max
    lags = xr.DataArray(np.arange(float(l_max)), dims="lag")
    for channel, media in channels.spec.media.items():
        form = media.carryover.form
        if form in {"none", "binomial"} or l_max in {1, LONGEST}:
            continue
        taken = {word: channels.lengths[word][channel] for word in CARRYOVER_PARAMETERS[form]}
        last = float(weigh_lags(form, lags, l_max, "lag", **taken).isel(lag=-1).mean())
        if last > LAST_WEIGHT:
            more = write_lines(l_max=min(2 * l_max, LONGEST))
            yield Finding(
                "cut_off",
                f"{last:.0%} of what {channel} brings comes in the last of {l_max} periods: more "
                "would come after it",
                {"share": last},
                (Advice("Raise `l_max`", more),),
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
    for word, vector in channels.stated.items():
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


def _find_unlearned(channels: Channels) -> Iterator[Finding]:
    """Find returns of which the data say no more than was believed."""
    if same := list_unlearned(channels):
        yield Finding(
            "unlearned",
            f"The data say nothing of the return on {shorten(same)} that was not believed before: "
            "what the report says of it is the prior",
            {"channels": float(len(same))},
            (*state_return(channels, same[0]), *_tighten(channels, same)),
        )


def _tighten(channels: Channels, same: list[str]) -> Iterator[Advice]:
    """Advise to hold channels of little spend tighter, if it is of them that nothing is learnt."""
    spend = channels.features["spend"]
    totals = spend.sum([dim for dim in spend.dims if dim != "channel"])
    largest = TIGHTENING[0][0]
    few = [name for name in same if 0 < float(totals.sel(channel=name) / totals.sum()) < largest]
    if few and not channels.spec.tighten_low_spend:
        words = f"Hold channels of less than {largest:.0%} of the spend tighter"
        yield Advice(words, write_lines(tighten_low_spend=True))


def _find_unseen_contacts(channels: Channels) -> Iterator[Finding]:
    """Find channels that were never shown so often that half of the ceiling was reached."""
    for channel, half in channels.contacts.get("half_saturation", {}).items():
        seen = channels.features.sel(channel=channel)
        most = float(seen["frequency"].where(seen["exposure"] > 0).max())
        beyond = float((half > most).mean())
        if beyond > AT_EDGE:
            yield Finding(
                "unseen_contacts",
                f"People were reached by {channel} {most:.1f} times at most, and half of the "
                f"ceiling comes later (in {beyond:.0%} of the draws): how often is too often is "
                "the prior's word",
                {"most_contacts": most, "share_of_draws": beyond},
                tuple(advise_on(channels, f"frequency_half_saturation[{channel}]")),
            )


def _correlate(one: xr.DataArray, other: xr.DataArray) -> float:
    """Correlate numbers; 0 where one never moves."""
    a, b = one.to_numpy().ravel(), other.to_numpy().ravel()
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


FINDERS: tuple[Callable[[Channels], Iterator[Finding]], ...] = (
    _find_ridges,
    _find_shared,
    _find_confused,
    _find_edges,
    _find_cut_off,
    _find_unlearned,
    _find_unseen_contacts,
)
