"""The run folder as it is written: its files, and which of them an asset has already."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from upath import UPath

STATUS = "status"
"""The file that is put in place last: where it is, all others are."""
TAKEN_FROM = {
    "raw_data.parquet": "raw_data.parquet",
    "canonical_data.parquet": "validated_data.parquet",
    "posterior.nc": "fitted_trace.nc",
    "diagnostics.json": "diagnostics.json",
    "contributions.parquet": "contributions.parquet",
    "fitted.parquet": "model_fit.parquet",
}
"""Artefacts that are the file of an asset, by another name."""


@dataclass(frozen=True)
class RunFolder:
    """What a run folder holds.

    Attributes
    ----------
    records : mapping of str to object
        Plain data, a JSON file each, by its name without ending.
    tables : mapping of str to pandas.DataFrame
        A Parquet file each, by its name without ending.
    source : UPath
        Folder of the model's results, which `TAKEN_FROM` names files of.
    """

    records: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    source: UPath


def take_file(source: UPath, target: Path) -> None:
    """Give a file a second name, or copy it where that cannot be.

    Results are never written in place but replaced, so that the second name keeps what the first
    had on this day.

    Parameters
    ----------
    source : UPath
        The file, on disk or on an object store.
    target : pathlib.Path
        On disk.
    """
    if source.protocol not in {"", "file", "local"}:
        source.fs.get_file(source.path, str(target))
        return
    try:
        os.link(source.path, target)
    except OSError:  # Another disk, or one without hard links.
        shutil.copyfile(source.path, target)
