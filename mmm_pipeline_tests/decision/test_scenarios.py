"""The planner on draws that nobody sampled, against grids and against its own arithmetic."""

import datetime as dt
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_pipeline.decision.comparison import COLUMNS, compare_scenarios
from mmm_pipeline.decision.goals import Planner
from mmm_pipeline.decision.limits import limit_plan
from mmm_pipeline.decision.plans import LEVER_COLUMNS
from mmm_pipeline.decision.scenarios import build_planner, find_broken_limits, summarize_scenarios
from mmm_pipeline.decision.today import read_today, require_plannable
from mmm_pipeline.decision.utilities import UTILITIES, compute_utility
from mmm_pipeline.decision.window import Window
from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.model.features import build_features
from mmm_pipeline.simulate import geometric_adstock
from mmm_pipeline.spec import Scenario
from mmm_pipeline_tests.factories import draw_fit, make_features, make_panel, make_spec, make_trace

NEAR = 1e-3
"""Share of the best grid point's utility that a plan may fall short of it by."""


def plan_one(fit: ConvergedFit, **words: Any) -> tuple[np.ndarray, str, Window, Planner]:
    """The plan of one scenario, and what it was found with."""
    scenario = Scenario.model_validate(words)
    window = Window(fit, scenario)
    limits = limit_plan(scenario, window, fit.spec)
    planner = build_planner(fit, window, [limits])
    return *planner.plan(scenario, limits), window, planner


def ask(fit: ConvergedFit, **scenarios: Any) -> Summary:
    """The summary of other scenarios of the same fit."""
    spec = make_spec(**fit.spec.model_dump() | {"scenarios": scenarios})
    return summarize_scenarios(replace(fit, spec=spec))


@pytest.fixture(scope="module")
def scenarios(fit: ConvergedFit) -> Summary:
    return summarize_scenarios(fit)


def test_the_table_has_the_columns_that_are_promised(scenarios: Summary) -> None:
    assert list(scenarios.table) == ["scenario", "channel", *LEVER_COLUMNS, "is_observed"]
    assert list(compare_scenarios(scenarios)) == list(COLUMNS)


def test_a_scenario_is_compared_draw_by_draw(scenarios: Summary) -> None:
    row = compare_scenarios(scenarios).set_index("scenario").loc["more"]
    draws = scenarios.draws[["response", "response_current"]].sel(scenario="more").sum("channel")

    gain = draws["response"] - draws["response_current"]
    assert row["gain"] == pytest.approx(float(gain.mean()))
    assert row["probability_better"] == pytest.approx(float((gain > 0).mean()))
    assert row["downside"] <= row["gain_lower"] <= row["gain"]
    assert row["roas"] == pytest.approx(row["response"] / row["spend"])


def test_confidence_is_that_of_the_channels_weighed_by_their_money(scenarios: Summary) -> None:
    row = compare_scenarios(scenarios).iloc[0]

    table = scenarios.table.set_index("channel")["spend"]
    expected = 0.0
    for channel, spend in table.items():
        draws = scenarios.draws["response"].sel(scenario="more", channel=channel).to_numpy()
        expected += spend / table.sum() * np.clip(1 - draws.std() / abs(draws.mean()), 0.3, 1)
    assert row["confidence"] == pytest.approx(expected)
    assert 0.3 < row["confidence"] < 1


def test_every_limit_is_kept(scenarios: Summary, fit: ConvergedFit) -> None:
    assert find_broken_limits(scenarios, fit) == []
    spent = scenarios.table.groupby("scenario")[["spend", "spend_current"]].sum()
    assert spent["spend"]["more"] == pytest.approx(1.1 * spent["spend_current"]["more"], rel=1e-6)


def test_a_broken_limit_is_found(scenarios: Summary, fit: ConvergedFit) -> None:
    table = scenarios.table.assign(spend=scenarios.table["spend"] * [2.0, 0.1])

    broken = find_broken_limits(Summary(table, scenarios.draws), fit)

    assert any("budget" in sentence for sentence in broken)
    assert any("bounds of" in sentence for sentence in broken)


def test_a_response_is_what_the_plan_adds_carry_out_included(
    scenarios: Summary, fit: ConvergedFit
) -> None:
    found = scenarios.draws["response_current"].sel(scenario="more")

    for channel in ("tv", "search"):
        expected = _respond(fit, channel, np.ones(13))
        np.testing.assert_allclose(found.sel(channel=channel), expected, rtol=1e-8)


def test_money_may_be_spread_by_weights(fit: ConvergedFit) -> None:
    weights = (*np.arange(1, 14.0),)
    phasing = {"tv": weights, "search": "pulse"}
    summary = ask(fit, hold={"what_if": {"tv": "current"}, "phasing": phasing})

    found = summary.draws["response"].sel(scenario="hold")

    pulses = np.tile([1.0, 0.0], 7)[:13]
    for channel, pattern in (("tv", np.array(weights)), ("search", pulses)):
        expected = _respond(fit, channel, pattern / pattern.mean())
        np.testing.assert_allclose(found.sel(channel=channel), expected, rtol=1e-8)


def _respond(fit: ConvergedFit, channel: str, pattern: np.ndarray) -> np.ndarray:
    """Add today's plan to the spend before it, draw by draw, in plain NumPy."""
    features, posterior = fit.features.sel(channel=channel), fit.posterior.sel(channel=channel)
    scale = float(features["channel_scale"])
    history = features["spend"].to_numpy() / scale
    past = features["spend"].to_numpy()[-8:] / scale
    per_week = float(fit.features["spend"].sel(channel=channel)[-52:].mean()) / scale
    plan = np.r_[per_week * pattern, np.zeros(8)]
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


@pytest.mark.parametrize("utility", list(UTILITIES))
@pytest.mark.parametrize(
    "words",
    [
        {"budget": "+10%"},
        {"bounds": 0.5, "channels": {"tv": {"min_share": 0.45}}},
        {"extra": 100_000},
    ],
    ids=["budget", "share", "extra"],
)
def test_no_plan_on_a_grid_of_two_channels_is_better(
    fit: ConvergedFit, utility: str, words: dict[str, Any]
) -> None:
    money, _, window, _ = plan_one(fit, utility=utility, **words)
    scenario = Scenario.model_validate({"utility": utility, **words})
    limits = limit_plan(scenario, window, fit.spec)
    grid = np.linspace(0, limits.budget, 401)
    plans = [np.array([one, limits.budget - one]) for one in grid]

    _compare_with_grid(window, scenario, money, [p for p in plans if not limits.list_breaches(p)])


@pytest.mark.slow
@pytest.mark.parametrize("utility", list(UTILITIES))
@pytest.mark.parametrize(
    "words",
    [
        {"budget": "+30%"},
        {
            "budget": "-10%",
            "channels": {"tv": {"max": "-30%"}},
            "ratios": [{"channel": "radio", "to": "search", "min": 0.5}],
        },
        {"groups": {"air": {"channels": ["tv", "radio"], "max_share": 0.5}}},
    ],
    ids=["budget", "ratio", "group"],
)
def test_no_plan_on_a_grid_of_three_channels_is_better(
    three: ConvergedFit, utility: str, words: dict[str, Any]
) -> None:
    money, _, window, _ = plan_one(three, utility=utility, **words)
    scenario = Scenario.model_validate({"utility": utility, **words})
    limits = limit_plan(scenario, window, three.spec)
    lower, upper = limits.box()
    axes = [np.linspace(lower[n], upper[n], 41) for n in (0, 1)]
    plans = [np.array([a, b, limits.budget - a - b]) for a, b in itertools.product(*axes)]

    _compare_with_grid(window, scenario, money, [p for p in plans if not limits.list_breaches(p)])


def _compare_with_grid(
    window: Window, scenario: Scenario, money: np.ndarray, plans: list[np.ndarray]
) -> None:
    """Hold the utility of a plan against that of all others, exactly measured."""
    assert len(plans) > 50
    response = window.respond(np.array([money, window.current, *plans])).sum(axis=1)
    found, today, *others = (
        compute_utility(scenario.utility, one, scenario.confidence) for one in response
    )
    best = max(others)
    assert found >= best - NEAR * abs(best)
    if not limit_plan(scenario, window, _spec_of(window)).list_breaches(window.current):
        assert found >= today


def _spec_of(window: Window) -> Any:
    return make_spec(media={name: {} for name in window.channels})


WINDOWS = st.fixed_dictionaries(
    {
        "phasing": st.sampled_from(["even", "front", "ramp", "pulse", "seasonal"]),
        "periods": st.integers(1, 20),
    }
)
WORDS = {"confidence": st.floats(0.6, 0.99), "bounds": st.floats(0, 0.5)}
# Today's air takes 0.6 of the money.
AIR = st.fixed_dictionaries({"channels": st.just(["tv", "radio"]), "max_share": st.floats(0.65, 1)})
ASKED = st.one_of(
    st.fixed_dictionaries({"utility": st.sampled_from(list(UTILITIES)), **WORDS}),
    st.fixed_dictionaries({"groups": st.fixed_dictionaries({"air": AIR}), **WORDS}),
    st.fixed_dictionaries(
        {
            "budget": st.just("free"),
            "goal": st.fixed_dictionaries({"margin": st.floats(0.2, 2)}),
            "utility": st.sampled_from(["mean", "var", "cvar", "adjusted_var"]),
            **WORDS,
        }
    ),
)
"""Scenarios that today's plan of the three channels keeps."""


@settings(max_examples=8)
@given(window=WINDOWS, asked=st.lists(ASKED, min_size=15, max_size=15))
def test_no_plan_is_worse_than_todays_money_which_it_could_spend(
    three: ConvergedFit, window: dict[str, Any], asked: list[dict[str, Any]]
) -> None:
    words = {f"plan_{n}": {**window, **one} for n, one in enumerate(asked)}
    today = {"today": {**window, "what_if": {"tv": "current"}}}

    # What is best in 50 draws need not be in all of them: the law holds in all.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mmm_pipeline.decision.scenarios.SEARCH_DRAWS", 50)
        summary = ask(three, **today, **words)

    held = summary.draws["response"].sel(scenario="today").sum("channel").to_numpy()
    for name, said in words.items():
        one, table = summary.draws.sel(scenario=name), summary.table
        money = table.loc[table["scenario"] == name, ["spend", "spend_current"]].sum()
        price = 1 / said["goal"]["margin"] if "goal" in said else 0.0
        planned = float(one["utility"]) - price * money["spend"]
        could = compute_utility(said.get("utility", "mean"), held, said["confidence"])
        assert planned >= could - price * money["spend_current"]


def test_what_is_left_of_a_gain_is_told_where_a_margin_is_known(fit: ConvergedFit) -> None:
    data = fit.spec.data.model_copy(update={"margin": 0.4})
    rich = replace(fit, spec=fit.spec.model_copy(update={"data": data}))
    words: dict[str, Any] = {"up": {"budget": "+20%"}, "same": {"what_if": {"tv": "current"}}}
    summary = ask(rich, **words)
    table = compare_scenarios(summary).set_index("scenario")

    both = summary.draws[["response", "response_current"]]
    draws = both.sel(scenario="up").sum("channel")
    extra = table.loc["up", "spend"] - table.loc["up", "spend_current"]
    net = 0.4 * (draws["response"] - draws["response_current"]).to_numpy() - extra
    assert table.loc["up", "net"] == pytest.approx(net.mean())
    assert table.loc["up", "net_lower"] == pytest.approx(np.quantile(net, 0.05))
    assert table.loc["up", "probability_pays"] == (net > 0).mean()
    assert np.isnan(
        table.loc["same", ["probability_better", "probability_pays"]].astype(float)
    ).all()
    assert compare_scenarios(ask(fit, **words))["net"].isna().all()


def test_why_money_is_left_over_is_told(three: ConvergedFit) -> None:
    summary = ask(
        three,
        dear={"goal": {"roas": 4}, "bounds": 3},
        full={"budget": "+500%", "goal": {"margin": 99}, "bounds": 0.1},
        reached={"budget": "+10%", "goal": {"response": "-30%"}, "bounds": 1},
        spent={"budget": "+10%"},
    )
    notes = compare_scenarios(summary).set_index("scenario")["note"]

    assert notes["dear"].endswith("the next unit of it would not earn what was asked for")
    assert notes["full"].endswith("no channel may take more")
    assert notes["reached"].endswith("what was asked for is reached for less")
    assert notes["spent"] == ""


def test_todays_plan_spends_evenly_at_the_prices_that_will_be(fit: ConvergedFit) -> None:
    hold: dict[str, Any] = {"what_if": {"tv": "current"}}
    summary = ask(
        fit,
        hold=hold,
        pulse={**hold, "phasing": "pulse"},
        dear={**hold, "prices": {"tv": "+30%", "search": "+30%"}},
    )
    table = compare_scenarios(summary).set_index("scenario")

    assert table.loc["hold", "gain"] == 0.0
    assert table.loc["pulse", "response_current"] == table.loc["hold", "response"]
    assert table.loc["pulse", "gain"] == pytest.approx(
        table.loc["pulse", "response"] - table.loc["hold", "response"]
    )
    # Curves flatten: what is spent in turns brings less.
    assert table.loc["pulse", "gain_upper"] < 0
    assert table.loc["dear", "gain"] == 0.0
    assert table.loc["dear", "response_current"] < table.loc["hold", "response"]


def test_what_channels_earn_at_the_margin_is_equal_at_the_optimum(three: ConvergedFit) -> None:
    table = ask(three, wide={"budget": "+20%", "bounds": 5}).table

    lower, upper = 1e-3 * table["spend_current"], 5.99 * table["spend_current"]
    free = table[(table["spend"] > lower) & (table["spend"] < upper)]
    assert len(free) >= 2
    assert free["marginal"].max() / free["marginal"].min() == pytest.approx(1, abs=0.01)


def test_the_marginal_return_is_that_of_the_next_unit(three: ConvergedFit) -> None:
    scenario = Scenario()
    window = Window(three, scenario)
    table = ask(three, now={"what_if": {"tv": "current"}}).table

    more = window.respond(
        np.array([window.current, window.current + np.array([1.0, 0.0, 0.0])])
    ).sum(axis=1)
    assert table["marginal"][0] == pytest.approx(float((more[1] - more[0]).mean()), rel=1e-3)


def test_profit_is_largest_where_the_next_unit_pays_for_itself(three: ConvergedFit) -> None:
    asked = {
        name: {"budget": "free", "bounds": 30, "goal": goal}
        for name, goal in {"profit": {"margin": 0.8}, "margin": {"marginal_roas": 1.25}}.items()
    }

    table = ask(three, **asked).table

    profit, margin = (table[table["scenario"] == name] for name in asked)
    np.testing.assert_allclose(profit["spend"], margin["spend"].to_numpy(), rtol=1e-3)
    inside = profit[profit["spend"].between(1, 30.9 * profit["spend_current"])]
    assert len(inside) >= 2
    np.testing.assert_allclose(inside["marginal"], 1.25, rtol=0.01)


def test_a_target_return_is_kept_and_used_up(three: ConvergedFit) -> None:
    asked = {"budget": "free", "bounds": 10, "goal": {"roas": 1.9}}

    row = compare_scenarios(ask(three, floor=asked)).iloc[0]

    assert row["roas"] == pytest.approx(1.9, rel=1e-3)
    assert row["spend"] > row["spend_current"]
    assert row["note"] == ""


def test_money_that_would_not_earn_enough_is_left_over(three: ConvergedFit) -> None:
    asked = {"budget": "+500%", "bounds": 10, "goal": {"roas": 1.9}}

    row = compare_scenarios(ask(three, floor=asked)).iloc[0]

    assert row["unallocated"] > 0
    assert row["unallocated"] == pytest.approx(row["budget"] - row["spend"])
    assert row["roas"] >= 1.9 * (1 - 1e-6)


def test_a_target_is_reached_for_the_least_money(three: ConvergedFit) -> None:
    asked = {
        "goal": {"budget": "free", "bounds": 3, "goal": {"response": "+20%"}},
        "too_much": {"budget": "free", "bounds": 0.1, "goal": {"response": "+90%"}},
    }

    table = compare_scenarios(ask(three, **asked)).set_index("scenario")

    goal, too_much = table.loc["goal"], table.loc["too_much"]
    assert goal["response"] == pytest.approx(1.2 * goal["response_current"], rel=1e-4)
    # The best plan of that very money brings no more: there is no cheaper way.
    same = compare_scenarios(ask(three, same={"budget": goal["spend"], "bounds": 3})).iloc[0]
    assert same["response"] == pytest.approx(goal["response"], rel=1e-4)
    assert "cannot be reached within the limits" in too_much["note"]


@pytest.mark.parametrize(
    ("words", "low", "high"),
    [
        ({"channels": {"tv": {"max": 0}}, "bounds": 3}, 0.0, 0.0),
        ({"channels": {"tv": {"max": "-90%"}}, "bounds": 3}, 0.0, 0.1),
        ({"channels": {"tv": {"min": "+100%"}}, "budget": "+60%"}, 2.0, np.inf),
        ({"channels": {"tv": {"max_share": 0.05}}, "budget": "-50%"}, 0.0, np.inf),
        ({"channels": {"tv": {"max": "+20%"}}, "extra": "+5%"}, 1.0, 1.2),
        (
            {
                "channels": {"tv": {"min": "-5%"}},
                "budget": "free",
                "goal": {"margin": 99},
                "bounds": 0.1,
            },
            0.95,
            1.1,
        ),
    ],
)
def test_a_channels_own_limits_are_in_place_of_the_bounds(
    three: ConvergedFit, words: dict[str, Any], low: float, high: float
) -> None:
    table = ask(three, one=words).table.set_index("channel")

    moved = table.loc["tv", "spend"] / table.loc["tv", "spend_current"]
    assert low - 1e-6 <= moved <= high + 1e-6


def test_a_plan_that_is_said_is_only_told(fit: ConvergedFit) -> None:
    table = ask(fit, idea={"what_if": {"tv": "+50%"}}).table.set_index("channel")

    assert table.loc["tv", "spend"] == pytest.approx(1.5 * table.loc["tv", "spend_current"])
    assert table.loc["search", "spend"] == pytest.approx(table.loc["search", "spend_current"])


def test_a_higher_price_buys_less(fit: ConvergedFit) -> None:
    summary = ask(
        fit,
        now={"what_if": {"tv": "-50%"}},
        dear={"what_if": {"tv": "current"}, "prices": {"tv": "+100%"}},
    )

    now, dear = (summary.draws["response"].sel(scenario=name) for name in ("now", "dear"))
    np.testing.assert_allclose(now.sel(channel="tv"), dear.sel(channel="tv"), rtol=1e-9)


def test_a_later_window_starts_from_todays_plan(fit: ConvergedFit) -> None:
    last = pd.Timestamp(fit.features["date"].to_numpy()[-1])
    start = (last + pd.Timedelta(weeks=5)).date()
    later, soon = Window(fit, Scenario(start=start)), Window(fit, Scenario())

    assert later.gap == 4
    assert later.dates[0].date() == start
    # Four weeks of today's plan in between, instead of what was spent, change the carry-in only.
    ratio = later.respond(later.current[None]).sum() / soon.respond(soon.current[None]).sum()
    assert ratio == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("days", [-70, 3])
def test_a_window_begins_with_a_period_after_the_data(fit: ConvergedFit, days: int) -> None:
    last = pd.Timestamp(fit.features["date"].to_numpy()[-1])
    start = (last + pd.Timedelta(days=days)).date()

    with pytest.raises(ScenarioError, match="first day of a period after the data"):
        Window(fit, Scenario(start=start))


@pytest.mark.parametrize("words", [{}, {"today": 4, "periods": 5}])
def test_todays_plan_is_known_before_there_is_a_fit(
    fit: ConvergedFit, words: dict[str, Any]
) -> None:
    scenario = Scenario(**words)
    window, today = Window(fit, scenario), read_today(fit.spec, fit.features, scenario)

    assert today.channels == window.channels
    np.testing.assert_array_equal(today.channel_of, window.channel_of)
    np.testing.assert_allclose(today.current, window.current, rtol=1e-12)


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ({"budget": "+500%"}, "`scenarios.x` must leave a plan that keeps all of it"),
        ({"start": dt.date(2020, 1, 1)}, "`scenarios.x`: `start` must be the first day"),
    ],
)
def test_what_cannot_be_planned_is_told_before_there_is_a_fit(
    fit: ConvergedFit, scenario: dict[str, Any], words: str
) -> None:
    spec = make_spec(**fit.spec.model_dump() | {"scenarios": {"x": scenario}})

    with pytest.raises(ScenarioError, match=words):
        require_plannable(spec, fit.features)
    require_plannable(fit.spec, fit.features)


def test_a_channel_that_is_off_stays_off_and_says_so() -> None:
    spec = make_spec(
        scenarios={"more": {"budget": "+10%"}, "on": {"channels": {"tv": {"max": 9e4}}}}
    )
    features = make_features(spec)
    off = features["exposure"].copy()
    off.loc[{"channel": "tv", "date": features["date"][-60:]}] = 0.0
    features = features.assign(exposure=off, spend=off * (features["spend"] / features["exposure"]))
    trace = make_trace(spec, features)
    fit = admit(trace, spec)

    table = summarize_scenarios(fit).table.set_index(["scenario", "channel"])

    assert table.loc[("more", "tv"), "spend"] == pytest.approx(0, abs=1e-3)
    assert table.loc[("more", "tv"), "marginal"] > 0
    assert 0 <= table.loc[("on", "tv"), "spend"] <= 9e4 * (1 + 1e-9)


def test_money_may_go_to_a_cell_that_a_channel_never_ran_in() -> None:
    data = {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]}
    media = {"tv": {"spend": "tv", "exposure": "grp"}, "search": {}}
    spec = make_spec(
        data=data,
        media=media,
        pooling="complete",
        trend="none",
        seasonality={"yearly": 0},
        scenarios={"alike": {"budget": "+10%"}, "free": {"budget": "+10%", "free_cells": True}},
    )
    rng = np.random.default_rng(3)
    runs = np.tile([1.0, 0.0], 30)  # In the north only, at 4 for each unit of exposure.
    grp = 5 * rng.gamma(3.0, 1 / 3, 60) * runs
    frame = make_panel(spec, {"geo": ["n", "s"]}, tv=4 * grp, grp=grp)
    fit = draw_fit(spec, build_features(frame, spec))

    table = summarize_scenarios(fit).table.set_index(["scenario", "channel", "geo"])

    free = fit.spec.scenarios["free"]
    today, window = read_today(spec, fit.features, free), Window(fit, free)
    np.testing.assert_array_equal(today.channel_of, window.channel_of)
    np.testing.assert_allclose(today.current, window.current, rtol=1e-12)
    assert np.isfinite(table["response"]).all()
    spread = table.xs("alike", level="scenario").droplevel("geo").loc["tv", "spend"]
    alike = Window(fit, Scenario()).schedule(np.array([spread, 1.0]))
    assert float(alike["spend"].sel(geo="s", channel="tv").sum()) == 0.0
    moved = Window(fit, Scenario(free_cells=True)).schedule(np.full(4, 13 * 8.0))
    np.testing.assert_allclose(moved["exposure"].sel(channel="tv"), 2.0)  # 8 a week, at 4.


def test_budgets_of_nothing_and_of_a_hundred_times_are_answered(fit: ConvergedFit) -> None:
    asked = {
        "none": {"budget": 0, "bounds": 1},
        "huge": {"budget": "+9900%", "bounds": 200},
    }

    table = compare_scenarios(ask(fit, **asked)).set_index("scenario")

    assert table.loc["none", "spend"] == pytest.approx(0, abs=1e-6)
    assert table.loc["none", "response"] == pytest.approx(0, abs=1e-6)
    assert np.isnan(table.loc["none", "roas"])
    assert table.loc["huge", "spend"] == pytest.approx(100 * table.loc["huge", "spend_current"])
    assert table.loc["huge", "unseen"] == "tv, search"
    assert table.loc["huge", "probability_better"] == 1.0


def test_a_single_channel_gets_it_all() -> None:
    spec = make_spec(media={"tv": {}}, scenarios={"more": {"budget": "+10%"}})
    features = make_features(spec)
    trace = make_trace(spec, features)
    fit = admit(trace, spec)

    table = summarize_scenarios(fit).table

    assert table["spend"].item() == pytest.approx(1.1 * table["spend_current"].item())


def test_a_model_without_scenarios_has_an_empty_table(fit: ConvergedFit) -> None:
    summary = summarize_scenarios(replace(fit, spec=fit.spec.model_copy(update={"scenarios": {}})))

    assert len(summary.table) == 0
    assert list(summary.table) == ["scenario", "channel", *LEVER_COLUMNS, "is_observed"]
    assert len(compare_scenarios(summary)) == 0
