"""What was believed of each channel before the data were asked, in words."""

from dataclasses import dataclass

import xarray as xr

from mmm_pipeline.insight.summary import LOWER, UPPER
from mmm_pipeline.model.shape_priors import read_saturation
from mmm_pipeline.spec import Belief, Media, ModelSpec, Saturation

WORDS = {
    "roas": "ROAS",
    "marginal_roas": "return of the next 1 %",
    "cost_per_target": "cost per target",
    "share": "share of the target",
    "effect": "height of the curve",
}
"""What a belief is about."""


@dataclass(frozen=True)
class ChannelBelief:
    """One channel's priors.

    Attributes
    ----------
    channel : str
        Its name.
    roas, share : tuple of float
        5 %, 50 % and 95 % of what the priors imply: target units per money (NaN for what is not
        bought), and share of the target.
    source, carryover, saturation : str
        What the spec says, in words.
    """

    channel: str
    roas: tuple[float, float, float]
    share: tuple[float, float, float]
    source: str
    carryover: str
    saturation: str


def list_beliefs(spec: ModelSpec, prior: xr.Dataset) -> list[ChannelBelief]:
    """Tell the priors of every channel.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    prior : xarray.Dataset
        From `mmm_pipeline.model.prior_predictive.sample_prior`.

    Returns
    -------
    list of ChannelBelief
        In the order of the spec.
    """
    implied = prior[["implied_roas", "implied_share"]].quantile([LOWER, 0.5, UPPER], "draw")

    def bounds(name: str, channel: str) -> tuple[float, float, float]:
        low, mid, high = implied[name].sel(channel=channel).to_numpy().tolist()
        return low, mid, high

    return [
        ChannelBelief(
            name,
            bounds("implied_roas", name),
            bounds("implied_share", name),
            describe_belief(media),
            describe_carryover(media),
            describe_saturation(media),
        )
        for name, media in spec.media.items()
    ]


def describe_belief(media: Media) -> str:
    """Say what is believed of a channel's return, and whether anybody said so.

    Parameters
    ----------
    media : Media
        The channel.

    Returns
    -------
    str

    Examples
    --------
    >>> describe_belief(Media(roas=Belief(median=2, factor=3)))
    'stated: ROAS, median 2, within a factor of 3'
    """
    stated = getattr(media, media.statement)
    if stated is None:
        assumed = "total target / total spend x 0.3" if media.has_spend else "2 % of the target"
        return f"default: median {assumed}"
    what = f"stated: {WORDS[media.statement]}"
    if not isinstance(stated, Belief):
        return f"{what}, {stated}"
    if stated.factor:
        return f"{what}, median {stated.center:g}, within a factor of {stated.factor:g}"
    return f"{what}, {stated.low:g} to {stated.high:g}, median {stated.center:g}"


def describe_carryover(media: Media) -> str:
    """Say how long a channel is believed to act.

    Parameters
    ----------
    media : Media
        The channel.

    Returns
    -------
    str

    Examples
    --------
    >>> describe_carryover(Media(carryover="long"))
    'geometric, long'
    """
    carryover = media.carryover
    if carryover.form == "none":
        return "none"
    if carryover.half_life:
        return f"{carryover.form}, half-life {carryover.half_life.center:g} periods"
    stated = [str(word) for word in (carryover.alpha, carryover.delay) if word]
    return f"{carryover.form}, {', '.join(stated) or 'left to the data'}"


def describe_saturation(media: Media) -> str:
    """Say how a channel is believed to saturate.

    Parameters
    ----------
    media : Media
        The channel.

    Returns
    -------
    str

    Examples
    --------
    >>> describe_saturation(Media(kind="competitor"))
    'none'
    """
    curve = read_saturation(media)
    if curve.form == "none":
        return "none"
    own = media.saturation or Saturation()
    stated = [own.half, own.lam, own.half_saturation, own.slope, own.exponent]
    words = ", ".join(str(word) for word in stated if word is not None)
    of = " of contacts per person" if media.reach else ""
    return f"{curve.form}{of}, {words or 'left to the data'}"
