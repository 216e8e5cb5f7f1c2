"""The one asset of the whole project: what all models export, in one DuckDB file.

Nothing is computed here, and no trace is read: exports were made past the gate.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd
from upath import UPath

from mmm_pipeline.errors import GateError, NotConvergedError, StaleFitError
from mmm_pipeline.exports.bundle import EXPORT_ID
from mmm_pipeline.gate import judge
from mmm_pipeline.lineage.automation import CATALOGUE
from mmm_pipeline.lineage.checks import report_requirement, report_warnings, specify
from mmm_pipeline.lineage.export_assets import GATE
from mmm_pipeline.lineage.export_forms import CatalogueForm, ExportsForm
from mmm_pipeline.lineage.files import get, lend, put
from mmm_pipeline.lineage.forms import DiagnosticsForm, TableForm
from mmm_pipeline.lineage.pictures import show_table
from mmm_pipeline.lineage.project import Project, clone_root
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.spec import GateLimits

if TYPE_CHECKING:
    from mmm_pipeline.exports.catalogue import Entry

COMPLETE = {
    "complete": "Every model is in it, with its latest fit; never blocks.",
    "reconciles": "Rows and sums of every view are those of the exports it was made from.",
}
SAID_IN = ("exports", "diagnostics")
"""Files of a model that say which fit and which export it has."""
CATALOGUE_FORM, EXPORTS_FORM, TABLE_FORM = CatalogueForm(), ExportsForm(), TableForm()


def add_catalogue(defs: dg.Definitions, project: Project | None = None) -> dg.Definitions:
    """Add the catalogue of all models to their definitions.

    Parameters
    ----------
    defs : dagster.Definitions
        Of any number of models.
    project : Project, optional
        Where their results lie; those of the clone this package stands in, by default.

    Returns
    -------
    dagster.Definitions
        The same, with the asset ``catalogue``, which follows from the exports of each model.
    """
    limits = {
        key.path[0]: GateLimits.model_validate(known[GATE])
        for asset in defs.assets or ()
        if isinstance(asset, dg.AssetsDefinition)
        for key, known in asset.metadata_by_key.items()
        if GATE in known
    }
    asset = _catalogue((project or Project.locate(clone_root())).outputs, limits)
    return dg.Definitions.merge(defs, dg.Definitions(assets=[asset]))


def _catalogue(outputs: str, limits: Mapping[str, GateLimits]) -> dg.AssetsDefinition:
    key = dg.AssetKey([CATALOGUE])

    @dg.asset(
        key=key,
        group_name="project",
        kinds={"duckdb"},
        deps=[dg.AssetKey([model, "exports"]) for model in limits],
        check_specs=specify(key, COMPLETE, blocking=False),
    )
    def catalogue() -> Iterator[Any]:
        """The exports of all models in one DuckDB file, with documented views over them.

        A model whose latest fit does not pass, or whose exports are not of it, is left out.
        """
        from mmm_pipeline.exports.audit import find_differences

        made_of = None
        while made_of != (there := _look(outputs, limits)):  # Another run may have written since.
            made_of = there
            entries = [_enter(outputs, model, limits[model]) for model in sorted(limits)]
            put(UPath(outputs), CATALOGUE, CATALOGUE_FORM, entries)
        rows = [(one.model, one.description.get("fit_id"), _count(one)) for one in entries]
        yield dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(UPath(outputs) / f"{CATALOGUE}.duckdb")),
                "models": show_table(pd.DataFrame(rows, columns=["model", "fit_id", "rows"])),
            },
        )
        left_out = [f"{one.model} is left out: {one.reason}" for one in entries if one.reason]
        for words in left_out:
            dg.get_dagster_logger().warning(words)
        yield report_warnings("complete", left_out)
        with lend(UPath(outputs) / f"{CATALOGUE}.duckdb") as path:
            yield report_requirement("reconciles", find_differences(path, entries))

    return catalogue


def _look(outputs: str, models: Iterable[str]) -> list[bytes]:
    """Read what says which fit and which export every model has."""
    files = [UPath(outputs) / model / f"{name}.json" for model in models for name in SAID_IN]
    return [file.read_bytes() if file.exists() else b"" for file in files]


def _enter(outputs: str, model: str, limits: GateLimits) -> "Entry":
    """Read the exports of a model, or say why they are left out."""
    from mmm_pipeline.exports.catalogue import Entry

    folder = UPath(outputs) / model
    if not (folder / "exports.json").exists():
        return Entry(model, reason=f"it has no exports; materialise {model}/exports")
    try:
        description = get(folder, "exports", EXPORTS_FORM)
        _require_passed(outputs, model, limits, description["fit_id"])
        frames = {name: get(folder / "exports", name, TABLE_FORM) for name in description["tables"]}
        _require_one_export(model, description["export_id"], frames)
    except GateError as error:
        return Entry(model, reason=str(error))
    return Entry(model, description, frames)


def _require_passed(outputs: str, model: str, limits: GateLimits, fit_id: str) -> None:
    """Refuse exports of another fit than the latest, and of one that breaks a limit of now."""
    numbers = Store(outputs, model).read("diagnostics", DiagnosticsForm()).numbers
    if failures := judge(numbers, limits).failures:
        raise NotConvergedError(model, numbers.fit_id, list(failures.values()))
    if numbers.fit_id != fit_id:
        message = (
            f"its exports are of fit {fit_id}, its latest fit is {numbers.fit_id}; materialise "
            f"{model}/exports"
        )
        raise StaleFitError(message)


def _require_one_export(model: str, export_id: str, frames: Mapping[str, pd.DataFrame]) -> None:
    """Refuse files of which some were written without the others."""
    if any(frame.attrs.get(EXPORT_ID) != export_id for frame in frames.values()):
        message = f"its files are not all of one export; materialise {model}/exports"
        raise StaleFitError(message)


def _count(entry: "Entry") -> int:
    """Count the rows that a catalogue has of a model."""
    return sum(len(frame) for frame in entry.frames.values())
