"""The planner on worlds whose truth is known, against optima in closed form."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

from mmm_pipeline.decision.limits import limit_plan
from mmm_pipeline.decision.scenarios import build_planner
from mmm_pipeline.decision.window import Window
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.simulate import World, demo_world, geometric_adstock
from mmm_pipeline.spec import Scenario
from mmm_pipeline_tests.factories import (
    make_features,
    make_posterior,
    make_spec,
    make_trace,
    make_world,
)

PERIODS, L_MAX = 13, 8
NEAR = 1e-6
"""Share of the best response that a plan may fall short of it by: a climb ends where a step gains
less than 1e-9, and the draws lie 1e-6 about the truth."""
APART = 1e-3
"""Share of the budget by which money may lie elsewhere: what that costs grows with its square."""
WORLDS = {"two channels": make_world(), "five channels": demo_world()}


class Truth:
    """What a world's channels bring in the window, and earn at the margin, by its own recipe."""

    def __init__(self, world: World, spends: dict[str, np.ndarray]) -> None:
        self.world, self.spends = world, spends

    def respond(self, name: str, money: float) -> tuple[float, float]:
        """Target units that money over the window adds, and what the next unit of it would."""
        channel, spend = self.world.channels[name], self.spends[name]
        top = spend.max()
        past = np.r_[spend[-(L_MAX - 1) :] / top, np.zeros(PERIODS + L_MAX - 1)]
        plan = np.r_[np.zeros(L_MAX - 1), np.ones(PERIODS), np.zeros(L_MAX - 1)]
        before, carried = (
            geometric_adstock(one, channel.alpha, L_MAX)[L_MAX - 1 :] for one in (past, plan)
        )
        earned = np.tanh(channel.lam * geometric_adstock(spend / top, channel.alpha, L_MAX) / 2)
        height = channel.roas * spend.sum() / earned.sum()
        after = channel.lam * (before + carried * money / PERIODS / top) / 2
        added = np.tanh(after) - np.tanh(channel.lam * before / 2)
        slope = channel.lam / 2 * carried / PERIODS / top / np.cosh(after) ** 2
        return float(height * added.sum()), float(height * slope.sum())

    def total(self, money: np.ndarray) -> float:
        """Target units of a plan."""
        plan = zip(self.spends, money, strict=True)
        return sum(self.respond(name, float(one))[0] for name, one in plan)

    def equalise(self, margin: float, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Give each channel money until its next unit earns `margin`, or it meets a bound."""

        def fill(name: str, low: float, high: float) -> float:
            def above(money: float) -> float:
                return self.respond(name, money)[1] - margin

            if above(low) <= 0:
                return low
            return high if above(high) >= 0 else float(brentq(above, low, high, xtol=1e-6))

        bounds = zip(self.spends, lower, upper, strict=True)
        return np.array([fill(name, low, high) for name, low, high in bounds])

    def solve(
        self, short: Callable[[np.ndarray], float], lower: np.ndarray, upper: np.ndarray
    ) -> np.ndarray:
        """Find the margin at which a plan is neither short of something nor beyond it."""
        margins = [self.respond(name, 0.0)[1] for name in self.spends]
        margin = brentq(
            lambda one: short(self.equalise(one, lower, upper)), 1e-6, max(margins), xtol=1e-12
        )
        return self.equalise(float(margin), lower, upper)


@pytest.fixture(scope="module", params=list(WORLDS))
def known(request: pytest.FixtureRequest) -> tuple[ConvergedFit, Truth]:
    """A fit whose draws are the truth, but for a millionth: the gate knows no draws that stand."""
    world = WORLDS[request.param]
    spec = make_spec(media={name: {} for name in world.channels})
    features = make_features(spec, world)
    posterior = make_posterior(spec, features)
    rng = np.random.default_rng(1)
    for variable, word in (
        ("adstock_alpha", "alpha"),
        ("saturation_lam", "lam"),
        ("roas", "roas"),
    ):
        truth = [getattr(channel, word) for channel in world.channels.values()]
        jitter = np.exp(1e-6 * rng.standard_normal(posterior[variable].shape))
        posterior[variable] = (posterior[variable].dims, truth * jitter)
    trace = make_trace(spec, features, posterior)
    spends = {name: features["spend"].sel(channel=name).to_numpy() for name in world.channels}
    return admit(trace, spec), Truth(world, spends)


def plan(fit: ConvergedFit, **words: Any) -> tuple[np.ndarray, np.ndarray]:
    """The plan of a scenario, and today's."""
    scenario = Scenario.model_validate(words)
    window = Window(fit, scenario)
    limits = limit_plan(scenario, window, fit.spec)
    return build_planner(fit, window, [limits]).plan(scenario, limits)[0], window.current


@pytest.mark.parametrize("utility", ["mean", "var", "cvar"])
@pytest.mark.parametrize(("bounds", "change"), [(0.2, -0.1), (0.5, 0.0), (3.0, 0.15)])
def test_a_budget_is_spent_as_the_truth_would_have_it(
    known: tuple[ConvergedFit, Truth], utility: str, bounds: float, change: float
) -> None:
    fit, truth = known

    found, today = plan(fit, budget=f"{100 * change:+.0f}%", bounds=bounds, utility=utility)

    budget = today.sum() * (1 + change)
    lower, upper = today * max(0.0, 1 - bounds), today * (1 + bounds)
    best = truth.solve(lambda money: money.sum() - budget, lower, upper)
    assert best.sum() == pytest.approx(budget)
    assert found.sum() == pytest.approx(budget)
    assert truth.total(found) >= (1 - NEAR) * truth.total(best)
    np.testing.assert_allclose(found, best, atol=APART * budget)


def test_profit_ends_where_the_truth_has_the_next_unit_pay_for_itself(
    known: tuple[ConvergedFit, Truth],
) -> None:
    fit, truth = known

    found, today = plan(fit, budget="free", bounds=3.0, goal={"margin": 0.8})

    best = truth.equalise(1 / 0.8, 0 * today, 4 * today)
    profits = [0.8 * truth.total(one) - one.sum() for one in (found, best)]
    assert profits[0] >= (1 - NEAR) * profits[1]
    np.testing.assert_allclose(found, best, atol=APART * best.sum())


@pytest.mark.parametrize("change", [-0.1, 0.1])
def test_a_target_costs_what_it_must_in_truth(
    known: tuple[ConvergedFit, Truth], change: float
) -> None:
    fit, truth = known

    asked = {"response": f"{100 * change:+.0f}%"}
    found, today = plan(fit, budget="free", bounds=3.0, goal=asked)

    wanted = truth.total(today) * (1 + change)
    best = truth.solve(lambda money: truth.total(money) - wanted, 0 * today, 4 * today)
    assert truth.total(found) == pytest.approx(wanted, rel=NEAR)
    assert found.sum() == pytest.approx(best.sum(), rel=NEAR)
    np.testing.assert_allclose(found, best, atol=APART * best.sum())
