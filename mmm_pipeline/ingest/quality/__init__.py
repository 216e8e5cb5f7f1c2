"""What is allowed in a validated frame, and should still be looked at."""

import datetime as dt

import pandas as pd

from mmm_pipeline.errors import Problem
from mmm_pipeline.ingest.quality.channels import find_channel_warnings
from mmm_pipeline.ingest.quality.collinearity import find_collinear_columns
from mmm_pipeline.ingest.quality.target import find_target_warnings
from mmm_pipeline.spec import ModelSpec

__all__ = ["find_warnings"]


def find_warnings(
    frame: pd.DataFrame, spec: ModelSpec, received: dt.date | None = None
) -> list[Problem]:
    """Look for what makes a model hard to fit or its result hard to believe.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    spec : ModelSpec
        The model.
    received : datetime.date, optional
        Day on which the data were delivered.

    Returns
    -------
    list of Problem
        Nothing here blocks.
    """
    return [
        *find_target_warnings(frame, spec, received),
        *find_channel_warnings(frame, spec),
        *find_collinear_columns(frame, spec),
    ]
