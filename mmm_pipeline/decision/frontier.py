"""What every budget would bring: the best plan of each, and today's plan made larger or smaller."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmm_pipeline.decision.limits import limit_plan
from mmm_pipeline.decision.plans import STEP
from mmm_pipeline.decision.scenarios import build_planner
from mmm_pipeline.decision.window import Window
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.summary import LOWER, UPPER
from mmm_pipeline.spec import Scenario

SHARES = tuple(round(0.1 * step, 1) for step in range(1, 21))
"""Budgets, as multiples of today's."""
REACH = 3.0
"""How far a channel may move from its part of the budget: up to four times it, down to nothing."""
COLUMNS = (
    *("share", "budget", "response", "response_lower", "response_upper", "roas", "marginal"),
    *("response_alike", "roas_alike", "marginal_alike", "is_diminishing", "is_observed"),
)
"""Columns of the frontier."""


def summarize_frontier(fit: ConvergedFit) -> pd.DataFrame:
    """Plan budgets from a tenth to twice of today's, for a window of the usual length.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        A row per budget: `COLUMNS`. ``response`` of the best plan, with its 5-95 % interval;
        ``roas``, response over budget; ``marginal``, target units that the next unit of money
        would bring, spent as the best plan spends the rest; ``_alike``, the same of today's plan
        scaled; ``is_diminishing``, where the next unit brings less than the mean unit does;
        ``is_observed``, where no channel goes beyond what was seen in some period. Empty where
        nothing is bought today. The attribute ``pays_up_to`` is the budget at which the next unit
        of the best plan brings just what it must: see `find_breakeven_budget`. The
        attribute ``kpi`` says what the target is.
    """
    scenario = Scenario(bounds=REACH)
    if not fit.spec.bought_media or not (window := Window(fit, scenario)).current.sum() > 0:
        empty = pd.DataFrame({column: pd.Series(dtype="float64") for column in COLUMNS})
        empty.attrs |= {"fit_id": fit.fit_id, "kpi": fit.spec.data.kpi, "pays_up_to": None}
        return empty
    budgets = np.array(SHARES) * window.current.sum()
    alike = np.array(SHARES)[:, None] * window.current
    best = _plan(fit, window, budgets)
    table = pd.DataFrame({"share": SHARES, "budget": budgets})
    response = window.respond(best).sum(axis=1)
    lower, upper = np.quantile(response, [LOWER, UPPER], axis=1)
    table["response"] = response.mean(axis=1)
    table["response_lower"], table["response_upper"] = lower, upper
    table["roas"] = table["response"] / budgets
    table["marginal"] = _measure_next(window, best, table["response"].to_numpy())
    table["response_alike"] = window.respond(alike).sum(axis=1).mean(axis=1)
    table["roas_alike"] = table["response_alike"] / budgets
    table["marginal_alike"] = _measure_next(window, alike, table["response_alike"].to_numpy())
    table["is_diminishing"] = table["marginal"] < table["roas"]
    table["is_observed"] = np.all(best <= window.seen * (1 + 1e-9), axis=1)
    level = fit.spec.data.breakeven_roas
    pays = (
        None if level is None else find_breakeven_budget(budgets, table["marginal"].tolist(), level)
    )
    table.attrs |= {"fit_id": fit.fit_id, "kpi": fit.spec.data.kpi, "pays_up_to": pays}
    return table[list(COLUMNS)]


def find_breakeven_budget(
    budgets: np.ndarray, marginal: Sequence[float], level: float
) -> float | None:
    """Find the largest budget whose last unit still brings what it must.

    Parameters
    ----------
    budgets : numpy.ndarray
        Currency, rising.
    marginal : sequence of float
        Target units that the next unit of money would bring, at each.
    level : float
        What it must bring.

    Returns
    -------
    float or None
        Currency, by linear interpolation; 0 where no budget's next unit brings as much, None where
        that of the largest still does.

    Examples
    --------
    >>> find_breakeven_budget(np.array([10.0, 20.0, 30.0]), [1.6, 1.2, 0.8], 1.0)
    25.0
    >>> find_breakeven_budget(np.array([10.0, 20.0]), [0.9, 0.8], 1.0)
    0.0
    """
    above = np.asarray(marginal) - level
    if above[-1] >= 0:
        return None
    paying = np.flatnonzero(above >= 0)
    if not paying.size:
        return 0.0
    last = int(paying[-1])
    share = above[last] / (above[last] - above[last + 1])
    return float(budgets[last] + share * (budgets[last + 1] - budgets[last]))


def _plan(fit: ConvergedFit, window: Window, budgets: np.ndarray) -> np.ndarray:
    """Find the best plan of each budget, channels moving about their part of it."""
    total = float(window.current.sum())
    asked = []
    for budget in budgets:
        part = {
            name: {"min": 0, "max": (1 + REACH) * budget / total * float(now)}
            for name, now in zip(window.channels, window.current, strict=True)
        }
        asked.append(Scenario.model_validate({"budget": float(budget), "channels": part}))
    limits = [limit_plan(one, window, fit.spec) for one in asked]
    planner = build_planner(fit, window, limits)
    return np.array([planner.plan(*one)[0] for one in zip(asked, limits, strict=True)])


def _measure_next(window: Window, plans: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Measure what the next unit of money brings, spent as the plan spends the rest."""
    ahead = window.respond(plans * (1 + STEP)).sum(axis=1).mean(axis=1)
    gain: np.ndarray = (ahead - response) / (STEP * plans.sum(axis=1))
    return gain
