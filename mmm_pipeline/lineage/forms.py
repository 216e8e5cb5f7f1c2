"""How each kind of result is written to files and read back. Nothing is pickled.

Where the files lie belongs to `mmm_pipeline.lineage.store`.
"""

from pathlib import Path
from typing import Any, ClassVar, Protocol

import pandas as pd
import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate import Examination
from mmm_pipeline.insight.summary import Summary


class Form(Protocol):
    """A kind of result: the files it is made of, and how they are written and read."""

    suffixes: ClassVar[tuple[str, ...]]
    """Endings of its files; the first is the one that counts, and is put in place last."""

    def write(self, value: Any, stem: Path) -> None:
        """Write every file of a value beside each other."""

    def read(self, stem: Path) -> Any:
        """Read what `write` wrote."""


class TableForm:
    """A frame, as Parquet, with its attributes."""

    suffixes: ClassVar[tuple[str, ...]] = (".parquet",)

    def write(self, value: pd.DataFrame, stem: Path) -> None:
        """Write one Parquet file."""
        value.to_parquet(stem.with_suffix(".parquet"), index=False)

    def read(self, stem: Path) -> pd.DataFrame:
        """Read it."""
        return pd.read_parquet(stem.with_suffix(".parquet"))


class ArraysForm:
    """Labelled arrays, as netCDF."""

    suffixes: ClassVar[tuple[str, ...]] = (".nc",)

    def write(self, value: xr.Dataset, stem: Path) -> None:
        """Write one netCDF file."""
        value.to_netcdf(stem.with_suffix(".nc"), engine="h5netcdf")

    def read(self, stem: Path) -> xr.Dataset:
        """Read it into memory, so that the file can be replaced."""
        with xr.open_dataset(stem.with_suffix(".nc"), engine="h5netcdf") as stored:
            return stored.load()


class TraceForm:
    """A fit, as netCDF with groups."""

    suffixes: ClassVar[tuple[str, ...]] = (".nc",)

    def write(self, value: xr.DataTree, stem: Path) -> None:
        """Write one netCDF file."""
        value.to_netcdf(stem.with_suffix(".nc"), engine="h5netcdf")

    def read(self, stem: Path) -> xr.DataTree:
        """Read it into memory, so that the file can be replaced."""
        with xr.open_datatree(stem.with_suffix(".nc"), engine="h5netcdf") as stored:
            return stored.load()


class SummaryForm:
    """A table as Parquet, and its draws as netCDF."""

    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".nc")

    def write(self, value: Summary, stem: Path) -> None:
        """Write both."""
        TableForm().write(value.table, stem)
        ArraysForm().write(value.draws, stem)

    def read(self, stem: Path) -> Summary:
        """Read both, and refuse two that are not of one fit."""
        summary = Summary(TableForm().read(stem), ArraysForm().read(stem))
        if summary.table.attrs["fit_id"] != summary.draws.attrs["fit_id"]:
            message = (
                f"The table and the draws of {stem.name} must be of one fit; they are not. "
                "Materialise it again."
            )
            raise StaleFitError(message)
        return summary


class DiagnosticsForm:
    """Verdict and numbers as JSON, and a row per parameter as Parquet.

    The verdict in the file is for the reader. The gate judges anew, on the numbers.
    """

    suffixes: ClassVar[tuple[str, ...]] = (".json", ".parquet")

    def write(self, value: Examination, stem: Path) -> None:
        """Write both."""
        TableForm().write(value.parameters, stem)
        stem.with_suffix(".json").write_text(value.to_json(), encoding="utf-8")

    def read(self, stem: Path) -> Examination:
        """Read both."""
        text = stem.with_suffix(".json").read_text(encoding="utf-8")
        return Examination.from_json(text, TableForm().read(stem))


class PageForm:
    """An HTML page."""

    suffixes: ClassVar[tuple[str, ...]] = (".html",)

    def write(self, value: str, stem: Path) -> None:
        """Write one file."""
        stem.with_suffix(".html").write_text(value, encoding="utf-8")

    def read(self, stem: Path) -> str:
        """Read it."""
        return stem.with_suffix(".html").read_text(encoding="utf-8")
