"""Plan the budgets of a spec, and tell what each would bring against today's plan."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from mmm_pipeline.decision.constraints import require_feasible
from mmm_pipeline.decision.goals import Planner
from mmm_pipeline.decision.landscape import Landscape, count_draws
from mmm_pipeline.decision.limits import Limits, limit_plan
from mmm_pipeline.decision.plans import Plan, join_tables, tell_plans
from mmm_pipeline.decision.window import SETTING, Window
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.spec import Scenario

SEARCH_DRAWS = 1000
"""Draws that plans are searched with; what a plan brings is told with all of them."""


def summarize_scenarios(fit: ConvergedFit) -> Summary:
    """Plan every scenario of the spec.

    Today's plan spends the mean of the last 52 weeks, or of `today` periods, in every period; what
    nobody decides, prices and controls, is for it as for the scenario. A scenario's plan is the
    one of the largest utility among those that keep its limits: never one that is worse than
    today's money, spent over the window by the scenario's `phasing`, where that keeps them.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    Summary
        Table, one row per scenario and channel, and per cell where `free_cells`: ``scenario,
        channel, spend_current, spend, response_current, response``, ``roas`` (response over
        spend), ``marginal_current, marginal`` (target units that the next unit of money would
        bring), with 5-95 % intervals ``_lower, _upper``; ``is_observed``, whether no period goes
        beyond what was seen. Totals of the window in currency and target units. A response is
        incremental: what the window's spend adds to what earlier spend still brings, carry-out
        after the window included. Draws: ``response`` and ``response_current``, dims ``(scenario,
        channel, ..., sample)``; and by scenario ``budget`` (infinite where it is free),
        ``utility``, ``utility_current``, ``held``, ``note``, ``periods``; with the attribute
        ``margin``, `data.margin`, where that is known.

    Raises
    ------
    ScenarioError
        If limits cannot be kept together; every such scenario is named.
    """
    asked = list_scenarios(fit)
    windows = _open_windows(fit, asked)
    plans = _plan_all(fit, asked, windows)
    tables, draws = [], []
    for key, window in windows.items():
        chosen = {name: plan for name, plan in plans.items() if _name_window(plan.scenario) == key}
        table, drawn = tell_plans(window, spread_evenly(fit, window), chosen)
        tables.append(table)
        draws.append(drawn)
    order = list(asked)
    table = join_tables(tables, order)
    table.attrs["fit_id"] = fit.fit_id
    whole = (
        xr.concat(draws, "scenario", join="outer").sel(scenario=order) if draws else xr.Dataset()
    )
    margin = {} if fit.spec.data.margin is None else {"margin": fit.spec.data.margin}
    return Summary(table, whole.assign_attrs(fit_id=fit.fit_id, **margin))


def find_broken_limits(summary: Summary, fit: ConvergedFit) -> list[str]:
    """Hold plans against what the spec asked for.

    Parameters
    ----------
    summary : Summary
        From `summarize_scenarios`.
    fit : ConvergedFit
        Of the same fit.

    Returns
    -------
    list of str
        One sentence for each limit that is not kept.
    """
    asked = list_scenarios(fit)
    broken = []
    for name, scenario in asked.items():
        window = Window(fit, scenario, 1)
        money = summary.table.loc[summary.table["scenario"] == name, "spend"].to_numpy()
        breaches = limit_plan(scenario, window, fit.spec).list_breaches(money)
        broken += [f"{name}: {words}" for words in breaches]
    return broken


def list_scenarios(fit: ConvergedFit) -> Mapping[str, Scenario]:
    """List the scenarios that can be planned.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    mapping of str to Scenario
        Those of the spec; none where nothing is bought, and there is no budget to plan.
    """
    return fit.spec.scenarios if fit.spec.bought_media else {}


def build_planner(fit: ConvergedFit, window: Window, limits: list[Limits]) -> Planner:
    """Tabulate what a window's money brings, as far as some limits let it go.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    window : Window
        The window.
    limits : list of Limits
        Of all that is to be planned in it.

    Returns
    -------
    Planner
    """
    uppers = [np.where(np.isfinite(one.box()[1]), one.box()[1], 0.0) for one in limits]
    top = np.max([*uppers, window.current], axis=0)
    size = window.current.size
    if window.response.is_log:
        size = window.base[..., 0].size * len(window.channels)
    n_draws = min(SEARCH_DRAWS, count_draws(size))
    return Planner(Landscape(Window(fit, window.scenario, n_draws), top), window.current)


def spread_evenly(fit: ConvergedFit, window: Window) -> Window:
    """Open the window of a scenario as it is for today's plan, which spends evenly.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    window : Window
        Of the scenario, with all draws.

    Returns
    -------
    Window
        The same one where the scenario spends evenly too.
    """
    if window.scenario.phasing == "even":
        return window
    return Window(fit, window.scenario.model_copy(update={"phasing": "even"}))


def _open_windows(fit: ConvergedFit, asked: Mapping[str, Scenario]) -> dict[str, Window]:
    """Make each window once."""
    by_name = {_name_window(one): one for one in asked.values()}
    return {name: Window(fit, one) for name, one in by_name.items()}


def _name_window(scenario: Scenario) -> str:
    """Name a window by what decides it."""
    return scenario.model_dump_json(include=set(SETTING))


def _plan_all(
    fit: ConvergedFit, asked: Mapping[str, Scenario], windows: Mapping[str, Window]
) -> dict[str, Plan]:
    """Plan every scenario, those of a window on one table."""
    limits = {
        name: limit_plan(scenario, windows[_name_window(scenario)], fit.spec)
        for name, scenario in asked.items()
    }
    require_feasible(limits)
    plans = {}
    for key, window in windows.items():
        names = [name for name, scenario in asked.items() if _name_window(scenario) == key]
        planner = build_planner(fit, window, [limits[name] for name in names])
        for name in names:
            money, note = planner.plan(asked[name], limits[name])
            plans[name] = Plan(asked[name], limits[name], money, note)
    return plans
