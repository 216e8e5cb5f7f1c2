"""What plans bring, told with all draws."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.goals import price_money
from mmm_pipeline.decision.limits import Limits
from mmm_pipeline.decision.utilities import compute_utility
from mmm_pipeline.decision.window import Window
from mmm_pipeline.insight.summary import LOWER, UPPER
from mmm_pipeline.spec import Scenario

STEP = 1e-4
"""Share of a lever's money by which it is moved to see what the next unit brings."""
UNSPENT = 0.005
"""Share of a budget that may be left over without a word."""
LEVER_COLUMNS = (
    *("spend_current", "spend", "response_current", "response", "response_lower"),
    *("response_upper", "roas", "roas_lower", "roas_upper", "marginal_current", "marginal"),
    *("marginal_lower", "marginal_upper"),
)
"""Numbers of a row of the table."""


@dataclass(frozen=True)
class Plan:
    """Where a scenario's money goes.

    Attributes
    ----------
    scenario : Scenario
        As it was asked for.
    limits : Limits
        What it keeps.
    money : numpy.ndarray, shape (levers,)
        Currency over the window.
    note : str
        What could not be reached; empty if all was.
    """

    scenario: Scenario
    limits: Limits
    money: np.ndarray
    note: str


def tell_plans(
    window: Window, even: Window, plans: Mapping[str, Plan]
) -> tuple[pd.DataFrame, xr.Dataset]:
    """Measure the plans of a window with all draws.

    Parameters
    ----------
    window : Window
        Whose plans they are.
    even : Window
        The same, but that money is spent evenly: what today's plan is measured in.
    plans : mapping of str to Plan
        By the name of the scenario.

    Returns
    -------
    pandas.DataFrame
        A row per scenario and lever: ``scenario``, the lever's labels, `LEVER_COLUMNS` and
        ``is_observed``.
    xarray.Dataset
        Draws of ``response`` and ``response_current``, and what is told of each plan as a whole.
    """
    money = np.array([window.current, *(plan.money for plan in plans.values())])
    response = window.respond(money)
    for n, plan in enumerate(plans.values(), start=1):
        if _prefers_today(plan, money[[0, n]], response[[0, n]].sum(axis=1)):
            money[n], response[n] = money[0], response[0]
    marginal = _measure_marginal(window, money, response)
    if even is not window:
        response[:1] = even.respond(money[:1])
        marginal[:1] = _measure_marginal(even, money[:1], response[:1])
    table = _tabulate(window, list(plans), money, response, marginal)
    return table, _keep_draws(window, plans, money, response)


def join_tables(tables: list[pd.DataFrame], order: list[str]) -> pd.DataFrame:
    """Put the tables of all windows into one.

    Parameters
    ----------
    tables : list of pandas.DataFrame
        From `tell_plans`.
    order : list of str
        Of the scenarios.

    Returns
    -------
    pandas.DataFrame
        With all columns even where there is no scenario.
    """
    if not tables:
        empty = {column: pd.Series(dtype="float64") for column in LEVER_COLUMNS}
        names = {column: pd.Series(dtype="str") for column in ("scenario", "channel")}
        return pd.DataFrame({**names, **empty, "is_observed": pd.Series(dtype="bool")})
    table = pd.concat(tables, ignore_index=True)
    place = table["scenario"].map({name: n for n, name in enumerate(order)})
    table = table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
    cells = [one for one in table.columns if one not in {*LEVER_COLUMNS, "is_observed"}]
    return table[[*cells, *LEVER_COLUMNS, "is_observed"]]


def _prefers_today(plan: Plan, money: np.ndarray, response: np.ndarray) -> bool:
    """Tell whether today's plan, which is given first, is better, with all draws and exactly."""
    price = price_money(plan.scenario.goal)
    if price is None or plan.limits.list_breaches(money[0]):
        return False
    now, planned = (
        compute_utility(plan.scenario.utility, one, plan.scenario.confidence) - price * spent
        for one, spent in zip(response, money.sum(axis=1), strict=True)
    )
    return bool(now > planned)


def _explain_rest(plan: Plan, money: np.ndarray) -> str:
    """Say why a part of the budget is not spent; nothing where it is, or was never fixed."""
    rest = plan.limits.budget - float(money.sum())
    if not np.isfinite(rest) or rest <= UNSPENT * plan.limits.budget:
        return ""
    goal, upper = plan.scenario.goal, plan.limits.box()[1]
    if goal is not None and goal.response is not None:
        reason = "what was asked for is reached for less"
    elif (money >= upper * (1 - UNSPENT)).all():
        reason = "no channel may take more"
    else:
        reason = "the next unit of it would not earn what was asked for"
    return f"{rest:,.0f} of {plan.limits.budget:,.0f} is not spent: {reason}"


def _keep_draws(
    window: Window, plans: Mapping[str, Plan], money: np.ndarray, response: np.ndarray
) -> xr.Dataset:
    """Label the draws of plans, and what is told of each plan as a whole."""
    total = response.sum(axis=1)
    told: dict[str, list[float | str | int]] = {
        "budget": [plan.limits.budget for plan in plans.values()],
        "periods": [plan.scenario.periods for plan in plans.values()],
        "held": [
            ", ".join(plan.limits.list_held(spent))
            for plan, spent in zip(plans.values(), money[1:], strict=True)
        ],
        "note": [
            "; ".join(filter(None, (plan.note, _explain_rest(plan, spent))))
            for plan, spent in zip(plans.values(), money[1:], strict=True)
        ],
    }
    told |= {
        word: [
            compute_utility(plan.scenario.utility, total[at], plan.scenario.confidence)
            for at, plan in zip(places, plans.values(), strict=True)
        ]
        for word, places in (
            ("utility", range(1, len(total))),
            ("utility_current", [0] * len(plans)),
        )
    }
    both = {"response": response[1:], "response_current": np.repeat(response[:1], len(plans), 0)}
    index = window.levers
    shape = [len(level) for level in index.levels] if isinstance(index, pd.MultiIndex) else [-1]
    dims = ("scenario", *index.names, "sample")
    variables = {
        name: (dims, values.reshape(len(plans), *shape, values.shape[-1]))
        for name, values in both.items()
    }
    labels = {
        str(name): index.get_level_values(str(name)).unique().to_numpy() for name in index.names
    }
    return xr.Dataset(
        variables | {name: ("scenario", values) for name, values in told.items()},
        coords={"scenario": list(plans), **labels},
    )


def _measure_marginal(window: Window, money: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Measure what the next unit of money on each lever would bring, in every draw."""
    typical = money.sum(axis=1, keepdims=True) / money.shape[1]
    step = STEP * np.where(money > 0, money, np.where(typical > 0, typical, 1.0))
    if not window.response.is_log:
        # A lever's response depends on its own money alone: one step moves them all.
        slopes: np.ndarray = (window.respond(money + step) - response) / step[..., None]
        return slopes
    total = response.sum(axis=1)
    slopes = np.empty_like(response)
    for lever in range(money.shape[1]):
        ahead = money.copy()
        ahead[:, lever] += step[:, lever]
        gain = window.respond(ahead).sum(axis=1) - total
        slopes[:, lever] = gain / step[:, lever, None]
    return slopes


def _tabulate(
    window: Window,
    names: list[str],
    money: np.ndarray,
    response: np.ndarray,
    marginal: np.ndarray,
) -> pd.DataFrame:
    """Put plans into rows, scenario after scenario: today's plan is given first, then theirs."""
    spend = money[1:, :, None]
    numbers = {
        "spend_current": money[:1],
        "spend": money[1:],
        "response_current": response[:1].mean(axis=-1),
        **_summarize(response[1:], "response"),
        **_summarize(response[1:] / np.where(spend > 0, spend, np.nan), "roas"),
        "marginal_current": marginal[:1].mean(axis=-1),
        **_summarize(marginal[1:], "marginal"),
        "is_observed": money[1:] <= window.seen * (1 + 1e-9),
    }
    labels = window.levers.to_frame(index=False)
    table = pd.concat([labels] * len(names), keys=names, names=["scenario"])
    table = table.reset_index("scenario").reset_index(drop=True)
    return table.assign(
        **{name: np.broadcast_to(one, money[1:].shape).ravel() for name, one in numbers.items()}
    )


def _summarize(draws: np.ndarray, name: str) -> dict[str, np.ndarray]:
    """Take the mean and the 5-95 % interval over the last axis."""
    lower, upper = np.quantile(draws, [LOWER, UPPER], axis=-1)
    return {name: draws.mean(axis=-1), f"{name}_lower": lower, f"{name}_upper": upper}
