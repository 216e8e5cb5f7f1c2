"""What is allowed in a validated frame, and should still be looked at."""

import numpy as np
import pandas as pd

from mmm_pipeline.errors import Problem, shorten
from mmm_pipeline.ingest.parse import offend
from mmm_pipeline.spec import ModelSpec

RARELY_ACTIVE_SHARE = 0.2
"""Share of periods with spend below which a channel's effect is hard to tell."""
OUTLIER_IQR = 3.0
"""Interquartile ranges beyond the quartiles at which a target is an outlier."""
ZERO_TARGET_SHARE = 0.1
"""Share of periods with a target of 0 above which the outcome looks intermittent."""
COLLINEAR_R = 0.9
"""Correlation of two channels' spend above which their effects are hard to tell apart."""


def find_warnings(frame: pd.DataFrame, spec: ModelSpec) -> list[Problem]:
    """Look for what makes a model hard to fit or its result hard to believe.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.

    Returns
    -------
    list of Problem
        Nothing here blocks.
    """
    return [
        *_find_target_warnings(frame, spec),
        *_find_rare_channels(frame, spec),
        *_find_constant_channels(frame, spec),
        *_find_collinear_channels(frame, spec),
    ]


def _find_target_warnings(frame: pd.DataFrame, spec: ModelSpec) -> list[Problem]:
    """Negative, intermittent or far-off outcomes."""
    target, column = frame["target"], spec.data.target
    low, high = target.quantile([0.25, 0.75])
    reach = OUTLIER_IQR * (high - low)
    masks = {
        "negative_target": (target < 0, "is negative on {dates}"),
        "target_outlier": (
            (target < low - reach) | (target > high + reach),
            "lies far outside the quartiles on {dates}. Name the reason as an event, if any",
        ),
    }
    found = []
    for code, (bad, words) in masks.items():
        if bad.any():
            offences = offend(target.rename(column), frame["date"], bad)
            dates = shorten([offence.date for offence in offences])
            message = f"Column {column!r} {words.format(dates=dates)}."
            found.append(Problem(code, message, column, ("data", "target"), offences))
    zero_share = (target == 0).mean()
    if zero_share > ZERO_TARGET_SHARE:
        message = f"Column {column!r} is 0 in {zero_share:.0%} of the periods."
        found.append(Problem("zero_target", message, column, ("data", "target")))
    return found


def _find_rare_channels(frame: pd.DataFrame, spec: ModelSpec) -> list[Problem]:
    """Channels with few periods to learn from."""
    found = []
    for name, column in spec.spend_columns.items():
        active = (frame[f"spend_{name}"] > 0).mean()
        if active < RARELY_ACTIVE_SHARE:
            message = (
                f"Column {column!r} holds spend in {active:.0%} of the periods only; the result "
                f"for `media.{name}` will lean on its prior."
            )
            found.append(Problem("rarely_active", message, column, ("media", name)))
    return found


def _find_constant_channels(frame: pd.DataFrame, spec: ModelSpec) -> list[Problem]:
    """Channels that spend the same in every period."""
    return [
        Problem(
            "constant_spend",
            f"Column {column!r} holds the same spend in every period; what `media.{name}` does "
            "cannot be told from the baseline, and the result will be its prior.",
            column,
            ("media", name),
        )
        for name, column in spec.spend_columns.items()
        if frame[f"spend_{name}"].min() == frame[f"spend_{name}"].max()
    ]


def _find_collinear_channels(frame: pd.DataFrame, spec: ModelSpec) -> list[Problem]:
    """Pairs of channels whose spend moves together."""
    spends = {name: frame[f"spend_{name}"] for name in spec.media}
    names = [name for name, spend in spends.items() if spend.min() < spend.max()]
    if len(names) < 2:
        return []
    spend = np.stack([spends[name].to_numpy() for name in names], axis=1)
    correlation = np.corrcoef(spend, rowvar=False)
    pairs = [
        (names[i], names[j], correlation[i, j])
        for i in range(len(names))
        for j in range(i + 1, len(names))
        if abs(correlation[i, j]) > COLLINEAR_R
    ]
    return [
        Problem(
            "collinear_channels",
            f"Spend of `media.{one}` and `media.{other}` moves together (r = {r:.2f}); what one "
            "does can hardly be told from what the other does.",
            None,
            ("media", one),
        )
        for one, other, r in pairs
    ]
