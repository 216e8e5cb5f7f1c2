"""One budget over two models, against a grid in plain NumPy and against its own laws."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mmm_pipeline.decision.comparison import compare_scenarios
from mmm_pipeline.decision.joint import (
    COLUMNS,
    find_broken_joint_limits,
    summarize_joint_budget,
)
from mmm_pipeline.decision.joint_window import open_joint_window
from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.errors import ScenarioError, SpecError
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.spec import JointSpec, Scenario
from mmm_pipeline_tests.factories import (
    make_features,
    make_posterior,
    make_spec,
    make_trace,
    make_world,
)

MARGINS = {"online": 0.35, "offline": 0.25}
WEEKS, L_MAX = 13, 8


def make_fit(name: str, roas: list[float], seed: int, **words: Any) -> ConvergedFit:
    """A fit whose returns are near what is said."""
    settings = {"trend": "none", "seasonality": {"yearly": 0}} | words
    world = settings.pop("world", make_world())
    spec = make_spec(name=name, **settings)
    features = make_features(spec, world)
    posterior = make_posterior(spec, features, seed)
    factor = np.array(roas) / np.linspace(1.5, 3.0, len(roas))
    posterior["roas"] = posterior["roas"] * factor
    trace = make_trace(spec, features, posterior)
    return admit(trace, spec)


@pytest.fixture(scope="module")
def fits() -> dict[str, ConvergedFit]:
    """Television sells in stores, search in the web shop."""
    return {
        "online": make_fit(
            "online", [0.5, 4.0], 3, media={"tv": {"group": "Screens"}, "search": {}}
        ),
        "offline": make_fit("offline", [6.0, 0.8], 4),
    }


SCENARIOS = {
    "now": {},
    "cvar": {"utility": "cvar"},
    "var": {"utility": "var"},
    "more_tv": {"what_if": {"tv": "+50%"}},
    "pays": {"budget": "free", "goal": {"marginal_roas": 0.8}, "bounds": 5},
    "capped": {"groups": {"Screens": {"max": "-30%"}}},
    "more": {"budget": "+30%", "channels": {"tv": {"max_share": 0.6}}},
    "less": {"budget": "-20%", "periods": 4},
}


@pytest.fixture(scope="module")
def summary(fits: dict[str, ConvergedFit]) -> Summary:
    """All of them, of shared money."""
    return summarize_joint_budget(fits, make_joint(scenarios=SCENARIOS))


def pick(summary: Summary, scenario: str) -> pd.DataFrame:
    """The plan of one scenario, by channel."""
    return summary.table[summary.table["scenario"] == scenario].set_index("channel")


def make_joint(**words: Any) -> JointSpec:
    models = {name: {"margin": margin} for name, margin in MARGINS.items()}
    return JointSpec.model_validate({"name": "all", "models": models} | words)


def plan(fits: dict[str, ConvergedFit], scenario: dict[str, Any], **words: Any) -> Summary:
    """The plan of one scenario."""
    return summarize_joint_budget(fits, make_joint(scenarios={"x": scenario}, **words))


def respond(fit: ConvergedFit, channel: str, money: np.ndarray) -> np.ndarray:
    """Mean over the draws of what even spends add, in plain NumPy: target units, by amount."""
    features, posterior = fit.features.sel(channel=channel), fit.posterior.sel(channel=channel)
    draws = {
        name: posterior[name].to_numpy().ravel() for name in ("adstock_alpha", "saturation_lam")
    }
    scale = float(features["channel_scale"])
    history = features["spend"].to_numpy() / scale
    weights = draws["adstock_alpha"][:, None] ** np.arange(L_MAX)
    weights /= weights.sum(axis=1, keepdims=True)

    def bend(exposure: np.ndarray) -> np.ndarray:
        """Carried and bent, added up over the dates, by draw."""
        padded = np.r_[np.zeros(L_MAX - 1), exposure]
        lagged = np.array([padded[L_MAX - 1 - n : padded.size - n] for n in range(L_MAX)])
        carried: np.ndarray = weights @ lagged
        return np.tanh(draws["saturation_lam"][:, None] * carried / 2)

    roas = posterior["roas"].to_numpy().ravel()
    height = roas * float(features["spend"].sum()) / bend(history).sum(axis=1)
    past, after = history[-L_MAX:], np.zeros(WEEKS + L_MAX)
    nothing = bend(np.r_[past, after])[:, L_MAX:].sum(axis=1)
    found = []
    for amount in money:
        after[:WEEKS] = amount / WEEKS / scale
        found.append((height * (bend(np.r_[past, after])[:, L_MAX:].sum(axis=1) - nothing)).mean())
    return np.array(found)


def test_shared_money_is_spent_as_a_grid_says(
    summary: Summary, fits: dict[str, ConvergedFit]
) -> None:
    table = pick(summary, "now")

    today = {name: 13 * float(fits["online"].features["spend"].sel(channel=name)[-52:].mean())
             for name in ("tv", "search")}  # fmt: skip
    budget = sum(today.values())
    low = max(0.2 * today["tv"], budget - 1.8 * today["search"])
    high = min(1.8 * today["tv"], budget - 0.2 * today["search"])
    tv = np.linspace(low, high, 201)
    left = sum(
        MARGINS[name] * (respond(fit, "tv", tv) + respond(fit, "search", budget - tv))
        for name, fit in fits.items()
    )
    best = int(np.argmax(left))
    found = table["response"].sum()
    assert found == pytest.approx(left[best], rel=1e-3)
    assert table.loc["tv", "spend"] == pytest.approx(tv[best], abs=2 * (tv[1] - tv[0]))
    assert table.loc["tv", "spend_current"] == pytest.approx(today["tv"], rel=1e-9)
    assert 0 < best < 200, "an inner optimum, or the grid proves nothing"


def test_separate_money_is_spent_as_a_grid_says(fits: dict[str, ConvergedFit]) -> None:
    held = {"online.search": {"spend": "current"}, "offline.search": {"spend": "current"}}
    table = pick(plan(fits, {"channels": held}, spend="separate"), "x")

    today = table["spend_current"]
    budget = today["online.tv"] + today["offline.tv"]
    online = np.linspace(0.2 * today["online.tv"], 1.8 * today["online.tv"], 201)
    left = MARGINS["online"] * respond(fits["online"], "tv", online)
    left = left + MARGINS["offline"] * respond(fits["offline"], "tv", budget - online)
    found = table.loc[["online.tv", "offline.tv"], "response"].sum()
    assert found == pytest.approx(left.max(), rel=1e-3)
    assert table["spend"].sum() == pytest.approx(today.sum())
    assert table["models"].to_dict()["online.tv"] == "online"


@pytest.mark.parametrize("scenario", ["now", "cvar", "var"])
def test_a_plan_is_never_worse_than_todays(summary: Summary, scenario: str) -> None:
    draws = summary.draws.sel(scenario=scenario)

    assert float(draws["utility"]) >= float(draws["utility_current"])


def test_one_unit_of_money_moves_both_targets(
    summary: Summary, fits: dict[str, ConvergedFit]
) -> None:
    draws, table = summary.draws.sel(scenario="more_tv"), pick(summary, "more_tv")

    for name, fit in fits.items():
        own = replace(
            fit,
            spec=make_spec(
                **fit.spec.model_dump() | {"scenarios": {"x": {"what_if": {"tv": "+50%"}}}}
            ),
        )
        expected = summarize_scenarios(own).draws["response"].sum("channel").isel(scenario=0)
        found = draws["outcome"].sel(model=name)
        assert float(found.mean()) == pytest.approx(float(expected.mean()))
        assert float(found.mean()) > float(draws["outcome_current"].sel(model=name).mean())
    weighed = sum(MARGINS[name] * draws["outcome"].sel(model=name) for name in fits)
    np.testing.assert_allclose(draws["response"].sum("channel"), weighed, rtol=1e-9)
    assert table.loc["tv", "spend"] == pytest.approx(1.5 * table.loc["tv", "spend_current"])


def test_a_channel_that_one_model_knows_acts_there_alone(fits: dict[str, ConvergedFit]) -> None:
    some = {"online": fits["online"], "offline": make_fit("offline", [6.0], 4, media={"tv": {}})}

    found = plan(some, {"what_if": {"search": "+50%"}})

    table, draws = pick(found, "x"), found.draws.sel(scenario="x")
    assert table["models"].to_dict() == {"tv": "online, offline", "search": "online"}
    moved = draws["outcome"] - draws["outcome_current"]
    assert float(abs(moved.sel(model="offline")).max()) == pytest.approx(0.0, abs=1e-9)
    assert float(moved.sel(model="online").min()) > 0


def test_the_margins_decide_where_money_goes(
    summary: Summary, fits: dict[str, ConvergedFit]
) -> None:
    stores = plan(fits, {}, models={"online": {"margin": 0.0}, "offline": {"margin": 1.0}})

    assert pick(stores, "x").loc["tv", "spend"] > 1.1 * pick(summary, "now").loc["tv", "spend"]


def test_a_goal_spends_until_the_next_unit_comes_back(summary: Summary) -> None:
    table = pick(summary, "pays")

    inner = table[(table["spend"] > 1) & (table["spend"] < 5.99 * table["spend_current"])]
    assert len(inner)
    np.testing.assert_allclose(inner["marginal"], 0.8, rtol=5e-3)  # Of a spline, on all draws.


def test_limits_are_kept_and_a_broken_one_is_found(
    summary: Summary, fits: dict[str, ConvergedFit]
) -> None:
    joint = make_joint(scenarios=SCENARIOS)

    assert list(summary.table) == list(COLUMNS)
    assert find_broken_joint_limits(summary, fits, joint) == []
    twice = summary.table.assign(spend=2 * summary.table["spend"])
    broken = find_broken_joint_limits(Summary(twice, summary.draws), fits, joint)
    assert any("`budget`" in words for words in broken)


def test_scenarios_are_compared_as_those_of_one_model(summary: Summary) -> None:
    table = compare_scenarios(summary).set_index("scenario")

    assert table.loc["less", "periods"] == 4
    assert table.loc["now", "gain"] == pytest.approx(
        pick(summary, "now")["response"].sum() - pick(summary, "now")["response_current"].sum()
    )


def test_a_group_is_whatever_any_model_calls_so(summary: Summary) -> None:
    tv = pick(summary, "capped").loc["tv"]

    assert tv["spend"] <= 0.7 * tv["spend_current"] * (1 + 1e-6)


def test_what_cannot_be_kept_together_is_refused(fits: dict[str, ConvergedFit]) -> None:
    words = {"channels": {"tv": {"max": 1}, "search": {"max": 1}}}

    with pytest.raises(ScenarioError, match=r"`scenarios\.x` must leave a plan"):
        plan(fits, words)


def test_the_window_begins_when_all_data_have_ended(fits: dict[str, ConvergedFit]) -> None:
    shorter = make_world(weeks=96)
    some = {"online": make_fit("online", [0.5, 4.0], 3, world=shorter), "offline": fits["offline"]}

    with pytest.raises(ScenarioError, match="of online: `start` must be the first day"):
        plan(some, {"start": "2024-11-12"}, spend="separate")
    found = open_joint_window(some, make_joint(spend="separate"), Scenario(periods=2))

    assert [f"{part.window.dates[0]:%Y-%m-%d}" for part in found.parts] == ["2024-12-30"] * 2


def test_money_that_is_not_the_same_is_not_shared(fits: dict[str, ConvergedFit]) -> None:
    other = make_fit("offline", [6.0, 0.8], 4, world=make_world(seed=99))

    with pytest.raises(SpecError, match="must hold the same spend"):
        plan({**fits, "offline": other}, {})
