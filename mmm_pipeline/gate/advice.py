"""What to write into a spec so that a posterior has less to ail it, in the spec's own words.

Beliefs that are written out keep the median that was believed before: a prior that is taken from
the posterior would count the data twice.
"""

import math
from typing import Any

import yaml

from mmm_pipeline.gate.channels import Channels
from mmm_pipeline.gate.findings import Advice
from mmm_pipeline.model.reach import PREFIX
from mmm_pipeline.model.shape_priors import CARRYOVER_MEAN
from mmm_pipeline.spec import Belief

SURE = 2.0
"""Factor within which a return is believed to lie by one who knows it."""


def write_lines(**settings: Any) -> tuple[str, ...]:
    """Write settings as lines of a spec, one for each.

    Parameters
    ----------
    **settings : object
        As they are nested in the spec.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> write_lines(media={"tv": {"carryover": "short"}}, l_max=12)
    ('media: {tv: {carryover: short}}', 'l_max: 12')
    """
    return tuple(
        yaml.safe_dump(
            {name: value}, default_flow_style=True, sort_keys=False, width=math.inf
        ).strip()[1:-1]
        for name, value in settings.items()
    )


def advise_on(channels: Channels, parameter: str) -> tuple[Advice, ...]:
    """Find what would settle a parameter.

    Parameters
    ----------
    channels : Channels
        Of the fit.
    parameter : str
        As `mmm_pipeline.gate.diagnostics.assess_parameters` calls it.

    Returns
    -------
    tuple of Advice
        None where no word of the spec speaks of it, or where it has been said already.
    """
    name, _, label = parameter.removesuffix("]").partition("[")
    if name.startswith("trend_") and channels.spec.trend not in {"none", "linear"}:
        return (Advice("Let the baseline drift along a line", write_lines(trend="linear")),)
    if name == "gamma_control":
        return (leave_out(channels, label),)
    if label not in channels.spec.media:
        return ()
    if name.startswith("adstock_"):
        return _settle_carryover(channels, label)
    if name.startswith(("saturation_", PREFIX)):
        return _settle_saturation(channels, label)
    return state_return(channels, label)


def _settle_carryover(channels: Channels, channel: str) -> tuple[Advice, ...]:
    """Advise to state how long a channel acts, by the word that is nearest."""
    carryover = channels.spec.media[channel].carryover
    if carryover.form == "none" or carryover.alpha is not None or carryover.half_life is not None:
        return ()
    word: str = "medium"
    if channel in channels.lengths.get("alpha", {}):
        share = float(channels.lengths["alpha"][channel].mean())
        word = min(CARRYOVER_MEAN, key=lambda one: abs(CARRYOVER_MEAN[one] - share))
    return (say_of(channel, "Say how long it acts, if you know", carryover=word),)


def _settle_saturation(channels: Channels, channel: str) -> tuple[Advice, ...]:
    """Advise to state how soon a channel saturates."""
    media = channels.spec.media[channel]
    said = media.saturation
    if said is not None and (said.form == "none" or said.half is not None):
        return ()
    words = "Say how soon it saturates, if you know"
    if media.reach:
        return (say_of(channel, words, saturation={"form": "hill", "half": "balanced"}),)
    return (say_of(channel, words, saturation="balanced"),)


def state_return(channels: Channels, channel: str) -> tuple[Advice, ...]:
    """Advise to state what a channel returns: what was believed, more firmly.

    Parameters
    ----------
    channels : Channels
        Of the fit.
    channel : str
        Its name.

    Returns
    -------
    tuple of Advice
        None where it is believed to lie within a factor of `SURE` already.
    """
    for word, vector in channels.stated.items():
        stated = vector.stated.get(channel)
        if stated is None or stated.family != "LogNormal" or word == "effect":
            continue
        median = float(f"{math.exp(stated.parameters['mu']):.3g}")
        belief = {"median": median, "factor": SURE}
        if stated.parameters["sigma"] > Belief.model_validate(belief).log_sd:
            words = "State what it returns, if you know (the median is what was believed)"
            return (say_of(channel, words, **{stated.name or word: belief}),)
    return ()


def say_of(channel: str, words: str, **settings: Any) -> Advice:
    """Advise on the settings of a channel.

    Parameters
    ----------
    channel : str
        Its name.
    words : str
        What they mean.
    **settings : object
        As they stand below ``media.<channel>``.

    Returns
    -------
    Advice
    """
    return Advice(words, write_lines(media={channel: settings}))


def leave_out(channels: Channels, label: str) -> Advice:
    """Advise to do without a control or an event.

    Parameters
    ----------
    channels : Channels
        Of the fit.
    label : str
        Its name.

    Returns
    -------
    Advice
    """
    section = "events" if label in channels.spec.events else "controls"
    return Advice("Leave it out, if it drives nothing else", instead_of=(f"{section}.{label}",))


def merge(channels: Channels, one: str, other: str) -> tuple[Advice, ...]:
    """Advise to make one channel of two.

    Parameters
    ----------
    channels : Channels
        Of the fit.
    one, other : str
        Their names.

    Returns
    -------
    tuple of Advice
        None where their columns cannot be added up: with reach, with records chosen by `where`, or
        where only one has exposure.
    """
    spec, name = channels.spec, f"{one}_{other}"
    pair = [spec.media[one], spec.media[other]]
    if name in spec.media or any(media.reach or media.where for media in pair):
        return ()
    merged: dict[str, Any] = {}
    for word, columns in (("spend", spec.spend_columns), ("exposure", spec.exposure_columns)):
        if (one in columns) != (other in columns):
            return ()
        if one in columns:
            merged[word] = [*columns[one], *columns[other]]
    if "spend" not in merged or spec.data.layout == "media_long":
        return ()
    old = (f"media.{one}", f"media.{other}")
    return (Advice("Make one channel of them", write_lines(media={name: merged}), old),)
