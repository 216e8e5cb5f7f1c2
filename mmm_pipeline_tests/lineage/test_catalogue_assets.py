"""What all models export, in one file."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from mmm_pipeline.definitions import defs
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.lineage import add_catalogue, build_model_defs
from mmm_pipeline.lineage.export_forms import ExportsForm
from mmm_pipeline.lineage.forms import DiagnosticsForm
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.exports.conftest import gather
from mmm_pipeline_tests.factories import make_posterior, make_trace
from mmm_pipeline_tests.lineage.projects import execute, make_project

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def exported(fit: ConvergedFit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports of one model, below the root of a project."""
    from mmm_pipeline.exports.bundle import bundle_exports
    from mmm_pipeline.exports.tables import build_exports

    root = tmp_path_factory.mktemp("exported")
    project, inputs = make_project(root), gather(fit)
    store = Store(project.outputs, "acme")
    store.write("diagnostics", DiagnosticsForm(), examine(fit.trace, fit.spec.gate))
    store.write("exports", ExportsForm(), bundle_exports(fit, build_exports(inputs)))
    return root


@pytest.fixture
def project(exported: Path, tmp_path: Path) -> Project:
    """A project of its own with these exports."""
    shutil.copytree(exported, tmp_path, dirs_exist_ok=True)
    return make_project(tmp_path)


def build(spec: ModelSpec, project: Project) -> dg.Definitions:
    """Definitions of a model, of one that was never fitted, and of the catalogue."""
    other = spec.model_copy(update={"name": "other"})
    models = [build_model_defs(one, project=project) for one in (spec, other)]
    return add_catalogue(dg.Definitions.merge(*models), project)


def read_models(spec: ModelSpec, project: Project) -> dict[str, str | None]:
    """Materialise the catalogue, and read why each model is left out."""
    job = dg.define_asset_job("run", selection='key:"catalogue"')
    merged = dg.Definitions.merge(build(spec, project), dg.Definitions(jobs=[job]))
    result = execute(merged.resolve_job_def("run"))
    assert result.success
    with duckdb.connect(str(Path(project.outputs) / "catalogue.duckdb"), read_only=True) as one:
        reasons = dict(one.sql("SELECT model, reason FROM models").fetchall())
    checks = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
    assert checks == {"complete": not any(reasons.values()), "reconciles": True}
    return reasons


def test_a_model_without_exports_is_left_out_and_told(spec: ModelSpec, project: Project) -> None:
    assert read_models(spec, project) == {
        "acme": None,
        "other": "it has no exports; materialise other/exports",
    }
    assert [one.name for one in Path(project.outputs).glob("*.*")] == ["catalogue.duckdb"]


def test_a_model_whose_latest_fit_breaks_a_limit_of_now_is_left_out(
    spec: ModelSpec, project: Project
) -> None:
    strict = spec.model_copy(update={"gate": spec.gate.model_copy(update={"min_ess": 100_000})})

    assert "has not converged" in str(read_models(strict, project)["acme"])


def test_a_model_whose_latest_fit_is_another_is_left_out(
    spec: ModelSpec, project: Project, fit: ConvergedFit
) -> None:
    newer = make_trace(spec, fit.features, make_posterior(spec, fit.features, seed=4))
    examination = examine(newer, spec.gate)
    Store(project.outputs, "acme").write("diagnostics", DiagnosticsForm(), examination)

    assert f"its latest fit is {newer.attrs['fit_id']}" in str(read_models(spec, project)["acme"])


def test_files_of_two_exports_are_left_out(spec: ModelSpec, project: Project) -> None:
    file = Path(project.outputs) / "acme" / "exports.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"export_id": "another"}))

    assert "not all of one export" in str(read_models(spec, project)["acme"])


def test_a_file_that_is_open_elsewhere_is_replaced(spec: ModelSpec, project: Project) -> None:
    read_models(spec, project)
    file = str(Path(project.outputs) / "catalogue.duckdb")
    code = f"import duckdb; c = duckdb.connect({file!r}); print('open', flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        reader.stdout.readline()

        assert set(read_models(spec, project)) == {"acme", "other"}

        reader.communicate(b"\n")
    assert reader.returncode == 0


def test_an_export_that_comes_meanwhile_is_not_missed(
    spec: ModelSpec, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mmm_pipeline.lineage import catalogue_assets, files

    folder, hidden = Path(project.outputs) / "acme" / "exports.json", project.root / "hidden.json"
    folder.rename(hidden)

    def put(*arguments: object) -> None:
        files.put(*arguments)  # type: ignore[arg-type]
        if hidden.exists():  # Another run ends right after the first writing.
            hidden.rename(folder)

    monkeypatch.setattr(catalogue_assets, "put", put)

    assert read_models(spec, project)["acme"] is None


def test_the_project_has_a_catalogue_that_follows_from_every_model() -> None:
    graph = defs().resolve_asset_graph()

    node = graph.get(dg.AssetKey(["catalogue"]))
    assert node.description
    assert {key.path[-1] for key in node.parent_keys} == {"exports"}
    assert {key.path[0] for key in node.parent_keys} == {
        key.path[0] for key in graph.get_all_asset_keys() if len(key.path) == 2
    }


def test_a_refit_ends_with_the_catalogue(spec: ModelSpec, project: Project) -> None:
    whole, alone = build(spec, project), build_model_defs(spec, project=project)

    names = {node.name for node in whole.resolve_job_def("acme__refit").nodes}
    assert {"catalogue", "acme__exports"} <= names
    assert "other__exports" not in names
    assert "catalogue" not in {node.name for node in alone.resolve_job_def("acme__refit").nodes}
