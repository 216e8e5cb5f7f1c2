"""Channels that there is little to learn from, and priors that say little."""

from collections.abc import Iterator

import pandas as pd

from mmm_pipeline.errors import Problem
from mmm_pipeline.ingest.layouts.arranged import name_places, offend
from mmm_pipeline.ingest.quality.collinearity import list_drivers
from mmm_pipeline.ingest.roles import Role, list_roles
from mmm_pipeline.spec import Belief, ModelSpec

RARELY_ACTIVE_SHARE = 0.2
"""Share of periods that a channel is on in, below which its effect is hard to tell."""
OFTEN_IDLE_SHARE = 0.5
"""Share of periods that a channel is on in, below which its effect is harder to tell."""
SMALL_SPEND_SHARE = 0.03
"""Share of all spend below which a channel's effect drowns in noise."""
ERRATIC_CV = 2.0
"""Standard deviation of spend over its mean, above which single periods decide."""
ROUNDING = 0.01
"""Share by which contacts may fall short of the people reached: reach is often rounded."""
WIDE_PRIOR, LOOSE_PRIOR = 50.0, 20.0
"""High over low of a stated return above which the prior says nothing, or little."""


def find_channel_warnings(frame: pd.DataFrame, spec: ModelSpec) -> list[Problem]:
    """Look at each channel.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.

    Returns
    -------
    list of Problem
    """
    roles = [role for role in list_roles(spec) if role.is_media]
    totals = frame.groupby("date")[[role.column for role in roles]].sum()
    drivers = list_drivers(spec)
    found = [
        problem
        for role in roles
        if role.column in drivers
        for problem in _find_idle(totals[role.column], role)
    ]
    spends = [role for role in roles if role.kind == "spend"]
    all_spend = float(totals[[role.column for role in spends]].sum().sum())
    for role in spends:
        found += _find_odd_spend(totals[role.column], role, all_spend)
    for name in spec.spend_columns:
        if f"exposure_{name}" in frame:
            found += _find_mismatch(frame, spec, name)
    for name in spec.reach_columns:
        found += _find_rare_contact(frame, spec, name)
    return [*found, *_find_vague_priors(spec), *_find_no_exposure(spec)]


def _find_idle(totals: pd.Series, role: Role) -> Iterator[Problem]:
    """Find a channel that is off in most periods."""
    is_on = totals > 0
    active = is_on.mean()
    if active >= OFTEN_IDLE_SHARE:
        return
    is_rare = active < RARELY_ACTIVE_SHARE
    rows = pd.DataFrame({"date": totals.index[is_on]})
    cells = totals[is_on].reset_index(drop=True).rename(role.name)
    yield Problem(
        "rarely_active" if is_rare else "often_idle",
        f"Column {role.name!r} is above 0 in {active:.0%} of the periods only; the result for "
        f"`media.{role.setting[1]}` will lean on its prior.",
        role.name,
        role.setting,
        offend(rows, (), cells, cells > 0),
    )


def _find_odd_spend(totals: pd.Series, role: Role, all_spend: float) -> Iterator[Problem]:
    """Find spend that is little, steady, or jumps."""
    channel = role.setting[1]
    if totals.min() == totals.max():
        message = (
            f"Column {role.name!r} holds the same spend in every period; what `media.{channel}` "
            "does cannot be told from the baseline, and the result will be its prior."
        )
        yield Problem("constant_spend", message, role.name, role.setting)
    if (share := float(totals.sum()) / all_spend) < SMALL_SPEND_SHARE:
        message = (
            f"Column {role.name!r} is {share:.1%} of all spend; what `media.{channel}` does can "
            "hardly be told from noise. Add it to another channel, or state a prior."
        )
        yield Problem("small_share", message, role.name, role.setting)
    if (spread := float(totals.std(ddof=0) / totals.mean())) > ERRATIC_CV:
        message = (
            f"Column {role.name!r} varies by {spread:.1f} times its mean; a few periods decide "
            f"what is said of `media.{channel}`."
        )
        yield Problem("erratic_spend", message, role.name, role.setting)


def _find_mismatch(frame: pd.DataFrame, spec: ModelSpec, name: str) -> Iterator[Problem]:
    """Find money without exposure, and exposure without money."""
    spend, exposure = frame[f"spend_{name}"], frame[f"exposure_{name}"]
    cases = {
        "spend_without_exposure": ((spend > 0) & (exposure == 0), spend, "spend", "exposure"),
        "exposure_without_spend": ((spend == 0) & (exposure > 0), exposure, "exposure", "spend"),
    }
    for code, (bad, cells, has, lacks) in cases.items():
        if not bad.any():
            continue
        column = f"{has}_{name}"
        offences = offend(frame, list(spec.data.panel), cells.rename(column), bad)
        message = (
            f"`media.{name}` has {has} and no {lacks} in {int(bad.sum())} rows, on "
            f"{name_places(offences)}. Check that both are booked in the period they ran in."
        )
        yield Problem(code, message, column, ("media", name), offences)


def _find_rare_contact(frame: pd.DataFrame, spec: ModelSpec, name: str) -> Iterator[Problem]:
    """Find people who were reached less than once."""
    contacts, people = frame[f"exposure_{name}"], frame[f"reach_{name}"]
    bad = contacts < people * (1 - ROUNDING)
    if not bad.any():
        return
    offences = offend(frame, list(spec.data.panel), (contacts / people).rename("frequency"), bad)
    message = (
        f"`media.{name}` reached people less than once each in {int(bad.sum())} rows, on "
        f"{name_places(offences)}. Check that contacts and reach count the same thing, in one unit."
    )
    yield Problem(
        "frequency_below_one", message, f"reach_{name}", ("media", name, "reach"), offences
    )


def _find_vague_priors(spec: ModelSpec) -> Iterator[Problem]:
    """Find stated returns that leave everything open."""
    for name, media in spec.media.items():
        belief = getattr(media, media.statement)
        if not isinstance(belief, Belief) or belief.width <= LOOSE_PRIOR:
            continue
        low, high = belief.center / belief.width**0.5, belief.center * belief.width**0.5
        message = (
            f"`media.{name}.{media.statement}` runs from {low:g} to {high:g}, a factor of "
            f"{belief.width:.0f}; such a prior says little."
        )
        code = "wide_prior" if belief.width > WIDE_PRIOR else "loose_prior"
        yield Problem(code, message, None, ("media", name, media.statement))


def _find_no_exposure(spec: ModelSpec) -> Iterator[Problem]:
    """Find an entity panel of which no activity is read."""
    if spec.data.layout == "entity_panel" and not spec.exposure_columns:
        message = "No channel names an `exposure`; an entity panel usually has act_ columns."
        yield Problem("no_exposure", message, None, ("media",))
