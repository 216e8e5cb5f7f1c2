"""What a scenario is after, as a problem that can be solved."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from mmm_pipeline.decision.constraints import bring_inside, fill_best_first
from mmm_pipeline.decision.landscape import Landscape
from mmm_pipeline.decision.limits import Limits
from mmm_pipeline.decision.optimise import Measure, Problem, optimise
from mmm_pipeline.decision.utilities import CONCAVE, LADDER, ROUGH, UTILITIES
from mmm_pipeline.spec import Amount, Goal, Scenario, resolve_amount


@dataclass(frozen=True)
class Planner:
    """Plans for the scenarios of one window.

    Attributes
    ----------
    landscape : Landscape
        What money brings.
    current : numpy.ndarray, shape (levers,)
        Today's plan, currency over the window.
    """

    landscape: Landscape
    current: np.ndarray

    @cached_property
    def _mean(self) -> Landscape:
        return self.landscape.average()

    def plan(self, scenario: Scenario, limits: Limits) -> tuple[np.ndarray, str]:
        """Find the best plan of a scenario.

        Parameters
        ----------
        scenario : Scenario
            What it is after.
        limits : Limits
            That some plan keeps.

        Returns
        -------
        money : numpy.ndarray, shape (levers,)
            Currency over the window.
        note : str
            What could not be reached; empty if all was.
        """
        goal, price = scenario.goal, price_money(scenario.goal)
        if goal is None or price is not None:
            return self._climb(scenario, self._maximise(scenario, limits, price or 0.0)), ""
        if goal.response is not None:
            return self._reach(goal.response, scenario, limits)
        least = goal.roas if goal.roas is not None else 1 / (goal.cost_per_target or np.inf)
        return self._keep_return(least, scenario, limits)

    def _reach(
        self, response: Amount, scenario: Scenario, limits: Limits
    ) -> tuple[np.ndarray, str]:
        """Reach a response for the least money; or come as near as the limits let it."""
        problem = self._maximise(scenario, limits)
        wanted = resolve_amount(response, problem.utility(self.current)[0])
        most = self._climb(scenario, problem)
        reached = problem.utility(most)[0]
        if reached < wanted:
            return most, f"{wanted:,.0f} cannot be reached within the limits, {reached:,.0f} can"
        unit, smooth = max(1.0, abs(wanted)), problem.climbs[0]

        def spare(money: np.ndarray) -> tuple[float, np.ndarray]:
            return -float(money.sum()), -np.ones(money.size)

        def need(money: np.ndarray) -> tuple[float, np.ndarray]:
            return (problem.utility(money)[0] - wanted) / unit, smooth(money)[1] / unit

        cheapest = Problem(spare, (spare,), limits, (need,))
        return self._climb(scenario, cheapest, _scale_down(most, need)), ""

    def _keep_return(
        self, least: float, scenario: Scenario, limits: Limits
    ) -> tuple[np.ndarray, str]:
        """Spend as long as all of it together returns enough."""
        expect = self._evaluate(scenario.model_copy(update={"utility": "mean"}))
        unit = max(1.0, abs(expect(self.current)[0]))

        def need(money: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = expect(money)
            return (value - least * float(money.sum())) / unit, (slope - least) / unit

        problem = replace(self._maximise(scenario, limits), needs=(need,))
        lean = self._climb(scenario, self._maximise(scenario, limits, least))
        starts = [*_scale_down(lean, need), lean, *self._list_starts(scenario, limits)]
        if (money := optimise(problem, starts, [self.current])) is not None:
            return money, ""
        value = expect(lean)[0] / max(float(lean.sum()), 1e-12)
        return lean, f"a return of {least:.3g} cannot be reached within the limits, {value:.3g} can"

    def _climb(
        self, scenario: Scenario, problem: Problem, starts: Sequence[np.ndarray] = ()
    ) -> np.ndarray:
        """Solve a problem that has a solution: its own starts keep the limits."""
        own = self._list_starts(scenario, problem.limits)
        money = optimise(problem, [*starts, *own], [self.current])
        return own[0] if money is None else money

    def _maximise(self, scenario: Scenario, limits: Limits, price: float = 0.0) -> Problem:
        """Make the utility large, less what the money is worth."""
        widths = LADDER if scenario.utility in ROUGH else (0.0,)
        climbs = tuple(self._evaluate(scenario, price, width) for width in widths)
        return Problem(self._evaluate(scenario, price), climbs, limits)

    def _evaluate(self, scenario: Scenario, price: float = 0.0, smooth: float = 0.0) -> Measure:
        """Measure the utility of a plan, less what its money is worth."""
        utility, confidence = UTILITIES[scenario.utility], scenario.confidence
        landscape = self._mean if scenario.utility == "mean" else self.landscape

        def evaluate(money: np.ndarray) -> tuple[float, np.ndarray]:
            response, weigh = landscape.measure(money)
            value, weights = utility(response, confidence, smooth)
            return value - price * float(money.sum()), weigh(weights) - price

        return evaluate

    def _list_starts(self, scenario: Scenario, limits: Limits) -> list[np.ndarray]:
        """Start from today's shares; where there may be several peaks, from elsewhere too."""
        lower, upper = limits.box()
        budget = min(limits.budget, float(upper.sum()))
        total = float(self.current.sum())
        alike = self.current * (budget / total) if total > 0 else self.current
        starts = [bring_inside(limits, alike)]
        if self.landscape.is_concave and scenario.utility in CONCAVE:
            return starts
        safe = scenario.model_copy(update={"utility": "mean"})
        if not self.landscape.is_concave:
            equal = np.full(self.current.size, budget / self.current.size)
            returns = self._evaluate(safe)(np.clip(self.current, lower, upper))[1]
            best = fill_best_first(limits, returns)
            starts += [bring_inside(limits, equal), *([] if best is None else [best])]
        if scenario.utility != "mean":
            starts.append(self._climb(safe, self._maximise(safe, limits)))
        return starts


def _scale_down(money: np.ndarray, need: Measure) -> list[np.ndarray]:
    """Take money off all levers alike until what is needed just holds."""
    kept = [share for share in np.linspace(0, 1, 21) if need(money * share)[0] >= 0]
    return [money * kept[0], money * kept[-1]] if kept else []


def price_money(goal: Goal | None) -> float | None:
    """Read what a unit of money must bring for the plan to be worth it.

    Parameters
    ----------
    goal : Goal or None
        Of a scenario.

    Returns
    -------
    float or None
        Target units: 0 where a budget is spent anyway; None where the goal is no matter of price.
    """
    if goal is None:
        return 0.0
    if goal.marginal_roas is not None:
        return goal.marginal_roas
    if goal.marginal_cost is not None:
        return 1 / goal.marginal_cost
    return None if goal.margin is None else 1 / goal.margin
