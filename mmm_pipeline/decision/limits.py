"""What a plan must keep: budget, bounds, shares, ratios, as limits on weighed money."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mmm_pipeline.decision.levers import Levers
from mmm_pipeline.spec import ChannelLimits, GroupLimits, ModelSpec, Scenario, resolve_amount

TOLERANCE = 1e-6
"""Largest breach of a limit, as a share of the money that is planned."""


@dataclass(frozen=True)
class Limit:
    """Money, weighed, that must stay between two bounds.

    Attributes
    ----------
    name : str
        The setting that asks for it.
    weights : numpy.ndarray, shape (levers,)
        Of each lever's money.
    low, high : float
        Currency over the window; either may be infinite.
    """

    name: str
    weights: np.ndarray
    low: float
    high: float

    def describe(self) -> str:
        """Say what it asks for.

        Returns
        -------
        str
        """
        if self.low == self.high:
            return f"`{self.name}` ({self.low:,.0f})"
        ends = [
            f"{words} {end:,.0f}"
            for words, end in (("at least", self.low), ("at most", self.high))
            if np.isfinite(end)
        ]
        return f"`{self.name}`" + (f" ({', '.join(ends)})" if (self.weights >= 0).all() else "")


@dataclass(frozen=True)
class Limits:
    """All that a plan must keep.

    Attributes
    ----------
    rows : tuple of Limit
        One by one; those of single levers too.
    budget : float
        Most money that may be spent; infinite where it is free.
    """

    rows: tuple[Limit, ...]
    budget: float

    @property
    def matrix(self) -> np.ndarray:
        """Weights, shape (rows, levers)."""
        return np.array([row.weights for row in self.rows])

    @property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of the rows."""
        return np.array([row.low for row in self.rows]), np.array([row.high for row in self.rows])

    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Bound each lever by itself.

        Returns
        -------
        lower, upper : numpy.ndarray, shape (levers,)
            Currency over the window; what several levers must keep together is not in them.
        """
        n = self.rows[0].weights.size
        lower, upper = np.zeros(n), np.full(n, np.inf)
        for row in self.rows:
            if np.count_nonzero(row.weights) == 1 and row.weights.max() > 0:
                at, weight = int(row.weights.argmax()), row.weights.max()
                lower[at] = max(lower[at], row.low / weight)
                upper[at] = min(upper[at], row.high / weight)
            elif (row.weights >= 0).all() and np.isfinite(row.high):
                some = row.weights > 0
                upper[some] = np.minimum(upper[some], row.high / row.weights[some])
        return lower, upper

    def list_held(self, money: np.ndarray) -> list[str]:
        """Name the limits that a plan has gone to the end of, but for those that leave no choice.

        Parameters
        ----------
        money : numpy.ndarray, shape (levers,)
            Currency over the window.

        Returns
        -------
        list of str
            Settings, each once.
        """
        slack = TOLERANCE * max(1.0, float(money.sum()))
        held: dict[str, None] = {}
        for row in self.rows:
            found, is_floor = float(row.weights @ money), row.low > 0 or row.weights.min() < 0
            is_at_end = found >= row.high - slack or (is_floor and found <= row.low + slack)
            if is_at_end and row.low < row.high and row.name not in {"budget", "extra"}:
                held[row.name] = None
        return list(held)

    def list_breaches(self, money: np.ndarray) -> list[str]:
        """Find what a plan does not keep.

        Parameters
        ----------
        money : numpy.ndarray, shape (levers,)
            Currency over the window.

        Returns
        -------
        list of str
            A sentence each.
        """
        slack = TOLERANCE * max(1.0, float(money.sum()))
        broken = []
        for row in self.rows:
            found = float(row.weights @ money)
            if not row.low - slack <= found <= row.high + slack:
                broken.append(f"{row.describe()} is not kept: it comes to {found:,.0f}")
        return broken


def limit_plan(scenario: Scenario, window: Levers, spec: ModelSpec) -> Limits:
    """Work out what a scenario asks of its plan.

    Parameters
    ----------
    scenario : Scenario
        As the spec states it.
    window : Levers
        Its window.
    spec : ModelSpec
        The model, for its groups of channels.

    Returns
    -------
    Limits
    """
    total = float(window.current.sum())
    rows = [*_limit_budget(scenario, window, total)]
    budget = min(row.high for row in rows) if rows else np.inf
    rows += [*_limit_levers(scenario, window), *_limit_channels(scenario, window)]
    rows += [*_limit_groups(scenario, window, spec), *_limit_ratios(scenario, window)]
    return Limits(tuple(rows), budget)


def _limit_budget(scenario: Scenario, window: Levers, total: float) -> Iterator[Limit]:
    """Spend the budget, or at most the budget where there is a goal."""
    everything = np.ones(window.current.size)
    if scenario.what_if or scenario.budget == "free":
        return
    if scenario.extra is not None:
        name, most = "extra", total + resolve_amount(scenario.extra, total)
    else:
        name, most = "budget", resolve_amount(scenario.budget, total)
    yield Limit(name, everything, most if scenario.goal is None else 0.0, most)


def _limit_levers(scenario: Scenario, window: Levers) -> Iterator[Limit]:
    """Keep each lever within the scenario's bounds."""
    own = scenario.what_if or scenario.channels
    for n, now in enumerate(window.current):
        name = window.channels[window.channel_of[n]]
        if name in own:
            continue
        low, high = now * max(0.0, 1 - scenario.bounds), now * (1 + scenario.bounds)
        if scenario.what_if:
            low = high = now
        elif scenario.extra is not None:
            low, high = now, np.inf
        lever = (np.arange(window.current.size) == n).astype(float)
        yield Limit(f"bounds of {name}", lever, low, high)


def _limit_channels(scenario: Scenario, window: Levers) -> Iterator[Limit]:
    """Keep what is said of single channels."""
    for name, to in scenario.what_if.items():
        yield from _limit_money(f"what_if.{name}", ChannelLimits(spend=to), window, [name])
    for name, limits in scenario.channels.items():
        yield from _limit_money(f"channels.{name}", limits, window, [name])
        yield from _limit_otherwise(name, limits, scenario, window)


def _limit_otherwise(
    name: str, limits: ChannelLimits, scenario: Scenario, window: Levers
) -> Iterator[Limit]:
    """Keep what a channel's own limits leave open, and something else has to close."""
    some = _pick(window, [name])
    now = float(window.current @ some)
    if limits.spend is not None:
        return
    if scenario.extra is not None and limits.min is None:
        yield Limit(f"bounds of {name}", some, now, np.inf)
    if scenario.budget == "free" and limits.max is None:
        yield Limit(f"bounds of {name}", some, 0.0, now * (1 + scenario.bounds))


def _limit_groups(scenario: Scenario, window: Levers, spec: ModelSpec) -> Iterator[Limit]:
    """Keep what is said of several channels."""
    for name, limits in scenario.groups.items():
        members = limits.channels or [
            one for one in window.channels if spec.media[one].group == name
        ]
        yield from _limit_money(f"groups.{name}", limits, window, members)


def _limit_money(
    name: str, limits: ChannelLimits | GroupLimits, window: Levers, members: Sequence[str]
) -> Iterator[Limit]:
    """Keep the money and the share of some channels."""
    some = _pick(window, members)
    now = float(window.current @ some)
    exact = limits.spend if isinstance(limits, ChannelLimits) else None
    for word, low, high in (
        ("spend", exact, exact),
        ("min", limits.min, None),
        ("max", None, limits.max),
    ):
        if low is not None or high is not None:
            yield Limit(
                f"{name}.{word}",
                some,
                0.0 if low is None else resolve_amount(low, now),
                np.inf if high is None else resolve_amount(high, now),
            )
    if limits.min_share is not None:
        yield Limit(f"{name}.min_share", some - limits.min_share, 0.0, np.inf)
    if limits.max_share is not None:
        yield Limit(f"{name}.max_share", limits.max_share - some, 0.0, np.inf)


def _limit_ratios(scenario: Scenario, window: Levers) -> Iterator[Limit]:
    """Keep one channel's money against another's."""
    for ratio in scenario.ratios:
        one, other = _pick(window, [ratio.channel]), _pick(window, [ratio.to])
        name = f"ratios of {ratio.channel} to {ratio.to}"
        if ratio.min is not None:
            yield Limit(name, one - ratio.min * other, 0.0, np.inf)
        if ratio.max is not None:
            yield Limit(name, ratio.max * other - one, 0.0, np.inf)


def _pick(window: Levers, members: Sequence[str]) -> np.ndarray:
    """Weigh the levers of some channels by 1."""
    places = [window.channels.index(name) for name in members]
    return np.isin(window.channel_of, places).astype(float)
