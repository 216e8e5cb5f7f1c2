"""What the target may be, if a plan is kept to: against a world whose every number is known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from mmm_pipeline.decision.comparison import compare_scenarios
from mmm_pipeline.decision.expected import expect_targets
from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline_tests.decision.plans import PERIODS, Truth, make_true_fit, make_truth
from mmm_pipeline_tests.factories import make_spec

STATED: dict[str, Any] = {
    "before": "+0%",
    "dear": "+10%",
    "twenty": 20,
    "rising": tuple(np.linspace(18.0, 22.0, PERIODS).tolist()),
}


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_truth()


@pytest.fixture(scope="module")
def fit(truth: Truth) -> ConvergedFit:
    """Without noise, holding money as of late under prices that somebody states."""
    fit = make_true_fit(truth)
    hold: dict[str, Any] = {"what_if": {"tv": "current"}, "periods": PERIODS}
    scenarios = {name: {**hold, "controls": {"price": price}} for name, price in STATED.items()}
    scenarios["unsaid"] = hold
    return replace(fit, spec=make_spec(**fit.spec.model_dump() | {"scenarios": scenarios}))


def test_the_target_is_that_of_the_world_if_all_comes_as_it_is_stated(
    truth: Truth, fit: ConvergedFit
) -> None:
    plans = expect_targets(fit, summarize_scenarios(fit))

    past, known = truth.frame.iloc[:60], compare_scenarios(plans).set_index("scenario")
    before = past["price"].to_numpy()[8:14]  # The same weeks of the year before.
    prices = {
        "before": before,
        "unsaid": before,
        "dear": 1.1 * before,
        "twenty": np.full(PERIODS, 20.0),
        "rising": np.linspace(18.0, 22.0, PERIODS),
    }
    today = {name: np.full(PERIODS, past[name][-52:].mean()) for name in ("tv", "search")}
    for name, price in prices.items():
        world = truth.change(price=price, mail=past["mail"].to_numpy()[8:14], **today)
        expected = world.target[60:].sum()
        assert known.loc[name, "target"] == pytest.approx(expected, rel=1e-6), name
        assert known.loc[name, "target_lower"] == pytest.approx(expected, rel=1e-4)
    assert known.loc["dear", "response"] == known.loc["unsaid", "response"]


def test_plans_that_nobody_asks_more_of_have_no_target(fit: ConvergedFit) -> None:
    assert compare_scenarios(summarize_scenarios(fit))["target"].isna().all()


def test_nothing_is_expected_of_no_plan(fit: ConvergedFit) -> None:
    none = replace(fit, spec=fit.spec.model_copy(update={"scenarios": {}}))

    assert len(expect_targets(none, summarize_scenarios(none)).table) == 0
