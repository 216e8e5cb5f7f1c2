"""A fit is promoted, the past is restated, a refit says otherwise: the promoted numbers stand."""

import hashlib
import json
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.lineage import build_model_defs
from mmm_pipeline.lineage.fits import Fits
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.model.identity import list_versions
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import (
    choose_fast,
    make_features,
    make_posterior,
    make_spec,
    make_trace,
)
from mmm_pipeline_tests.lineage.projects import (
    execute,
    make_project,
    materialize,
    read_failure,
    store_fit,
)

SPEC = make_spec(scenarios={"more": {"budget": "+10%", "periods": 4}})


def run_job(
    spec: ModelSpec, project: Project, verb: str, **config: str
) -> dg.ExecuteInProcessResult:
    """Launch a job of the model, with the config of its op."""
    job = build_model_defs(spec, project=project).resolve_job_def(f"acme__{verb}")
    return execute(job, {"ops": {f"acme__{verb}_fit": {"config": config}}})


def keep(project: Project, trace: xr.DataTree, spec: ModelSpec = SPEC) -> str:
    """Make a fit the current one, kept as any other; return its name."""
    Fits(project.outputs, spec.name).keep(trace, {"made": "up"})
    store_fit(spec, project, trace)
    return str(trace.attrs["fit_id"])


def make_failing(features: xr.Dataset) -> xr.DataTree:
    posterior = make_posterior(SPEC, features, seed=9)
    apart = posterior["roas"] + xr.DataArray(np.arange(4.0), dims="chain")
    return make_trace(SPEC, features, posterior.assign(roas=apart))


def make_restated(features: xr.Dataset) -> xr.Dataset:
    """Features whose sales of eight weeks were 30 % higher after all."""
    target = features["target"].copy()
    target[40:48] *= 1.3
    return features.assign(target=target)


def digest(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def read_record(project: Project) -> dict[str, Any]:
    text = (Path(project.outputs) / "acme" / "promoted.json").read_text()
    record: dict[str, Any] = json.loads(text)
    return record


def read_metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    (made,) = result.asset_materializations_for_node(f"acme__{asset}")
    return {name: one.value for name, one in made.metadata.items()}


@pytest.fixture(scope="module")
def features() -> xr.Dataset:
    return make_features(SPEC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path)


@pytest.fixture(scope="module")
def story(features: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Fit, promote, restate, refit; and then a refit that fails."""
    project = make_project(tmp_path_factory.mktemp("story"))
    first = keep(project, make_trace(SPEC, features))
    before = materialize(SPEC, project, 'key:"acme/refit_drift"')
    promoted = run_job(SPEC, project, "promote", note="signed off")
    stands = digest(Path(project.outputs) / "acme" / "fits" / first)
    record = read_record(project)
    restated = make_restated(features)
    posterior = make_posterior(SPEC, restated, seed=4)
    posterior["roas"] = posterior["roas"] * xr.DataArray([1.0, 1.12], dims="channel")
    second = keep(project, make_trace(SPEC, restated, posterior))
    drift = materialize(SPEC, project, 'key:"acme/refit_drift"')
    table = pd.read_parquet(Path(project.outputs) / "acme" / "refit_drift.parquet")
    failing = keep(project, make_failing(features))
    return {
        "project": project,
        "fits": (first, second, failing),
        "before": before,
        "promoted": promoted,
        "record": record,
        "stands": stands,
        "drift": drift,
        "table": table,
    }


def test_before_anything_is_promoted_drift_says_so(story: dict[str, Any]) -> None:
    metadata = read_metadata(story["before"], "refit_drift")
    (check,) = story["before"].get_asset_check_evaluations()

    assert (metadata["drift"], metadata["promoted"]) == ("NONE", "none")
    assert metadata["why"] == "No fit is promoted; launch acme__promote on one you stand behind."
    assert (check.check_name, check.passed) == ("drift", True)


def test_a_promotion_names_the_current_fit_and_who_did_it(story: dict[str, Any]) -> None:
    assert story["promoted"].success
    record = story["record"]
    assert record["fit_id"] == story["fits"][0]
    assert record["run_id"] == story["promoted"].run_id
    assert record["note"] == "signed off"
    assert len(record["history"]) == 1


def test_a_refit_on_a_restated_past_is_to_be_looked_at(story: dict[str, Any]) -> None:
    assert story["drift"].success
    table = story["table"]
    (check,) = story["drift"].get_asset_check_evaluations()

    assert table.attrs["verdict"] == "REVIEW"
    assert table.attrs["fit_id"] == story["fits"][1]
    assert table.attrs["promoted"]["fit_id"] == story["fits"][0]
    assert [row["column"] for row in table.attrs["restated"]] == ["target"]
    assert any("target on 8 dates" in words for words in table.attrs["reasons"])
    assert any("The return of search" in words for words in table.attrs["reasons"])
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.description == "\n".join(table.attrs["reasons"])


def test_the_promoted_numbers_stand(story: dict[str, Any]) -> None:
    folder = Path(story["project"].outputs) / "acme" / "fits" / story["fits"][0]

    assert digest(folder) == story["stands"]
    assert read_record(story["project"]) == story["record"]


def test_a_fit_that_fails_the_gate_is_not_promoted(story: dict[str, Any]) -> None:
    result = run_job(SPEC, story["project"], "promote", fit_id=story["fits"][2])

    assert not result.success
    assert "Model 'acme' has not converged" in read_failure(result)
    assert read_record(story["project"]) == story["record"]


def test_budgets_are_planned_with_the_promoted_fit_while_the_current_one_fails(
    story: dict[str, Any],
) -> None:
    project, asset = story["project"], 'key:"acme/budget_scenarios"'
    config = {"ops": {"acme__budget_scenarios": {"config": {"fit": "promoted"}}}}

    refused = materialize(SPEC, project, asset)
    planned = materialize(SPEC, project, asset, config)

    assert not refused.success
    assert "Model 'acme' has not converged" in read_failure(refused)
    assert planned.success
    assert read_metadata(planned, "budget_scenarios")["fit_id"] == story["fits"][0]
    plans = pd.read_parquet(Path(project.outputs) / "acme" / "budget_scenarios.parquet")
    assert plans.attrs["fit_id"] == story["fits"][0]
    assert set(plans["scenario"]) == {"more"}


def test_a_later_promotion_keeps_the_earlier_ones(features: xr.Dataset, project: Project) -> None:
    first = keep(project, make_trace(SPEC, features))
    assert run_job(SPEC, project, "promote").success
    second = keep(project, make_trace(SPEC, features, make_posterior(SPEC, features, seed=4)))
    assert run_job(SPEC, project, "promote").success

    assert run_job(SPEC, project, "promote", fit_id=first, note="back").success

    record = read_record(project)
    assert [one["fit_id"] for one in record["history"]] == [first, second, first]
    assert (record["fit_id"], record["note"]) == (first, "back")


def test_what_is_not_kept_or_not_promoted_is_told(features: xr.Dataset, project: Project) -> None:
    keep(project, make_trace(SPEC, features))
    config = {"ops": {"acme__budget_scenarios": {"config": {"fit": "promoted"}}}}

    unknown = run_job(SPEC, project, "promote", fit_id="0123456789abcdef")
    planned = materialize(SPEC, project, 'key:"acme/budget_scenarios"', config)

    assert "'0123456789abcdef' is not among the 1 in acme/fits" in read_failure(unknown)
    assert "Launch the job acme__promote" in read_failure(planned)
    assert not (Path(project.outputs) / "acme" / "promoted.json").exists()


def test_without_a_fit_there_is_nothing_to_promote(project: Project) -> None:
    result = run_job(SPEC, project, "promote")

    assert "Materialise acme/diagnostics first" in read_failure(result)


@pytest.mark.parametrize("gone", choose_fast(["code", "spec", "file"], "code"))
def test_a_promoted_fit_that_may_not_be_read_is_to_be_looked_at(
    gone: str, features: xr.Dataset, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = SPEC.model_copy(update={"l_max": 4}) if gone == "spec" else SPEC
    with monkeypatch.context() as patch:
        if gone == "code":
            older = list_versions() | {"mmm_pipeline.model": "0" * 16}
            patch.setattr("mmm_pipeline.model.trace.list_versions", lambda *_: older)
            patch.setattr("mmm_pipeline.gate.converged.list_versions", lambda *_: older)
        first = keep(project, make_trace(earlier, features), earlier)
        assert run_job(earlier, project, "promote").success
    if gone == "file":
        (Path(project.outputs) / "acme" / "fits" / first / "trace.nc").write_bytes(b"")
    keep(project, make_trace(SPEC, make_restated(features)))

    result = materialize(SPEC, project, 'key:"acme/refit_drift"')

    table = pd.read_parquet(Path(project.outputs) / "acme" / "refit_drift.parquet")
    words = {
        "code": "must have been made by the code that reads it",
        "spec": "`l_max` was 4 and is 8",
        "file": "The promoted fit cannot be read",
    }[gone]
    assert result.success
    assert table.attrs["verdict"] == "REVIEW"
    assert words in table.attrs["reasons"][0]
    assert table.empty
    assert bool(table.attrs["restated"]) == (gone != "file")
