"""What a return is called and how it is told: ROAS, or of a count what a target costs."""

from dataclasses import dataclass

import pandas as pd

from mmm_pipeline.spec import DataSource


@dataclass(frozen=True)
class Rate:
    """How the returns of a model are told.

    Attributes
    ----------
    column, next_column : str
        Columns of the returns: of all money, and of the next unit.
    label, next_label : str
        What they are called.
    unit : str
        What they are measured in.
    is_cost : bool
        Whether less is better.
    """

    column: str
    next_column: str
    label: str
    next_label: str
    unit: str
    is_cost: bool

    @property
    def name(self) -> str:
        """What it is called within a sentence."""
        return f"cost per{self.label.removeprefix('Cost per')}" if self.is_cost else self.label

    @property
    def next_name(self) -> str:
        """What that of the next unit is called within a sentence."""
        return f"marginal {self.name}"

    def take(self, table: pd.DataFrame, *, is_next: bool = False) -> pd.DataFrame:
        """Take the numbers that are told out of a table of returns.

        Parameters
        ----------
        table : pandas.DataFrame
            With the column and its bounds.
        is_next : bool
            Of the next unit of money, or of all.

        Returns
        -------
        pandas.DataFrame
            ``mean, lower, upper``, by the table's index.
        """
        column = self.next_column if is_next else self.column
        names = {column: "mean", f"{column}_lower": "lower", f"{column}_upper": "upper"}
        return table[list(names)].rename(columns=names)

    def tell(self, roas: float) -> float:
        """Turn a return into what is told.

        Parameters
        ----------
        roas : float
            Target units per money, above 0.

        Returns
        -------
        float
            The same, or money per target unit.
        """
        return 1 / roas if self.is_cost else roas


ROAS = Rate(
    "roas",
    "marginal_roas",
    "ROAS",
    "Marginal ROAS",
    "target units per unit of money",
    is_cost=False,
)
"""Of a target that is money."""


def choose_rate(data: DataSource) -> Rate:
    """Choose how the returns of a model are told.

    Parameters
    ----------
    data : DataSource
        What its target is.

    Returns
    -------
    Rate
        `ROAS`, or, of a count, the cost per target, called by the target's name.

    Examples
    --------
    >>> choose_rate(
    ...     DataSource(path="a.csv", date="day", target="new_users", kpi="count")
    ... ).next_label
    'Marginal cost per new users'
    """
    if data.kpi == "revenue":
        return ROAS
    target = " x ".join(data.target_columns).replace("_", " ")
    return Rate(
        "cost_per_target",
        "marginal_cost_per_target",
        f"Cost per {target}",
        f"Marginal cost per {target}",
        f"{data.currency or 'money'} per {target}",
        is_cost=True,
    )
