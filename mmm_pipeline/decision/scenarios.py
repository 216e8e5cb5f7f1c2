"""Plan a budget for the periods after the data, and tell what it would bring."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr
from scipy.optimize import minimize

from mmm_pipeline.decision.constraints import (
    BUDGET_TOLERANCE,
    Plan,
    bound_plan,
    fill_in_order,
    fit_into,
    list_scenarios,
    require_feasible,
)
from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.recent import mean_recent, read_price
from mmm_pipeline.insight.response import LAG, MediaResponse, read_response
from mmm_pipeline.insight.summary import LOWER, UPPER, Summary

SEARCH_DRAWS = 1000
"""Draws that plans are searched with; what a plan brings is told with all of them."""
MAX_ITERATIONS = 100
"""Steps after which a climb is given up; most need 10 to 50."""
STEP = 1e-6
"""Share of the budget by which spend is moved to see where the response rises."""
TOLERANCE = 1e-10
"""Share of today's response below which a further step is not worth it."""
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
    asked = list_scenarios(fit.features, fit.spec)
    plans = {name: bound_plan(fit.features, scenario) for name, scenario in asked.items()}
    require_feasible(plans)
    if not plans:
        nothing = pd.DataFrame({column: pd.Series(dtype=kind) for column, kind in COLUMNS.items()})
        nothing.attrs["fit_id"] = fit.fit_id
        return Summary(nothing, xr.Dataset(attrs={"fit_id": fit.fit_id}))
    lengths = {scenario.periods for scenario in asked.values()}
    windows = {periods: Window(fit, periods) for periods in lengths}
    tables, draws = [], []
    for name, scenario in asked.items():
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
    """What spend brings in the periods that follow the data, in totals of the window.

    Spend is spread evenly over the periods, and over the cells of a panel as it is today.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    periods : int
        Length of the window that follows the data.
    """

    def __init__(self, fit: ConvergedFit, periods: int) -> None:
        features, response = fit.features, read_response(fit)
        self._features = features
        self._cells = list(fit.spec.data.panel)
        self._periods = periods
        recent = mean_recent(features, "spend").where(features["is_bought"], drop=True)
        total = recent.sum(self._cells)
        share = (recent / total.where(total > 0)).fillna(1 / (recent.size / total.size))
        self._exposure_per_money = (share / read_price(features)).reset_coords(drop=True)
        channels = [str(channel) for channel in total["channel"].to_numpy()]
        self._response = response.choose(channels)
        self._searched = self._prepare(self._response.thin(SEARCH_DRAWS))
        self._whole = self._prepare(self._response)

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
        return self._whole(spend)

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

    def _prepare(self, response: MediaResponse) -> Callable[[xr.DataArray], xr.DataArray]:
        """Work out once what does not depend on the plan: carry-in, and how a plan is carried."""
        n_lags = response.weights.sizes[LAG]
        length = self._periods + n_lags - 1
        dates = {"date": np.arange(n_lags - 1 + length)}
        past = response.weigh_past(self._features).reset_coords(drop=True)
        past = past.isel(date=slice(max(0, past.sizes["date"] - n_lags + 1), None))
        before = past.pad(date=(n_lags - 1 - past.sizes["date"], length), constant_values=0.0)
        carried_in = response.carry(before.assign_coords(dates)).isel(date=slice(n_lags - 1, None))
        is_on = xr.DataArray(
            (np.arange(length) < self._periods).astype(float),
            dims="date",
            coords={"date": np.arange(n_lags - 1, n_lags - 1 + length)},
        )
        carried = response.carry(is_on * response.weigh_now(self._features))
        already = response.bend(carried_in)
        today = xr.DataArray(1.0)
        if response.is_log:
            base = response.strip(self._features, together=True)
            today = base * xr.apply_ufunc(np.exp, already.sum("channel"))

        def respond(spend: xr.DataArray) -> xr.DataArray:
            exposure = spend / self._periods * self._exposure_per_money
            added = response.bend(carried_in + carried * exposure) - already
            if response.is_log:
                together = added.sum("channel")
                # What they add together, split in the ratio of their terms.
                added = added * today * _expm1_by_itself(together)
            return added.sum(["date", *self._cells]).transpose("channel", "sample")

        return respond

    def _improve(self, plan: Plan, start: xr.DataArray) -> xr.DataArray | None:
        """Let SLSQP climb from a start; None where it stops before it is there."""
        if float((plan.upper - plan.lower).sum()) <= BUDGET_TOLERANCE * plan.budget:
            return start
        step = STEP * plan.budget
        unit = float(abs(self._searched(start)).mean("sample").sum()) or 1.0

        def fall(shares: np.ndarray) -> tuple[float, np.ndarray]:
            spend = start.copy(data=shares * plan.budget)
            here = self._searched(spend).mean("sample")
            return -float(here.sum()) / unit, -self._climb(spend, here, step) / unit

        result = minimize(
            fall,
            start.to_numpy() / plan.budget,
            jac=True,
            method="SLSQP",
            bounds=list(zip(plan.lower / plan.budget, plan.upper / plan.budget, strict=True)),
            constraints={
                "type": "eq",
                "fun": lambda shares: shares.sum() - 1,
                "jac": np.ones_like,
            },
            options={"maxiter": MAX_ITERATIONS, "ftol": TOLERANCE},
        )
        return fit_into(plan, start.copy(data=result.x * plan.budget)) if result.success else None

    def _climb(self, spend: xr.DataArray, here: xr.DataArray, step: float) -> np.ndarray:
        """Measure what a step on each channel adds to the response of all, per share of budget."""
        if not self._response.is_log:
            # A channel's response depends on its own spend alone: one step moves them all.
            slope: np.ndarray = (
                self._searched(spend + step).mean("sample") - here
            ).to_numpy() / STEP
            return slope
        total = float(here.sum())
        ahead = spend.to_numpy() + step * np.eye(spend.size)
        gains = [float(self._searched(spend.copy(data=one)).mean("sample").sum()) for one in ahead]
        slopes: np.ndarray = (np.array(gains) - total) / STEP
        return slopes


def _expm1_by_itself(values: xr.DataArray) -> xr.DataArray:
    """Compute ``(exp(x) - 1) / x``, which is 1 at 0."""
    is_tiny = abs(values) < 1e-12
    ratio: xr.DataArray = xr.apply_ufunc(np.expm1, values) / values.where(~is_tiny, 1.0)
    return ratio.where(~is_tiny, 1.0)


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
