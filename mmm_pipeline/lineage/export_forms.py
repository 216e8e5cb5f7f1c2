"""How what leaves the house is written to files: folders, and a database.

Where the files lie belongs to `mmm_pipeline.lineage.store`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mmm_pipeline.exports.artefacts import STATUS, TAKEN_FROM, RunFolder, take_file
from mmm_pipeline.exports.bundle import EXPORT_ID, WORKBOOK, Bundle
from mmm_pipeline.exports.writers import WRITERS
from mmm_pipeline.lineage.forms import RecordForm, TableForm

if TYPE_CHECKING:
    from mmm_pipeline.exports.catalogue import Entry


class ExportsForm:
    """Tables as Parquet, CSV, JSON and one workbook, and what says of them what they are."""

    suffixes: ClassVar[tuple[str, ...]] = (".json",)

    def write(self, value: Bundle, stem: Path) -> None:
        """Write a folder of files, and the description beside it."""
        from mmm_pipeline.exports.workbook import write_workbook

        stem.mkdir()
        for name, table in value.tables.items():
            frame = table.frame.copy()
            frame.attrs = {"fit_id": value.facts["fit_id"], EXPORT_ID: value.export_id}
            for ending, write in WRITERS.items():
                write(frame, stem / f"{name}.{ending}")
        write_workbook(value, stem / WORKBOOK)
        RecordForm().write(value.describe(), stem)

    def read(self, stem: Path) -> Any:
        """Read the description."""
        return RecordForm().read(stem)


class RunForm:
    """A folder of artefacts; the one that says that all are there comes last."""

    suffixes: ClassVar[tuple[str, ...]] = (f"/{STATUS}.json",)

    def write(self, value: RunFolder, stem: Path) -> None:
        """Write the folder."""
        stem.mkdir()
        for name, record in value.records.items():
            RecordForm().write(record, stem / name)
        for name, table in value.tables.items():
            TableForm().write(table, stem / name)
        for name, source in TAKEN_FROM.items():
            take_file(value.source / source, stem / name)

    def read(self, stem: Path) -> Any:
        """Read its status."""
        return RecordForm().read(stem / STATUS)


class CatalogueForm:
    """The exports of all models, as one DuckDB file."""

    suffixes: ClassVar[tuple[str, ...]] = (".duckdb",)

    def write(self, value: Sequence["Entry"], stem: Path) -> None:
        """Write one file."""
        from mmm_pipeline.exports.catalogue import write_catalogue

        write_catalogue(value, stem.with_suffix(".duckdb"))

    def read(self, stem: Path) -> bytes:
        """Read its bytes; it is for other programs."""
        return stem.with_suffix(".duckdb").read_bytes()
