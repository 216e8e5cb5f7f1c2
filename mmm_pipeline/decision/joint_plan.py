"""The best plan of one budget over several models."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mmm_pipeline.decision.constraints import bring_inside, fill_best_first
from mmm_pipeline.decision.joint_window import Fits, JointWindow, open_joint_window
from mmm_pipeline.decision.landscape import Landscape
from mmm_pipeline.decision.limits import Limit, Limits, limit_plan
from mmm_pipeline.decision.optimise import Measure, Problem, optimise
from mmm_pipeline.decision.scenarios import build_planner
from mmm_pipeline.decision.utilities import LADDER, ROUGH, UTILITIES
from mmm_pipeline.decision.window import SETTING
from mmm_pipeline.insight.pairing import pair_draws
from mmm_pipeline.spec import JointSpec, Scenario, list_group


@dataclass(frozen=True)
class JointPlan:
    """Where a scenario's money goes.

    Attributes
    ----------
    scenario : Scenario
        As it was asked for.
    limits : Limits
        What it keeps.
    window : JointWindow
        Its periods.
    """

    scenario: Scenario
    limits: Limits
    window: JointWindow


@dataclass(frozen=True, eq=False)
class JointLandscape:
    """What is left of all targets, and how it moves with the money on every line.

    Attributes
    ----------
    window : JointWindow
        What is looked up.
    landscapes : tuple of Landscape
        One for each model.
    """

    window: JointWindow
    landscapes: tuple[Landscape, ...]

    def evaluate(self, utility: str, confidence: float, smooth: float = 0.0) -> Measure:
        """Measure plans by a utility.

        Parameters
        ----------
        utility : str
            A word of `mmm_pipeline.decision.utilities.UTILITIES`.
        confidence, smooth : float
            As it takes them.

        Returns
        -------
        callable
            Gives its value and its slope along every line.
        """
        if utility == "mean":
            return self._expect([one.average() for one in self.landscapes])

        def measure(money: np.ndarray) -> tuple[float, np.ndarray]:
            found = [
                landscape.measure(money[part.lines])
                for part, landscape in zip(self.window.parts, self.landscapes, strict=True)
            ]
            places = pair_draws([response.size for response, _ in found])
            told = list(zip(self.window.parts, places, found, strict=True))
            left = sum(
                (part.worth * response[at] for part, at, (response, _) in told),
                start=np.zeros(places[0].size),
            )
            value, weights = UTILITIES[utility](left, confidence, smooth)
            slope = np.zeros(money.size)
            for part, at, (response, weigh) in told:
                slope[part.lines] += part.worth * weigh(np.bincount(at, weights, response.size))
            return value, slope

        return measure

    def _expect(self, averages: list[Landscape]) -> Measure:
        """Add up the models' means, whatever number of draws each is of."""

        def measure(money: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = 0.0, np.zeros(money.size)
            for part, landscape in zip(self.window.parts, averages, strict=True):
                response, weigh = landscape.measure(money[part.lines])
                value += part.worth * float(response.mean())
                slope[part.lines] += part.worth * weigh(np.full(response.size, 1 / response.size))
            return value, slope

        return measure


def limit_joint_plans(fits: Fits, joint: JointSpec) -> dict[str, JointPlan]:
    """Work out what each scenario asks of its plan.

    Parameters
    ----------
    fits : mapping of str to ConvergedFit
        A fit of each model, by its name.
    joint : JointSpec
        The models together.

    Returns
    -------
    dict of str to JointPlan
        By the name of the scenario; of one window where its setting is the same.
    """
    specs = {name: fit.spec for name, fit in fits.items()}
    windows: dict[str, JointWindow] = {}
    plans = {}
    for name, scenario in joint.scenarios.items():
        setting = scenario.model_dump_json(include=set(SETTING))
        if setting not in windows:
            windows[setting] = open_joint_window(fits, joint, scenario)
        groups = {
            group: limits.model_copy(
                update={"channels": limits.channels or tuple(list_group(joint, specs, group))}
            )
            for group, limits in scenario.groups.items()
        }
        named = scenario.model_copy(update={"groups": groups})
        # Every group names its lines, so that no model's own groups are asked for.
        limits = limit_plan(named, windows[setting], next(iter(specs.values())))
        plans[name] = JointPlan(scenario, limits, windows[setting])
    return plans


def tabulate_landscapes(fits: Fits, asked: Mapping[str, JointPlan]) -> dict[int, JointLandscape]:
    """Tabulate what money brings in each window, as far as the limits let it go.

    Parameters
    ----------
    fits : mapping of str to ConvergedFit
        A fit of each model, by its name.
    asked : mapping of str to JointPlan
        All that is to be planned.

    Returns
    -------
    dict of int to JointLandscape
        By the `id` of the window.
    """
    found = {}
    for window in {id(plan.window): plan.window for plan in asked.values()}.values():
        uppers = [plan.limits.box()[1] for plan in asked.values() if plan.window is window]
        finite = [np.where(np.isfinite(upper), upper, 0.0) for upper in uppers]
        top = np.max([*finite, window.current], axis=0)
        landscapes = []
        for part in window.parts:
            own = top[part.lines]
            rows = (
                Limit("top", lever, 0.0, float(most))
                for lever, most in zip(np.eye(own.size), own, strict=True)
            )
            limits = Limits(tuple(rows), np.inf)
            planner = build_planner(fits[part.outcome.model], part.window, [limits])
            landscapes.append(planner.landscape)
        found[id(window)] = JointLandscape(window, tuple(landscapes))
    return found


def plan_money(plan: JointPlan, landscape: JointLandscape) -> np.ndarray:
    """Find the best plan of a scenario, from wherever there may be a peak.

    Parameters
    ----------
    plan : JointPlan
        What it keeps.
    landscape : JointLandscape
        What money brings in its window.

    Returns
    -------
    numpy.ndarray, shape (lines,)
        Currency over the window.
    """
    scenario, limits = plan.scenario, plan.limits
    price = 0.0 if scenario.goal is None else scenario.goal.marginal_roas or 0.0

    def evaluate(utility: str, smooth: float = 0.0) -> Measure:
        return _less_cost(landscape.evaluate(utility, scenario.confidence, smooth), price)

    expect, today = evaluate("mean"), plan.window.current
    starts = _list_starts(plan, expect)
    best = _take_best(Problem(expect, (expect,), limits), starts, today)
    if scenario.utility == "mean":
        return best
    widths = LADDER if scenario.utility in ROUGH else (0.0,)
    climbs = tuple(evaluate(scenario.utility, width) for width in widths)
    problem = Problem(evaluate(scenario.utility), climbs, limits)
    return _take_best(problem, [*starts, best], today)


def _less_cost(utility: Measure, price: float) -> Measure:
    """Take off what the money itself is worth."""

    def net(money: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = utility(money)
        return value - price * float(money.sum()), slope - price

    return net if price else utility


def _list_starts(plan: JointPlan, expect: Measure) -> list[np.ndarray]:
    """Start from today's shares, from equal ones, and from the best first."""
    current, limits = plan.window.current, plan.limits
    lower, upper = limits.box()
    budget, total = min(limits.budget, float(upper.sum())), float(current.sum())
    alike = current * (budget / total) if total > 0 else current
    equal = np.full(current.size, budget / current.size)
    best = fill_best_first(limits, expect(np.clip(current, lower, upper))[1])
    starts = [alike, current, equal, *([] if best is None else [best])]
    return [bring_inside(limits, start) for start in starts]


def _take_best(problem: Problem, starts: list[np.ndarray], today: np.ndarray) -> np.ndarray:
    """Solve a problem that has a solution: its starts keep the limits."""
    money = optimise(problem, starts, [today])
    return starts[0] if money is None else money
