"""What plans must keep, as linear limits, and what is said where they cannot be kept."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.decision.constraints import (
    bring_inside,
    fill_best_first,
    find_conflict,
    require_feasible,
)
from mmm_pipeline.decision.limits import Limit, Limits, limit_plan
from mmm_pipeline.decision.window import Window
from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.spec import Scenario


def box(lower: list[float], upper: list[float], budget: float) -> Limits:
    """Levers between bounds, and a budget for all."""
    each = np.eye(len(lower))
    rows = [Limit("budget", np.ones(len(lower)), budget, budget)]
    bounds = zip(each, lower, upper, strict=True)
    rows += [Limit(f"bounds of {n}", *one) for n, one in enumerate(bounds)]
    return Limits(tuple(rows), budget)


def limit(fit: ConvergedFit, **words: Any) -> tuple[Limits, Window]:
    """The limits of a scenario of the two-channel world."""
    scenario = Scenario.model_validate(words)
    window = Window(fit, scenario, 1)
    return limit_plan(scenario, window, fit.spec), window


@given(
    current=st.lists(st.floats(1, 1e6), min_size=1, max_size=6),
    wish=st.lists(st.floats(0, 1e7), min_size=6, max_size=6),
    share=st.floats(0, 1),
    reach=st.floats(0.01, 1),
)
def test_any_plan_is_brought_inside(
    current: list[float], wish: list[float], share: float, reach: float
) -> None:
    now = np.array(current)
    lower, upper = now * (1 - reach), now * (1 + reach)
    limits = box(lower.tolist(), upper.tolist(), float(lower.sum() + share * (upper - lower).sum()))

    plan = bring_inside(limits, np.array(wish[: now.size]))

    assert limits.list_breaches(plan) == []


def test_a_plan_that_keeps_its_limits_is_left_as_it_is() -> None:
    plan = np.array([30.0, 70.0])

    assert bring_inside(box([0, 0], [100, 100], 100), plan) is plan


def test_the_best_returns_are_filled_first() -> None:
    plan = fill_best_first(box([10, 10, 10], [60, 60, 60], 100), np.array([1.0, 3.0, 2.0]))

    np.testing.assert_allclose(plan, [10, 60, 30])


def test_the_budget_is_of_todays_money(fit: ConvergedFit) -> None:
    limits, window = limit(fit, budget="-20%", bounds=0.5)
    lower, upper = limits.box()

    recent = fit.features["spend"].isel(date=slice(-52, None)).mean("date")
    np.testing.assert_allclose(window.current, 13 * recent)
    assert limits.budget == pytest.approx(0.8 * window.current.sum())
    np.testing.assert_allclose(lower, 0.5 * window.current)
    np.testing.assert_allclose(upper, np.minimum(1.5 * window.current, limits.budget))


def test_todays_plan_may_be_that_of_the_last_periods(fit: ConvergedFit) -> None:
    _, window = limit(fit, today=4, periods=2)

    np.testing.assert_allclose(
        window.current, 2 * fit.features["spend"].isel(date=slice(-4, None)).mean("date")
    )


def test_todays_plan_may_be_what_was_spent_in_a_window_as_long(fit: ConvergedFit) -> None:
    _, window = limit(fit, today=13, periods=13)

    np.testing.assert_allclose(
        window.current, fit.features["spend"].isel(date=slice(-13, None)).sum("date")
    )


@pytest.mark.parametrize(
    ("words", "broken"),
    [
        ({"channels": {"tv": {"max": 1000}}}, "channels.tv.max"),
        ({"channels": {"tv": {"spend": "current"}}}, "channels.tv.spend"),
        ({"channels": {"tv": {"max_share": 0.2}}}, "channels.tv.max_share"),
        ({"channels": {"search": {"min_share": 0.9}}}, "channels.search.min_share"),
        ({"groups": {"all": {"channels": ["tv", "search"], "max": 10}}}, "groups.all.max"),
        ({"ratios": [{"channel": "tv", "to": "search", "max": 0.5}]}, "ratios of tv to search"),
        ({"ratios": [{"channel": "search", "to": "tv", "min": 2}]}, "ratios of search to tv"),
        ({"what_if": {"tv": "+50%"}}, "what_if.tv"),
        ({"extra": 1000}, "extra"),
        ({"bounds": 0.1}, "bounds of tv"),
    ],
)
def test_each_limit_is_held_against_the_plan(
    fit: ConvergedFit, words: dict[str, Any], broken: str
) -> None:
    limits, window = limit(fit, **words)

    breaches = limits.list_breaches(window.current * [1.3, 0.7])

    assert any(broken in sentence for sentence in breaches), breaches


def test_more_money_takes_none_away(fit: ConvergedFit) -> None:
    limits, window = limit(fit, extra=1000)

    assert limits.budget == pytest.approx(window.current.sum() + 1000)
    np.testing.assert_allclose(limits.box()[0], window.current)


def test_a_conflict_names_the_settings_that_make_it(fit: ConvergedFit) -> None:
    limits, _ = limit(
        fit,
        budget=1000,
        bounds=1,
        channels={"tv": {"min": 800}, "search": {"min": 400, "max": 900}},
    )

    names = {row.name for row in find_conflict(limits)}

    assert names == {"budget", "channels.tv.min", "channels.search.min"}


def test_scenarios_that_cannot_be_are_named_all_at_once(fit: ConvergedFit) -> None:
    asked = {
        name: limit(fit, **words)[0]
        for name, words in {
            "much": {"budget": "+500%"},
            "fine": {},
            "torn": {
                "channels": {"tv": {"min_share": 0.6}},
                "groups": {"rest": {"channels": ["search"], "min_share": 0.6}},
            },
        }.items()
    }

    with pytest.raises(ScenarioError) as caught:
        require_feasible(asked)

    much, torn = str(caught.value).splitlines()
    assert "`scenarios.much`" in much
    assert "`budget`" in much
    assert "bounds of" in much
    assert "channels.tv.min_share" in torn
    assert "groups.rest.min_share" in torn
    assert "bounds" not in torn


@pytest.mark.parametrize("bounds", [0, 1e-9, 1e-7, 1.2e-7, 2e-7, 1e-6])
def test_bounds_may_be_as_narrow_as_one_likes(fit: ConvergedFit, bounds: float) -> None:
    limits, window = limit(fit, bounds=bounds)

    assert limits.list_breaches(window.current) == []
    assert find_conflict(limits) == []


@given(
    lower=st.lists(st.floats(0, 100), min_size=2, max_size=5),
    room=st.lists(st.floats(0, 100), min_size=5, max_size=5),
    budget=st.floats(0, 1000),
)
def test_there_is_a_conflict_if_and_only_if_no_money_fits(
    lower: list[float], room: list[float], budget: float
) -> None:
    upper = [low + more for low, more in zip(lower, room, strict=False)]
    limits = box(lower, upper, budget)
    # linprog holds limits to 1e-7 of their scale: what is nearer than that may go either way.
    if min(abs(sum(lower) - budget), abs(sum(upper) - budget)) < 1e-3:
        return

    assert bool(find_conflict(limits)) == (not sum(lower) <= budget <= sum(upper))
