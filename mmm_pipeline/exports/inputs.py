"""Everything exports are made from, all of one fit."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from mmm_pipeline.gate import ConvergedFit, require_one_fit
from mmm_pipeline.insight.summary import Summary

AS_THEY_ARE = (
    *("returns_by_period", "contributions_by_period", "carryover_curves", "seasonal_indices"),
    *("recommendations", "response_curves", "budget_frontier", "disaggregated_results"),
)
"""Tables that are exported as their asset has them; the last where the spec has entities."""


@dataclass(frozen=True)
class ExportInputs:
    """Everything exports are made from.

    Attributes
    ----------
    fit : ConvergedFit
        The fit.
    model_fit : pandas.DataFrame
        From `summarize_fit`.
    contributions, returns, scenarios : Summary
        From the functions of these names.
    tables : mapping of str to pandas.DataFrame
        What is exported as it is, by the name of its asset: `AS_THEY_ARE` that there are.

    Raises
    ------
    StaleFitError
        If they are of several fits.
    """

    fit: ConvergedFit
    model_fit: pd.DataFrame
    contributions: Summary
    returns: Summary
    scenarios: Summary
    tables: Mapping[str, pd.DataFrame]

    def __post_init__(self) -> None:
        """Refuse a mix of fits."""
        tables = {
            "model_fit": self.model_fit,
            "contributions": self.contributions.table,
            "channel_returns": self.returns.table,
            "budget_scenarios": self.scenarios.table,
            **self.tables,
        }
        require_one_fit(self.fit, tables, "Exports")
