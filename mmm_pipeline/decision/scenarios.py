"""Plan a budget for the periods after the data, and tell what it would bring."""

import copy
from typing import Any

import pandas as pd
import xarray as xr

from mmm_pipeline.decision.constraints import (
    BUDGET_TOLERANCE,
    Plan,
    bound_plan,
    fill_in_order,
    fit_into,
    require_feasible,
)
from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.grain import DAYS, extend_calendar
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.insight.summary import LOWER, UPPER, Summary

SEARCH_DRAWS = 1000
"""Draws that plans are searched with; what a plan brings is told with all of them."""
MAX_ITERATIONS = 100
"""Steps after which a climb is given up; most need 10 to 50."""
COLUMNS = {
    "scenario": "str",
    "channel": "str",
    "spend_current": "float64",
    "spend": "float64",
    "response_current": "float64",
    "response": "float64",
    "response_lower": "float64",
    "response_upper": "float64",
}
"""Columns of the table, and their types."""


def summarize_scenarios(fit: ConvergedFit) -> Summary:
    """Allocate the budget of every scenario of the spec.

    Today's plan spends the mean of the last 52 weeks in every period. A scenario's plan is the
    one with the largest expected response among those that spend its budget within its bounds.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    Summary
        Table, one row per scenario and channel: ``scenario, channel, spend_current, spend,
        response_current, response, response_lower, response_upper``; totals of the window in
        currency and target units, mean and 5-95 % interval. A response is incremental: what the
        window's spend adds to what earlier spend still brings, carry-out after the window
        included. Draws: ``response`` and ``response_current``, dims ``(scenario, channel,
        sample)``.

    Raises
    ------
    ScenarioError
        If a budget cannot be spent within its bounds; every such scenario is named.
    """
    plans = {
        name: bound_plan(fit.features, scenario) for name, scenario in fit.spec.scenarios.items()
    }
    require_feasible(plans)
    if not plans:
        nothing = pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in COLUMNS.items()})
        nothing.attrs["fit_id"] = fit.fit_id
        return Summary(nothing, xr.Dataset(attrs={"fit_id": fit.fit_id}))
    lengths = {scenario.periods for scenario in fit.spec.scenarios.values()}
    windows = {periods: Window(fit, periods) for periods in lengths}
    tables, draws = [], []
    for name, scenario in fit.spec.scenarios.items():
        window = windows[scenario.periods]
        plan = window.allocate(plans[name])
        response = window.respond(plan.spend)
        response_current = window.respond(plan.current)
        tables.append(_tabulate(name, plan, response, response_current))
        both = xr.Dataset({"response": response, "response_current": response_current})
        draws.append(both.expand_dims(scenario=[name]))
    table = pd.concat(tables, ignore_index=True)
    table.attrs["fit_id"] = fit.fit_id
    return Summary(table, xr.concat(draws, "scenario").assign_attrs(fit_id=fit.fit_id))


class Window:
    """The library's optimiser for one length of window, in totals instead of per period.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    periods : int
        Length of the window that follows the data.
    """

    def __init__(self, fit: ConvergedFit, periods: int) -> None:
        features = fit.features
        last, grain = pd.Timestamp(features["date"].to_numpy()[-1]), features.attrs["grain"]
        mmm = restore_model(fit)
        n_lags = mmm.effective_carryover_lags()
        dates = extend_calendar(last, grain, periods + n_lags)
        # The library adds the carry-over to the window's end in days, a month being 30 of them.
        end = dates[-1] - pd.Timedelta(days=n_lags * DAYS[grain])
        self._periods = periods
        self._target_scale = float(features["target_scale"])
        self._optimizer: Any = mmm.budget_optimizer(dates[0], end)
        if self._optimizer.num_periods != periods:
            message = f"the optimiser plans {self._optimizer.num_periods} periods, not {periods}"
            raise ScenarioError(message)
        thinned = copy.copy(mmm)
        thinned.idata = _thin(mmm.idata, SEARCH_DRAWS)
        self._search: Any = thinned.budget_optimizer(dates[0], end)
        self._nothing = self._contribute(xr.zeros_like(features["channel_scale"]))

    def allocate(self, plan: Plan) -> Plan:
        """Find the best plan from several starts, and never take a worse one than a start.

        Parameters
        ----------
        plan : Plan
            Budget and bounds.

        Returns
        -------
        Plan
            With the spend of the largest expected response.

        Raises
        ------
        ScenarioError
            If the optimiser converges from none of the starts.
        """
        starts = self._list_starts(plan)
        found = [better for start in starts if (better := self._improve(plan, start)) is not None]
        if not found:
            message = (
                f"a budget of {plan.budget:,.0f} must lead the optimiser somewhere; it stopped "
                "early from every start. Widen `bounds`."
            )
            raise ScenarioError(message)
        best = max(
            (*starts, *found), key=lambda spend: float(self.respond(spend).sum("channel").mean())
        )
        return Plan(plan.budget, plan.current, plan.lower, plan.upper, best)

    def respond(self, spend: xr.DataArray) -> xr.DataArray:
        """Compute what spend adds to what earlier spend still brings.

        Parameters
        ----------
        spend : xarray.DataArray, dims ``(channel,)``
            Totals of the window, spread evenly over its periods.

        Returns
        -------
        xarray.DataArray, dims ``(channel, sample)``
            Target units, carry-out after the window included.
        """
        return self._contribute(spend / self._periods) - self._nothing

    def _list_starts(self, plan: Plan) -> tuple[xr.DataArray, ...]:
        """Start from today's shares, from equal money, and from the best returns filled first."""
        equal = xr.full_like(plan.current, plan.budget / plan.current.size)
        return (
            fit_into(plan, plan.current),
            fit_into(plan, equal),
            fill_in_order(plan, self._rank(plan.current)),
        )

    def _rank(self, current: xr.DataArray) -> list[str]:
        """Order the channels by what today's plan earns on their spend, best first."""
        earned = self.respond(current).mean("sample")
        returns = (earned / current.where(current > 0)).fillna(0).to_series()
        return [str(channel) for channel in returns.sort_values(ascending=False).index]

    def _contribute(self, per_period: xr.DataArray) -> xr.DataArray:
        """Sum a plan's contributions over the window, carry-in and carry-out included."""
        scaled = self._optimizer.evaluate_response_distribution(per_period, "channel_contribution")
        total: xr.DataArray = scaled.sum("date") * self._target_scale
        return total.transpose("channel", "sample").reset_coords(drop=True)

    def _improve(self, plan: Plan, start: xr.DataArray) -> xr.DataArray | None:
        """Let the library's SLSQP climb from a start; None where it stops before it is there."""
        if float((plan.upper - plan.lower).sum()) <= BUDGET_TOLERANCE * plan.budget:
            return start
        bounds = xr.concat([plan.lower, plan.upper], "bound").assign_coords(
            bound=["lower", "upper"]
        )
        result = self._search.allocate_budget(
            total_budget=plan.budget / self._periods,
            budget_bounds=(bounds / self._periods).transpose("channel", "bound"),
            x0=start / self._periods,
            minimize_kwargs={"options": {"maxiter": MAX_ITERATIONS}},
            return_if_fail=True,
        )
        if not result.scipy_result.success:
            return None
        spend = (result.budgets * self._periods).reset_coords(drop=True).drop_attrs()
        return fit_into(plan, spend.sel(channel=plan.current["channel"]))


def _thin(idata: xr.DataTree, n_draws: int) -> xr.DataTree:
    """Keep evenly spaced draws of every chain, so that about as many are left as are asked for."""
    posterior = idata["/posterior"].to_dataset()
    step = max(1, posterior.sizes["chain"] * posterior.sizes["draw"] // n_draws)
    constants = idata["/constant_data"].to_dataset()
    return xr.DataTree.from_dict(
        {"posterior": posterior.isel(draw=slice(None, None, step)), "constant_data": constants}
    )


def _tabulate(
    name: str, plan: Plan, response: xr.DataArray, response_current: xr.DataArray
) -> pd.DataFrame:
    """Put one scenario into rows, channels in the order of the spec."""
    bounds = response.quantile([LOWER, UPPER], dim="sample")
    table = xr.Dataset(
        {
            "spend_current": plan.current,
            "spend": plan.spend,
            "response_current": response_current.mean("sample"),
            "response": response.mean("sample"),
            "response_lower": bounds.sel(quantile=LOWER, drop=True),
            "response_upper": bounds.sel(quantile=UPPER, drop=True),
        }
    ).to_dataframe()
    table = table.loc[plan.current["channel"].to_numpy()].reset_index()
    table.insert(0, "scenario", name)
    return table
