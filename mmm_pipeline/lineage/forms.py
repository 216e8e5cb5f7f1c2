"""How each kind of result is written to files and read back. Nothing is pickled.

Where the files lie belongs to `mmm_pipeline.lineage.store`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

import pandas as pd
import xarray as xr

from mmm_pipeline.decision.register import AcceptedPlan, PlanRecord
from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate import Examination
from mmm_pipeline.insight.advice import Recommendations
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.model.identity import digest_arrays

DRAWS = "draws_digest"
"""Attribute of a table that names the draws it sums up."""
ARRAYS = "arrays_digest"
"""Word of a record that names the arrays it belongs to."""


class Profile(NamedTuple):
    """A table about the data, and the page that shows it."""

    table: pd.DataFrame
    page: str


class Report(NamedTuple):
    """A page, and the figures on it by name; none where it was read back."""

    page: str
    figures: Mapping[str, Any]


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
        """Write both, the table naming the draws it belongs to."""
        table = value.table.copy()
        table.attrs[DRAWS] = digest_arrays(value.draws)
        TableForm().write(table, stem)
        ArraysForm().write(value.draws, stem)

    def read(self, stem: Path) -> Summary:
        """Read both, and refuse two that do not belong together."""
        table, draws = TableForm().read(stem), ArraysForm().read(stem)
        _require_pair(stem, table.attrs.pop(DRAWS), digest_arrays(draws))
        return Summary(table, draws)


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
        """Read both, and refuse two that are not of one fit."""
        text = stem.with_suffix(".json").read_text(encoding="utf-8")
        examination = Examination.from_json(text, TableForm().read(stem))
        fit_id = examination.parameters.attrs["fit_id"]
        _require_pair(stem, fit_id, examination.numbers.fit_id)
        return examination


class ViewsForm:
    """What is advised, a row per channel as Parquet, and of all together as JSON."""

    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".json")

    def write(self, value: Recommendations, stem: Path) -> None:
        """Write both."""
        TableForm().write(value.table, stem)
        RecordForm().write(value.portfolio, stem)

    def read(self, stem: Path) -> Recommendations:
        """Read both, and refuse two that are not of one fit."""
        advice = Recommendations(TableForm().read(stem), RecordForm().read(stem))
        _require_pair(stem, advice.table.attrs["fit_id"], advice.portfolio["fit_id"])
        return advice


class AdviceForm(ViewsForm):
    """The same, and in sentences as Markdown."""

    suffixes: ClassVar[tuple[str, ...]] = (*ViewsForm.suffixes, ".md")

    def write(self, value: Recommendations, stem: Path) -> None:
        """Write all three."""
        super().write(value, stem)
        stem.with_suffix(".md").write_text(value.text, encoding="utf-8")

    def read(self, stem: Path) -> Recommendations:
        """Read all three."""
        return replace(super().read(stem), text=stem.with_suffix(".md").read_text(encoding="utf-8"))


class PlanForm:
    """A plan that was accepted: what is said of it as JSON, its arrays as netCDF."""

    suffixes: ClassVar[tuple[str, ...]] = (".json", ".nc")

    def write(self, value: AcceptedPlan, stem: Path) -> None:
        """Write both, the record naming the arrays it belongs to."""
        ArraysForm().write(value.arrays, stem)
        said = value.record.model_dump(mode="json")
        RecordForm().write({**said, ARRAYS: digest_arrays(value.arrays)}, stem)

    def read(self, stem: Path) -> AcceptedPlan:
        """Read both, and refuse two that do not belong together."""
        said, arrays = RecordForm().read(stem), ArraysForm().read(stem)
        _require_pair(stem, said.pop(ARRAYS), digest_arrays(arrays))
        return AcceptedPlan(PlanRecord.model_validate(said), arrays)


class RecordForm:
    """Plain data, as JSON."""

    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def write(self, value: Any, stem: Path) -> None:
        """Write one file."""
        text = json.dumps(value, indent=2, allow_nan=False) + "\n"
        stem.with_suffix(".json").write_text(text, encoding="utf-8")

    def read(self, stem: Path) -> Any:
        """Read it."""
        return json.loads(stem.with_suffix(".json").read_text(encoding="utf-8"))


class PageForm:
    """An HTML page."""

    suffixes: ClassVar[tuple[str, ...]] = (".html",)

    def write(self, value: str, stem: Path) -> None:
        """Write one file."""
        stem.with_suffix(".html").write_text(value, encoding="utf-8")

    def read(self, stem: Path) -> str:
        """Read it."""
        return stem.with_suffix(".html").read_text(encoding="utf-8")


class FigureForm:
    """A figure, as PNG. It is for a reader, and cannot be read back."""

    suffixes: ClassVar[tuple[str, ...]] = (".png",)

    def write(self, value: Any, stem: Path) -> None:
        """Write one file."""
        value.savefig(stem.with_suffix(".png"), dpi=144, metadata={"Software": None})

    def read(self, stem: Path) -> bytes:
        """Read its bytes."""
        return stem.with_suffix(".png").read_bytes()


class ReportForm:
    """A page, and beside it a folder with every figure on it."""

    suffixes: ClassVar[tuple[str, ...]] = (".html",)

    def write(self, value: Report, stem: Path) -> None:
        """Write page and folder."""
        stem.mkdir()
        for name, figure in value.figures.items():
            FigureForm().write(figure, stem / name)
        PageForm().write(value.page, stem)

    def read(self, stem: Path) -> Report:
        """Read the page."""
        return Report(PageForm().read(stem), {})


class ProfileForm:
    """A table as Parquet, and its page."""

    suffixes: ClassVar[tuple[str, ...]] = (".parquet", ".html")

    def write(self, value: Profile, stem: Path) -> None:
        """Write both."""
        TableForm().write(value.table, stem)
        PageForm().write(value.page, stem)

    def read(self, stem: Path) -> Profile:
        """Read both."""
        return Profile(TableForm().read(stem), PageForm().read(stem))


def _require_pair(stem: Path, one: str, other: str) -> None:
    """Refuse two files of which one was written without the other."""
    if one != other:
        message = (
            f"The files of {stem.name} must have been written together; they were not. "
            "Materialise it again."
        )
        raise StaleFitError(message)
