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
MOVES = (0.03, 0.01, 0.003)
"""Shares of the money that a polish moves between two levers, one after the other."""

type Measure = Callable[[np.ndarray], tuple[float, np.ndarray]]
"""Gives a number and its slope along every lever."""


@dataclass(frozen=True)
class Problem:
    """What is to be made large, and within what.

    Attributes
    ----------
    utility : callable
        Made large; minus infinity where it has no value.
    limits : Limits
        Linear in the money.
    needs : tuple of callable
        Each must not be negative.
    is_rough : bool
        Whether the slope of the utility is an average, so that its climb wants a polish.
    """

    utility: Measure
    limits: Limits
    needs: tuple[Measure, ...] = ()
    is_rough: bool = False

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


def optimise(problem: Problem, starts: Sequence[np.ndarray]) -> np.ndarray | None:
    """Climb from several starts, and take the best plan of all, starts included.

    Parameters
    ----------
    problem : Problem
        What is wanted.
    starts : sequence of numpy.ndarray, shape (levers,)
        Within the limits.

    Returns
    -------
    numpy.ndarray or None, shape (levers,)
        Currency over the window; None where no start leads to a plan that keeps all.
    """
    found = [plan for start in starts for plan in (start, _climb(problem, start))]
    kept = [plan for plan in found if problem.keeps(plan)]
    if not kept:
        return None
    best = max(kept, key=lambda plan: problem.utility(plan)[0])
    return _polish(problem, best) if problem.is_rough else best


def _climb(problem: Problem, start: np.ndarray) -> np.ndarray:
    """Let SLSQP climb from a start, in shares of the money and of the utility there."""
    lower, upper = problem.limits.box()
    money = max(float(start.sum()), float(lower.sum()), 1e-3 * float(upper.sum())) or 1.0
    value, slope = problem.utility(start)
    unit = max(abs(value), float(abs(slope).max()) * money) or 1.0
    if not np.isfinite(unit) or (upper - lower).max() <= STILL * money:
        return start

    def fall(share: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = problem.utility(np.clip(share * money, lower, upper))
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


def _polish(problem: Problem, money: np.ndarray) -> np.ndarray:
    """Move money between two levers, less and less of it, as long as that helps."""
    lower, upper = problem.limits.box()
    best, value = money, problem.utility(money)[0]
    total = float(money.sum())
    for share in MOVES:
        for giver, taker in _pair(best.size):
            amount = min(share * total, best[giver] - lower[giver], upper[taker] - best[taker])
            if amount <= 0:
                continue
            moved = best.copy()
            moved[[giver, taker]] += (-amount, amount)
            found = problem.utility(moved)[0]
            if found > value and problem.keeps(moved):
                best, value = moved, found
    return best


def _pair(n: int) -> Iterator[tuple[int, int]]:
    """List every two levers, in both orders."""
    return ((one, other) for one in range(n) for other in range(n) if one != other)
