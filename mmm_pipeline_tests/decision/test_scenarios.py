"""The planner on draws that nobody sampled, against a grid and against its own arithmetic."""

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.decision.constraints import bound_plan, find_broken_constraints
from mmm_pipeline.decision.scenarios import COLUMNS, Window, summarize_scenarios
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.simulate import geometric_adstock


@pytest.fixture(scope="module")
def scenarios(fit: ConvergedFit) -> Summary:
    return summarize_scenarios(fit)


def test_the_table_has_the_columns_that_are_promised(scenarios: Summary) -> None:
    assert scenarios.table.columns.tolist() == [
        "scenario",
        "channel",
        "spend_current",
        "spend",
        "response_current",
        "response",
        "response_lower",
        "response_upper",
    ]


def test_every_constraint_holds(scenarios: Summary, fit: ConvergedFit) -> None:
    table = scenarios.table

    assert find_broken_constraints(table, fit.features, fit.spec) == []
    spent = table.groupby("scenario")[["spend", "spend_current"]].sum()
    assert spent["spend"]["more"] == pytest.approx(1.1 * spent["spend_current"]["more"], rel=1e-6)


def test_a_broken_constraint_is_found(scenarios: Summary, fit: ConvergedFit) -> None:
    table = scenarios.table.assign(spend=scenarios.table["spend"] * [2.0, 0.1])

    broken = find_broken_constraints(table, fit.features, fit.spec)

    assert any("spends" in sentence for sentence in broken)
    assert any("out of its bounds" in sentence for sentence in broken)


def test_a_response_is_what_the_plan_adds_carry_out_included(
    scenarios: Summary, fit: ConvergedFit
) -> None:
    found = scenarios.draws["response_current"].sel(scenario="more")

    for channel in ("tv", "search"):
        expected = _respond(fit, channel)
        np.testing.assert_allclose(found.sel(channel=channel), expected, rtol=1e-8)


def _respond(fit: ConvergedFit, channel: str) -> np.ndarray:
    """Add today's plan to the spend before it, draw by draw, in plain NumPy."""
    features, posterior = fit.features.sel(channel=channel), fit.posterior.sel(channel=channel)
    scale = float(features["channel_scale"])
    history = features["spend"].to_numpy() / scale
    past = features["spend"].to_numpy()[-8:] / scale
    per_week = float(fit.features["spend"].sel(channel=channel)[-52:].mean()) / scale
    plan = np.r_[np.full(13, per_week), np.zeros(8)]
    samples = []
    for chain in range(4):
        for draw in range(posterior.sizes["draw"]):
            at = {"chain": chain, "draw": draw}
            alpha, lam = (
                float(posterior["adstock_alpha"][at]),
                float(posterior["saturation_lam"][at]),
            )
            curves = [
                np.tanh(lam * geometric_adstock(np.r_[past, after], alpha, 8) / 2).sum()
                for after in (plan, np.zeros(21))
            ]
            earned = np.tanh(lam * geometric_adstock(history, alpha, 8) / 2).sum()
            height = float(posterior["roas"][at]) * float(features["spend"].sum()) / earned
            samples.append(height * (curves[0] - curves[1]))
    return np.array(samples)


def test_no_plan_on_a_grid_is_better(scenarios: Summary, fit: ConvergedFit) -> None:
    # Two channels and one budget leave one degree of freedom: walk it, on steady-state curves
    # with carry-in and carry-out, through the planner's own evaluation.
    scenario = fit.spec.scenarios["more"]
    plan = bound_plan(fit.features, scenario)
    window = Window(fit, scenario.periods)
    low = max(float(plan.lower[0]), plan.budget - float(plan.upper[1]))
    high = min(float(plan.upper[0]), plan.budget - float(plan.lower[1]))

    def respond(first: float) -> float:
        spend = xr.DataArray([first, plan.budget - first], coords=plan.current.coords)
        return float(window.respond(spend).sum("channel").mean())

    best = max(respond(first) for first in np.linspace(low, high, 201))
    found = scenarios.table.set_index("channel")["response"].sum()
    # 201 points over the range; a concave objective is flat to 1e-4 around its best point.
    assert found >= best * (1 - 1e-6)


def test_the_starts_are_not_one_point(fit: ConvergedFit) -> None:
    scenario = fit.spec.scenarios["more"]
    starts = Window(fit, scenario.periods)._list_starts(bound_plan(fit.features, scenario))

    points = {tuple(np.round(start.to_numpy(), 6)) for start in starts}
    assert len(points) == 3


def test_a_model_without_scenarios_has_an_empty_table(fit: ConvergedFit) -> None:
    from dataclasses import replace

    summary = summarize_scenarios(replace(fit, spec=fit.spec.model_copy(update={"scenarios": {}})))

    assert len(summary.table) == 0
    assert list(summary.table) == list(COLUMNS)
