"""The periods that follow the data, and what money would bring in them, exactly, in every draw."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.phasing import phase
from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.grain import FREQUENCY, PERIODS_PER_YEAR
from mmm_pipeline.insight.recent import read_price
from mmm_pipeline.insight.response import LAG, read_response
from mmm_pipeline.spec import Scenario, resolve_amount

MAX_NUMBERS = 4_000_000
"""Numbers that are held at once when many plans are measured."""
POINT, LEVER = "point", "lever"
"""Dims: plans, and what money may be moved between."""
SETTING = ("periods", "start", "today", "phasing", "prices", "free_cells")
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

    Raises
    ------
    ScenarioError
        If the window does not begin on a period's first day after the data.
    """

    def __init__(self, fit: ConvergedFit, scenario: Scenario, n_draws: int | None = None) -> None:
        features, response = fit.features, read_response(fit)
        self.scenario = scenario
        self.channels = fit.spec.bought_media
        self.response = response if n_draws is None else response.thin(n_draws)
        self.response = self.response.choose(self.channels)
        self.gap, self.dates = _place(features, scenario)
        self._cells = list(fit.spec.data.panel)
        self._features = features.sel(channel=self.channels)
        self._today = _average(self._features, "spend", scenario).transpose("channel", ...)
        self._price = self._read_price()
        self._levers = self._name_levers()
        self._share = self._spread_today()
        pattern = phase(scenario, self.channels, self._features["target"], self.dates)
        self._pattern = pattern
        self.current = self._gather(self._today * scenario.periods)
        self.channel_of = np.array([self.channels.index(name) for name, *_ in self._levers])
        self.seen = self._limit_seen(pattern)
        self._prepare(pattern)

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
        parts = []
        for few in self._chunk(money):
            added = self._add(few)
            if self.response.is_log:
                together = added.sum("channel")
                # What they add together, split in the ratio of their terms.
                added = added * self._base * _expm1_by_itself(together)
            parts.append(self._line_up(added.sum("date")))
        return np.concatenate(parts)

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
        mean = self._spread(money[None]).isel({POINT: 0}, drop=True) / self.scenario.periods
        step = FREQUENCY[self._features.attrs["grain"]]
        between = pd.date_range(end=self.dates[0], periods=self.gap + 1, freq=step)[:-1]
        parts = [self._today.expand_dims(date=between), mean * self._pattern]
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
        parts = [self._by_date(self._add(few)) for few in self._chunk(money)]
        return np.concatenate(parts)

    @property
    def base(self) -> np.ndarray:
        """Target without what the plan adds, where terms multiply.

        Shape (cells, dates, samples), target units.
        """
        blank = self._base.expand_dims(channel=1, point=1)
        one: np.ndarray = self._by_date(blank)[0, 0]
        return one

    def _chunk(self, money: np.ndarray) -> list[xr.DataArray]:
        """Take a few plans at a time, and spread them over the cells: money per period."""
        size = max(1, MAX_NUMBERS // self._carried_in.size)
        chunks = [money[n : n + size] for n in range(0, len(money), size)]
        return [self._spread(few) / self.scenario.periods for few in chunks]

    def _add(self, money: xr.DataArray) -> xr.DataArray:
        """Compute the terms of money per period, less those of what went before."""
        exposure = money / self._price
        return self.response.bend(self._carried_in + self._carried * exposure) - self._already

    def _spread(self, money: np.ndarray) -> xr.DataArray:
        """Give each cell its part of plans."""
        if not self._free_cells:
            by_channel = xr.DataArray(
                money, dims=(POINT, "channel"), coords={"channel": self.channels}
            )
            return by_channel * self._share
        shape = (len(money), *self._today.shape)
        return self._today.expand_dims({POINT: len(money)}).copy(data=money.reshape(shape))

    def _gather(self, money: xr.DataArray) -> np.ndarray:
        """Line up by lever what is told by channel and cell."""
        kept = money.sum([dim for dim in self._cells if dim not in self._free_cells])
        return np.asarray(kept.transpose("channel", *self._free_cells)).ravel()

    def _line_up(self, response: xr.DataArray) -> np.ndarray:
        """Line up a response by plan, lever and draw."""
        kept = response.sum([dim for dim in self._cells if dim not in self._free_cells])
        kept = kept.transpose(POINT, "channel", *self._free_cells, "sample")
        values: np.ndarray = kept.to_numpy().reshape(kept.sizes[POINT], -1, kept.sizes["sample"])
        return values

    def _by_date(self, terms: xr.DataArray) -> np.ndarray:
        """Line up terms by plan, channel, cell, date and draw."""
        ordered = terms.transpose(POINT, "channel", *self._cells, "date", "sample").to_numpy()
        n_points, n_channels, *_, n_dates, n_samples = ordered.shape
        values: np.ndarray = ordered.reshape(n_points, n_channels, -1, n_dates, n_samples)
        return values

    @property
    def _free_cells(self) -> list[str]:
        return self._cells if self.scenario.free_cells else []

    def _name_levers(self) -> list[tuple[str, ...]]:
        shape = [self._today[dim].to_numpy() for dim in ("channel", *self._free_cells)]
        return [tuple(map(str, one)) for one in pd.MultiIndex.from_product(shape)]

    def _spread_today(self) -> xr.DataArray:
        """Share of each cell in a channel's money; equal where nothing is spent today."""
        total = self._today.sum(self._cells)
        equal = total.size / self._today.size
        return (self._today / total.where(total > 0)).fillna(equal)

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
        highest = pattern.max("date")
        most = largest / highest * self.scenario.periods
        if self._free_cells:
            return self._gather(most)
        by_channel: xr.DataArray = (most / self._share.where(self._share > 0)).min(self._cells)
        return by_channel.transpose("channel").to_numpy()

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
        self._carried_in = response.carry(before.assign_coords(dates)).isel(kept)
        plan = pattern.assign_coords(date=np.arange(pattern.sizes["date"]))
        plan = plan.pad(date=(0, n_lags - 1), constant_values=0.0)
        plan = plan.assign_coords(date=np.arange(first, first + length))
        self._carried = response.carry(plan * weight)
        self._already = response.bend(self._carried_in)
        self._base = xr.DataArray(1.0)
        if response.is_log:
            stripped = response.strip(features, together=True)
            self._base = stripped * xr.apply_ufunc(np.exp, self._already.sum("channel"))


def _average(features: xr.Dataset, kind: str, scenario: Scenario) -> xr.DataArray:
    """Average what is spent or shown today, as the scenario has it."""
    periods = scenario.today or PERIODS_PER_YEAR[features.attrs["grain"]]
    recent: xr.DataArray = features[kind].isel(date=slice(-periods, None)).mean("date")
    return recent.reset_coords(drop=True)


def _place(features: xr.Dataset, scenario: Scenario) -> tuple[int, pd.DatetimeIndex]:
    """Find the window's dates, and the periods between the data and the window."""
    last = pd.Timestamp(features["date"].to_numpy()[-1])
    step = pd.tseries.frequencies.to_offset(FREQUENCY[features.attrs["grain"]])
    first = last + step
    if scenario.start is None:
        return 0, pd.date_range(first, periods=scenario.periods, freq=step)
    start = pd.Timestamp(scenario.start)
    between = pd.date_range(first, start, freq=step)
    if start < first or between[-1] != start:
        message = (
            f"`start` must be the first day of a period after the data, {first:%Y-%m-%d} or a "
            f"later one in steps of a {features.attrs['grain']}; got {start:%Y-%m-%d}."
        )
        raise ScenarioError(message)
    return len(between) - 1, pd.date_range(start, periods=scenario.periods, freq=step)


def _expm1_by_itself(values: xr.DataArray) -> xr.DataArray:
    """Compute ``(exp(x) - 1) / x``, which is 1 at 0."""
    is_tiny = abs(values) < 1e-12
    ratio: xr.DataArray = xr.apply_ufunc(np.expm1, values) / values.where(~is_tiny, 1.0)
    return ratio.where(~is_tiny, 1.0)
