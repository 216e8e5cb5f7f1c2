"""How far the returns move when the model is told otherwise."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import NotConvergedError
from mmm_pipeline.evidence.placebo import find_narrowest, reaches_zero
from mmm_pipeline.evidence.variations import LeftOut, Variation
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.returns import compute_window_returns
from mmm_pipeline.insight.summary import SAMPLE_DIMS, summarize

BASE = "base"
"""What the fit itself is called among its variations."""
SURE = 0.8
"""Probability with which the base must say a thing for its loss to be a flip."""
MEASURES = ("roas", "share")
NUMBERS = (
    *(f"{measure}{suffix}" for measure in MEASURES for suffix in ("", "_lower", "_upper")),
    *("rank", "shift", "shift_sd"),
)
TEXTS = ("channel", "verdict", "flips", "reason", "fit_id")
"""Columns of the table, beside the name of the variation."""

type Refit = tuple[Variation, ConvergedFit | NotConvergedError]
"""A variation, and its fit or why it may not be read."""


def summarize_sensitivity(
    fit: ConvergedFit, refits: Sequence[Refit], left_out: Sequence[LeftOut]
) -> pd.DataFrame:
    """Set what each variation says of every channel beside what the fit says.

    Parameters
    ----------
    fit : ConvergedFit
        The base.
    refits : sequence of tuple
        Each variation with its own fit, or with the error of one that failed its gate.
    left_out : sequence of LeftOut
        Variations that the model does not allow.

    Returns
    -------
    pandas.DataFrame
        A row per variation and channel, `BASE` first: ``variation, channel``; ``roas`` and
        ``share`` (of the observed target), posterior means with their 5-95 % intervals
        ``..._lower, ..._upper``, of the channel's window; ``rank`` by ROAS, 1 for the best; and
        against the base, ``shift`` (relative) and ``shift_sd`` (in its posterior standard
        deviations), of ROAS, or of the share where nothing is spent. ``verdict`` says `holds`
        where each mean lies in the other's interval, `moves` where the intervals overlap, `apart`
        where they do not; and ``flips`` says what the base was sure of, with a probability of
        `SURE`, and the variation holds for less likely than not: that ROAS is now `below 1` or
        `above 1`, that the channel is now `behind` or `ahead of` another in ROAS.

        The placebo has a row of its own: ROAS is what it brought per unit of its source's spend,
        intervals are the narrowest that hold 90 %, and the verdict is `nothing` or `found`. A
        variation without a fit is one row, with verdict `failed` or `left out` and the ``reason``.
        ``fit_id`` names the fit of the row.
    """
    base = _measure(fit)
    rows = [_tabulate(BASE, fit, base)]
    for variation, one in refits:
        if isinstance(one, NotConvergedError):
            rows.append(_explain(variation.name, "failed", "; ".join(one.failures), one.fit_id))
            continue
        draws = _measure(one)
        compared = _compare(_tabulate(variation.name, one, draws), rows[0], base)
        flips = _list_flips(base["roas"], draws["roas"], is_money=fit.spec.data.kpi == "revenue")
        rows.append(compared.assign(flips=compared["channel"].map(flips)))
        if variation.placebo:
            rows.append(_judge_placebo(variation, one, draws, fit))
    rows += [_explain(one.name, "left out", one.reason) for one in left_out]
    table = pd.concat(rows, ignore_index=True).reindex(columns=["variation", *TEXTS, *NUMBERS])
    table = table.fillna(dict.fromkeys(TEXTS, "")).astype({"rank": "Int64"})
    table.attrs["fit_id"] = fit.fit_id
    return table


def list_fragilities(table: pd.DataFrame) -> list[str]:
    """Say which returns hang on what was assumed.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_sensitivity`.

    Returns
    -------
    list of str
        A sentence for each channel whose profit or rank flips, for a placebo that was found, and
        for each variation without a fit.
    """
    return [*_tell_flips(table), *_list_placebos(table), *_list_failures(table)]


def list_shifts(table: pd.DataFrame) -> list[str]:
    """Say what moved each channel most.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_sensitivity`.

    Returns
    -------
    list of str
        A clause for each channel, the largest shift first; none where no variation was fitted.
    """
    moved = table.dropna(subset="shift_sd")
    order = moved["shift_sd"].abs().sort_values(ascending=False).index
    largest = moved.loc[order].drop_duplicates("channel")
    return [
        f"{row.channel}: {row.shift:+.0%} ({row.shift_sd:+.1f} sd) with {row.variation}"
        for row in largest.itertuples()
    ]


def _measure(fit: ConvergedFit) -> xr.Dataset:
    """Take draws of what each channel returned, and of its share of the target."""
    draws = compute_window_returns(fit)
    total = float(abs(fit.features["target"]).sum())
    return draws.assign(share=draws["contribution"] / total)


def _tabulate(name: str, fit: ConvergedFit, draws: xr.Dataset) -> pd.DataFrame:
    """Tabulate the channels of a fit."""
    parts = [summarize(draws[one], one) for one in MEASURES]
    table = xr.merge(parts).to_dataframe().loc[list(fit.spec.media)].reset_index()
    table.insert(0, "variation", name)
    table["rank"] = table["roas"].rank(ascending=False)
    return table.assign(verdict="", flips="", reason="", fit_id=fit.fit_id)


def _compare(table: pd.DataFrame, base: pd.DataFrame, draws: xr.Dataset) -> pd.DataFrame:
    """Hold a variation's channels against the base's."""
    mine = table[table["channel"].isin(base["channel"])].reset_index(drop=True)
    mine["rank"] = mine["roas"].rank(ascending=False)
    is_bought = base["roas"].notna().to_numpy()
    spread = draws[list(MEASURES)].std(SAMPLE_DIMS).to_dataframe().loc[base["channel"]]

    def choose(frame: pd.DataFrame, suffix: str = "") -> np.ndarray:
        columns = (frame[f"{measure}{suffix}"].to_numpy() for measure in MEASURES)
        return np.where(is_bought, *columns)

    before, after = choose(base), choose(mine)
    mine["shift"], mine["shift_sd"] = after / before - 1, (after - before) / choose(spread)
    bounds = [(choose(one, "_lower"), choose(one, "_upper")) for one in (base, mine)]
    (low, high), (lower, upper) = bounds
    is_near = (lower <= before) & (before <= upper) & (low <= after) & (after <= high)
    overlaps = (lower <= high) & (low <= upper)
    mine["verdict"] = np.where(is_near, "holds", np.where(overlaps, "moves", "apart"))
    return mine


def _list_flips(before: xr.DataArray, after: xr.DataArray, *, is_money: bool) -> dict[str, str]:
    """Say of each channel what the base was sure of, and the variation holds for unlikely."""
    flips = {}
    names = [str(name) for name in before["channel"].to_numpy()]
    for name in names:
        was = _list_claims(before, name, names, is_money=is_money)
        now = _list_claims(after, name, names, is_money=is_money)
        found = [
            lost if probability >= SURE else won
            for (lost, won), probability in was.items()
            if (probability >= SURE and now[lost, won] < 0.5)
            or (probability <= 1 - SURE and now[lost, won] > 0.5)
        ]
        flips[name] = ", ".join(found)
    return flips


def _list_claims(
    roas: xr.DataArray, name: str, names: Sequence[str], *, is_money: bool
) -> dict[tuple[str, str], float]:
    """Compute the probability of each claim, by the words for its loss and for its gain."""
    mine = roas.sel(channel=name, drop=True)
    rivals = {
        (f"behind {other}", f"ahead of {other}"): roas.sel(channel=other, drop=True)
        for other in names
        if other != name
    }
    bounds: dict[tuple[str, str], Any] = {("below 1", "above 1"): 1.0} if is_money else {}
    return {words: float((mine > bound).mean()) for words, bound in {**bounds, **rivals}.items()}


def _judge_placebo(
    variation: Variation, fit: ConvergedFit, draws: xr.Dataset, base: ConvergedFit
) -> pd.DataFrame:
    """Tell whether what cannot have acted is said to have."""
    name = variation.placebo
    share = draws["share"].sel(channel=name).to_numpy()
    spend = base.features["spend"].sel(channel=variation.source)
    per_money = float(abs(fit.features["target"]).sum() / spend.sum())
    row: dict[str, object] = {"variation": variation.name, "channel": name}
    for measure, values in (("roas", share * per_money), ("share", share)):
        lower, upper = find_narrowest(values)
        row |= {measure: values.mean(), f"{measure}_lower": lower, f"{measure}_upper": upper}
    verdict = "nothing" if reaches_zero(share) else "found"
    return pd.DataFrame([row | {"verdict": verdict, "fit_id": fit.fit_id}])


def _explain(name: str, verdict: str, reason: str, fit_id: str = "") -> pd.DataFrame:
    """Tell why a variation has no numbers."""
    row = {"variation": name, "verdict": verdict, "reason": reason, "fit_id": fit_id}
    return pd.DataFrame([row])


def _tell_flips(table: pd.DataFrame) -> Iterator[str]:
    """Say where order or profit are others; of two that change places, of the one that loses."""
    base = table[table["variation"] == BASE].set_index("channel")["roas"]
    for row in table[table["flips"] != ""].itertuples():
        lost = [words for words in str(row.flips).split(", ") if not words.startswith("ahead")]
        if lost:
            yield (
                f"With {row.variation}, {row.channel} is likelier than not "
                f"{' and '.join(lost)} in ROAS: its mean of {base[str(row.channel)]:.2f} becomes "
                f"{row.roas:.2f}"
            )


def _list_placebos(table: pd.DataFrame) -> Iterator[str]:
    """Say where a placebo was found."""
    for row in table[table["verdict"] == "found"].itertuples():
        yield (
            f"The model finds an effect of {row.channel}, which cannot have acted: ROAS "
            f"{row.roas_lower:.2f} to {row.roas_upper:.2f}. What it finds of others may be as "
            "unreal; look for what drives media and target both"
        )


def _list_failures(table: pd.DataFrame) -> Iterator[str]:
    """Say which variations could not be read."""
    for row in table[table["verdict"] == "failed"].itertuples():
        yield f"{row.variation} did not converge, so what it would say is not known: {row.reason}"
