"""From a spec to validated data in one call, for who works without a lineage."""

from pathlib import Path

import pandas as pd

from mmm_pipeline.ingest.read import MEDIA_SETTING, PATH_SETTING, list_places, read_source
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline.spec import ModelSpec

TABLES = {PATH_SETTING: "raw_data", MEDIA_SETTING: "raw_media"}
"""What a source is called, by the words that name it."""


def load_frame(spec: ModelSpec, root: Path) -> pd.DataFrame:
    """Read what a spec names, and hold it against its contract.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    root : pathlib.Path
        The data root.

    Returns
    -------
    pandas.DataFrame
        One row per period and cell, see `mmm_pipeline.ingest.validate.Validated`.

    Raises
    ------
    SourceError
        If something cannot be read.
    DataError
        With every problem found.
    """
    tables = {
        TABLES[setting]: read_source(root, place, spec.data.csv, setting).frame
        for setting, place in list_places(spec).items()
        if setting in TABLES
    }
    return validate_source(tables, spec).frame
