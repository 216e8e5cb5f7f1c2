"""What is advised, in plain words, each sentence with its number."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mmm_pipeline.insight.advice import (
    INCREASE,
    LOOSE,
    LOOSE_WIDTH,
    REDUCE,
    STRONG,
    Recommendations,
)
from mmm_pipeline.report.channel_words import (
    ask_for_test,
    tell_channel,
    tell_interval,
    write_breakeven,
)
from mmm_pipeline.report.page import list_records
from mmm_pipeline.report.rates import Rate, choose_rate
from mmm_pipeline.report.style import format_amount, format_probability, format_share
from mmm_pipeline.spec import DataSource


@dataclass(frozen=True)
class Words:
    """The page on what to do.

    Attributes
    ----------
    summary : list of str
        Of all channels together; nothing where none is bought.
    channels : list of tuple of str
        Of each: its action, its name, and why.
    rows : list of dict
        The table behind them: ``rank, channel, action, needs_test``, ``all_money`` and
        ``next_money`` with their bounds, ``spend_now, breakeven, change``.
    rate : Rate
        What the two returns are called.
    """

    summary: list[str]
    channels: list[tuple[str, str, str]]
    rows: list[dict[str, Any]]
    rate: Rate


def write_advice(advice: Recommendations, data: DataSource, grain: str) -> Words:
    """Write the page on what to do.

    Parameters
    ----------
    advice : Recommendations
        What is advised.
    data : DataSource
        What the target is, and what it is worth.
    grain : str
        What a period is: day, week, month.

    Returns
    -------
    Words
    """
    rate, table = choose_rate(data), advice.table.copy()
    if table.empty:
        return Words([], [], [], rate)
    for word, is_next in (("all_money", False), ("next_money", True)):
        numbers = rate.take(table, is_next=is_next)
        table[[word, f"{word}_lower", f"{word}_upper"]] = numbers.to_numpy()
    table["breakeven"] = [write_breakeven(row) for row in list_records(table)]
    level = data.breakeven_roas and rate.tell(data.breakeven_roas)
    summary = [
        *_tell_past(advice.portfolio, data, rate),
        *_tell_findings(table, rate, level),
        *_tell_moves(table, advice.portfolio, rate, level, grain),
    ]
    rows = list_records(table)
    told = [(row["action"], row["channel"], tell_channel(row, rate, level, grain)) for row in rows]
    return Words(summary, told, rows, rate)


def _tell_past(portfolio: Mapping[str, Any], data: DataSource, rate: Rate) -> list[str]:
    """Say what all money brought, and what it must bring."""
    spent = f"{format_amount(portfolio['spend'])} was spent on media over the window"
    brought = f"{format_amount(portfolio['contribution'])} of the target came of it"
    value = portfolio[rate.column]
    each = "per target" if rate.is_cost else "per unit of money"
    known = "too little to say what it cost" if value is None else f"{value:.2f} {each}"
    bounds = tell_interval(*(portfolio[f"{rate.column}{end}"] for end in ("_lower", "_upper")))
    sentences = [f"{spent}; {brought}: {known}{bounds}."]
    if data.breakeven_roas is None:
        held = "" if value is None else f"; those so far cost {value:.2f} each"
        sentences.append(
            "What a target may cost is not stated, so no spend is advised on: say it in "
            f"`data.target_cost`{held}."
        )
        return sentences
    level = rate.tell(data.breakeven_roas)
    must = f"A target may cost {level:.2f}" if rate.is_cost else f"Money comes back at {level:.2f}"
    must += f", for the margin is {format_share(data.margin)}" if data.margin else ""
    chance = format_probability(portfolio["probability_profitable"])
    return [*sentences, f"{must}; that all of it together did is {chance} probable."]


def _tell_findings(table: pd.DataFrame, rate: Rate, level: float | None) -> list[str]:
    """Say which returns are above what they must be, and whether they are known well enough."""
    if level is None:
        return []
    above, limit = _compare(rate, level), f"{LOOSE_WIDTH:.0%}"
    wide = "as wide as the return"
    begins = {
        STRONG: f"Strong findings, with {above} and an interval less than {limit} {wide}",
        LOOSE: f"To be tested more, with {above}, but an interval {limit} {wide} or wider",
    }
    told = []
    for finding, begin in begins.items():
        rows = list_records(table[table["finding"] == finding])
        names = [
            f"{row['channel']} {row['all_money']:.2f} ({row['roas_width']:.0%}"
            f"{'' if row['is_informed'] else ', by belief alone'})"
            for row in rows
        ]
        if names:
            told.append(f"{begin}: {', '.join(names)}.")
    best = table.sort_values("roas", ascending=False).iloc[0]
    if not told and not math.isnan(best["all_money"]):
        told = [
            f"No channel has {above}; the best, {best['channel']}, has {best['all_money']:.2f}."
        ]
    return told


def _tell_moves(
    table: pd.DataFrame,
    portfolio: Mapping[str, Any],
    rate: Rate,
    level: float | None,
    grain: str,
) -> list[str]:
    """Say which money should move, what comes of it, and what to test before."""
    now = format_amount(portfolio["spend_now"])
    if not portfolio["spend_now"] > 0:
        return ["There is no money to be moved: 0 was spent on media in the last 52 weeks."]
    if portfolio["moved"] > 0:
        giving, taking = table[table["change"] < 0], table[table["change"] > 0]
        low, high = portfolio["gain_lower"], portfolio["gain_upper"]
        words = (
            f"Moving {format_amount(portfolio['moved'])} of the {now} a {grain} from "
            f"{_list_changes(giving)} to {_list_changes(taking)} would bring "
            f"{format_amount(portfolio['gain'])} of the "
            f"target more a {grain} (90 %: {format_amount(low)} to {format_amount(high)}); that it "
            f"brings more at all is {format_probability(portfolio['probability_gain'])} probable."
        )
        if level is None:
            return [words]
        untested = list_records(table[table["move_needs_test"]])
        return [words, *(ask_for_test(row, rate, level, "this money is moved") for row in untested)]
    room = table.loc[table["action"] == INCREASE, "channel"].tolist()
    if not room or level is None:
        reduced = int((table["action"] == REDUCE).sum())
        words = (
            f"No money is advised to be moved: of {len(table)} "
            f"{'channel' if len(table) == 1 else 'channels'} none is to be increased "
            f"and {reduced or 'none'} to be reduced, so the {now} a {grain} stay where they are."
        )
        return [words]
    words = (
        f"No channel that is to be reduced spends beyond its breakeven, so none of the {now} a "
        f"{grain} is to be moved. More of it, up to {format_amount(portfolio['headroom'])} a "
        f"{grain}, would come back on {', '.join(room)}."
    )
    untested = list_records(table[table["channel"].isin(room) & table["needs_test"]])
    return [words, *(ask_for_test(row, rate, level, "more is spent on it") for row in untested)]


def _compare(rate: Rate, level: float) -> str:
    """Name a return that is better than it must be."""
    return f"a {rate.name} {'below' if rate.is_cost else 'above'} {level:.2f}"


def _list_changes(table: pd.DataFrame) -> str:
    """Name channels with what they give or take."""
    pairs = zip(table["channel"], table["change"].abs(), strict=True)
    return ", ".join(f"{name} ({format_amount(change)})" for name, change in pairs)
