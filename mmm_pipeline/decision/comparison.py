"""Scenarios side by side: what each costs, brings and risks against today's plan."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.limits import TOLERANCE
from mmm_pipeline.insight.summary import LOWER, UPPER, Summary, measure_confidence

COLUMNS = (
    *("scenario", "periods", "budget", "spend_current", "spend", "unallocated"),
    *("response_current", "response", "response_lower", "response_upper", "response_worst"),
    *("gain", "gain_lower", "gain_upper", "probability_better", "downside"),
    *("net", "net_lower", "net_upper", "probability_pays", "target", "target_lower"),
    *("target_upper",),
    *("roas_current", "roas", "roas_lower", "roas_upper", "utility_current", "utility"),
    *("confidence", "held", "unseen", "note"),
)
"""Columns of the comparison."""


def compare_scenarios(summary: Summary) -> pd.DataFrame:
    """Sum up each scenario against today's plan, draw by draw.

    Parameters
    ----------
    summary : Summary
        From `mmm_pipeline.decision.scenarios.summarize_scenarios`.

    Returns
    -------
    pandas.DataFrame
        A row per scenario, totals of its window: `COLUMNS`. ``budget`` is NaN where it is free,
        ``unallocated`` what of it is not spent; ``response_worst`` the mean response in the worst
        5 % of the draws; ``gain`` the change of the response against today's plan,
        ``probability_better`` the probability that it is above 0 (NaN where the plan is today's),
        ``downside`` its mean in the worst 5 % of the draws; ``net``, with `data.margin`, what is
        left of the gain when the money it takes more than today's is paid, in currency, and
        ``probability_pays``, that this is above 0; ``target``, all of it, if
        `mmm_pipeline.decision.expected.expect_targets` has said what it may be; ``confidence``,
        that in what each channel brings (see `measure_confidence`), weighed by its share of the
        plan's spend; ``held`` names the limits that the plan has gone to the end of, ``unseen``
        the channels that go beyond what was seen in any period. Intervals hold 5 % to 95 %.
    """
    if not len(summary.table):
        return pd.DataFrame({column: pd.Series(dtype="object") for column in COLUMNS})
    rows = [_compare(summary, str(name)) for name in summary.draws["scenario"].to_numpy()]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def sum_up_levers(summary: Summary, name: str, word: str) -> np.ndarray:
    """Add up over all that a scenario moves money between, in each draw.

    Beside a scenario with `free_cells`, one without has the same draws in every cell: they are
    those of all cells together, and count once.

    Parameters
    ----------
    summary : Summary
        From `mmm_pipeline.decision.scenarios.summarize_scenarios`.
    name : str
        The scenario.
    word : {"response", "response_current"}
        What is added up.

    Returns
    -------
    numpy.ndarray, shape (samples,)
        Target units.
    """
    draws = summary.draws[word].sel(scenario=name)
    table = summary.table[summary.table["scenario"] == name]
    cells = [dim for dim in draws.dims if dim not in {"channel", "sample"}]
    whole = [dim for dim in cells if table[dim].isna().all()]
    levers = draws.isel(dict.fromkeys(whole, 0))
    total: np.ndarray = levers.sum([dim for dim in levers.dims if dim != "sample"]).to_numpy()
    return total


def _compare(summary: Summary, name: str) -> dict[str, object]:
    """Sum up one scenario."""
    table = summary.table[summary.table["scenario"] == name]
    draws = summary.draws.sel(scenario=name)
    spend, spend_current = float(table["spend"].sum()), float(table["spend_current"].sum())
    response, current = (
        sum_up_levers(summary, name, word) for word in ("response", "response_current")
    )
    budget, gain = float(draws["budget"]), response - current
    net = draws.attrs.get("margin", np.nan) * gain - (spend - spend_current)
    unseen = table.loc[~table["is_observed"], "channel"].unique()
    return {
        "scenario": name,
        "periods": int(draws["periods"]),
        "budget": budget if np.isfinite(budget) else np.nan,
        "spend_current": spend_current,
        "spend": spend,
        "unallocated": _round_off(budget - spend, budget) if np.isfinite(budget) else np.nan,
        "response_current": current.mean(),
        **_describe("response", response),
        "response_worst": _average_worst(response),
        **_describe("gain", gain),
        "probability_better": _share_above(gain),
        "downside": _average_worst(gain),
        **_describe("net", net),
        "probability_pays": _share_above(net),
        **_describe("target", draws["target"].to_numpy() if "target" in draws else gain * np.nan),
        "roas_current": current.mean() / spend_current if spend_current > 0 else np.nan,
        **_describe("roas", response / spend if spend > 0 else response * np.nan),
        "utility_current": float(draws["utility_current"]),
        "utility": float(draws["utility"]),
        "confidence": _weigh_confidence(draws["response"], table),
        "held": str(draws["held"].item()),
        "unseen": ", ".join(map(str, unseen)),
        "note": str(draws["note"].item()),
    }


def _round_off(rest: float, budget: float) -> float:
    """Take what the solver leaves of a budget for nothing."""
    return rest if rest > TOLERANCE * budget else 0.0


def _average_worst(draws: np.ndarray) -> float:
    """Average over the worst 5 % of the draws."""
    return float(draws[draws <= np.quantile(draws, LOWER)].mean())


def _share_above(change: np.ndarray) -> float:
    """Probability that a change is above 0; NaN where nothing changes, or nothing is known."""
    return float((change > 0).mean()) if change.any() and np.isfinite(change).all() else np.nan


def _weigh_confidence(response: xr.DataArray, table: pd.DataFrame) -> float:
    """Average over channels how well it is known what they bring, by what is spent on them."""
    by_channel = response.sum([dim for dim in response.dims if dim not in {"channel", "sample"}])
    known = measure_confidence(by_channel).to_series()
    spent = table.groupby("channel")["spend"].sum()
    return float((known * spent).sum() / spent.sum()) if spent.sum() > 0 else np.nan


def _describe(name: str, draws: np.ndarray) -> dict[str, float]:
    """Take the mean and the 5-95 % interval."""
    lower, upper = np.quantile(draws, [LOWER, UPPER])
    return {name: float(draws.mean()), f"{name}_lower": lower, f"{name}_upper": upper}
