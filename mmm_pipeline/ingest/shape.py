"""From series of the source to columns of the validated frame."""

import numpy as np
import pandas as pd

from mmm_pipeline.ingest.layouts import Arranged
from mmm_pipeline.ingest.roles import Role, list_roles
from mmm_pipeline.spec import ModelSpec


def fill_controls(arranged: Arranged, spec: ModelSpec) -> Arranged:
    """Fill in controls where the source holds nothing, as the spec says and no further.

    Parameters
    ----------
    arranged : Arranged
        The source.
    spec : ModelSpec
        The model.

    Returns
    -------
    Arranged
        Cells that say NaN are left as they are.
    """
    for role in list_roles(spec):
        if role.fill is None:
            continue
        name = role.sources[0].name
        values = arranged.frame[name]
        empty = values.isna()
        for told in (arranged.says_nan, arranged.is_wrong):
            empty &= ~told.get(name, empty & False)
        filled = values.where(~empty, _find_fill(arranged, name, role.fill))
        arranged.filled[name] = int(empty.sum() - (filled.isna() & empty).sum())
        arranged = arranged.with_series(name, filled)
    return arranged


def shape_columns(arranged: Arranged, spec: ModelSpec) -> pd.DataFrame:
    """Make the columns of the validated frame, on the rows of the source.

    Parameters
    ----------
    arranged : Arranged
        The source.
    spec : ModelSpec
        The model, for factors, groups, and the target.

    Returns
    -------
    pandas.DataFrame
        ``date``, the dims, and a column for each role, float64 in the units of the source times
        the spec's factors. Missing where any of its series is.
    """
    columns = {role.column: _combine(arranged.frame, role, spec) for role in list_roles(spec)}
    head = arranged.frame[["date", *arranged.dims]]
    return pd.concat([head, pd.DataFrame(columns, index=head.index)], axis=1)


def _combine(frame: pd.DataFrame, role: Role, spec: ModelSpec) -> pd.Series:
    """Multiply by factors, then add up the series, or multiply them."""
    factors = spec.data.factors
    parts = [frame[source.name] * factors.get(source.column, 1.0) for source in role.sources]
    combined = parts[0]
    for part in parts[1:]:
        combined = combined * part if role.is_product else combined + part
    return combined


def _find_fill(arranged: Arranged, name: str, fill: str | float) -> pd.Series | float:
    """Look up what stands where there is nothing: per cell, in the order of the dates."""
    if not isinstance(fill, str):
        return fill
    frame, dims = arranged.frame, list(arranged.dims)
    known = frame[frame[name].notna() & frame["date"].notna()].sort_values("date")
    wanted = frame[["date", *dims]].assign(_row=np.arange(len(frame))).dropna(subset="date")
    found = pd.merge_asof(
        wanted.sort_values("date", kind="stable"),
        known[["date", *dims, name]].rename(columns={name: "_found"}),
        on="date",
        by=dims or None,
        direction="backward" if fill == "forward" else "nearest",
    )
    values = found.set_index("_row")["_found"].reindex(range(len(frame)))
    return values.set_axis(frame.index)
