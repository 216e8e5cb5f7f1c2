"""How an amount that is known for the whole is split over the cells of a panel."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from mmm_pipeline.errors import Problem


def spread_over_cells(
    grid: pd.DataFrame,
    dims: Sequence[str],
    weights: pd.DataFrame | None,
    problems: list[Problem],
) -> np.ndarray:
    """Compute the share of an amount that each row of a grid gets.

    Parameters
    ----------
    grid : pandas.DataFrame
        Every period with every cell.
    dims : sequence of str
        Dims that the amount does not have.
    weights : pandas.DataFrame or None
        ``_value`` and the dims: the totals of `_value` say how much a label weighs, what is
        missing left out. None for equal weights.
    problems : list of Problem
        Takes ``bad_weights`` where the totals cannot be shares.

    Returns
    -------
    numpy.ndarray
        One share per row of `grid`, 0 to 1; those of a period add up to 1 over `dims`. With
        several dims it is the product of the shares over each.

    Examples
    --------
    >>> grid = pd.DataFrame({"date": [1, 1], "geo": ["north", "south"]})
    >>> people = pd.DataFrame({"geo": ["north", "south"], "_value": [1.0, 3.0]})
    >>> spread_over_cells(grid, ["geo"], people, []).tolist()
    [0.25, 0.75]
    """
    share = np.ones(len(grid))
    for dim in dims:
        labels = grid[dim].unique()
        if weights is None:
            totals = pd.Series(1.0, index=labels)
        else:
            totals = weights.groupby(dim)["_value"].sum(min_count=1).reindex(labels)
        if not (totals.ge(0).all() and totals.sum() > 0):
            message = (
                f"`data.mff.weights` must not be negative, and not all 0, for every {dim}; got "
                f"{', '.join(f'{label} {total:g}' for label, total in totals.items())}."
            )
            setting = ("data", "mff", "weights")
            problems.append(Problem("bad_weights", message, None, setting, is_of_spec=True))
            return np.ones(len(grid))
        share *= (totals / totals.sum()).reindex(grid[dim]).to_numpy()
    return share
