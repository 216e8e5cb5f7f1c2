"""The job that certifies a model, with records that nobody had to sample."""

import json
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.evidence.ranks import count_kept
from mmm_pipeline.lineage import build_model_defs
from mmm_pipeline.lineage.certification import CertifyConfig, _locate
from mmm_pipeline.lineage.files import put
from mmm_pipeline.lineage.forms import ArraysForm
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.model.build import SIMULATED
from mmm_pipeline.model.trace import name_request_now
from mmm_pipeline.model.worlds import Origin, draw_worlds, enter_world
from mmm_pipeline_tests.factories import make_features, make_spec, make_world
from mmm_pipeline_tests.lineage.projects import execute, make_project, read_failure

pytestmark = pytest.mark.slow

SPEC = make_spec(trend="none", seasonality={"yearly": 0})
N_WORLDS = 3


@pytest.fixture(scope="module")
def features() -> xr.Dataset:
    return make_features(SPEC, make_world(weeks=60))


def run(project: Project, **config: Any) -> dg.ExecuteInProcessResult:
    """Execute the job as it is launched, but in this process."""
    job = build_model_defs(SPEC, project=project).resolve_job_def("acme__certify")
    return execute(job, config)


@pytest.fixture(scope="module")
def recorded(features: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the record of each world, with draws from the priors, where the job looks."""
    root = tmp_path_factory.mktemp("recorded")
    project, origin = make_project(root), Origin(SPEC, features)
    Store(project.outputs, SPEC.name).write("features", ArraysForm(), features)
    folder = _locate(Model(SPEC, project), origin, CertifyConfig(worlds=N_WORLDS))
    worlds, n_kept = draw_worlds(origin, N_WORLDS, seed=1), count_kept(SPEC.gate)
    draws = draw_worlds(origin, n_kept, seed=2).drop_vars(["world", SIMULATED])
    for number in range(N_WORLDS):
        request = name_request_now(*enter_world(origin, worlds.isel(world=number)))
        attributes = {"failures": "[]", "n_attempts": 1, "request_id": request}
        record = draws.rename(world="draw").assign_attrs(attributes)
        put(folder / "worlds", str(number), ArraysForm(), record)
    return root


def copy_recorded(recorded: Path, root: Path) -> tuple[Project, Path]:
    """A project of one's own with those records, and the folder of its certificate."""
    shutil.copytree(recorded, root, dirs_exist_ok=True)
    (folder,) = (root / "outputs" / "acme" / "certificates").iterdir()
    return make_project(root), folder


def test_without_features_it_says_what_to_materialise(tmp_path: Path) -> None:
    result = run(make_project(tmp_path), worlds=2)

    assert not result.success
    assert "Materialise acme/features first" in read_failure(result)
    assert not (tmp_path / "outputs").exists()


@pytest.mark.parametrize("config", [{"worlds": 0}, {"seed": -1}, {"draws": 10}])
def test_only_the_number_of_worlds_and_a_seed_can_be_said(
    config: dict[str, int], tmp_path: Path
) -> None:
    with pytest.raises((dg.DagsterInvalidConfigError, dg.DagsterConfigMappingFunctionError)):
        run(make_project(tmp_path), **config)


def test_worlds_that_are_there_are_not_fitted_again(
    recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    project, folder = copy_recorded(recorded, tmp_path)
    before = {file.name: file.stat().st_mtime_ns for file in (folder / "worlds").iterdir()}

    result = run(project, worlds=N_WORLDS)

    assert result.success
    after = {file.name: file.stat().st_mtime_ns for file in (folder / "worlds").iterdir()}
    assert before == after
    assert capfd.readouterr().err.count("its record is used again") == N_WORLDS
    assert {file.name for file in folder.iterdir()} == {
        "certificate.parquet",
        "certificate.png",
        "ranks.parquet",
        "summary.json",
        "worlds",
        "worlds.nc",
    }
    assert (pd.read_parquet(folder / "certificate.parquet")["worlds"] == N_WORLDS).all()
    assert json.loads((folder / "summary.json").read_text())["passed_at_once"] == N_WORLDS


def test_dagster_is_told_of_the_certificate_and_of_no_other_asset(
    recorded: Path, tmp_path: Path
) -> None:
    project, folder = copy_recorded(recorded, tmp_path)

    result = run(project, worlds=N_WORLDS)

    told = [event for event in result.all_events if event.is_step_materialization]
    assert [event.asset_key for event in told] == [dg.AssetKey(["acme", "certificate"])]
    metadata = told[0].materialization.metadata
    assert metadata["path"].value == str(folder)
    assert metadata["worlds"].value == N_WORLDS
    assert {"uneven", "groups", "quantities", "ranks", "refused"} <= set(metadata)


def test_what_a_certificate_follows_from_names_its_folder(
    features: xr.Dataset, tmp_path: Path
) -> None:
    model = Model(SPEC, make_project(tmp_path))
    config = CertifyConfig()
    gate = SPEC.gate.model_copy(update={"min_ess": 800.0})
    others = [
        (SPEC, features.assign(target=features["target"] + 1), config),
        (SPEC.model_copy(update={"l_max": 4}), features, config),
        (SPEC.model_copy(update={"gate": gate}), features, config),
        (SPEC, features, CertifyConfig(seed=2)),
    ]

    names = [_locate(model, Origin(spec, arrays), said).name for spec, arrays, said in others]
    own = _locate(model, Origin(SPEC, features), config).name

    assert len({own, *names}) == len(others) + 1
    assert _locate(model, Origin(SPEC, features), CertifyConfig(worlds=7)).name == own


def test_an_interrupted_job_goes_on_where_it_was(features: xr.Dataset, tmp_path: Path) -> None:
    project = make_project(tmp_path)
    Store(project.outputs, SPEC.name).write("features", ArraysForm(), features)
    assert run(project, worlds=3).success
    (folder,) = (tmp_path / "outputs" / "acme" / "certificates").iterdir()
    before = {file.name: file.read_bytes() for file in (folder / "worlds").iterdir()}
    table = pd.read_parquet(folder / "certificate.parquet")
    (folder / "worlds" / "1.nc").unlink()

    assert run(project, worlds=3).success

    pd.testing.assert_frame_equal(pd.read_parquet(folder / "certificate.parquet"), table)
    assert set(before) == {file.name for file in (folder / "worlds").iterdir()}
    assert not (tmp_path / "outputs" / "acme" / "fits").exists()
