"""What a scenario is after, as a problem that can be solved."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mmm_pipeline.decision.constraints import bring_inside, fill_best_first
from mmm_pipeline.decision.landscape import Landscape
from mmm_pipeline.decision.limits import Limits
from mmm_pipeline.decision.optimise import Measure, Problem, optimise
from mmm_pipeline.decision.utilities import CONCAVE, ROUGH, UTILITIES
from mmm_pipeline.spec import Goal, Scenario, resolve_amount


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
        starts = self._list_starts(scenario, limits)
        goal = scenario.goal
        if goal is None:
            return self._take_best(self._maximise(scenario, limits), starts), ""
        if goal.response is not None:
            return self._reach(scenario, limits, starts)
        if (price := _read_price(goal)) is not None:
            problem = self._maximise(scenario, limits, lambda total: price * total)
            return self._take_best(problem, starts), ""
        return self._keep_return(scenario, limits, starts)

    def _reach(
        self, scenario: Scenario, limits: Limits, starts: list[np.ndarray]
    ) -> tuple[np.ndarray, str]:
        """Reach a response for the least money; or come as near as the limits let it."""
        goal = scenario.goal
        assert goal is not None and goal.response is not None  # noqa: S101, PT018
        utility = self._evaluate(scenario)
        today = utility(self.current)[0]
        wanted = resolve_amount(goal.response, today)
        most = self._take_best(self._maximise(scenario, limits), starts)
        reached = utility(most)[0]
        if reached < wanted:
            return most, f"{wanted:,.0f} cannot be reached within the limits, {reached:,.0f} can"

        def spare(money: np.ndarray) -> tuple[float, np.ndarray]:
            return -float(money.sum()), -np.ones(money.size)

        def need(money: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = utility(money)
            return (value - wanted) / max(1.0, abs(wanted)), slope / max(1.0, abs(wanted))

        problem = Problem(spare, limits, (need,))
        return self._take_best(problem, [*self._scale_down(most, need), *starts]), ""

    def _keep_return(
        self, scenario: Scenario, limits: Limits, starts: list[np.ndarray]
    ) -> tuple[np.ndarray, str]:
        """Spend as long as all of it together returns enough."""
        goal = scenario.goal
        assert goal is not None  # noqa: S101
        least = goal.roas if goal.roas is not None else 1 / (goal.cost_per_target or np.inf)
        expect = self._evaluate(scenario.model_copy(update={"utility": "mean"}))
        unit = max(1.0, abs(expect(self.current)[0]))

        def need(money: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = expect(money)
            return (value - least * float(money.sum())) / unit, (slope - least) / unit

        problem = self._maximise(scenario, limits)
        problem = Problem(problem.utility, limits, (need,), problem.is_rough)
        lean = self._take_best(
            self._maximise(scenario, limits, lambda total: least * total), starts
        )
        money = optimise(problem, [*self._scale_down(lean, need), lean, *starts])
        if money is not None:
            return money, ""
        value = expect(lean)[0] / max(float(lean.sum()), 1e-12)
        return lean, f"a return of {least:.3g} cannot be reached within the limits, {value:.3g} can"

    def _maximise(
        self, scenario: Scenario, limits: Limits, cost: Callable[[float], float] | None = None
    ) -> Problem:
        """Make the utility large, less what the money is worth."""
        utility = self._evaluate(scenario)

        def net(money: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = utility(money)
            return value - cost(float(money.sum())), slope - cost(1.0)  # type: ignore[misc]

        return Problem(utility if cost is None else net, limits, is_rough=scenario.utility in ROUGH)

    def _evaluate(self, scenario: Scenario) -> Measure:
        """Measure the utility of a plan."""
        utility, confidence = UTILITIES[scenario.utility], scenario.confidence
        landscape = self._mean if scenario.utility == "mean" else self.landscape

        def evaluate(money: np.ndarray) -> tuple[float, np.ndarray]:
            response, slopes = landscape.measure(money)
            value, weights = utility(response, confidence)
            return value, slopes @ weights

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
        if scenario.utility != "mean":
            safe = scenario.model_copy(update={"utility": "mean"})
            starts.append(self._take_best(self._maximise(safe, limits), starts))
        if not self.landscape.is_concave:
            equal = np.full(self.current.size, budget / self.current.size)
            returns = self._mean.measure(np.clip(self.current, lower, upper))[1].mean(axis=1)
            best = fill_best_first(limits, returns)
            starts += [bring_inside(limits, equal), *([] if best is None else [best])]
        return starts

    @staticmethod
    def _scale_down(money: np.ndarray, need: Measure) -> list[np.ndarray]:
        """Take money off all levers alike until what is needed just holds."""
        kept = [share for share in np.linspace(0, 1, 21) if need(money * share)[0] >= 0]
        return [money * kept[0], money * kept[-1]] if kept else []

    @staticmethod
    def _take_best(problem: Problem, starts: list[np.ndarray]) -> np.ndarray:
        """Solve a problem that has a solution: its starts keep the limits."""
        money = optimise(problem, starts)
        return starts[0] if money is None else money


def _read_price(goal: Goal) -> float | None:
    """Read what a unit of money must bring in target units, where profit is what is wanted."""
    if goal.marginal_roas is not None:
        return goal.marginal_roas
    if goal.marginal_cost is not None:
        return 1 / goal.marginal_cost
    return None if goal.margin is None else 1 / goal.margin
