"""A plan is accepted, weeks go by, another fit is promoted: what was kept stands."""

import json
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.lineage import build_model_defs
from mmm_pipeline.lineage.fits import Fits
from mmm_pipeline.lineage.forms import TableForm
from mmm_pipeline.lineage.plans import Plans
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.model.identity import list_versions
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.decision.plans import (
    WEEKS,
    Truth,
    make_true_fit,
    make_truth,
)
from mmm_pipeline_tests.factories import make_trace, validate
from mmm_pipeline_tests.lineage.projects import (
    execute,
    make_project,
    materialize,
    read_failure,
    store_fit,
)

pytestmark = pytest.mark.slow


def run_job(spec: ModelSpec, project: Project, verb: str, op: str, **config: str) -> Any:
    """Launch a job of the model, with the config of its op."""
    job = build_model_defs(spec, project=project).resolve_job_def(f"acme__{verb}")
    return execute(job, {"ops": {f"acme__{op}": {"config": config}}})


def accept(spec: ModelSpec, project: Project, **config: str) -> dg.ExecuteInProcessResult:
    """Accept a plan."""
    found: dg.ExecuteInProcessResult = run_job(
        spec, project, "accept_plan", "accept_scenario", **config
    )
    return found


def keep(project: Project, fit: ConvergedFit) -> None:
    """Make a fit the current one, kept as any other."""
    Fits(project.outputs, "acme").keep(fit.trace, {"made": "up"})
    store_fit(fit.spec, project, fit.trace)


def deliver(project: Project, spec: ModelSpec, truth: Truth, weeks: int) -> None:
    """Let some weeks of the world be the validated data."""
    frame = validate(truth.deliver().iloc[:weeks], spec)
    Store(project.outputs, "acme").write("validated_data", TableForm(), frame)


def track(spec: ModelSpec, project: Project) -> tuple[dict[str, Any], pd.DataFrame]:
    """Materialise the asset; return its checks, and its table."""
    result = materialize(spec, project, 'key:"acme/plan_tracking"')
    assert result.success
    checks = {one.check_name: one for one in result.get_asset_check_evaluations()}
    (made,) = result.asset_materializations_for_node("acme__plan_tracking")
    table = pd.read_parquet(Path(project.outputs) / "acme" / "plan_tracking.parquet")
    table.attrs["in_force_shown"] = made.metadata["in_force"].value
    return checks, table


def read_plans(project: Project) -> list[dict[str, Any]]:
    files = (Path(project.outputs) / "acme" / "plans").glob("*/plan.json")
    return sorted(
        (json.loads(one.read_text()) for one in files), key=lambda one: one["accepted_at"]
    )


def read_bytes(project: Project, plan_id: str) -> dict[str, bytes]:
    folder = Path(project.outputs) / "acme" / "plans" / plan_id
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_truth()


@pytest.fixture(scope="module")
def fit(truth: Truth) -> ConvergedFit:
    return make_true_fit(truth, noise=150.0)


@pytest.fixture(scope="module")
def planned(fit: ConvergedFit, truth: Truth, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a fit, its budgets, and its data."""
    project = make_project(tmp_path_factory.mktemp("planned"))
    keep(project, fit)
    deliver(project, fit.spec, truth, WEEKS)
    assert materialize(fit.spec, project, 'key:"acme/budget_scenarios"').success
    return project


@pytest.fixture(scope="module")
def story(planned: Project, fit: ConvergedFit, truth: Truth) -> dict[str, Any]:
    """Nothing accepted; a plan; four weeks; a plan for the rest; another fit promoted."""
    found: dict[str, Any] = {"nothing": track(fit.spec, planned)}
    found["accepted"] = accept(fit.spec, planned, scenario="more", note="signed off")
    (first,) = read_plans(planned)
    found["kept"] = read_bytes(planned, first["plan_id"])
    found["waiting"] = track(fit.spec, planned)
    spend = Plans(planned.outputs, "acme").read_all()[0].arrays["spend"]
    came = truth.change(tv=3 * spend.sel(channel="tv").to_numpy()[:4])
    deliver(planned, fit.spec, came, WEEKS + 4)
    found["four"] = track(fit.spec, planned)
    start = f"{pd.Timestamp(first['start']) + pd.Timedelta(weeks=5):%Y-%m-%d}"
    found["again"] = accept(fit.spec, planned, scenario="more", start=start)
    found["shared"] = track(fit.spec, planned)
    assert run_job(fit.spec, planned, "promote", "promote_fit").success
    found["promoted"] = track(fit.spec, planned)
    posterior = fit.posterior.assign(roas=1.1 * fit.posterior["roas"])
    other = make_trace(fit.spec, fit.features, posterior)
    Fits(planned.outputs, "acme").keep(other, {})
    found["other"] = str(other.attrs["fit_id"])
    assert run_job(fit.spec, planned, "promote", "promote_fit", fit_id=found["other"]).success
    found["stale"] = track(fit.spec, planned)
    return found


def test_before_any_plan_there_is_nothing_to_track(story: dict[str, Any]) -> None:
    checks, table = story["nothing"]

    assert table.empty
    assert table.attrs["plans"] == []
    assert table.attrs["in_force_shown"] == "none"
    assert {name: one.passed for name, one in checks.items()} == {
        "plan_is_current": True,
        "on_plan": True,
    }


def test_an_accepted_plan_says_what_by_whom_and_when(
    story: dict[str, Any], planned: Project, fit: ConvergedFit
) -> None:
    plan = read_plans(planned)[0]

    assert story["accepted"].success
    assert (plan["scenario"], plan["note"]) == ("more", "signed off")
    assert plan["fit_id"] == fit.fit_id
    assert plan["run_id"] == story["accepted"].run_id
    assert plan["words"]["phasing"] == "front"
    assert (plan["start"], plan["end"]) == ("2025-02-24", "2025-03-31")
    budget = pd.read_parquet(Path(planned.outputs) / "acme" / "budget_scenarios.parquet")
    (kept, _) = Plans(planned.outputs, "acme").read_all()
    spend = kept.arrays["spend"].sum("date")
    assert spend.to_numpy().tolist() == pytest.approx(budget["spend"].tolist())
    assert plan["response"] == pytest.approx(budget["response"].sum(), rel=1e-9)


def test_what_was_kept_is_never_written_again(story: dict[str, Any], planned: Project) -> None:
    first = read_plans(planned)[0]["plan_id"]

    assert list(story["kept"]) == ["plan.json", "plan.nc"]
    assert read_bytes(planned, first) == story["kept"]


def test_before_anything_came_the_plan_waits(story: dict[str, Any]) -> None:
    checks, table = story["waiting"]

    target = table[table["quantity"] == "target"]
    assert len(target) == 6
    assert target["actual"].isna().all()
    assert table.attrs["in_force"] == table.attrs["shown"] == table["plan_id"].iloc[0]
    assert checks["on_plan"].passed


def test_spend_off_the_plan_is_told(story: dict[str, Any]) -> None:
    checks, table = story["four"]

    target = table[table["quantity"] == "target"]
    assert target["actual"].notna().tolist() == [True] * 4 + [False] * 2
    facts = table.attrs["plans"][0]
    assert facts["by_spend"] > 3 * abs(facts["by_response"])
    assert (checks["on_plan"].passed, checks["on_plan"].severity) == (
        False,
        dg.AssetCheckSeverity.WARN,
    )
    assert "spent on tv so far, +200% against" in checks["on_plan"].description
    assert checks["plan_is_current"].passed


def test_a_later_plan_supersedes_where_it_overlaps(story: dict[str, Any]) -> None:
    _, table = story["shared"]

    first, second = table.attrs["plans"]
    told = [
        event.step_output_data.metadata["supersedes"].value
        for result in (story["accepted"], story["again"])
        for event in result.all_events
        if event.is_successful_output
    ]
    assert told == ["no other", f"1 of the 6 periods of {first['plan_id']}"]
    assert (first["start"], first["end"], first["n_dates"]) == ("2025-02-24", "2025-03-24", 5)
    assert (second["start"], second["n_dates"], second["n_known"]) == ("2025-03-31", 6, 0)
    assert table.attrs["in_force"] == first["plan_id"]
    dates = table.loc[table["quantity"] == "target", "date"]
    assert dates.is_unique


def test_a_plan_is_current_until_another_fit_is_promoted(
    story: dict[str, Any], fit: ConvergedFit
) -> None:
    before, _ = story["promoted"]
    checks, table = story["stale"]

    assert before["plan_is_current"].passed
    stale = checks["plan_is_current"]
    assert (stale.passed, stale.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert f"made with fit {fit.fit_id}; fit {story['other']} is promoted" in stale.description
    assert table.attrs["stale"] == [stale.description]


@pytest.mark.parametrize("why", ["code", "limits", "gone", "model"])
def test_a_fit_that_may_not_be_read_leaves_what_was_kept(
    why: str,
    story: dict[str, Any],
    planned: Project,
    fit: ConvergedFit,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(planned.outputs, tmp_path / "outputs")
    project, spec = make_project(tmp_path), fit.spec
    if why == "code":
        newer = list_versions() | {"mmm_pipeline.model": "0" * 16}
        monkeypatch.setattr("mmm_pipeline.gate.converged.list_versions", lambda *_: newer)
    if why == "limits":
        spec = spec.model_copy(update={"gate": spec.gate.model_copy(update={"min_ess": 4000})})
    if why == "gone":
        (tmp_path / "outputs" / "acme" / "fits" / fit.fit_id / "fit.json").unlink()
    if why == "model":
        spec = spec.model_copy(update={"l_max": 4})

    checks, table = track(spec, project)

    words = {
        "code": "must have been made by the code that reads it",
        "limits": "has not converged",
        "gone": "is not among the 1 in acme/fits",
        "model": "`l_max` was 8 and is 4",
    }[why]
    _, before = story["stale"]
    facts = table.attrs["plans"][0]
    assert words in facts["why_not"]
    assert table["by_response"].isna().all()
    kept = ["date", "planned", "actual", "lower_90", "upper_90", "planned_so_far"]
    pd.testing.assert_frame_equal(table[kept], before[kept])
    stale = checks["plan_is_current"].description
    assert ("was made with another model" in stale) == (why == "model")


def test_what_follows_from_the_same_is_read_again(
    story: dict[str, Any], planned: Project, fit: ConvergedFit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("mmm_pipeline.decision.tracking.track_plans", refuse)

    _, table = track(fit.spec, planned)

    pd.testing.assert_frame_equal(table, story["stale"][1])


def test_what_cannot_be_accepted_is_told_and_nothing_is_kept(
    fit: ConvergedFit, truth: Truth, tmp_path: Path
) -> None:
    project = make_project(tmp_path)
    deliver(project, fit.spec, truth, WEEKS)

    unplanned = accept(fit.spec, project, scenario="more")
    keep(project, fit)
    assert materialize(fit.spec, project, 'key:"acme/budget_scenarios"').success
    unknown = accept(fit.spec, project, scenario="less")
    bad_day = accept(fit.spec, project, scenario="more", start="31.3.2025")
    stricter = fit.spec.model_copy(
        update={"gate": fit.spec.gate.model_copy(update={"min_ess": 4000})}
    )
    refused = accept(stricter, project, scenario="more")

    assert "acme/budget_scenarios must be there" in read_failure(unplanned)
    assert "'less' is none. There are: more." in read_failure(unknown)
    assert "`start` must be a date such as 2026-04-06; got '31.3.2025'" in read_failure(bad_day)
    assert "has not converged" in read_failure(refused)
    assert not (tmp_path / "outputs" / "acme" / "plans").exists()


@pytest.mark.usefixtures("story")
def test_a_plan_that_is_damaged_is_named(
    planned: Project, fit: ConvergedFit, tmp_path: Path
) -> None:
    shutil.copytree(planned.outputs, tmp_path / "outputs")
    plan_id = read_plans(planned)[0]["plan_id"]
    folder = tmp_path / "outputs" / "acme" / "plans" / plan_id
    arrays = xr.load_dataset(folder / "plan.nc", engine="h5netcdf")
    (arrays * np.float64(2)).to_netcdf(folder / "plan.nc", engine="h5netcdf")

    result = materialize(fit.spec, make_project(tmp_path), 'key:"acme/plan_tracking"')

    assert not result.success
    assert f"acme/plans/{plan_id} must hold a plan as it was accepted" in read_failure(result)
