"""What a refit says otherwise than the fit that is promoted."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import shorten
from mmm_pipeline.evidence.overlap import (
    compute_overlap,
    compute_probability_higher,
    compute_rank_agreement,
    find_turned,
)
from mmm_pipeline.evidence.restated import find_common, find_restated
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contributions import compute_contributions
from mmm_pipeline.insight.returns import compute_roas
from mmm_pipeline.insight.summary import SAMPLE_DIMS, summarize
from mmm_pipeline.spec import DriftLimits

type DriftWord = Literal["NONE", "PASS", "REVIEW", "FAIL"]

BOUNDS = ("", "_lower", "_upper")
COLUMNS = {
    "channel": "str",
    **{f"roas_{when}{bound}": "float64" for when in ("before", "after") for bound in BOUNDS},
    "overlap": "float64",
    "probability_higher": "float64",
    "share_before": "float64",
    "share_after": "float64",
    "share_shift": "float64",
    "rank_before": "Int64",
    "rank_after": "Int64",
}
"""Columns of the table, and their types."""


@dataclass(frozen=True)
class Drift:
    """What became of the promoted numbers.

    Attributes
    ----------
    word : {"NONE", "PASS", "REVIEW", "FAIL"}
        NONE where no fit is promoted: there is nothing to hold the current one against.
    reasons : tuple of str
        A sentence for each thing that is to be looked at; for NONE, what to do.
    channels : pandas.DataFrame
        A row per channel, see `COLUMNS`: return before and after on the common dates, with 5-95 %
        intervals, the overlap of the two posteriors (of what the channel brought, where nothing
        was spent) and the probability that the new one is higher; shares of the fitted target, and
        their shift, fractions; ranks by return. Empty where there is nothing to compare.
    restated : pandas.DataFrame
        From `mmm_pipeline.evidence.restated.find_restated`.
    facts : mapping of str to object
        `first`, `last` and `n_dates` of what is compared; `kendall`, how far the orders by return
        agree; `n_moved`, channels with another rank.
    """

    word: DriftWord
    reasons: tuple[str, ...]
    channels: pd.DataFrame
    restated: pd.DataFrame
    facts: Mapping[str, Any]

    def tabulate(self, **origins: Any) -> pd.DataFrame:
        """Put all of it into one table.

        Parameters
        ----------
        **origins : object
            Attributes beside, plain data.

        Returns
        -------
        pandas.DataFrame
            `channels`, the rest as attributes: ``verdict``, ``reasons``, ``restated`` (a record
            per column), and the facts.
        """
        table = self.channels.copy()
        attributes: dict[Hashable, Any] = {
            "verdict": self.word,
            "reasons": list(self.reasons),
            "restated": self.restated.to_dict("records"),
        }
        table.attrs = attributes | dict(self.facts) | origins
        return table


def assess_no_drift(reason: str, word: DriftWord = "NONE") -> Drift:
    """Say that there is nothing to compare.

    Parameters
    ----------
    reason : str
        Why.
    word : {"NONE", "REVIEW"}
        What follows from it.

    Returns
    -------
    Drift
    """
    nothing = pd.DataFrame(columns=list(COLUMNS)).astype(COLUMNS)
    return Drift(word, (reason,), nothing, pd.DataFrame(), {})


def assess_drift(now: ConvergedFit, before: ConvergedFit, limits: DriftLimits) -> Drift:
    """Compare two fits on the dates and cells that both saw.

    Parameters
    ----------
    now : ConvergedFit
        The current one.
    before : ConvergedFit
        The promoted one.
    limits : DriftLimits
        What they are held against.

    Returns
    -------
    Drift
        FAIL where a posterior or a share passes a limit of FAIL, REVIEW where anything passes any
        other; also where an order turned that both fits are sure of.
    """
    common = find_common(now.features, before.features)
    if missing := [dim for dim, labels in common.items() if len(labels) == 0]:
        return assess_no_drift(f"The two fits have no {missing[0]} in common.", "REVIEW")
    # The promoted one first: what is computed of the current one is wanted again.
    old, new = _compute_returns(before, common), _compute_returns(now, common)
    channels = _compare(old, new, list(now.spec.media))
    restated = find_restated(now.features, before.features)
    failures = _list_failures(channels, limits)
    reviews = [
        *_list_reviews(channels, limits),
        *_describe_turned(old, new, channels),
        *_describe_restated(restated, limits),
    ]
    word: DriftWord = "FAIL" if failures else "REVIEW" if reviews else "PASS"
    dates = pd.DatetimeIndex(common["date"])
    ranked = channels.dropna(subset="rank_before")
    facts = {
        "first": dates[0].date().isoformat(),
        "last": dates[-1].date().isoformat(),
        "n_dates": len(dates),
        "kendall": compute_rank_agreement(
            ranked["roas_before"].to_numpy(), ranked["roas_after"].to_numpy()
        ),
        "n_moved": int((ranked["rank_before"] != ranked["rank_after"]).sum()),
    }
    return Drift(word, (*failures, *reviews), channels, restated, facts)


def assess_restated(now: xr.Dataset, before: xr.Dataset, limits: DriftLimits, why: str) -> Drift:
    """Compare what two fits were told, where one of them may not be read.

    Parameters
    ----------
    now, before : xarray.Dataset
        Inputs of both.
    limits : DriftLimits
        What they are held against.
    why : str
        Why nothing else is compared.

    Returns
    -------
    Drift
        REVIEW, with what was restated; nothing of any posterior.
    """
    restated = find_restated(now, before)
    nothing = assess_no_drift(why, "REVIEW")
    reasons = (*nothing.reasons, *_describe_restated(restated, limits))
    return replace(nothing, reasons=reasons, restated=restated)


def _compute_returns(fit: ConvergedFit, common: Mapping[str, np.ndarray]) -> xr.Dataset:
    """Compute what each channel brought, returned and had as a share, in every draw."""
    spec = fit.spec
    parts = compute_contributions(fit).sel(common)
    spend = fit.features["spend"].sel(common)
    media = parts.sel(component=list(spec.media)).rename(component="channel").drop_vars("kind")
    over = [dim for dim in parts.dims if dim not in {*SAMPLE_DIMS, "component"}]
    total = parts.sum([*over, "component"])
    return xr.Dataset(
        {
            "roas": compute_roas(media, spend.sel(channel=list(spec.media))),
            "contribution": media.sum(over),
            "share": media.sum(over) / total,
        }
    )


def _compare(old: xr.Dataset, new: xr.Dataset, names: list[str]) -> pd.DataFrame:
    """Set both fits side by side, a row per channel."""
    table = pd.DataFrame({"channel": names})
    for when, fit in (("before", old), ("after", new)):
        roas = summarize(fit["roas"], f"roas_{when}").to_dataframe().loc[names].reset_index()
        table = table.join(roas[[f"roas_{when}{bound}" for bound in BOUNDS]])
        table[f"share_{when}"] = fit["share"].mean(SAMPLE_DIMS).sel(channel=names).to_numpy()
        ranks = table[f"roas_{when}"].rank(ascending=False, method="first")
        table[f"rank_{when}"] = ranks.astype("Int64")
    table["share_shift"] = table["share_after"] - table["share_before"]
    for name, compute in (
        ("overlap", compute_overlap),
        ("probability_higher", compute_probability_higher),
    ):
        table[name] = [compute(_pick(old, new, one), _pick(new, old, one)) for one in names]
    return table[list(COLUMNS)].astype(COLUMNS)


def _pick(fit: xr.Dataset, other: xr.Dataset, channel: str) -> np.ndarray:
    """Take the draws of a return, or of what was brought where either fit knows no return."""
    one = {"channel": channel}
    is_known = all(bool(np.isfinite(each["roas"].sel(one)).all()) for each in (fit, other))
    draws: np.ndarray = fit["roas" if is_known else "contribution"].sel(one).to_numpy().ravel()
    return draws


def _list_failures(channels: pd.DataFrame, limits: DriftLimits) -> list[str]:
    """Say what passes a limit of FAIL."""
    return [
        *_describe_overlaps(channels[channels["overlap"] < limits.fail_overlap], limits),
        *_describe_shifts(
            channels[channels["share_shift"].abs() > limits.fail_share_shift], limits
        ),
    ]


def _list_reviews(channels: pd.DataFrame, limits: DriftLimits) -> list[str]:
    """Say what passes a limit of REVIEW, and none of FAIL."""
    apart = channels["overlap"].between(limits.fail_overlap, limits.min_overlap, inclusive="left")
    shift = channels["share_shift"].abs()
    moved = (shift > limits.max_share_shift) & (shift <= limits.fail_share_shift)
    return [
        *_describe_overlaps(channels[apart], limits),
        *_describe_shifts(channels[moved], limits),
    ]


def _describe_overlaps(rows: pd.DataFrame, limits: DriftLimits) -> list[str]:
    """Say whose posterior is another now."""
    return [
        f"The return of {row['channel']} was {_say_return(row, 'before')} and is "
        f"{_say_return(row, 'after')}; the two posteriors overlap by {row['overlap']:.0%} (at "
        f"least {limits.min_overlap:.0%}; below {limits.fail_overlap:.0%} fails)."
        for row in rows.to_dict("records")
    ]


def _say_return(row: Mapping[Hashable, Any], when: str) -> str:
    """Write a return with its interval."""
    mean, lower, upper = (row[f"roas_{when}{bound}"] for bound in BOUNDS)
    return "not known" if np.isnan(mean) else f"{mean:.2f} ({lower:.2f} to {upper:.2f})"


def _describe_shifts(rows: pd.DataFrame, limits: DriftLimits) -> list[str]:
    """Say whose share of the target is another now."""
    return [
        f"The share of {row['channel']} in the target was {row['share_before']:.1%} and is "
        f"{row['share_after']:.1%}: {100 * row['share_shift']:+.1f} points (at most "
        f"{100 * limits.max_share_shift:g}; above {100 * limits.fail_share_shift:g} fails)."
        for row in rows.to_dict("records")
    ]


def _describe_turned(old: xr.Dataset, new: xr.Dataset, channels: pd.DataFrame) -> list[str]:
    """Say of which channels both fits are sure, and not of the same."""
    names = channels["channel"][channels["rank_before"].notna() & channels["rank_after"].notna()]
    ordered = [fit["roas"].sel(channel=names.to_list()).to_numpy() for fit in (old, new)]
    turned = find_turned(*(draws.reshape(-1, len(names)) for draws in ordered))
    pairs = [f"{names.iloc[one]} and {names.iloc[other]}" for one, other in turned]
    if not pairs:
        return []
    words = "Which one returns more has turned, and both fits are sure of it"
    return [f"{words}: {shorten(pairs, between='; ')}."]


def _describe_restated(restated: pd.DataFrame, limits: DriftLimits) -> list[str]:
    """Say what was restated by more than the limit."""
    rows = restated[restated["size"] > limits.max_restated] if len(restated) else restated
    told = [
        f"{row.column} on {row.n_restated} dates from {row.first} to {row.last}, by {row.size:.1%} "
        f"in all, {row.change:+.1%} net"
        for row in rows.itertuples()
    ]
    if not told:
        return []
    return [
        f"The past was restated (at most {limits.max_restated:.1%}): {shorten(told, between='; ')}."
    ]
