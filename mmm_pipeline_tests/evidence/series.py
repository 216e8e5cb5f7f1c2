"""Tables of a fit with known faults, and without."""

import numpy as np
import pandas as pd

NOISE = 20.0
"""Standard deviation of what nothing explains."""
WIDTHS = {"": 1.645, "_50": 0.674, "_80": 1.282, "_95": 1.960}
"""Of the intervals, standard deviations."""


def make_table(
    residual: np.ndarray | None = None, fitted: np.ndarray | None = None, periods: int = 156
) -> pd.DataFrame:
    """A fit of weeks about 1000; residuals of one size and without memory if none are given."""
    rng = np.random.default_rng(2)
    if residual is None:
        residual = NOISE * rng.standard_normal(periods)
    if fitted is None:
        fitted = 1000 + 100 * rng.standard_normal(len(residual))
    table = pd.DataFrame(
        {
            "date": pd.date_range("2023-01-02", periods=len(residual), freq="W-MON"),
            "observed": fitted + residual,
            "fitted": fitted,
            "residual": residual,
            "crps": np.abs(residual) / 2,
        }
    )
    for suffix, width in WIDTHS.items():
        table[f"lower{suffix}"] = fitted - width * NOISE
        table[f"upper{suffix}"] = fitted + width * NOISE
    return table


def make_noise(periods: int = 156, seed: int = 2) -> np.ndarray:
    """Residuals without a fault."""
    return NOISE * np.random.default_rng(seed).standard_normal(periods)
