"""The page on what to do as plain text: the same sentences, for a mail or a chat."""

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.advice import HOLD, INCREASE, REDUCE
from mmm_pipeline.report.advice import Words
from mmm_pipeline.report.money import say_currency
from mmm_pipeline.report.page import write_number
from mmm_pipeline.report.style import format_amount

HEADINGS = {INCREASE: "Increase", HOLD: "Hold", REDUCE: "Reduce"}
"""Sections, by action."""


def write_text(words: Words, fit: ConvergedFit) -> str:
    """Write what is advised as Markdown.

    Parameters
    ----------
    words : Words
        From `mmm_pipeline.report.advice.write_advice`.
    fit : ConvergedFit
        What it follows from.

    Returns
    -------
    str
        All channels together, a section for each action, and the ranking as a table.
    """
    sections = [f"# {fit.spec.name}: what to do", *words.summary]
    for action, heading in HEADINGS.items():
        told = [f"- **{name}**: {text}" for what, name, text in words.channels if what == action]
        sections += [f"## {heading}", "\n".join(told)] if told else []
    if words.rows:
        sections += ["## Ranking", _write_table(words, fit.features.attrs["grain"])]
    sections.append(f"Fit `{fit.fit_id}`, {fit.verdict.word}.")
    return say_currency("\n\n".join(sections) + "\n", fit.spec.data.currency)


def _write_table(words: Words, grain: str) -> str:
    """Write the ranking, spend per period."""
    rate = words.rate
    header = ["", "Channel", "Advice", "Test first", rate.label, rate.next_label, "90 %"]
    header += [f"Spend a {grain}", "Breakeven", "Change"]
    rows = [
        [
            str(row["rank"]),
            row["channel"],
            row["action"],
            "yes" if row["needs_test"] else "no",
            write_number(row["all_money"]),
            write_number(row["next_money"]),
            f"{write_number(row['next_money_lower'])} to {write_number(row['next_money_upper'])}",
            format_amount(row["spend_now"]),
            row["breakeven"],
            format_amount(row["change"]),
        ]
        for row in words.rows
    ]
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
