"""From a validated frame back to a delivery: what one system holds, written for another."""

import pandas as pd

from mmm_pipeline.ingest.roles import list_roles
from mmm_pipeline.spec import MFF_DIMENSIONS, ModelSpec

HEADER = ("Period", *(dim.capitalize() for dim in MFF_DIMENSIONS), "VariableName", "VariableValue")
"""Columns of a Master Flat File, in their order."""


def write_flat_file(frame: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Write a validated frame as a Master Flat File.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        Its model; a dim of the panel must bear the name of one of the file's, or be the only one,
        which becomes `Geography`.

    Returns
    -------
    pandas.DataFrame
        The eight columns `HEADER`: a record per period, cell and column of the frame; dims that
        the panel does not have are empty.

    Raises
    ------
    ValueError
        If a dim is none of the file's.
    """
    panel = list(spec.data.panel)
    places = {dim: dim for dim in panel} if len(panel) > 1 else dict.fromkeys(panel, "geography")
    if unknown := [dim for dim in places.values() if dim not in MFF_DIMENSIONS]:
        message = f"a panel must have dims of a flat file, {MFF_DIMENSIONS}; got {unknown[0]!r}"
        raise ValueError(message)
    columns = [role.column for role in list_roles(spec)]
    long = frame.melt(["date", *panel], columns, "VariableName", "VariableValue")
    named = long.rename(columns={"date": "Period"} | {d: p.capitalize() for d, p in places.items()})
    absent = [column for column in HEADER if column not in named]
    return named.assign(**dict.fromkeys(absent, ""))[list(HEADER)]
