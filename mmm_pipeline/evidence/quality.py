"""How good a fit to the history is, in numbers with limits and in words."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmm_pipeline.evidence.crps import LEVELS
from mmm_pipeline.evidence.residuals import limit_run, measure_patterns, split_cells
from mmm_pipeline.gate.verdict import MAX_AUTOCORRELATION

MIN_R2 = 0.85
"""R2 below which the fit is called poor."""
MAX_MAPE = 0.15
"""Mean absolute percentage error above which the fit is called poor, a share."""
MAX_HETEROSCEDASTICITY = 0.3
"""Correlation of fitted mean and absolute residual above which the noise is not of one size."""
MAX_DRIFT = 0.2
"""Correlation of time and residual above which the baseline drifts otherwise than the trend."""
COVERAGE_SLACK = 0.08
"""How far the coverage of the 90 % interval may lie from 0.9, and that of others below theirs."""
CHANCE_ERRORS = 2.6
"""The same of others in standard errors of a share, where that is more: once in 100 by chance."""


@dataclass(frozen=True)
class Criterion:
    """A number, and what it should keep to.

    Attributes
    ----------
    name : str
        What was measured.
    found : float
        The number; NaN where there is none.
    limit : str
        What it should be, in words; empty where there is no limit.
    is_kept : bool
        Whether it is.
    where : str
        The worst cell of a panel and its number, or nothing.
    """

    name: str
    found: float
    limit: str = ""
    is_kept: bool = True
    where: str = ""

    @property
    def sentence(self) -> str:
        """What was found and what should be."""
        where = f"; worst in {self.where}" if self.where else ""
        return f"{self.name} is {self.found:.3g} ({self.limit}{where})"


@dataclass(frozen=True)
class FitQuality:
    """How close the model comes to the target.

    Attributes
    ----------
    r2 : float
        1 - residual / total sum of squares, of the posterior mean of the fitted mean. In a panel
        the total is about each cell's own mean: that cells differ is not to anybody's credit.
    mape, wmape : float
        Mean absolute error as a share of the target, period by period (NaN where the target is 0
        somewhere) and of sums.
    crps, crps_naive : float
        Mean score of the predicted distribution, and of taking the target for what it was a period
        before, which is a point; target units.
    coverages : mapping of int to float
        Share of periods inside the predictive interval that should hold so many per cent.
    n_observations, n_periods : int
        Periods of all cells, and of each.
    patterns : pandas.DataFrame
        Of the residuals, a row per cell, see `measure_patterns`.
    """

    r2: float
    mape: float
    wmape: float
    crps: float
    crps_naive: float
    coverages: Mapping[int, float]
    n_observations: int
    n_periods: int
    patterns: pd.DataFrame

    @property
    def coverage(self) -> float:
        """Share of periods inside the 90 % interval, 0 to 1."""
        return self.coverages[90]

    @property
    def crps_ratio(self) -> float:
        """Score relative to the naive one: below 1 is better; NaN where that is never wrong."""
        return self.crps / self.crps_naive if self.crps_naive else float("nan")

    @property
    def findings(self) -> tuple[Criterion, ...]:
        """Every number with its limit; of patterns, the mean over the cells."""
        return (
            Criterion("R²", self.r2, f"at least {MIN_R2}", not self.r2 < MIN_R2),
            Criterion("MAPE", self.mape, f"at most {MAX_MAPE}", not self.mape > MAX_MAPE),
            Criterion("wMAPE", self.wmape),
            Criterion(
                "CRPS relative to last period's value",
                self.crps_ratio,
                "below 1",
                not self.crps_ratio >= 1,
            ),
            *(self._judge_coverage(band) for band in sorted(self.coverages)),
            self._judge_pattern("autocorrelation", "Residuals' autocorrelation, lag 1"),
            Criterion("Durbin-Watson", float(self.patterns["durbin_watson"].mean())),
            self._judge_pattern("heteroscedasticity", "Correlation of |residual| with fitted"),
            self._judge_pattern("drift", "Correlation of residual with time"),
            self._judge_run(),
        )

    @property
    def shortcomings(self) -> tuple[str, ...]:
        """What falls short of the limits, in words."""
        return tuple(one.sentence for one in self.findings if not one.is_kept)

    def _judge_coverage(self, band: int) -> Criterion:
        """Hold an interval to what it promises.

        Periods that the model has seen lie inside more often than new ones would, so that of the
        others only those that hold too few are wrong.
        """
        promised, found = band / 100, self.coverages[band]
        name = f"Share of periods inside the {band} % interval"
        if band == 90:
            limit = f"{promised} ± {COVERAGE_SLACK}"
            return Criterion(name, found, limit, not abs(found - promised) > COVERAGE_SLACK)
        error = (promised * (1 - promised) / self.n_observations) ** 0.5
        least = promised - max(COVERAGE_SLACK, CHANCE_ERRORS * error)
        return Criterion(name, found, f"at least {least:.2f}", not found < least)

    def _judge_pattern(self, word: str, name: str) -> Criterion:
        """Hold a correlation to its limit."""
        found, limit = float(self.patterns[word].mean()), LIMITS[word]
        where = _name_worst(self.patterns[word].abs(), self.patterns[word])
        return Criterion(name, found, f"at most ± {limit}", not abs(found) > limit, where)

    def _judge_run(self) -> Criterion:
        """Hold the longest run to what chance makes."""
        longest = self.patterns["longest_run"]
        limit = limit_run(self.n_periods * len(longest))
        where = _name_worst(longest, longest)
        name, found = "Longest run of residuals of one sign", float(longest.max())
        return Criterion(name, found, f"at most {limit} periods", not found > limit, where)


LIMITS = {
    "autocorrelation": MAX_AUTOCORRELATION,
    "heteroscedasticity": MAX_HETEROSCEDASTICITY,
    "drift": MAX_DRIFT,
}
"""Largest absolute value of each pattern, mean over the cells."""


def assess_fit(table: pd.DataFrame) -> FitQuality:
    """Measure how close a fit comes.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.fit.summarize_fit`.

    Returns
    -------
    FitQuality
    """
    observed, residual = table["observed"], table["residual"]
    cells = split_cells(table)
    total = sum(((one["observed"] - one["observed"].mean()) ** 2).sum() for one in cells.values())
    changes = np.concatenate([np.abs(np.diff(one["observed"])) for one in cells.values()])
    return FitQuality(
        r2=float(1 - (residual**2).sum() / total),
        mape=float((residual / observed).abs().mean()) if (observed != 0).all() else float("nan"),
        wmape=float(residual.abs().sum() / observed.abs().sum()),
        crps=float(table["crps"].mean()),
        crps_naive=float(changes.mean()),
        coverages={90: _cover(table, ""), **{band: _cover(table, f"_{band}") for band in LEVELS}},
        n_observations=len(table),
        n_periods=len(table) // len(cells),
        patterns=measure_patterns(table),
    )


def _cover(table: pd.DataFrame, suffix: str) -> float:
    """Count the periods inside an interval, as a share."""
    is_inside = table["observed"].between(table[f"lower{suffix}"], table[f"upper{suffix}"])
    return float(is_inside.mean())


def _name_worst(sizes: pd.Series, values: pd.Series) -> str:
    """Name the cell in which a number is worst; nothing where there is no panel."""
    if len(sizes) == 1 or sizes.isna().all():
        return ""
    place = int(np.nanargmax(sizes.to_numpy()))
    return f"{sizes.index[place]}: {values.iloc[place]:.2g}"
