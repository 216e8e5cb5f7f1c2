"""Whether limits can be kept together, and the nearest plan that keeps them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy.optimize import linprog

from mmm_pipeline.decision.limits import Limit, Limits
from mmm_pipeline.errors import ScenarioError, shorten

HAIR = 1e-9
"""Breach that a plan is not moved for, as a share of its money."""
EXACT = {"presolve": False}
"""HiGHS's presolve calls bounds that are about its tolerance apart a conflict."""
REPAIRS = 3
"""Times that a plan is moved: the solver is exact to 1e-7 of the money it begins with."""


def require_feasible(asked: Mapping[str, Limits]) -> None:
    """Refuse scenarios that no plan can keep.

    Parameters
    ----------
    asked : mapping of str to Limits
        By the name of the scenario.

    Raises
    ------
    ScenarioError
        Naming every one of them, and for each the fewest settings that cannot be kept together.
    """
    messages = []
    for name, limits in asked.items():
        if conflict := find_conflict(limits):
            words = shorten([row.describe() for row in conflict], between=" and ")
            messages.append(
                f"`scenarios.{name}` must leave a plan that keeps all of it; it cannot keep "
                f"{words}{' together' if len(conflict) > 1 else ''}. Change one of them."
            )
    if messages:
        raise ScenarioError("\n".join(messages))


def find_conflict(limits: Limits) -> list[Limit]:
    """Find the fewest limits that cannot be kept together.

    Parameters
    ----------
    limits : Limits
        Of a scenario.

    Returns
    -------
    list of Limit
        None of which can be left out; empty where there is a plan that keeps all (deletion
        filter: Chinneck and Dravnieks 1991).
    """
    nothing = np.zeros(limits.rows[0].weights.size)
    if _find_plan(limits, nothing) is not None:
        return []
    kept = list(limits.rows)
    # Those that name a setting are kept longest, so that they are what is told.
    for row in sorted(limits.rows, key=lambda row: not row.name.startswith("bounds of")):
        fewer = [one for one in kept if one is not row]
        if fewer and _find_plan(replace(limits, rows=tuple(fewer)), nothing) is None:
            kept = fewer
    return kept


def _find_plan(limits: Limits, worth: np.ndarray) -> np.ndarray | None:
    """Find the plan of most worth that keeps all limits; None where none does."""
    low, high = limits.ends
    matrix = limits.matrix
    scale = max(
        1.0, float(np.max(np.abs(np.r_[low, high]), initial=0, where=np.isfinite(np.r_[low, high])))
    )
    above, below = np.isfinite(high), np.isfinite(low)
    result = linprog(
        -worth,
        A_ub=np.vstack([matrix[above], -matrix[below]]),
        b_ub=np.r_[high[above], -low[below]] / scale,
        bounds=(0, None),
        options=EXACT,
    )
    return result.x * scale if result.status == 0 else None


def fill_best_first(limits: Limits, returns: np.ndarray) -> np.ndarray | None:
    """Give the levers that return most all they may take.

    Parameters
    ----------
    limits : Limits
        Kept by the plan.
    returns : numpy.ndarray, shape (levers,)
        Target units per unit of money.

    Returns
    -------
    numpy.ndarray or None, shape (levers,)
        Currency over the window; None where nothing bounds it, or nothing can be kept.
    """
    return _find_plan(limits, returns)


def bring_inside(limits: Limits, money: np.ndarray) -> np.ndarray:
    """Move a plan to the nearest that keeps all limits.

    Parameters
    ----------
    limits : Limits
        That some plan keeps.
    money : numpy.ndarray, shape (levers,)
        Currency over the window.

    Returns
    -------
    numpy.ndarray, shape (levers,)
        The least money is moved; a plan that keeps them is left as it is.
    """
    for _ in range(REPAIRS):
        moved = _repair(limits, money)
        if moved is money:
            break
        money = moved
    return money


def _repair(limits: Limits, money: np.ndarray) -> np.ndarray:
    """Move the least money such that all limits are kept, as exactly as money of this size is."""
    (low, high), matrix = limits.ends, limits.matrix
    found = matrix @ money
    n, scale = money.size, max(1.0, float(money.sum()))
    slack = HAIR * scale
    if (found >= low - slack).all() and (found <= high + slack).all() and (money >= 0).all():
        return money
    above, below = np.isfinite(high), np.isfinite(low)
    both = np.hstack([matrix, -matrix])
    result = linprog(
        np.ones(2 * n),
        A_ub=np.vstack([both[above], -both[below], np.hstack([-np.eye(n), np.eye(n)])]),
        b_ub=np.r_[(high - found)[above], (found - low)[below], money] / scale,
        bounds=(0, None),
        options=EXACT,
    )
    if result.status != 0:
        return money
    moved: np.ndarray = np.maximum(money + (result.x[:n] - result.x[n:]) * scale, 0.0)
    return moved
