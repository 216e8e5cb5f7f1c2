"""What is known of a window before there is a fit: its dates, and today's plan in it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.decision.constraints import require_feasible
from mmm_pipeline.decision.limits import limit_plan
from mmm_pipeline.errors import ScenarioError
from mmm_pipeline.ingest.grain import build_calendar, extend_calendar
from mmm_pipeline.insight.recent import average_recent
from mmm_pipeline.spec import ModelSpec, Scenario


@dataclass(frozen=True)
class Today:
    """Today's plan over a window, lever by lever, as limits are told it.

    Attributes
    ----------
    channels : list of str
        Bought media.
    channel_of : numpy.ndarray, shape (levers,)
        Place of each lever's channel.
    current : numpy.ndarray, shape (levers,)
        Currency over the window.
    """

    channels: list[str]
    channel_of: np.ndarray
    current: np.ndarray


def read_today(spec: ModelSpec, features: xr.Dataset, scenario: Scenario) -> Today:
    """Read today's plan from the data.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.
    scenario : Scenario
        Its `today`, `periods` and `free_cells` count.

    Returns
    -------
    Today
        The levers are those of `mmm_pipeline.decision.window.Window`.
    """
    channels = spec.bought_media
    spend = features["spend"].sel(channel=channels)
    money = average_recent(spend, features, scenario.today) * scenario.periods
    by_cell = money.transpose("channel", ...).to_numpy().reshape(len(channels), -1)
    by_lever = by_cell if scenario.free_cells else by_cell.sum(axis=1, keepdims=True)
    return Today(channels, np.repeat(np.arange(len(channels)), by_lever.shape[1]), by_lever.ravel())


def require_plannable(spec: ModelSpec, features: xr.Dataset) -> None:
    """Refuse scenarios that no plan can keep, before a fit is made for them.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.

    Raises
    ------
    ScenarioError
        Naming every one of them, and why.
    """
    limits = {}
    for name, scenario in spec.scenarios.items() if spec.bought_media else ():
        try:
            place_window(features, scenario)
        except ScenarioError as error:
            message = f"`scenarios.{name}`: {error}"
            raise ScenarioError(message) from None
        limits[name] = limit_plan(scenario, read_today(spec, features, scenario), spec)
    require_feasible(limits)


def place_window(features: xr.Dataset, scenario: Scenario) -> tuple[int, pd.DatetimeIndex]:
    """Find the window's dates, and the periods between the data and the window.

    Parameters
    ----------
    features : xarray.Dataset
        Of the model.
    scenario : Scenario
        Its `start` and `periods` count.

    Returns
    -------
    gap : int
        Periods between the last of the data and the first of the window.
    dates : pandas.DatetimeIndex
        First days of the window's periods.

    Raises
    ------
    ScenarioError
        If `start` is not a period's first day after the data.
    """
    last, grain = pd.Timestamp(features["date"].to_numpy()[-1]), features.attrs["grain"]
    if scenario.start is None:
        return 0, extend_calendar(last, grain, scenario.periods)
    start = pd.Timestamp(scenario.start)
    known = build_calendar(pd.DatetimeIndex([last, start]), grain)
    if start <= last or known[-1] != start:
        first = extend_calendar(last, grain, 1)[0]
        message = (
            f"`start` must be the first day of a period after the data, {first:%Y-%m-%d} or a "
            f"later one in steps of a {grain}; got {start:%Y-%m-%d}."
        )
        raise ScenarioError(message)
    return len(known) - 2, extend_calendar(known[-2], grain, scenario.periods)
