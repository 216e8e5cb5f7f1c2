"""What is advised, in plain words, each sentence with its number."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from mmm_pipeline.insight.advice import HOLD, INCREASE, REDUCE, Advice
from mmm_pipeline.insight.slopes import MOST
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


def write_advice(advice: Advice, returns: pd.DataFrame, data: DataSource, grain: str) -> Words:
    """Write the page on what to do.

    Parameters
    ----------
    advice : Advice
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
    table = advice.table.merge(returns[["channel", *_list_extra(returns, advice.table)]])
    all_money, next_money = COLUMNS[data.kpi]
    names = {
        f"{column}{bound}": f"{word}{bound}"
        for column, word in ((all_money, "all_money"), (next_money, "next_money"))
        for bound in ("", "_lower", "_upper")
    }
    most = MOST / 2 * table["spend_largest"]
    table["breakeven"] = [
        "none in sight" if far else "–" if pd.isna(value) else format_amount(value)
        for far, value in zip(
            table["breakeven_spend"] > most, table["breakeven_spend"], strict=True
        )
    ]
    rows = [
        {str(key): value for key, value in row.items()}
        for row in table.drop(columns=["all_money"], errors="ignore")
        .rename(columns=names)
        .to_dict("records")
    ]
    summary = [
        *_tell_past(advice.portfolio, data),
        *_tell_moves(advice, grain),
        (
        ]
    told = [(row["action"], row["channel"], _tell_channel(row, data, grain)) for row in rows]
    return Words(summary, told, rows, LABELS[data.kpi])


def _list_extra(returns: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """List columns of the returns that the advice has not."""
    return [name for name in returns.columns if name not in table.columns]


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


def _tell_moves(advice: Advice, grain: str) -> list[str]:
    """Say which money should move, and what comes of it."""
    table, portfolio = advice.table, advice.portfolio
    if portfolio["moved"] > 0:
        giving, taking = table[table["change"] < 0], table[table["change"] > 0]
        low, high = portfolio["gain_lower"], portfolio["gain_upper"]
        return [
            (
                f"Moving {format_amount(portfolio['moved'])} a {grain} from {_list_changes(giving)} to "
                f"{_list_changes(taking)} would bring {format_amount(portfolio['gain'])} of the target "
                f"more a {grain} (90 %: {format_amount(low)} to {format_amount(high)}); that it brings "
                f"more at all is {format_probability(portfolio['probability_gain'])} probable."
            )
        ]
    room = table.loc[table["action"] == INCREASE, "channel"].tolist()
    if not room:
        return ["No money is advised to be moved."]
    return [
        (
            "No channel spends beyond its breakeven, so there is no money to be moved. More of it, up "
            f"to {format_amount(portfolio['headroom'])} a {grain}, would come back on "
            f"{', '.join(room)}."
        )
    ]


def _list_changes(table: pd.DataFrame) -> str:
    """Name channels with what they give or take."""
    pairs = zip(table["channel"], table["change"].abs(), strict=True)
    return ", ".join(f"{name} ({format_amount(change)})" for name, change in pairs)


def _tell_channel(row: dict[str, Any], data: DataSource, grain: str) -> str:
    """Say of one channel why, with its numbers."""
    value, low, high = (row[f"next_money{bound}"] for bound in ("", "_lower", "_upper"))
    what = "the next target costs" if data.kpi == "count" else "the next unit of money brings"
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
