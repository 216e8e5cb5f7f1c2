"""What a model needs to know of experiments: what was spent, when, and how far they may err."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pymc as pm
import xarray as xr

from mmm_pipeline.errors import DataError, Problem
from mmm_pipeline.ingest.grain import extend_calendar
from mmm_pipeline.ingest.lift_tests import LiftTest
from mmm_pipeline.ingest.read import EXPERIMENTS_SETTING
from mmm_pipeline.model.formulas import CARRYOVER_PARAMETERS, weigh_lags
from mmm_pipeline.model.lift_tests import LAG, LIFT_TEST, ROW, TIME
from mmm_pipeline.model.shape_priors import state_media_carryover
from mmm_pipeline.spec import ModelSpec

HALF_LIFE_WEEKS = 52.0
"""Weeks in which what an experiment says of today halves."""
TOLERANCE = 0.02
"""Share of a period's exposure by which an experiment may exceed what the data hold."""
TINY = 1e-3
"""Least daily spend of an experiment, as a share of the usual."""
PRIOR_DRAWS = 500
"""Draws from the prior on carry-over, for the share of an effect that an experiment saw."""


def arrange_lift_tests(
    tests: Sequence[LiftTest], features: xr.Dataset, spec: ModelSpec
) -> xr.Dataset:
    """Turn experiments into arrays.

    Parameters
    ----------
    tests : sequence of LiftTest
        At least one.
    features : xarray.Dataset
        Of the model.
    spec : ModelSpec
        The model.

    Returns
    -------
    xarray.Dataset
        By experiment, dim ``lift_test``: what is known of it (``lift``, ``lift_error``,
        ``lift_spend``, ...), ``lift_tau_spend``, ``lift_tau_recency``, ``lift_tau_duration``, and
        with them ``lift_error_used``, target units. By experiment and cell, dim ``lift_row``:
        scaled exposure in each period of the experiment and those before it, dims ``(lift_row,
        lift_time, lift_lag)``: ``lift_base`` without it, ``lift_plus`` where it ran, ``lift_seen``
        in the whole market.

    Raises
    ------
    DataError
        If the data hold less than an experiment spent, or nothing was ever spent where it ran.

    Notes
    -----
    ``lift_error_used = lift_error sqrt(1 + tau_spend + tau_recency + tau_duration)``, as Meridian
    2.1 has it. Of the experiment's daily spend and that of the window, ``tau_spend = larger /
    smaller - 1``; since its last day, ``tau_recency = 2^(weeks / 52) - 1``; and ``tau_duration =
    (1 - p) / p``, with ``p`` the share of an effect that comes to pass within its length, expected
    under the prior on carry-over. The experiment's spend is that of its side on which more was
    spent: so one that switches a channel off, and one that adds little, ran near the usual.

    Money that was added is taken to have been spent as all of the channel's in the experiment's
    days, and money that was withheld, evenly. An experiment from before the data, or after them, is
    taken to have run at their mean exposure.
    """
    calendar = _Calendar.of(features)
    problems: list[Problem] = []
    rows: list[xr.Dataset] = []
    taus: list[dict[str, float]] = []
    for number, test in enumerate(tests):
        spend = _find_cells(features["spend"], test)
        usual = float(spend.sum()) / calendar.n_days
        if usual <= 0:
            problems.append(_tell(test, "must have run where money was spent; nothing ever was"))
            continue
        captured = _expect_captured(spec, features, test, calendar.count(test))
        highest = _find_highest(test, spend, usual, calendar)
        taus.append(_inflate(test, highest / usual, captured, calendar))
        mine = [
            _arrange_row(test, cell, features, calendar, spec.l_max) for cell in _list_cells(spend)
        ]
        if any(row is None for row in mine):
            what = "spent" if test.spend > 0 else "withheld"
            words = f"must not have {what} more than there was; the data hold less in its days"
            problems.append(_tell(test, words))
        rows += [row.assign(lift_row_test=number) for row in mine if row is not None]
    if problems:
        raise DataError(problems)
    return _put_together(tests, pd.DataFrame(taus), rows)


@dataclass(frozen=True)
class _Calendar:
    """The periods of the data."""

    starts: pd.DatetimeIndex
    end: pd.Timestamp

    @classmethod
    def of(cls, features: xr.Dataset) -> "_Calendar":
        """Read them from features."""
        starts = pd.DatetimeIndex(features["date"].to_numpy())
        return cls(starts, extend_calendar(starts[-1], features.attrs["grain"], 1)[0])

    @property
    def n_days(self) -> int:
        """Days from the first to the last."""
        return int((self.end - self.starts[0]).days)

    def holds(self, test: LiftTest) -> bool:
        """Tell whether all days of an experiment are in the data."""
        return bool(test.start >= self.starts[0] and test.end < self.end)

    def share(self, test: LiftTest) -> np.ndarray:
        """Compute the share of an experiment's days that each period holds."""
        begins = self.starts.to_numpy().astype("datetime64[D]")
        ends = np.append(begins[1:], self.end.to_datetime64().astype("datetime64[D]"))
        first, last = (
            day.to_datetime64().astype("datetime64[D]") for day in (test.start, test.end)
        )
        count = np.minimum(ends, last + 1).astype(int) - np.maximum(begins, first).astype(int)
        count = np.maximum(count, 0)
        shares: np.ndarray = count / count.sum()
        return shares

    def count(self, test: LiftTest) -> int:
        """Count the periods that an experiment fills, one at least."""
        return max(1, round(test.n_days / (self.n_days / len(self.starts))))


def _find_cells(values: xr.DataArray, test: LiftTest) -> xr.DataArray:
    """Take the cells that an experiment ran in."""
    mine = {dim: [label] for dim, label in test.cell.items()}
    return values.sel(channel=test.channel).sel(mine)


def _list_cells(spend: xr.DataArray) -> list[dict[str, Any]]:
    """List cells with their part of an experiment's money, as of all that was spent in them."""
    dims = [str(dim) for dim in spend.dims if dim != "date"]
    total = spend.sum("date")
    labels = product(*(spend[dim].to_numpy().tolist() for dim in dims))
    cells = [dict(zip(dims, label, strict=True)) for label in labels]
    parts = [float(total.sel(cell)) / float(total.sum()) for cell in cells]
    return [
        {"cell": cell, "part": part} for cell, part in zip(cells, parts, strict=True) if part > 0
    ]


def _expect_captured(
    spec: ModelSpec, features: xr.Dataset, test: LiftTest, n_periods: int
) -> float:
    """Expect the share of an effect that comes to pass within so many periods, a priori."""
    name, form = test.channel, spec.media[test.channel].carryover.form
    vectors = state_media_carryover(spec, features)
    taken = {}
    for word in CARRYOVER_PARAMETERS[form]:
        prior = vectors[word].stated[name]
        dist = getattr(pm, prior.family).dist(**prior.parameters)
        values = np.asarray(pm.draw(dist, draws=PRIOR_DRAWS, random_seed=1), dtype=float)
        taken[word] = xr.DataArray(prior.derive(values) if prior.derive else values, dims="draw")
    lags = xr.DataArray(np.arange(float(spec.l_max)), dims=LAG)
    weights = weigh_lags(form, lags, spec.l_max, LAG, **taken)
    return float(weights.isel({LAG: slice(n_periods)}).sum(LAG).mean())


def _find_highest(test: LiftTest, spend: xr.DataArray, usual: float, calendar: _Calendar) -> float:
    """Find the daily spend of the side on which more was spent, as if all had been on it."""
    added = test.spend / test.n_days
    without = usual
    if calendar.holds(test):
        over = [dim for dim in spend.dims if dim != "date"]
        share = calendar.share(test)
        period = calendar.n_days / len(calendar.starts)
        without = float(spend.sum(over).to_numpy()[share > 0].mean()) / period - added
    return max(without, without + added / test.market, TINY * usual)


def _inflate(
    test: LiftTest, ratio: float, captured: float, calendar: _Calendar
) -> dict[str, float]:
    """Compute what is added to 1 before the error's variance is multiplied by it."""
    age = max(0, (calendar.end - pd.Timedelta(days=1) - test.end).days) / 7
    return {
        "spend": max(ratio, 1 / ratio) - 1,
        "recency": 2 ** (age / HALF_LIFE_WEEKS) - 1,
        "duration": (1 - captured) / captured,
    }


def _arrange_row(
    test: LiftTest,
    row: Mapping[str, Any],
    features: xr.Dataset,
    calendar: _Calendar,
    l_max: int,
) -> xr.Dataset | None:
    """Lay out exposure in one cell; None where the data hold less than the experiment's."""
    mine = features.sel(channel=test.channel, **row["cell"])
    exposure, target = mine["exposure"].to_numpy(), mine["target"].to_numpy()
    bought = test.spend * row["part"] * exposure.sum() / float(mine["spend"].sum())
    if calendar.holds(test):
        share = calendar.share(test)
        dates = np.flatnonzero(share)
        if bought > 0:  # As what was bought in its days; what was withheld leaves no trace.
            share = share * exposure / (float((share * exposure).sum()) or np.nan)
        path = np.concatenate([np.zeros(l_max - 1), exposure - bought * share])
        added = np.concatenate([np.zeros(l_max - 1), bought * share])
        places, targets = dates + l_max - 1, target[dates]
    else:
        n_periods = calendar.count(test)
        path = np.full(l_max - 1 + n_periods, exposure.mean())
        added = np.concatenate([np.zeros(l_max - 1), np.full(n_periods, bought / n_periods)])
        dates, places = np.full(n_periods, -1), np.arange(n_periods) + l_max - 1
        targets = np.full(n_periods, target.mean())
    most = TOLERANCE * exposure.max()
    ran = path + added / test.market
    if not (path.min() >= -most and ran.min() >= -most):
        return None
    lagged = places[:, None] - np.arange(l_max)[None, :]
    paths = {"base": path, "plus": ran, "seen": path + added}
    scale = float(mine["channel_scale"])
    arrays = {
        f"lift_{name}": ((TIME, LAG), np.maximum(one, 0.0)[lagged] / scale)
        for name, one in paths.items()
    }
    return xr.Dataset(
        {
            **arrays,
            "lift_on": (TIME, np.ones(len(dates))),
            "lift_date": (TIME, dates),
            "lift_target": (TIME, targets),
            "lift_scale": float(mine["target_scale"]),
            "lift_row_market": float(test.market),
            "lift_row_channel": test.channel,
            **{f"lift_row_{dim}": label for dim, label in row["cell"].items()},
        }
    )


def _put_together(
    tests: Sequence[LiftTest], taus: pd.DataFrame, rows: list[xr.Dataset]
) -> xr.Dataset:
    """Set rows under each other, the shorter ones filled up with periods that do not count."""
    longest = max(row.sizes[TIME] for row in rows)
    filled = [row.pad({TIME: (0, longest - row.sizes[TIME])}, constant_values=0) for row in rows]
    error = np.array([test.standard_error for test in tests])
    by_test: dict[str, Any] = {
        "lift": np.array([test.lift for test in tests]),
        "lift_error": error,
        "lift_error_used": error * np.sqrt(1 + taus.sum(axis=1).to_numpy()),
        "lift_channel": [test.channel for test in tests],
        "lift_start": np.array([test.start for test in tests], dtype="datetime64[us]"),
        "lift_end": np.array([test.end for test in tests], dtype="datetime64[us]"),
        "lift_spend": np.array([test.spend for test in tests]),
        "lift_market": np.array([test.market for test in tests]),
        **{f"lift_tau_{one}": taus[one].to_numpy() for one in taus},
    }
    return (
        xr.concat(filled, ROW)
        .assign({name: (LIFT_TEST, values) for name, values in by_test.items()})
        .assign_coords({LIFT_TEST: [test.name for test in tests]})
    )


def _tell(test: LiftTest, words: str) -> Problem:
    """Word a problem of an experiment."""
    message = f"Experiment {test.name!r} {words}."
    return Problem("bad_experiment", message, setting=EXPERIMENTS_SETTING)
