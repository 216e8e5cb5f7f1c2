"""The numbers of the report, gathered once so that text, tables and figures agree."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr

from mmm_pipeline.evidence.beliefs import require_own_prior
from mmm_pipeline.evidence.quality import FitQuality, assess_fit
from mmm_pipeline.gate import ConvergedFit, require_one_fit
from mmm_pipeline.insight.advice import Recommendations
from mmm_pipeline.insight.posterior import read_parameter
from mmm_pipeline.insight.returns import bring_together
from mmm_pipeline.insight.summary import OVERLAP, SAMPLE_DIMS, Summary, invert, summarize

OF_THEIR_OWN = ("plan_tracking",)
"""Evidence that is of other fits than the report's, and names them."""


@dataclass(frozen=True)
class ReportInputs:
    """Everything a report is made from.

    Attributes
    ----------
    fit : ConvergedFit
        The fit, with its spec and diagnostics.
    prior : xarray.Dataset
        Prior draws of the same model.
    model_fit, curves : pandas.DataFrame
        From `summarize_fit` and `summarize_response_curves`.
    contributions, returns, scenarios : Summary
        From the functions of these names.
    advice : Recommendations
        What is advised.
    carryover, periods, by_period, seasons : pandas.DataFrame
        From `summarize_carryover_curves`, `summarize_returns_by_period`,
        `summarize_contributions_by_period` and `summarize_seasonal_indices`.
    truth : mapping or None
        Known truth of a simulated world.
    evidence : mapping of str to pandas.DataFrame
        Evidence for the fit, by the name of its section in `mmm_pipeline.report.evidence`.
    """

    fit: ConvergedFit
    prior: xr.Dataset
    model_fit: pd.DataFrame
    contributions: Summary
    returns: Summary
    curves: pd.DataFrame
    scenarios: Summary
    advice: Recommendations
    carryover: pd.DataFrame
    periods: pd.DataFrame
    by_period: pd.DataFrame
    seasons: pd.DataFrame
    truth: Mapping[str, Any] | None = None
    evidence: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a mix of fits."""
        tables = {
            "model_fit": self.model_fit,
            "contributions": self.contributions.table,
            "channel_returns": self.returns.table,
            "response_curves": self.curves,
            "budget_scenarios": self.scenarios.table,
            "recommendations": self.advice.table,
            "carryover_curves": self.carryover,
            "returns_by_period": self.periods,
            "contributions_by_period": self.by_period,
            "seasonal_indices": self.seasons,
            **{name: one for name, one in self.evidence.items() if name not in OF_THEIR_OWN},
        }
        require_one_fit(self.fit, tables, "A report")
        require_own_prior(self.fit, self.prior)

    @property
    def channels(self) -> list[str]:
        """Media in the order of the spec."""
        return list(self.fit.spec.media)

    @property
    def has_scenarios(self) -> bool:
        """Whether the spec asks for any plan."""
        return len(self.scenarios.table) > 0

    @property
    def quality(self) -> FitQuality:
        """How close the fit comes."""
        return assess_fit(self.model_fit)


def tabulate_shares(inputs: ReportInputs) -> pd.DataFrame:
    """Compute each component's share of the window's fitted target.

    Parameters
    ----------
    inputs : ReportInputs
        The report's.

    Returns
    -------
    pandas.DataFrame
        ``component, kind, total, share, share_lower, share_upper``: target units and fractions,
        media first, then their overlap, then the largest of the rest.
    """
    totals = _sum_up(inputs)
    shares = summarize(totals / totals.sum("component"), "share")
    table = shares.assign(total=totals.mean(SAMPLE_DIMS)).to_dataframe().reset_index()
    table["is_media"] = table["component"].isin(inputs.channels)
    table["is_overlap"] = table["component"] == OVERLAP
    table = table.sort_values(["is_media", "is_overlap", "share"], ascending=False)
    return table[["component", "kind", "total", "share", "share_lower", "share_upper"]]


def summarize_media(inputs: ReportInputs) -> dict[str, float]:
    """Compute what all media did together.

    Parameters
    ----------
    inputs : ReportInputs
        The report's.

    Returns
    -------
    dict of str to float
        `spend`, `share` and its bounds, `roas` and its bounds, and of a count `cost_per_target`.
    """
    totals = _sum_up(inputs)
    returns = inputs.returns.draws.sel({dim: totals[dim] for dim in SAMPLE_DIMS})
    alone = totals.sel(component=inputs.channels).drop_vars("kind").rename(component="channel")
    returns = returns.assign(contribution=alone)
    media, bought = (
        bring_together(returns, inputs.fit.spec, among) for among in ("own_media", "bought_media")
    )
    spend = float(inputs.fit.features["spend"].sum())
    roas = summarize(bought / (spend or math.nan), "roas")
    is_count = inputs.fit.spec.data.kpi == "count"
    parts = {
        **summarize(media / totals.sum("component"), "share"),
        **roas,
        **(invert(roas, "roas", "cost_per_target") if is_count else {}),
    }
    return {"spend": spend, **{str(name): float(value) for name, value in parts.items()}}


def _sum_up(inputs: ReportInputs) -> xr.DataArray:
    """Add up each component over the window and the cells of a panel, in every draw."""
    return inputs.contributions.draws["contribution"].sum(["quarter", *inputs.fit.spec.data.panel])


def tabulate_truth(inputs: ReportInputs) -> pd.DataFrame | None:
    """Set the estimates beside the truth of a simulated world.

    Parameters
    ----------
    inputs : ReportInputs
        The report's.

    Returns
    -------
    pandas.DataFrame or None
        ``channel, quantity, truth, estimate, lower, upper, is_inside``; None without truth.
    """
    if inputs.truth is None:
        return None
    estimates = {
        "roas": inputs.returns.draws["roas"],
        "alpha": read_parameter(inputs.fit, "adstock_alpha"),
        "lam": read_parameter(inputs.fit, "saturation_lam"),
    }
    rows: list[dict[str, Any]] = []
    for quantity, draws in estimates.items():
        if draws is None:
            continue
        known = inputs.truth.get(quantity, {})
        table = summarize(draws, "estimate").to_dataframe()
        for channel in [channel for channel in table.index if channel in known]:
            estimate = table.loc[channel]
            lower, upper = estimate["estimate_lower"], estimate["estimate_upper"]
            rows.append(
                {
                    "channel": channel,
                    "quantity": quantity,
                    "truth": known[channel],
                    "estimate": estimate["estimate"],
                    "lower": lower,
                    "upper": upper,
                    "is_inside": bool(lower <= known[channel] <= upper),
                }
            )
    return pd.DataFrame(rows) if rows else None


def list_assumptions(inputs: ReportInputs) -> Sequence[tuple[str, str]]:
    """Say what was assumed, in words.

    Parameters
    ----------
    inputs : ReportInputs
        The report's.

    Returns
    -------
    sequence of tuple of str
        What, and how.
    """
    spec = inputs.fit.spec
    baseline = ["a constant"]
    if spec.trend != "none":
        baseline.append(f"a {spec.trend} trend")
    waves = {"year": spec.seasonality.yearly, "month": spec.seasonality.monthly}
    waves["week"] = spec.seasonality.weekly
    baseline += [f"{order} waves a {period}" for period, order in waves.items() if order]
    for words, names in (("controls", spec.controls), ("events", spec.events)):
        if names:
            baseline.append(f"{words} {', '.join(names)}")
    signs = [f"{name} {c.sign}" for name, c in spec.controls.items() if c.sign]
    signs += [f"{name} {event.sign}" for name, event in spec.events.items() if event.sign]
    return [
        ("Target", _describe_target(inputs)),
        ("Baseline", ", ".join(baseline)),
        ("Signs held", ", ".join(signs) or "none"),
        ("Carry-over", f"over {spec.l_max} periods, weights adding up to 1; forms below"),
        ("Saturation", "of the carried exposure, scaled to its maximum; forms below"),
        ("Controls", "against their mean over the window; 0/1 columns against 0"),
        ("Interval", "5 % to 95 % of the posterior draws, everywhere"),
    ]


def _describe_target(inputs: ReportInputs) -> str:
    """Say how the target comes together."""
    spec = inputs.fit.spec
    together = "baseline + media + noise"
    if spec.link != "identity":
        together = "baseline x media x noise, all above 0"
    noise = "Student's t" if spec.likelihood == "student_t" else "normal"
    where = "with its own size in every cell" if spec.data.panel else "the same in every period"
    return f"{together}; noise is {noise}, {where}"


def describe_sampler(inputs: ReportInputs) -> str:
    """Say what drew the posterior, and why, where it is not what was asked for.

    Parameters
    ----------
    inputs : ReportInputs
        The report's.

    Returns
    -------
    str
    """
    attributes = inputs.fit.trace.attrs
    return " ".join(
        filter(None, (f"Drawn by {attributes['sampler']}.", attributes["sampler_note"]))
    )
