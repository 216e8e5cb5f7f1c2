import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.decision.constraints import (
    Plan,
    bound_plan,
    fill_in_order,
    fit_into,
    require_feasible,
)
from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.spec import Scenario


def channels(values: list[float]) -> xr.DataArray:
    return xr.DataArray(values, dims="channel", coords={"channel": list("abcdef"[: len(values)])})


@given(
    current=st.lists(st.floats(0, 1e6), min_size=1, max_size=6).filter(lambda v: sum(v) > 1),
    wish=st.lists(st.floats(0, 1e7), min_size=6, max_size=6),
    share=st.floats(0, 1),
    bounds=st.floats(0.01, 3),
)
def test_spend_is_moved_onto_its_budget_and_into_its_bounds(
    current: list[float], wish: list[float], share: float, bounds: float
) -> None:
    today = channels(current)
    lower, upper = today * max(0, 1 - bounds), today * (1 + bounds)
    budget = float(lower.sum() + share * (upper.sum() - lower.sum()))
    plan = Plan(budget, today, lower, upper, today)

    spend = fit_into(plan, channels(wish[: len(current)]))

    assert float(spend.sum()) == pytest.approx(budget, rel=1e-9, abs=1e-9)
    slack = 1e-9 * max(1.0, budget)
    assert ((spend >= lower - slack) & (spend <= upper + slack)).all()


def test_todays_plan_is_the_mean_of_the_last_year_over_the_window() -> None:
    features = xr.Dataset(
        {
            "spend": (("date", "channel"), np.full((60, 1), 10.0)),
            "is_bought": ("channel", [True]),
        },
        coords={"channel": ["tv"]},
        attrs={"grain": "week"},
    )

    plan = bound_plan(features, Scenario(budget="-20%", periods=13, bounds=0.8))

    assert plan.current.item() == 130.0
    assert plan.budget == pytest.approx(104.0)
    assert (plan.lower.item(), plan.upper.item()) == (pytest.approx(26.0), pytest.approx(234.0))


def test_bounds_never_fall_below_nothing() -> None:
    features = xr.Dataset(
        {
            "spend": (("date", "channel"), np.full((60, 1), 10.0)),
            "is_bought": ("channel", [True]),
        },
        coords={"channel": ["tv"]},
        attrs={"grain": "week"},
    )

    assert bound_plan(features, Scenario(bounds=5)).lower.item() == 0.0


@given(
    current=st.lists(st.floats(0, 1e6), min_size=2, max_size=6).filter(lambda v: sum(v) > 1),
    share=st.floats(0, 1),
)
def test_channels_are_filled_one_after_the_other(current: list[float], share: float) -> None:
    today = channels(current)
    lower, upper = today * 0.2, today * 1.8
    budget = float(lower.sum() + share * (upper.sum() - lower.sum()))
    plan = Plan(budget, today, lower, upper, today)
    order = [str(name) for name in today["channel"].to_numpy()]

    spend = fill_in_order(plan, order)

    assert float(spend.sum()) == pytest.approx(budget, rel=1e-9, abs=1e-9)
    between = (spend > lower * (1 + 1e-9) + 1e-9) & (spend < upper * (1 - 1e-9) - 1e-9)
    assert int(between.sum()) <= 1


def test_a_plan_of_nothing_is_refused() -> None:
    today = channels([0.0, 0.0])

    with pytest.raises(ScenarioError, match="nothing was spent in the last 52 weeks"):
        require_feasible({"current": Plan(0.0, today, today, today, today)})


def test_budgets_out_of_reach_are_named_all_at_once() -> None:
    today = channels([100.0, 100.0])
    plan = Plan(1000.0, today, today * 0.2, today * 1.8, today)

    with pytest.raises(
        ScenarioError, match=r"`scenarios\.one`.*40 to 360.*1,000[\s\S]*`scenarios\.two`"
    ):
        require_feasible({"one": plan, "two": plan})
