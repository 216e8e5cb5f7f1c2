"""What is advised on one channel, in sentences with their numbers."""

import math
from collections.abc import Mapping
from typing import Any

from mmm_pipeline.report.rates import Rate
from mmm_pipeline.report.style import format_amount

FAR = 10.0
"""Times the largest spend that was seen beyond which a breakeven is not worth its number."""


def tell_channel(row: Mapping[str, Any], rate: Rate, level: float | None, grain: str) -> str:
    """Say of one channel why, with its numbers.

    Parameters
    ----------
    row : mapping
        A channel's, as `mmm_pipeline.report.advice.Words` has them.
    rate : Rate
        How returns are told.
    level : float or None
        What the return must be, as it is told; None where nobody said.
    grain : str
        What a period is.

    Returns
    -------
    str
        Sentences.
    """
    is_off = not row["spend_now"] > 0
    what = f"{'first' if is_off else 'next'} {'target' if rate.is_cost else 'unit of money'}"
    brings = {
        (True, True): "would cost",
        (True, False): "costs",
        (False, True): "would bring",
        (False, False): "brings",
    }[rate.is_cost, is_off]
    value = row["next_money"]
    number = "more than can be told" if math.isnan(value) else f"{value:.2f}"
    number += tell_interval(row["next_money_lower"], row["next_money_upper"])
    begin, reason = f"the {what} {brings}", row["reason"]
    words = f"{reason}: {number}." if reason.startswith(begin) else f"{reason}; {begin} {number}."
    words += _tell_breakeven(row, rate, level, grain)
    if level is not None and row["needs_test"] and row["is_informed"] and not is_off:
        words += f" {ask_for_test(row, rate, level, 'much is changed')}"
    return words[0].upper() + words[1:]


def ask_for_test(row: Mapping[str, Any], rate: Rate, level: float, when: str) -> str:
    """Say what the data leave open of a channel, and before what it is to be tested.

    Parameters
    ----------
    row : mapping
        A channel's, as `mmm_pipeline.report.advice.Words` has them.
    rate : Rate
        How returns are told.
    level : float
        What the return must be, as it is told.
    when : str
        What must wait.

    Returns
    -------
    str
        A sentence.
    """
    name, word = rate.next_name, "next_money"
    if not row["marginal_roas_lower"] < rate.tell(level) < row["marginal_roas_upper"]:
        name, word = rate.name, "all_money"
    bounds = _tell_bounds(row[f"{word}_lower"], row[f"{word}_upper"])
    than = "below" if rate.is_cost else "above"
    return (
        f"Test {row['channel']} before {when}: the data leave open whether its {name}, {bounds}, "
        f"is {than} {level:.2f}."
    )


def write_breakeven(row: Mapping[str, Any]) -> str:
    """Write up to which spend the next unit of money comes back.

    Parameters
    ----------
    row : mapping
        A channel's, of the recommendations.

    Returns
    -------
    str
        An amount, or that there is none.
    """
    if math.isnan(row["breakeven_spend"]):
        return "–"
    return "none in sight" if _is_far(row) else format_amount(row["breakeven_spend"])


def _is_far(row: Mapping[str, Any]) -> bool:
    """Tell whether a breakeven lies beyond all that can be said."""
    return bool(row["breakeven_spend"] > FAR * row["spend_largest"])


def _tell_breakeven(row: Mapping[str, Any], rate: Rate, level: float | None, grain: str) -> str:
    """Say up to which spend the next unit pays back, and what is spent today."""
    breakeven, now = row["breakeven_spend"], format_amount(row["spend_now"])
    if level is None:
        return (
            f" Today {now} a {grain} are spent; `data.target_cost` would say whether they should."
        )
    if math.isnan(breakeven):
        return f" Today {now} a {grain} are spent."
    if _is_far(row):
        return f" It pays back at any spend in sight; today {now} a {grain} are spent."
    pays, has_room = row["marginal_roas"] >= rate.tell(level), breakeven > row["spend_now"]
    if pays != has_room:  # The mean of the draws and their median disagree.
        most = "at most" if pays else "or more"
        return (
            f" By half of the draws it pays back up to {row['breakeven']} a {grain} {most}; today "
            f"it is {now}."
        )
    if breakeven <= 0:
        return f" Not even the first unit pays back; today {now} a {grain} are spent."
    unseen = ", beyond any spend that was seen" if breakeven > row["spend_largest"] else ""
    return (
        f" The next unit stops paying back beyond {row['breakeven']} a {grain}{unseen}; today it "
        f"is {now}."
    )


def tell_interval(low: float | None, high: float | None) -> str:
    """Write an interval in brackets.

    Parameters
    ----------
    low, high : float or None
        Its bounds; of a cost the upper one may not be known.

    Returns
    -------
    str
        Nothing where there is none.

    Examples
    --------
    >>> tell_interval(1.0, 2.5), tell_interval(1.0, None), tell_interval(None, None)
    (' (90 %: 1.00 to 2.50)', ' (90 %: 1.00 or more)', '')
    """
    return "" if low is None or math.isnan(low) else f" (90 %: {_tell_bounds(low, high)})"


def _tell_bounds(low: float, high: float | None) -> str:
    """Write from where to where; a cost may have no end."""
    has_end = high is not None and not math.isnan(high)
    return f"{low:.2f} to {high:.2f}" if has_end else f"{low:.2f} or more"
