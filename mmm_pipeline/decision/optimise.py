"""Find the plan that is best within its limits."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from mmm_pipeline.decision.constraints import bring_inside
from mmm_pipeline.decision.limits import Limits

MAX_STEPS = 200
"""Steps after which a climb is given up; most need 10 to 40."""
STILL = 1e-9
"""Gain, as a share of the utility's unit, below which a climb ends."""

type Measure = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""Gives a number and its slope along every lever."""


@dataclass(frozen=True)
class Problem:
    """What is to be made large, and within what.

    Attributes
    ----------
    utility : callable
        Made large; minus infinity where it has no value.
    climbs : tuple of callable
        Stand for the utility while climbing, one after the other, each closer to it.
    limits : Limits
        Linear in the money.
    needs : tuple of callable
        Each must not be negative.
    """

    utility: Measure
    climbs: tuple[Measure, ...]
    limits: Limits
    needs: tuple[Measure, ...] = ()

    def keeps(self, money: np.ndarray) -> bool:
        """Tell whether a plan keeps all it must.

        Parameters
        ----------
        money : numpy.ndarray, shape (levers,)
            Currency over the window.

        Returns
        -------
        bool
        """
        if self.limits.list_breaches(money):
            return False
        return all(need(money)[0] >= -1e-6 for need in self.needs)


def optimise(
    problem: Problem, starts: Sequence[np.ndarray], others: Sequence[np.ndarray] = ()
) -> np.ndarray | None:
    """Climb from several starts, and from the best plan that was met once more, ever finer.

    Parameters
    ----------
    problem : Problem
        What is wanted.
    starts : sequence of numpy.ndarray, shape (levers,)
        Within the limits.
    others : sequence of numpy.ndarray, shape (levers,)
        Plans that may be taken too, if they keep the limits.

    Returns
    -------
    numpy.ndarray or None, shape (levers,)
        Currency over the window; None where no start leads to a plan that keeps all.
    """
    first, *finer = problem.climbs
    climbed = [_climb(problem, first, start) for start in starts]
    best = _pick(problem, [*others, *starts, *climbed])
    for measure in finer:
        if best is not None:
            best = _pick(problem, [best, _climb(problem, measure, best)])
    return best


def _pick(problem: Problem, plans: Sequence[np.ndarray]) -> np.ndarray | None:
    """Pick the best of the plans that keep all they must."""
    kept = [plan for plan in plans if problem.keeps(plan)]
    return max(kept, key=lambda plan: problem.utility(plan)[0]) if kept else None


def _climb(problem: Problem, utility: Measure, start: np.ndarray) -> np.ndarray:
    """Let SLSQP climb from a start, in shares of the money and of the utility there."""
    lower, upper = problem.limits.box()
    money = max(float(start.sum()), float(lower.sum()), 1e-3 * float(upper.sum())) or 1.0
    value, slope = utility(start)
    unit = max(abs(value), float(abs(slope).max()) * money) or 1.0
    if not np.isfinite(unit) or (upper - lower).max() <= STILL * money:
        return start

    def fall(share: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = utility(np.clip(share * money, lower, upper))
        return -value / unit, -slope * money / unit

    result = minimize(
        fall,
        start / money,
        jac=True,
        method="SLSQP",
        bounds=list(zip(lower / money, upper / money, strict=True)),
        constraints=[*_constrain(problem.limits, money), *_require(problem, money, unit)],
        options={"maxiter": MAX_STEPS, "ftol": STILL},
    )
    return bring_inside(problem.limits, np.clip(result.x * money, lower, upper))


def _constrain(limits: Limits, money: float) -> Iterator[dict[str, Any]]:
    """Tell SLSQP what several levers must keep together."""
    for row in limits.rows:
        weights = row.weights
        if np.count_nonzero(weights) == 1 and weights.max() > 0:
            continue
        if row.low == row.high:
            yield _linear("eq", weights, -row.low / money)
            continue
        if np.isfinite(row.low):
            yield _linear("ineq", weights, -row.low / money)
        if np.isfinite(row.high):
            yield _linear("ineq", -weights, row.high / money)


def _linear(kind: str, weights: np.ndarray, constant: float) -> dict[str, Any]:
    """Write a linear constraint as SLSQP takes it."""
    return {
        "type": kind,
        "fun": lambda share: weights @ share + constant,
        "jac": lambda share: weights,  # noqa: ARG005
    }


def _require(problem: Problem, money: float, unit: float) -> Iterator[dict[str, Any]]:
    """Tell SLSQP what must not be negative."""
    for need in problem.needs:
        yield {
            "type": "ineq",
            "fun": lambda share, need=need: need(share * money)[0] / unit,
            "jac": lambda share, need=need: need(share * money)[1] * money / unit,
        }
