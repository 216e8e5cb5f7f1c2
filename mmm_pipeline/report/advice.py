"""What is advised, in plain words, each sentence with its number."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mmm_pipeline.insight.advice import HOLD, INCREASE, REDUCE, Recommendations
from mmm_pipeline.report.page import list_records
from mmm_pipeline.report.style import format_amount, format_probability, format_share
from mmm_pipeline.spec import DataSource

LABELS = {
    "revenue": ("ROAS", "Marginal ROAS"),
    "count": ("Cost per target", "Marginal cost per target"),
}
"""What a return is called, by the kind of target: of all money, and of the next unit."""
COLUMNS = {
    "revenue": ("roas", "marginal_roas"),
    "count": ("cost_per_target", "marginal_cost_per_target"),
}
"""Columns of the returns that are shown."""
FAR = 10.0
"""Times the largest spend that was seen beyond which a breakeven is not worth its number."""


@dataclass(frozen=True)
class Words:
    """The page on what to do.

    Attributes
    ----------
    summary : list of str
        Of all channels together.
    channels : list of tuple of str
        Of each: its action, its name, and why.
    rows : list of dict
        The table behind them: ``rank, channel, action, needs_test``, ``all_money`` and
        ``next_money`` with their bounds, ``spend_now, breakeven, change``.
    labels : tuple of str
        What the two returns are called.
    """

    summary: list[str]
    channels: list[tuple[str, str, str]]
    rows: list[dict[str, Any]]
    labels: tuple[str, str]


def write_advice(
    advice: Recommendations, returns: pd.DataFrame, data: DataSource, grain: str
) -> Words:
    """Write the page on what to do.

    Parameters
    ----------
    advice : Recommendations
        What is advised.
    returns : pandas.DataFrame
        Of the same fit, a row per channel.
    data : DataSource
        What the target is, and what it is worth.
    grain : str
        What a period is: day, week, month.

    Returns
    -------
    Words
    """
    extra = [name for name in returns.columns if name not in advice.table.columns]
    table = advice.table.merge(returns[["channel", *extra]])
    pairs = list(zip(COLUMNS[data.kpi], ("all_money", "next_money"), strict=True))
    bounds = ("", "_lower", "_upper")
    names = {f"{column}{b}": f"{word}{b}" for column, word in pairs for b in bounds}
    table["breakeven"] = [_write_breakeven(row) for row in table.to_dict("records")]
    rows = list_records(table.rename(columns=names))
    summary = [*_tell_past(advice.portfolio, data), *_tell_moves(advice, grain)]
    told = [(row["action"], row["channel"], _tell_channel(row, data, grain)) for row in rows]
    return Words(summary, told, rows, LABELS[data.kpi])


def _write_breakeven(row: Mapping[Any, Any]) -> str:
    """Write up to which spend the next unit of money comes back."""
    if math.isnan(row["breakeven_spend"]):
        return "–"
    is_far = row["breakeven_spend"] > FAR * row["spend_largest"]
    return "none in sight" if is_far else format_amount(row["breakeven_spend"])


def _tell_past(portfolio: dict[str, Any], data: DataSource) -> list[str]:
    """Say what all money brought, and what it must bring."""
    spent = f"{format_amount(portfolio['spend'])} was spent on media over the window"
    brought = f"{format_amount(portfolio['contribution'])} of the target came of it"
    if data.kpi == "count":
        cost, low, high = (portfolio[f"cost_per_target{b}"] for b in ("", "_lower", "_upper"))
        rate = f"{cost:.2f} per target (90 %: {low:.2f} to {high:.2f})"
        must = data.target_cost and f"A target may cost {data.target_cost:g}"
    else:
        low, high = portfolio["roas_lower"], portfolio["roas_upper"]
        rate = f"{portfolio['roas']:.2f} per unit of money (90 %: {low:.2f} to {high:.2f})"
        must = f"Money comes back at {portfolio['level']:.2f}"
        must += f", for the margin is {format_share(data.margin)}" if data.margin else ""
    sentences = [f"{spent}; {brought}: {rate}."]
    if must:
        chance = format_probability(portfolio["probability_profitable"])
        sentences.append(f"{must}; that all of it together did is {chance} probable.")
    return sentences


def _tell_moves(advice: Recommendations, grain: str) -> list[str]:
    """Say which money should move, and what comes of it."""
    table, portfolio = advice.table, advice.portfolio
    if portfolio["moved"] > 0:
        giving, taking = table[table["change"] < 0], table[table["change"] > 0]
        low, high = portfolio["gain_lower"], portfolio["gain_upper"]
        words = (
            f"Moving {format_amount(portfolio['moved'])} a {grain} from {_list_changes(giving)} "
            f"to {_list_changes(taking)} would bring {format_amount(portfolio['gain'])} of the "
            f"target more a {grain} (90 %: {format_amount(low)} to {format_amount(high)}); that it "
            f"brings more at all is {format_probability(portfolio['probability_gain'])} probable."
        )
        return [words]
    room = table.loc[table["action"] == INCREASE, "channel"].tolist()
    if not room:
        return ["No money is advised to be moved."]
    words = (
        "No channel that is to be reduced spends beyond its breakeven, so there is no money to be "
        f"moved. More of it, up to {format_amount(portfolio['headroom'])} a {grain}, would come "
        f"back on {', '.join(room)}."
    )
    return [words]


def _list_changes(table: pd.DataFrame) -> str:
    """Name channels with what they give or take."""
    pairs = zip(table["channel"], table["change"].abs(), strict=True)
    return ", ".join(f"{name} ({format_amount(change)})" for name, change in pairs)


def _tell_channel(row: dict[str, Any], data: DataSource, grain: str) -> str:
    """Say of one channel why, with its numbers."""
    value, low, high = (row[f"next_money{bound}"] for bound in ("", "_lower", "_upper"))
    what = "the next target costs" if data.kpi == "count" else "the next unit of money brings"
    if row["reason"].startswith(what):
        words = f"{row['reason']}: {value:.2f} (90 %: {low:.2f} to {high:.2f})."
    else:
        words = f"{row['reason']}; {what} {value:.2f} (90 %: {low:.2f} to {high:.2f})."
    if row["action"] == INCREASE or (row["action"] == HOLD and row["headroom"] > 0):
        words += (
            f" {format_amount(row['spend_now'])} a {grain} are spent today; the breakeven is "
            f"{_place_breakeven(row)}."
        )
    if row["action"] == REDUCE:
        words += (
            f" {format_amount(row['spend_now'])} a {grain} are spent today, and "
            f"{row['breakeven']} would come back."
        )
    if row["needs_test"]:
        words += " The data leave it open, so test it before much is changed."
    return words[0].upper() + words[1:]


def _place_breakeven(row: dict[str, Any]) -> str:
    """Say where the breakeven lies, and whether such spend was ever seen."""
    if row["breakeven_spend"] > row["spend_largest"]:
        return f"{row['breakeven']}, beyond any spend that was seen"
    return str(row["breakeven"])
