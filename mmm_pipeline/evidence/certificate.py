"""What is written down of the fits to simulated worlds: for a reader, and for the figure."""

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mmm_pipeline.evidence.ranks import ALPHA


@dataclass(frozen=True)
class Certificate:
    """What came of all worlds.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per quantity, from `mmm_pipeline.evidence.ranks.assess_ranks`.
    groups : pandas.DataFrame
        A row per group of quantities.
    ranks : pandas.DataFrame
        Of the truth of every world that passed, from `mmm_pipeline.evidence.ranks.rank_truths`.
    outcomes : pandas.DataFrame
        A row per world: ``world, passed, attempts, why``, the limits that it broke.
    n_kept : int
        Draws of each fit among which the truth was ranked.
    """

    table: pd.DataFrame
    groups: pd.DataFrame
    ranks: pd.DataFrame
    outcomes: pd.DataFrame
    n_kept: int

    @property
    def uneven(self) -> list[str]:
        """Quantities whose ranks are not spread evenly."""
        names: list[str] = self.table.loc[~self.table["is_uniform"], "quantity"].tolist()
        return names

    @property
    def counts(self) -> dict[str, int]:
        """How many worlds there were, and what became of them."""
        passed, attempts = self.outcomes["passed"], self.outcomes["attempts"]
        return {
            "worlds": len(self.outcomes),
            "passed_at_once": int((passed & (attempts == 1)).sum()),
            "passed_after_remedies": int((passed & (attempts > 1)).sum()),
            "refused": int((~passed).sum()),
        }

    def to_record(self) -> dict[str, Any]:
        """Write what is to be said in short.

        Returns
        -------
        dict
            Plain JSON values.
        """
        refused = self.outcomes.loc[~self.outcomes["passed"], ["world", "attempts", "why"]]
        return {
            **self.counts,
            "kept_draws": self.n_kept,
            "alpha": ALPHA,
            "uneven": self.uneven,
            "groups": json.loads(self.groups.to_json(orient="records")),
            "refused_worlds": json.loads(refused.to_json(orient="records")),
        }
