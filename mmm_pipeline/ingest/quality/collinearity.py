"""Columns that move together, two by two and all at once."""

import numpy as np
import pandas as pd

from mmm_pipeline.errors import Problem
from mmm_pipeline.ingest.roles import Role, list_roles
from mmm_pipeline.spec import ModelSpec

COLLINEAR_R = 0.9
"""Correlation of two channels above which their effects are hard to tell apart."""
MAX_VIF = 10.0
"""Variance inflation above which the other columns explain 90 % of a column."""


def find_collinear_columns(frame: pd.DataFrame, spec: ModelSpec) -> list[Problem]:
    """Look for channels and controls that the data cannot tell apart.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.

    Returns
    -------
    list of Problem
    """
    roles = list_drivers(spec)
    correlation = correlate(frame, spec)
    return [*_find_pairs(correlation, roles), *_find_inflated(correlation, roles)]


def list_drivers(spec: ModelSpec) -> dict[str, Role]:
    """List the columns that compete to explain the target.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    dict of str to Role
        Spend of a channel, or its exposure where it has no spend, and controls, by column.
    """
    return {
        role.column: role
        for role in list_roles(spec)
        if role.kind in {"spend", "control"}
        or (role.kind == "exposure" and role.setting[1] not in spec.spend_columns)
    }


def correlate(frame: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Correlate the columns that compete to explain the target, and the target.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
        Pearson's r by column and column, the target first; -1 to 1, NaN for a column that does
        not vary. In a panel it is of the deviations from each cell's mean: what differs between
        cells at all times is no evidence of an effect.
    """
    columns = ["target", *list_drivers(spec)]
    values = frame[columns]
    if spec.data.panel:
        values = values - frame.groupby(list(spec.data.panel))[columns].transform("mean")
    return values.corr()


def inflate(correlation: pd.DataFrame) -> pd.Series:
    """Compute how much the other columns inflate the variance of each column's effect.

    Parameters
    ----------
    correlation : pandas.DataFrame
        As of `correlate`, without the target.

    Returns
    -------
    pandas.Series
        Variance inflation factor by column, at least 1, infinite where the others explain a
        column completely.

    Notes
    -----
    ``1 / (1 - R2)``, with R2 of the regression of the column on the others.

    References
    ----------
    Marquardt (1970), "Generalized inverses, ridge regression, biased linear estimation, and
    nonlinear estimation", Technometrics 12(3).

    Examples
    --------
    >>> r = pd.DataFrame([[1, 0.6], [0.6, 1]], ["a", "b"], ["a", "b"])
    >>> inflate(r).round(4).tolist()
    [1.5625, 1.5625]
    """
    matrix = correlation.to_numpy()
    factors = {}
    for position, column in enumerate(correlation.columns):
        others = np.arange(len(matrix)) != position
        weights = np.linalg.pinv(matrix[np.ix_(others, others)], hermitian=True)
        explained = float(matrix[position, others] @ weights @ matrix[others, position])
        left = 1 - explained
        factors[column] = 1 / left if left > np.finfo(float).eps * len(matrix) else np.inf
    return pd.Series(factors, dtype="float64")


def _find_pairs(correlation: pd.DataFrame, roles: dict[str, Role]) -> list[Problem]:
    """Find pairs of channels."""
    media = [column for column, role in roles.items() if role.is_media]
    r = correlation.loc[media, media].to_numpy()
    pairs = [
        (roles[media[one]], roles[media[other]], r[one, other])
        for one, other in zip(*np.triu_indices(len(media), 1), strict=True)
        if abs(r[one, other]) > COLLINEAR_R
    ]
    return [
        Problem(
            "collinear_channels",
            f"`media.{one.setting[1]}` and `media.{other.setting[1]}` move together (r = {r:.2f}); "
            "what one does can hardly be told from what the other does. Add them up, or state "
            "priors.",
            one.name,
            one.setting,
        )
        for one, other, r in pairs
    ]


def _find_inflated(correlation: pd.DataFrame, roles: dict[str, Role]) -> list[Problem]:
    """Find columns that the others add up to."""
    known = correlation.drop(index="target", columns="target").dropna(how="all")
    known = known[known.index]
    factors = {str(column): float(factor) for column, factor in inflate(known).items()}
    return [
        Problem(
            "variance_inflation",
            f"Column {roles[column].name!r} is explained by the other columns (variance inflation "
            f"{factor:.0f}, limit {MAX_VIF:.0f}); what it does can hardly be told apart.",
            roles[column].name,
            roles[column].setting,
        )
        for column, factor in factors.items()
        if factor > MAX_VIF
    ]
