"""Whether series that the model would have made look like the one that was observed."""

from collections.abc import Callable

import pandas as pd
import xarray as xr

from mmm_pipeline.evidence.fit import draw_predicted
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.gate.fitted import autocorrelate
from mmm_pipeline.insight.summary import SAMPLE_DIMS

MIN_P_VALUE = 0.05
"""Posterior predictive p-value below which a feature of the series is not the model's."""
QUANTILES = {
    "lowest": 0.0,
    "lower": 0.05,
    "quarter": 0.25,
    "median": 0.5,
    "three_quarters": 0.75,
    "upper": 0.95,
    "highest": 1.0,
}
"""What is kept of a statistic's replicates, by column."""

type Statistic = Callable[[xr.DataArray], xr.DataArray]


def summarize_predictive_checks(fit: ConvergedFit) -> pd.DataFrame:
    """Hold features of the observed series against those of series that the model would make.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        See `compare_statistics`; cells of a panel are added up.
    """
    cells = list(fit.spec.data.panel)
    replicated = draw_predicted(fit).sum(cells)
    table = compare_statistics(fit.features["target"].sum(cells), replicated)
    table.attrs["fit_id"] = fit.fit_id
    return table


def compare_statistics(observed: xr.DataArray, replicated: xr.DataArray) -> pd.DataFrame:
    """Compute statistics of a series and of its replicates.

    Parameters
    ----------
    observed : xarray.DataArray, dims ``(date,)``
        Target units.
    replicated : xarray.DataArray, dims ``(chain, draw, date)``
        As many series that the model would make, noise included.

    Returns
    -------
    pandas.DataFrame
        A row per statistic of `STATISTICS`: ``statistic, observed``; of the replicates ``lowest,
        lower`` (5 %) ``, quarter, median, three_quarters, upper`` (95 %) ``, highest``;
        ``probability_above``, the share of replicates at or above what was observed, and
        ``p_value``, twice the smaller tail. Target units, but for autocorrelation and skewness.

    Notes
    -----
    Posterior predictive checks (Gelman, Meng and Stern 1996). The p-value of ``total`` asks what
    Meridian's Bayesian PPP asks. The data made the posterior, so that p-values are nearer to a half
    than chance would have them: a small one says more than it would elsewhere, a large one less.
    """
    rows = []
    for name, compute in STATISTICS.items():
        found, draws = float(compute(observed)), compute(replicated)
        values = draws.quantile(list(QUANTILES.values()), dim=SAMPLE_DIMS).to_numpy()
        above, below = float((draws >= found).mean()), float((draws <= found).mean())
        rows.append(
            {
                "statistic": name,
                "observed": found,
                **dict(zip(QUANTILES, values.tolist(), strict=True)),
                "probability_above": above,
                "p_value": min(1.0, 2 * min(above, below)),
            }
        )
    return pd.DataFrame(rows)


def find_unlike(table: pd.DataFrame) -> tuple[str, ...]:
    """Say which features of the observed series the model would hardly make.

    Parameters
    ----------
    table : pandas.DataFrame
        From `compare_statistics`.

    Returns
    -------
    tuple of str
        A sentence each.
    """
    return tuple(
        f"{WORDS[row['statistic']]} is {row['observed']:.4g}; the model expects {row['lower']:.4g} "
        f"to {row['upper']:.4g} (p {row['p_value']:.3f}, at least {MIN_P_VALUE})"
        for row in table.to_dict("records")
        if row["p_value"] < MIN_P_VALUE
    )


def _lean(series: xr.DataArray) -> xr.DataArray:
    """Compute the skewness."""
    centered = series - series.mean("date")
    skewness: xr.DataArray = (centered**3).mean("date") / (centered**2).mean("date") ** 1.5
    return skewness


def _jump(series: xr.DataArray) -> xr.DataArray:
    """Compute the largest change from one period to the next."""
    jump: xr.DataArray = abs(series.diff("date")).max("date")
    return jump


STATISTICS: dict[str, Statistic] = {
    "total": lambda series: series.sum("date"),
    "sd": lambda series: series.std("date"),
    "minimum": lambda series: series.min("date"),
    "maximum": lambda series: series.max("date"),
    "autocorrelation": autocorrelate,
    "skewness": _lean,
    "largest_jump": _jump,
}
"""Features of a series, by name."""
WORDS = {
    "total": "Total",
    "sd": "Standard deviation",
    "minimum": "Smallest period",
    "maximum": "Largest period",
    "autocorrelation": "Autocorrelation at lag 1",
    "skewness": "Skewness",
    "largest_jump": "Largest change between periods",
}
"""What they are called."""
