"""What leaves the house, as the lineage writes it."""

import json
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from mmm_pipeline.exports.inputs import AS_THEY_ARE
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.lineage.data_assets import DELIVERY
from mmm_pipeline.lineage.deliveries import Deliveries
from mmm_pipeline.lineage.forms import AdviceForm, SummaryForm, TableForm
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.spec import Exports, ModelSpec
from mmm_pipeline_tests.exports.conftest import gather
from mmm_pipeline_tests.factories import make_frame
from mmm_pipeline_tests.lineage.projects import (
    make_project,
    materialize,
    read_failure,
    store_fit,
)

NO_TABLES = {"recommendations", "disaggregated_results"}
"""Of another form, and not there."""


@pytest.fixture(scope="module")
def stored(fit: ConvergedFit, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has all exports are made from."""
    project = make_project(tmp_path_factory.mktemp("project"))
    store, inputs = Store(project.outputs, fit.spec.name), gather(fit)
    store_fit(fit.spec, project, fit.trace)
    store.write("model_fit", TableForm(), inputs.model_fit)
    store.write("contributions", SummaryForm(), inputs.contributions)
    store.write("channel_returns", SummaryForm(), inputs.returns)
    for name, table in inputs.tables.items():
        if name != "recommendations":
            store.write(name, TableForm(), table)
    store.write("recommendations", AdviceForm(), recommend(fit))
    store.write("budget_scenarios", SummaryForm(), inputs.scenarios)
    store.write("validated_data", TableForm(), make_frame(fit.spec))
    raw = pd.DataFrame({"week": ["2024-01-01"]})
    raw.attrs[DELIVERY] = "of_today"
    store.write("raw_data", TableForm(), raw)
    return project


def say(spec: ModelSpec, **words: object) -> ModelSpec:
    """The same model, exported otherwise."""
    return spec.model_copy(update={"exports": Exports.model_validate(words)})


def export(spec: ModelSpec, project: Project) -> dg.ExecuteInProcessResult:
    return materialize(spec, project, 'key:"acme/exports"')


def read_checks(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, str | None]]:
    """Whether each check passed, and what it says."""
    return {
        one.check_name: (one.passed, one.description)
        for one in result.get_asset_check_evaluations()
    }


def test_exports_are_written_and_reconciled(spec: ModelSpec, stored: Project) -> None:
    folder = Path(stored.outputs) / "acme"
    (folder / "exports").mkdir(exist_ok=True)
    (folder / "exports" / "of_yesterday.csv").touch()

    result = export(spec, stored)

    assert result.success
    assert read_checks(result) == {"reconciles": (True, None), "schema_drift": (True, None)}
    told = json.loads((folder / "exports.json").read_text())
    names = {f"{name}.{kind}" for name in told["tables"] for kind in ("csv", "json", "parquet")}
    assert {one.name for one in (folder / "exports").iterdir()} == {*names, "workbook.xlsx"}
    table = pd.read_parquet(folder / "exports" / "media_results.parquet")
    assert table.attrs == {"fit_id": told["fit_id"], "export_id": told["export_id"]}
    assert not list(folder.glob(".tmp*"))


@pytest.mark.slow
def test_columns_that_change_are_told_once(spec: ModelSpec, stored: Project) -> None:
    columns = {"decomps_stacked": {"rename": {"kpi_sales": "revenue"}, "order": ["decomp"]}}
    export(spec, stored)

    first = export(say(spec, columns=columns), stored)
    second = export(say(spec, columns=columns), stored)

    passed, words = read_checks(first)["schema_drift"]
    assert not passed
    assert words is not None
    assert words.splitlines()[0] == "major drift: `decomps_stacked.kpi_sales` is gone"
    assert read_checks(second)["schema_drift"] == (True, None)
    assert read_checks(first)["reconciles"] == (True, None)
    found = pd.read_csv(Path(stored.outputs) / "acme" / "exports" / "decomps_stacked.csv")
    assert list(found.columns[:2]) == ["decomp", "date"]
    assert "revenue" in found


@pytest.mark.slow
def test_a_column_that_is_not_there_is_told_and_nothing_written(
    spec: ModelSpec, stored: Project
) -> None:
    export(spec, stored)
    file = Path(stored.outputs) / "acme" / "exports.json"
    before = file.read_text()

    result = export(say(spec, columns={"media_results": {"hide": ["spent"]}}), stored)

    assert not result.success
    assert "`exports.columns.media_results.hide` must name columns" in read_failure(result)
    assert "Did you mean 'spend'?" in read_failure(result)
    assert file.read_text() == before


@pytest.mark.slow
def test_exports_that_do_not_add_up_are_a_failed_check(
    spec: ModelSpec, stored: Project, tmp_path: Path
) -> None:
    project = make_project(tmp_path)
    store, other = Store(stored.outputs, "acme"), Store(project.outputs, "acme")
    for name in ("contributions", "channel_returns", "budget_scenarios"):
        other.write(name, SummaryForm(), store.read(name, SummaryForm()))
    other.write("recommendations", AdviceForm(), store.read("recommendations", AdviceForm()))
    tables = [name for name in AS_THEY_ARE if name not in NO_TABLES]
    for name in ("model_fit", *tables):
        table = store.read(name, TableForm())
        if name == "model_fit":
            table["fitted"] += 1.0
        other.write(name, TableForm(), table)
    from mmm_pipeline.lineage.forms import DiagnosticsForm, TraceForm

    for name, form in (("fitted_trace", TraceForm()), ("diagnostics", DiagnosticsForm())):
        other.write(name, form, store.read(name, form))

    passed, words = read_checks(export(spec, project))["reconciles"]

    assert not passed
    assert words is not None
    assert words.startswith("the decomposition: ")


def test_a_run_folder_holds_the_delivery_that_was_fitted(spec: ModelSpec, stored: Project) -> None:
    folder, deliveries = Path(stored.outputs) / "acme", Deliveries(stored.outputs, "acme")
    deliveries.note_ingested({"raw_data": "of_today"})

    result = materialize(spec, stored, 'key:"acme/run_folder"')

    assert result.success
    status = json.loads((folder / "run_folder" / "status.json").read_text())
    told = json.loads((folder / "run_folder" / "diagnostics.json").read_text())
    assert status["verdict"] == told["verdict"] != "FAIL"
    deliveries.note_ingested({"raw_data": "of_yesterday"})
    result = materialize(spec, stored, 'key:"acme/run_folder"')
    assert "must hold the delivery that was fitted" in read_failure(result)
