"""What money brings, tabulated once, so that thousands of plans can be tried in a second."""

from collections.abc import Callable
from copy import copy

import numpy as np
from scipy.interpolate import CubicSpline

from mmm_pipeline.decision.window import Window

N_KNOTS = 64
"""Plans each lever's curve is tabulated at, denser where there is little money."""
MAX_TABLE = 3_000_000
"""Numbers in a table; of models whose terms multiply, and of panels, fewer draws are kept."""

type Slope = Callable[[np.ndarray], np.ndarray]


class Landscape:
    """The response to any plan, and its slope along every lever, in every draw.

    A lever's curve is a cubic spline through `N_KNOTS` exact values; where terms multiply, that of
    its term on each date.

    Parameters
    ----------
    window : Window
        What is tabulated.
    top : numpy.ndarray, shape (levers,)
        Most money on each lever, currency over the window.

    Attributes
    ----------
    is_concave : bool
        Whether every lever's curve flattens all the way, in every draw: then there is one best
        plan, from wherever one climbs. Not claimed where terms multiply.
    """

    def __init__(self, window: Window, top: np.ndarray) -> None:
        self._top = np.where(top > 0, top, 1.0)
        self._is_log = window.response.is_log
        self.is_concave = False
        self._knots = np.linspace(0, 1, N_KNOTS) ** 2
        plans = self._knots[:, None] * self._top
        if not self._is_log:
            values = window.respond(plans)
            self._curves = _spline(self._knots, values)
            self.is_concave = _is_concave(self._knots, values)
            return
        terms = window.list_terms(plans)
        self._shape = terms.shape[1:3]
        self._curves = _spline(self._knots, terms.reshape(N_KNOTS, -1, *terms.shape[3:]))
        self._base = window.base
        self._lever_of = np.arange(np.prod(self._shape))
        if window.current.size < self._lever_of.size:
            self._lever_of //= self._shape[1]

    def average(self) -> "Landscape":
        """Average over the draws, as far as that is the same as averaging what comes out.

        Returns
        -------
        Landscape
            With one draw; itself where terms multiply.
        """
        if self._is_log:
            return self
        alone = copy(self)
        alone._curves = self._curves.mean(axis=-1, keepdims=True)  # noqa: SLF001
        return alone

    def measure(self, money: np.ndarray) -> tuple[np.ndarray, Slope]:
        """Look up what a plan brings.

        Parameters
        ----------
        money : numpy.ndarray, shape (levers,)
            Totals of the window, currency; from 0 to the top.

        Returns
        -------
        response : numpy.ndarray, shape (samples,)
            Target units.
        slope : callable
            From weights of the draws, shape (samples,), to what the next unit of money on each
            lever would add to the response, so weighed: target units, shape (levers,).
        """
        if self._is_log:
            return self._multiply(money)
        rows, powers, rises = self._look_up(money / self._top)

        def weigh(weights: np.ndarray) -> np.ndarray:
            slopes: np.ndarray = ((rows @ weights) * rises).sum(axis=1) / self._top
            return slopes

        return np.tensordot(powers, rows, 2), weigh

    def _multiply(self, money: np.ndarray) -> tuple[np.ndarray, Slope]:
        """Put the terms of each date together."""
        rows, powers, rises = self._look_up((money / self._top)[self._lever_of])
        terms = np.einsum("cp,cp...->c...", powers, rows).reshape(*self._shape, *rows.shape[2:])
        target = self._base * np.exp(terms.sum(axis=0))

        def weigh(weights: np.ndarray) -> np.ndarray:
            rise = np.einsum("cp,cp...->c...", rises, rows).reshape(terms.shape)
            by_cell = np.einsum("ceds,eds->ce", rise, target * weights).ravel()
            return np.bincount(self._lever_of, by_cell, self._top.size) / self._top

        return (target - self._base).sum(axis=(0, 1)), weigh

    def _look_up(self, share: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Find the polynomial of each curve at its place, and the powers there and their slopes."""
        place = np.clip(np.searchsorted(self._knots, share, side="right") - 1, 0, N_KNOTS - 2)
        x, one = share - self._knots[place], np.ones(share.size)
        powers = np.stack([x**3, x**2, x, one], axis=1)
        rises = np.stack([3 * x**2, 2 * x, one, 0 * one], axis=1)
        return self._curves[place, np.arange(share.size)], powers, rises


def _spline(knots: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Compute splines along the first axis: by knot, curve and power, the highest first."""
    return np.ascontiguousarray(np.moveaxis(CubicSpline(knots, values, axis=0).c, 0, 2))


def _is_concave(knots: np.ndarray, values: np.ndarray) -> bool:
    """Tell whether every curve flattens all the way, so that there is one best plan."""
    slopes = np.diff(values, axis=0) / np.diff(knots).reshape(-1, *[1] * (values.ndim - 1))
    return bool((np.diff(slopes, axis=0) <= 1e-9 * abs(slopes).max()).all())


def count_draws(window_size: int) -> int:
    """Count the draws that fit into a table.

    Parameters
    ----------
    window_size : int
        Numbers in a draw of one plan.

    Returns
    -------
    int
        At least 100.
    """
    return max(100, MAX_TABLE // (N_KNOTS * window_size))
