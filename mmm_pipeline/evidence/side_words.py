"""How two fits compare, in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mmm_pipeline.errors import shorten
from mmm_pipeline.evidence.overlap import SURE
from mmm_pipeline.evidence.side_by_side import (
    BOTH,
    BOUNDS,
    DIFFERENT,
    ONLY_A,
    ONLY_B,
    Side,
    compare_sides,
    read_side,
)
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.joint import name_fits

SHIFT = 0.02
"""Difference of two shares of the target that is worth a sentence."""
CERTAIN = 0.999
"""Probability above which no number is written: draws were counted for it."""


def compare_with_first(fits: Mapping[str, ConvergedFit], labels: Mapping[str, str]) -> pd.DataFrame:
    """Set each other fit beside the first.

    Parameters
    ----------
    fits : mapping of str to ConvergedFit
        By name; two at least.
    labels : mapping of str to str
        What they are called, by the same names.

    Returns
    -------
    pandas.DataFrame
        The tables of `mmm_pipeline.evidence.side_by_side.compare_sides`, one after the other; as
        attributes ``fit_id``, naming all, ``sentences``, and ``facts`` of each fit.
    """
    first, *others = [read_side(fit, labels[name]) for name, fit in fits.items()]
    tables = [compare_sides(first, other) for other in others]
    whole = pd.concat(tables, ignore_index=True)
    pairs = zip(others, tables, strict=True)
    whole.attrs = {
        "fit_id": name_fits(fits),
        "facts": [dict(side.facts) | {"label": side.label} for side in (first, *others)],
        "sentences": [words for other, one in pairs for words in describe_sides(first, other, one)],
    }
    return whole


def describe_sides(a: Side, b: Side, table: pd.DataFrame) -> list[str]:
    """Say in words how two fits compare.

    Parameters
    ----------
    a, b : Side
        The fits.
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.side_by_side.compare_sides`.

    Returns
    -------
    list of str
    """
    first, second = (
        f"{side.label} explains {_say_share(side.measures['r2'])} of the variance of its target "
        f"from {side.facts['first']} to {side.facts['last']}"
        for side in (a, b)
    )
    return [
        f"{first}; {second}.",
        *_tell_structure(a, b, table[table["section"] == "structure"]),
        *_tell_returns(a, b, table[(table["section"] == "roas") & (table["where"] == BOTH)]),
        *_tell_shares(a, b, table[(table["section"] == "share") & (table["where"] == BOTH)]),
    ]


def _tell_structure(a: Side, b: Side, rows: pd.DataFrame) -> list[str]:
    """Say what only one has, and what both have otherwise."""
    told = [
        f"Only {side.label} has {shorten(names)}."
        for side, where in ((a, ONLY_A), (b, ONLY_B))
        if (names := rows.loc[rows["where"] == where, "name"].tolist())
    ]
    other = [
        f"{row['name']} ({row['told_a']} against {row['told_b']})"
        for row in rows[rows["where"] == DIFFERENT].to_dict("records")
    ]
    told += [f"Both have, but otherwise: {shorten(other, between='; ')}."] if other else []
    return told or ["Both are built alike."]


def _tell_returns(a: Side, b: Side, rows: pd.DataFrame) -> list[str]:
    """Say which of the two finds a channel to return more, where that is sure."""
    if a.kpi != b.kpi and len(rows):
        return ["One target is money and the other a count: returns are not set side by side."]
    told, open_ = [], []
    for row in rows.to_dict("records"):
        chance = row["probability_higher"]
        if max(chance, 1 - chance) < SURE or np.isnan(chance):
            open_.append(row["name"])
            continue
        more = a if chance > 0.5 else b
        each = f"{_say(row, 'a_is')} by {a.label}, {_say(row, 'b_is')} by {b.label}"
        sure = max(chance, 1 - chance)
        told.append(
            f"{more.label} finds that {row['name']} returns more: {each}; "
            f"{f'{sure:.1%}' if sure <= CERTAIN else 'more than 99.9%'} probable."
        )
    if open_:
        told.append(f"Whether {shorten(open_)} returns more by one of them is open.")
    return told


def _tell_shares(a: Side, b: Side, rows: pd.DataFrame) -> list[str]:
    """Say which component's share of the target differs most, if any does."""
    if rows.empty or not (rows["difference"].abs() > SHIFT).any():
        return ["No component's share of the target differs by more than 2 points."]
    row = max(rows.to_dict("records"), key=lambda row: abs(row["difference"]))
    one, other = (f"{row[word]:.1%} by {side.label}" for word, side in (("a_is", a), ("b_is", b)))
    return [f"The share of {row['name']} in the target differs most: {one}, {other}."]


def _say_share(share: float) -> str:
    """Write a share of a variance; a fit that is worse than the mean explains nothing."""
    return f"{share:.1%}" if share > 0 else "nothing"


def _say(row: Mapping[Any, Any], word: str) -> str:
    """Write a number with its interval."""
    mean, lower, upper = (row[f"{word}{bound}"] for bound in BOUNDS)
    return f"{mean:.2f} ({lower:.2f} to {upper:.2f})"
