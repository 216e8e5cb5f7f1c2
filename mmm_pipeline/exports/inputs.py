"""Everything exports are made from, all of one fit."""

from dataclasses import dataclass

import pandas as pd

from mmm_pipeline.gate import ConvergedFit, require_one_fit
from mmm_pipeline.insight.summary import Summary


@dataclass(frozen=True)
class ExportInputs:
    """Everything exports are made from.

    Attributes
    ----------
    fit : ConvergedFit
        The fit.
    model_fit, periods, curves : pandas.DataFrame
        From `summarize_fit`, `summarize_returns_by_period` and `summarize_response_curves`.
    contributions, returns, scenarios : Summary
        From the functions of these names.

    Raises
    ------
    StaleFitError
        If they are of several fits.
    """

    fit: ConvergedFit
    model_fit: pd.DataFrame
    contributions: Summary
    returns: Summary
    periods: pd.DataFrame
    curves: pd.DataFrame
    scenarios: Summary

    def __post_init__(self) -> None:
        """Refuse a mix of fits."""
        tables = {
            "model_fit": self.model_fit,
            "contributions": self.contributions.table,
            "channel_returns": self.returns.table,
            "returns_by_period": self.periods,
            "response_curves": self.curves,
            "budget_scenarios": self.scenarios.table,
        }
        require_one_fit(self.fit, tables, "Exports")
