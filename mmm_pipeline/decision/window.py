"""The periods that follow the data, and what money would bring in them, exactly, in every draw."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.conditions import compute_base
from mmm_pipeline.decision.phasing import phase
from mmm_pipeline.decision.today import place_window
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.grain import extend_calendar
from mmm_pipeline.insight.contacts import take_parameters
from mmm_pipeline.insight.recent import average_recent, read_price
from mmm_pipeline.insight.response import LAG, MediaResponse, read_response
from mmm_pipeline.insight.summary import space_evenly
from mmm_pipeline.model.formulas import SATURATION_PARAMETERS, saturate
from mmm_pipeline.spec import Scenario, resolve_amount

SETTING = ("periods", "start", "today", "phasing", "prices", "controls", "free_cells")
"""What of a scenario decides its window; the rest decides the plan."""


class Window:
    """What money brings in the periods that follow the data, in totals of the window.

    Money is moved between levers: the bought channels, spread over the cells of a panel as today;
    or, with `free_cells`, each channel in each cell.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    scenario : Scenario
        What it says of the window counts, see `SETTING`.
    n_draws : int, optional
        About how many draws are measured with; all, if not said.

    Attributes
    ----------
    channels : list of str
        Bought media, in the order of the spec.
    dates : pandas.DatetimeIndex
        First days of the window's periods.
    current : numpy.ndarray, shape (levers,)
        Today's plan, currency over the window.
    channel_of : numpy.ndarray, shape (levers,)
        Place of each lever's channel.
    seen : numpy.ndarray, shape (levers,)
        Money over the window up to which no period goes beyond what was seen in some period.
    base : numpy.ndarray, shape (cells, dates, samples)
        Target without what a plan adds, where terms multiply: target units, the link's offset in.

    Raises
    ------
    ScenarioError
        If the window does not begin on a period's first day after the data.
    """

    def __init__(self, fit: ConvergedFit, scenario: Scenario, n_draws: int | None = None) -> None:
        features, response = fit.features, read_response(fit)
        self.scenario = scenario
        self.channels = fit.spec.bought_media
        self._drawn = space_evenly(response.height.sizes["sample"], n_draws)
        self.response = response.take(self._drawn).choose(self.channels)
        self.gap, self.dates = place_window(features, scenario)
        self._cells = list(fit.spec.data.panel)
        self._features = features.sel(channel=self.channels)
        recent = average_recent(self._features["spend"], features, scenario.today)
        self._today = recent.reset_coords(drop=True).transpose("channel", ...)
        self._price = self._read_price()
        self._levers = self._name_levers()
        self._share = self._spread_today()
        pattern = phase(scenario, self.channels, self._features["target"], self.dates)
        self._pattern = pattern
        self.current = self._gather(self._today * scenario.periods)
        self.channel_of = np.array([self.channels.index(name) for name, *_ in self._levers])
        self.seen = self._limit_seen(pattern)
        self._prepare(pattern)
        self.base = self._multiplied(fit) if response.is_log else np.ones((1, 1, 1))

    @property
    def levers(self) -> pd.MultiIndex | pd.Index:
        """Labels: the channel, and with `free_cells` the cell."""
        names = ["channel", *self._free_cells]
        if len(names) == 1:
            return pd.Index([name for (name,) in self._levers], name="channel")
        return pd.MultiIndex.from_tuples(self._levers, names=names)

    @property
    def n_samples(self) -> int:
        """Draws that are measured with."""
        return int(self.response.height.sizes["sample"])

    def respond(self, money: np.ndarray) -> np.ndarray:
        """Compute what plans add to what earlier spend still brings.

        Parameters
        ----------
        money : numpy.ndarray, shape (plans, levers)
            Totals of the window, currency.

        Returns
        -------
        numpy.ndarray, shape (plans, levers, samples)
            Target units, carry-out after the window included.
        """
        return np.array([self._respond(exposure) for exposure in self._spread(money)])

    def schedule(self, money: np.ndarray) -> xr.Dataset:
        """Lay a plan out, period by period; until the window begins, today's plan goes on.

        Parameters
        ----------
        money : numpy.ndarray, shape (levers,)
            Totals of the window, currency.

        Returns
        -------
        xarray.Dataset
            ``spend`` (currency) and the ``exposure`` that it buys, dims ``(date, ..., channel)``,
            from the first period after the data.
        """
        today = self._today.transpose("channel", *self._cells)
        mean = today.copy(data=self._spread(money[None])[0].reshape(today.shape))
        last, grain = (
            pd.Timestamp(self._features["date"].to_numpy()[-1]),
            self._features.attrs["grain"],
        )
        between = extend_calendar(last, grain, self.gap + 1)[: self.gap]
        parts = [today.expand_dims(date=between), mean * self._price * self._pattern]
        spend = xr.concat(parts, "date").transpose("date", *self._cells, "channel")
        return xr.Dataset({"spend": spend, "exposure": (spend / self._price).fillna(0.0)})

    def list_terms(self, money: np.ndarray) -> np.ndarray:
        """Compute what plans add to each date, where terms multiply.

        Parameters
        ----------
        money : numpy.ndarray, shape (plans, levers)
            Totals of the window, currency.

        Returns
        -------
        numpy.ndarray, shape (plans, channels, cells, dates, samples)
            Logarithms, float64.
        """
        return np.array([self._multiply(exposure) for exposure in self._spread(money)])

    def _respond(self, exposure: np.ndarray) -> np.ndarray:
        """Compute what one plan adds, by lever and draw."""
        if self.response.is_log:
            terms = self._multiply(exposure)
            # What they add together, split in the ratio of their terms.
            by_cell = (terms * self.base * _expm1_by_itself(terms.sum(axis=0))).sum(axis=2)
        else:
            by_cell = np.array([added.sum(axis=1) for added in self._add(exposure)]) * self._height
        added: np.ndarray = by_cell if self._free_cells else by_cell.sum(axis=1)
        return added.reshape(self.current.size, -1)

    def _multiply(self, exposure: np.ndarray) -> np.ndarray:
        """Compute the terms of one plan, by channel, cell, date and draw."""
        terms: np.ndarray = np.array(list(self._add(exposure))) * self._height[:, :, None]
        return terms

    def _add(self, exposure: np.ndarray) -> Iterator[np.ndarray]:
        """Bend what one plan shows, channel by channel, and take off what went before."""
        for n, bend in enumerate(self._curves):
            carried = self._carried_in[n] + self._carried[n] * exposure[n, :, None, None]
            yield bend(carried) - self._before[n]

    def _spread(self, money: np.ndarray) -> np.ndarray:
        """Give each cell its part of plans: exposure per period by plan, channel and cell."""
        by_cell = (
            money.reshape(len(money), *self._share.shape)
            if self._free_cells
            else money[:, :, None] * self._share
        )
        exposure: np.ndarray = by_cell / (self.scenario.periods * self._line_up(self._price))
        return exposure

    def _gather(self, money: xr.DataArray) -> np.ndarray:
        """Line up by lever what is told by channel and cell."""
        by_cell = self._line_up(money)
        return by_cell.ravel() if self._free_cells else by_cell.sum(axis=1)

    def _line_up(self, values: xr.DataArray, *last: str) -> np.ndarray:
        """Line up by channel, cell, and dims that come last."""
        full = values.broadcast_like(self._today).transpose("channel", *self._cells, *last)
        shape = full.shape[len(full.shape) - len(last) :]
        return np.ascontiguousarray(full.to_numpy().reshape(len(self.channels), -1, *shape))

    @property
    def _free_cells(self) -> list[str]:
        return self._cells if self.scenario.free_cells else []

    def _name_levers(self) -> list[tuple[str, ...]]:
        shape = [self._today[dim].to_numpy() for dim in ("channel", *self._free_cells)]
        return [tuple(map(str, one)) for one in pd.MultiIndex.from_product(shape)]

    def _spread_today(self) -> np.ndarray:
        """Share of each cell in a channel's money; equal where nothing is spent today."""
        today = self._line_up(self._today)
        total = today.sum(axis=1, keepdims=True)
        return np.where(total > 0, today / np.where(total > 0, total, 1.0), 1 / today.shape[1])

    def _read_price(self) -> xr.DataArray:
        """Price of exposure in the window."""
        price = read_price(self._features).reset_coords(drop=True)
        changed = {
            name: price.sel(channel=name).copy(
                data=np.vectorize(lambda now, to=to: resolve_amount(to, now))(
                    price.sel(channel=name)
                )
            )
            for name, to in self.scenario.prices.items()
        }
        parts = [changed.get(name, price.sel(channel=name)) for name in self.channels]
        return xr.concat(parts, "channel")

    def _limit_seen(self, pattern: xr.DataArray) -> np.ndarray:
        """Find the money up to which every period stays within what was seen."""
        largest = self._features["exposure"].max("date") * self._price
        most = self._line_up(largest / pattern.max("date") * self.scenario.periods)
        if self._free_cells:
            return most.ravel()
        by_cell = np.where(
            self._share > 0, most / np.where(self._share > 0, self._share, 1), np.inf
        )
        seen: np.ndarray = by_cell.min(axis=1)
        return seen

    def _prepare(self, pattern: xr.DataArray) -> None:
        """Work out once what does not depend on the plan: carry-in, and how a plan is carried."""
        response, features = self.response, self._features
        n_lags = response.weights.sizes[LAG]
        length = self.scenario.periods + n_lags - 1
        first = n_lags - 1
        past = response.weigh_past(features).reset_coords(drop=True).drop_vars("date")
        weight = response.weigh_now(features)
        if self.gap:
            meanwhile = weight * self._today / self._price
            past = xr.concat([past, *[meanwhile] * self.gap], "date", coords="minimal")
        past = past.isel(date=slice(max(0, past.sizes["date"] - first), None))
        past = past.assign_coords(date=np.arange(past.sizes["date"]))
        before = past.pad(date=(first - past.sizes["date"], length), constant_values=0.0)
        dates = {"date": np.arange(first + length)}
        kept = {"date": slice(first, None)}
        lagged = response.carry(before.assign_coords(dates)).isel(kept)
        self._carried_in = self._line_up(lagged, "date", "sample")
        plan = pattern.assign_coords(date=np.arange(pattern.sizes["date"]))
        plan = plan.pad(date=(0, n_lags - 1), constant_values=0.0)
        plan = plan.assign_coords(date=np.arange(first, first + length))
        self._carried = self._line_up(response.carry(plan * weight), "date", "sample")
        self._curves = [_read_curve(response, name) for name in self.channels]
        self._before = [bend(lag) for bend, lag in zip(self._curves, self._carried_in, strict=True)]
        self._height = self._line_up(response.height, "sample")

    def _multiplied(self, fit: ConvergedFit) -> np.ndarray:
        """Compute what a plan's terms multiply, by cell, date and draw."""
        last, grain = self._features["date"].to_numpy()[-1], self._features.attrs["grain"]
        dates = extend_calendar(pd.Timestamp(last), grain, self.gap + self.scenario.periods)
        base = compute_base(fit, self.response, self.scenario, dates, self._drawn)
        dated = base if "date" in base.dims else base.expand_dims("date")
        already = (np.array(self._before) * self._height[:, :, None]).sum(axis=0)
        multiplied: np.ndarray = self._line_up(dated, "date", "sample")[0] * np.exp(already)
        return multiplied


def _read_curve(response: MediaResponse, channel: str) -> Callable[[np.ndarray], np.ndarray]:
    """Read a channel's curve, for arrays whose last axis counts the draws."""
    form = response.forms[channel]
    taken = take_parameters(response.parameters, SATURATION_PARAMETERS[form], channel)
    return partial(saturate, form, **{word: one.to_numpy() for word, one in taken.items()})


def _expm1_by_itself(values: np.ndarray) -> np.ndarray:
    """Compute ``(exp(x) - 1) / x``, which is 1 at 0."""
    is_tiny = abs(values) < 1e-12
    return np.where(is_tiny, 1.0, np.expm1(values) / np.where(is_tiny, 1.0, values))
