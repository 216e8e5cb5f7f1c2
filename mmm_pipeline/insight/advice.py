"""What to do about each channel's spend, by rules that were stated before any number was seen."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

INCREASE, HOLD, REDUCE = "INCREASE", "HOLD", "REDUCE"
WELL_ABOVE = 1.5
"""Times the return that money must bring from which on more of it is advised."""
STEEPEST_HALF = math.log(3) / 20
"""Share of the largest exposure by which a curve whose half lies below has risen unseen."""
FLAT = 0.01
"""Slope below which a curve is flat: of its ceiling, per largest exposure."""
COLLAPSED = 0.01
"""Marginal return over return below which the curve's shape is not believed."""
MAX_RECEIVERS = 5
"""Channels that money is moved to."""
STRONG, LOOSE = "strong", "test more"
"""What is found of a channel whose return is above what money must bring."""
LOOSE_WIDTH = 0.5
"""Width of a return's interval, over its mean, from which on the return is known too loosely."""
TOLD = (
    *("rank", "channel", "action", "reason", "needs_test", "is_reliable", "is_informed"),
    *("finding", "roas_width"),
)
"""Columns that say what to do; the others say from what it follows."""


@dataclass(frozen=True)
class Recommendations:
    """What to do about each channel, and what would come of it.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per channel, best marginal return first; ``attrs["fit_id"]`` says of which fit.
    portfolio : dict
        All channels together, as plain numbers; None for what cannot be said.
    text : str
        Both in sentences, as Markdown, where somebody wrote them.
    """

    table: pd.DataFrame
    portfolio: dict[str, Any]
    text: str = ""


def judge_channels(numbers: pd.DataFrame, level: float | None) -> pd.DataFrame:
    """Say of each channel whether to spend more, as much, or less.

    Parameters
    ----------
    numbers : pandas.DataFrame
        A row per channel: ``channel``; ``roas, marginal_roas`` with their bounds; ``spend_now``,
        ``headroom``, ``steepness``, ``half`` of the curve, and ``is_informed``, whether the data
        said anything that was not believed before.
    level : float or None
        Return that money must bring, target units per unit of money; None if nobody said.

    Returns
    -------
    pandas.DataFrame
        The same rows, the best marginal return first, with `TOLD` before the rest.

    Notes
    -----
    INCREASE where the marginal return is above `WELL_ABOVE` times the level and there is headroom,
    REDUCE where it is below the level, else HOLD. HOLD too where nothing was spent in the last 52
    weeks, where the curve cannot be relied on (see `tell_unreliable`), or the data have said
    nothing. A test is needed where the level lies within the interval of the return, or of the
    marginal return, where nothing was spent, or the data have said nothing. ``finding`` is of all
    of the window's money: see `find_key`.
    """
    order = numbers.sort_values("marginal_roas", ascending=False, kind="stable", na_position="last")
    rows: list[dict[Any, Any]] = []
    for rank, row in enumerate(order.to_dict("records"), start=1):
        doubt = tell_unreliable(row)
        action, reason = _judge(row, level, doubt)
        told = (
            rank,
            row["channel"],
            action,
            reason,
            _needs_test(row, level),
            not doubt,
            row["is_informed"],
            *find_key(row, level),
        )
        rows.append({**dict(zip(TOLD, told, strict=True)), **row})
    return pd.DataFrame(rows, columns=list(dict.fromkeys((*TOLD, *numbers.columns))))


def tell_unreliable(row: Mapping[Any, Any]) -> str:
    """Say why a channel's curve cannot be relied on where it is today.

    Parameters
    ----------
    row : mapping
        One channel's, as for `judge_channels`.

    Returns
    -------
    str
        Nothing if it can.
    """
    if row["half"] < STEEPEST_HALF:
        return "its curve bends below any spend that was seen"
    if row["steepness"] < FLAT:
        return "its curve is flat where it is today"
    if row["marginal_roas"] < COLLAPSED * row["roas"]:
        return "its marginal return is less than a hundredth of its return"
    return ""


def find_key(row: Mapping[Any, Any], level: float | None) -> tuple[str, float]:
    """Say whether a channel's return is a key finding, and how wide its interval is.

    Parameters
    ----------
    row : mapping
        One channel's, as for `judge_channels`.
    level : float or None
        Return that money must bring.

    Returns
    -------
    finding : str
        Where the mean return is above the level, `STRONG` if the interval is narrower than
        `LOOSE_WIDTH` and the data said something, or else `LOOSE`; nothing where it is not.
    width : float
        Of its 5-95 % interval, over the mean.

    Examples
    --------
    >>> row = {"roas": 2.0, "roas_lower": 1.5, "roas_upper": 2.25, "is_informed": True}
    >>> find_key(row, 1.0), find_key({**row, "roas_upper": 2.5}, 1.0), find_key(row, 2.0)
    (('strong', 0.375), ('test more', 0.5), ('', 0.375))
    """
    width = (row["roas_upper"] - row["roas_lower"]) / row["roas"] if row["roas"] > 0 else math.nan
    if level is None or not row["roas"] > level:
        return "", width
    return (STRONG if width < LOOSE_WIDTH and row["is_informed"] else LOOSE), width


def move_money(table: pd.DataFrame) -> pd.Series:
    """Move money from channels to be reduced to those to be increased, best first.

    Parameters
    ----------
    table : pandas.DataFrame
        From `judge_channels`, with ``spend_now``, ``breakeven_spend``, ``headroom`` and
        ``spend_largest``, money per period.

    Returns
    -------
    pandas.Series
        Change of spend per period, by the table's index; adding up to 0.

    Notes
    -----
    What is to be had is what is spent above the breakeven, not all of it: below, each unit of
    money comes back. What a channel is given keeps within its headroom and within the largest
    spend of any period, for beyond it the curve is its shape's word alone.
    """
    change = pd.Series(0.0, index=table.index)
    givers, takers = table["action"] == REDUCE, table["action"] == INCREASE
    excess = (table["spend_now"] - table["breakeven_spend"]).clip(lower=0.0).where(givers, 0.0)
    seen = (table["spend_largest"] - table["spend_now"]).clip(lower=0.0)
    room = table["headroom"].where(table["headroom"] < seen, seen).where(takers, 0.0)
    receivers = table.index[takers][:MAX_RECEIVERS]
    pool = min(float(excess.sum()), float(room[receivers].sum()))
    if pool <= 0:
        return change
    left = pool
    for place in receivers:
        change[place] = min(left, float(room[place]))
        left -= change[place]
    return change - pool / float(excess.sum()) * excess


def _judge(row: Mapping[Any, Any], level: float | None, doubt: str) -> tuple[str, str]:
    """Find the action, and say why."""
    if not row["spend_now"] > 0:
        return HOLD, "nothing was spent on it in the last 52 weeks: only a test can tell"
    if level is None:
        return HOLD, "what a target may cost is not stated"
    if not row["is_informed"]:
        return HOLD, "the data say no more of it than was believed before: only a test can tell"
    if doubt:
        return HOLD, doubt
    marginal = row["marginal_roas"]
    if marginal < level:
        return REDUCE, "the next unit of money brings less than it must"
    if marginal <= WELL_ABOVE * level:
        return HOLD, "the next unit of money brings what it must, but not 1.5 times as much"
    if not row["headroom"] > 0:
        return HOLD, "there is no headroom left"
    return INCREASE, "the next unit of money brings more than 1.5 times what it must"


def _needs_test(row: Mapping[Any, Any], level: float | None) -> bool:
    """Say whether the data leave open on which side of the level a channel lies."""
    if not row["is_informed"] or not row["spend_now"] > 0:
        return True
    return level is not None and any(
        row[f"{word}_lower"] < level < row[f"{word}_upper"] for word in ("roas", "marginal_roas")
    )
