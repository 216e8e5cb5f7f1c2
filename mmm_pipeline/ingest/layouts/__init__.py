"""Every layout a source may have, brought to one row per date and cell."""

from collections.abc import Mapping

import pandas as pd

from mmm_pipeline.ingest.layouts.arranged import Arranged
from mmm_pipeline.ingest.layouts.media_long import arrange_media_long
from mmm_pipeline.ingest.layouts.mff import arrange_mff
from mmm_pipeline.ingest.layouts.wide import arrange_wide
from mmm_pipeline.spec import ModelSpec

__all__ = ["Arranged", "arrange"]


def arrange(tables: Mapping[str, pd.DataFrame], spec: ModelSpec) -> Arranged:
    """Bring a source to one row per date and cell, one column per series.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        As delivered: ``raw_data``, and ``raw_media`` with `layout: media_long`.
    spec : ModelSpec
        The model.

    Returns
    -------
    Arranged

    Raises
    ------
    DataError
        If columns or variables that the spec names are not there.
    """
    if spec.data.layout == "mff":
        return arrange_mff(tables["raw_data"], spec)
    if spec.data.layout == "media_long":
        return arrange_media_long(tables["raw_data"], tables["raw_media"], spec)
    return arrange_wide(tables["raw_data"], spec)
