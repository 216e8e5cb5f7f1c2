"""How good a fit to the history is, in four numbers and in words."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

MIN_R2 = 0.85
"""R2 below which the fit is called poor."""
MAX_MAPE = 0.15
"""Mean absolute percentage error above which the fit is called poor, a share."""
MAX_AUTOCORRELATION = 0.3
"""Lag-1 autocorrelation of the residuals above which something is missing."""
COVERAGE_SLACK = 0.08
"""How far the coverage of the 90 % interval may lie from 0.9."""

COLUMNS = frozenset({"date", "observed", "fitted", "lower", "upper", "residual"})
"""Columns of a table of a fit; any other is a dim of the panel."""


@dataclass(frozen=True)
class FitQuality:
    """How close the fitted mean comes to the target.

    Attributes
    ----------
    r2 : float
        1 - residual / total sum of squares, of the posterior mean of the fitted mean. In a panel
        the total is about each cell's own mean: that cells differ is not to anybody's credit.
    mape : float
        Mean absolute error as a share of the target; NaN where the target is 0 somewhere.
    coverage : float
        Share of periods inside the 5-95 % predictive interval, 0 to 1.
    autocorrelation : float
        Of the residuals at lag 1; the mean over the cells of a panel.
    """

    r2: float
    mape: float
    coverage: float
    autocorrelation: float

    @property
    def shortcomings(self) -> tuple[str, ...]:
        """What falls short of the limits above, in words."""
        found = {
            f"R2 is {self.r2:.2f} (at least {MIN_R2})": self.r2 < MIN_R2,
            f"MAPE is {self.mape:.1%} (at most {MAX_MAPE:.0%})": self.mape > MAX_MAPE,
            f"residuals follow each other: autocorrelation {self.autocorrelation:.2f} (at most "
            f"{MAX_AUTOCORRELATION})": abs(self.autocorrelation) > MAX_AUTOCORRELATION,
            f"the 90 % interval holds {self.coverage:.0%} of the periods": abs(self.coverage - 0.9)
            > COVERAGE_SLACK,
        }
        return tuple(words for words, is_short in found.items() if is_short)


def assess_fit(table: pd.DataFrame) -> FitQuality:
    """Measure how close a fit comes.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.fit.summarize_fit`.

    Returns
    -------
    FitQuality

    Examples
    --------
    >>> table = pd.DataFrame({"observed": [1.0, 2.0, 4.0], "fitted": [1.0, 2.0, 4.0]})
    >>> table["residual"], table["lower"], table["upper"] = [0.0, 0.1, 0.0], 0.0, 9.0
    >>> assess_fit(table).coverage
    1.0
    """
    observed, residual = table["observed"], table["residual"]
    is_inside = observed.between(table["lower"], table["upper"])
    cells = [column for column in table.columns if column not in COLUMNS]
    cell = table.groupby(cells).ngroup() if cells else pd.Series(0, index=table.index)
    total = ((observed - observed.groupby(cell).transform("mean")) ** 2).sum()
    follows = [series.autocorr(1) for _, series in residual.groupby(cell)]
    return FitQuality(
        r2=float(1 - (residual**2).sum() / total),
        mape=float((residual / observed).abs().mean()) if (observed != 0).all() else float("nan"),
        coverage=float(is_inside.mean()),
        autocorrelation=float(np.mean(follows)),
    )
