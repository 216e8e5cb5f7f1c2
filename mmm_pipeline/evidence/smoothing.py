"""Exponential smoothing with additive errors: what a series says of its own future."""

from dataclasses import dataclass

import numpy as np

LEVEL_RATES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.99)
"""Shares of an error that move the level; one of them is chosen."""
SLOPE_RATES = (0.02, 0.1, 0.3)
"""Shares of the level's rate that move the slope."""
DAMPINGS = (0.8, 0.9, 0.98)
"""Shares of the slope that are left a period later."""
SEASON_RATES = (0.01, 0.05, 0.2, 0.5)
"""Shares of what the level's rate leaves that move the season."""
START = 10
"""Periods from which the first level and slope are read."""


@dataclass(frozen=True)
class _Form:
    """A form of the model, run once for every combination of its rates."""

    rates: np.ndarray
    level: float
    slope: float
    season: np.ndarray
    n_parameters: int


def forecast_ets(known: np.ndarray, horizon: int, season: int) -> tuple[np.ndarray, np.ndarray]:
    """Forecast a series by exponential smoothing.

    Level alone, with a damped slope, with a season, or with both: the form is chosen by AICc, its
    rates from a grid by the errors of forecasts one period ahead.

    Parameters
    ----------
    known : numpy.ndarray, dims ``(date,)``
        What was observed, at least `START` values.
    horizon : int
        Periods ahead.
    season : int
        Periods after which the season recurs; used where two of them are known.

    Returns
    -------
    mean, sd : numpy.ndarray, dims ``(horizon,)``
        Of a normal distribution, in the unit of the series.

    Notes
    -----
    With ``e`` the error, ``y = l + phi b + s + e``, where ``l' = l + phi b + alpha e``, ``b' = phi
    b + beta e`` and ``s' = s + gamma e``. The variance ``h`` periods ahead is ``sigma^2 (1 +
    sum_{j < h} c_j^2)`` with ``c_j = alpha + beta (phi + ... + phi^j) + gamma [season divides j]``.

    References
    ----------
    Hyndman, Koehler, Ord and Snyder (2008), "Forecasting with exponential smoothing": the model in
    chapter 2, first states in section 2.6.1, variances in table 6.1, AICc in section 2.8.
    """
    fits = [_fit(known, form) for form in _list_forms(known, season)]
    _, rates, sigma, level, slope, state = min(fits, key=lambda fit: fit[0])
    alpha, beta, gamma, phi = rates
    steps = np.arange(1, horizon + 1)
    carried = np.cumsum(phi**steps)
    place = (len(known) + steps - 1) % len(state)
    mean = level + carried * slope + state[place]
    moved = alpha + beta * carried + gamma * (steps % len(state) == 0)
    variance = 1 + np.concatenate([[0.0], np.cumsum(moved[:-1] ** 2)])
    return mean, sigma * np.sqrt(variance)


def _list_forms(known: np.ndarray, season: int) -> list[_Form]:
    """List the forms that the series is long enough for."""
    none = np.zeros(1)
    seasons = [none]
    if len(known) >= 2 * season:
        seasons.append(_read_season(known, season))
    forms = []
    for first in seasons:
        has_season = len(first) > 1
        start = (known - np.resize(first, len(known)))[:START]
        slope, intercept = np.polyfit(np.arange(1, len(start) + 1), start, 1)
        gammas = SEASON_RATES if has_season else (0.0,)
        n_season = len(first) if has_season else 0  # Its rate, and all but one of its states.
        flat = [(a, 0.0, g * (1 - a), 1.0) for a in LEVEL_RATES for g in gammas]
        damped = [
            (a, r * a, g * (1 - a), phi)
            for a in LEVEL_RATES
            for r in SLOPE_RATES
            for g in gammas
            for phi in DAMPINGS
        ]
        forms += [
            _Form(np.array(flat), float(start.mean()), 0.0, first, 2 + n_season),
            _Form(np.array(damped), float(intercept), float(slope), first, 5 + n_season),
        ]
    return forms


def _read_season(known: np.ndarray, season: int) -> np.ndarray:
    """Read the first season: mean distance from a moving average as long, by place."""
    weights = np.full(season, 1 / season)
    if season % 2 == 0:
        weights = np.convolve(weights, [0.5, 0.5])
    margin = len(weights) // 2
    apart = known[margin : len(known) - margin] - np.convolve(known, weights, mode="valid")
    place = (np.arange(len(apart)) + margin) % season
    first = np.array([apart[place == one].mean() for one in range(season)])
    first -= first.mean()
    return first


def _fit(
    known: np.ndarray, form: _Form
) -> tuple[float, np.ndarray, float, float, float, np.ndarray]:
    """Choose the rates of a form; give AICc, rates, sigma, and the last states."""
    alpha, beta, gamma, phi = form.rates.T
    level, slope = np.full(len(alpha), form.level), np.full(len(alpha), form.slope)
    state = np.tile(form.season[:, None], len(alpha))
    squares = np.zeros(len(alpha))
    for time, value in enumerate(known):
        place = time % len(form.season)
        expected = level + phi * slope
        error = value - expected - state[place]
        level, slope = expected + alpha * error, phi * slope + beta * error
        state[place] += gamma * error
        squares += error**2
    best, n, k = int(squares.argmin()), len(known), form.n_parameters
    sigma = float(np.sqrt(squares[best] / max(n - k, 1)))
    criterion = float("inf")
    if n > k + 1:
        fit = np.log(max(squares[best], np.finfo(float).tiny) / n)
        criterion = float(n * fit + 2 * k + 2 * k * (k + 1) / (n - k - 1))
    return (
        criterion,
        form.rates[best],
        sigma,
        float(level[best]),
        float(slope[best]),
        state[:, best],
    )
