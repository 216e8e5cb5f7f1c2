"""One fit and all it rests on, as others open it."""

import json
from dataclasses import replace
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import pytest
from upath import UPath

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.exports.run_folder import RunInputs, build_run_folder, list_returns
from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.lineage.export_forms import RunForm
from mmm_pipeline.lineage.files import put
from mmm_pipeline.lineage.forms import DiagnosticsForm, SummaryForm, TableForm, TraceForm
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_frame

ARTEFACTS = {
    *("run_spec.json", "status.json", "canonical_data.parquet", "column_info.json"),
    *("features.parquet", "feature_metadata.json", "feature_scaler.json", "posterior.nc"),
    *("posterior_summary.json", "model_metadata.json", "diagnostics.json"),
    *("contributions.parquet", "contribution_summary.json", "roi_metrics.json"),
    *("fitted.parquet", "fit_metrics.json", "validation_summary.json", "raw_data.parquet"),
}


@pytest.fixture(scope="module")
def run_inputs(inputs: ExportInputs) -> RunInputs:
    """All of one fit, with the frame it was fitted to."""
    fit = inputs.fit
    return RunInputs(
        fit,
        make_frame(fit.spec),
        ("odd",),
        examine(fit.trace, fit.spec.gate).parameters,
        inputs.model_fit,
        inputs.contributions,
        inputs.returns,
    )


@pytest.fixture(scope="module")
def folder(run_inputs: RunInputs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder beside the results it is made from."""
    place, fit = UPath(tmp_path_factory.mktemp("model")), run_inputs.fit
    put(place, "raw_data", TableForm(), pd.DataFrame({"week": ["2024-01-01"]}))
    put(place, "validated_data", TableForm(), run_inputs.validated)
    put(place, "fitted_trace", TraceForm(), fit.trace)
    put(place, "diagnostics", DiagnosticsForm(), examine(fit.trace, fit.spec.gate))
    put(place, "contributions", SummaryForm(), run_inputs.contributions)
    put(place, "model_fit", TableForm(), run_inputs.model_fit)
    for _ in range(2):  # The second time over the first.
        put(place, "run_folder", RunForm(), build_run_folder(run_inputs, place))
    assert not list(place.glob(".tmp*"))
    return Path(place.path) / "run_folder"


def read(folder: Path, name: str) -> object:
    return json.loads((folder / f"{name}.json").read_text())


def test_every_artefact_is_there(folder: Path, run_inputs: RunInputs) -> None:
    status = read(folder, "status")

    assert {one.name for one in folder.iterdir()} == ARTEFACTS
    assert isinstance(status, dict)
    assert {*status["files"], "status.json"} == ARTEFACTS
    assert (status["state"], status["progress"]) == ("OUTPUTS_READY", 100)
    assert status["fit_id"] == run_inputs.fit.fit_id


def test_the_posterior_is_read_without_this_package(folder: Path, run_inputs: RunInputs) -> None:
    posterior = az.from_netcdf(folder / "posterior.nc")["posterior"]

    np.testing.assert_array_equal(posterior["roas"], run_inputs.fit.posterior["roas"])


def test_large_files_take_no_room_twice(folder: Path) -> None:
    assert (folder / "posterior.nc").samefile(folder.parent / "fitted_trace.nc")


def test_a_later_fit_leaves_the_folder_as_it_was(run_inputs: RunInputs, tmp_path: Path) -> None:
    other = UPath(tmp_path)
    put(other, "fitted_trace", TraceForm(), run_inputs.fit.trace)
    (tmp_path / "posterior.nc").hardlink_to(tmp_path / "fitted_trace.nc")
    before = (tmp_path / "posterior.nc").read_bytes()

    changed = run_inputs.fit.trace.copy()
    changed.attrs["fit_id"] = "another"
    put(other, "fitted_trace", TraceForm(), changed)

    assert (tmp_path / "posterior.nc").read_bytes() == before
    assert (tmp_path / "fitted_trace.nc").read_bytes() != before


def test_the_spec_can_be_read_again(folder: Path, run_inputs: RunInputs) -> None:
    said = read(folder, "run_spec")

    assert isinstance(said, dict)
    assert said.pop("fit_id") == run_inputs.fit.fit_id
    assert ModelSpec.model_validate(said) == run_inputs.fit.spec


def test_scales_give_the_source_back(folder: Path) -> None:
    scaled, scales = pd.read_parquet(folder / "features.parquet"), read(folder, "feature_scaler")
    frame = pd.read_parquet(folder / "canonical_data.parquet")

    assert isinstance(scales, dict)
    target = scaled["target_scaled"] * scales["target"][0]["target_scale"]
    np.testing.assert_allclose(target, frame["target"])
    for one in scales["exposure"]:
        spend = scaled[f"exposure_{one['channel']}_scaled"] * one["channel_scale"]
        np.testing.assert_allclose(spend, frame[f"spend_{one['channel']}"])
    (price,) = scales["control"]
    restored = scaled["price_scaled"] * price["control_scale"] + price["control_center"]
    np.testing.assert_allclose(restored, frame["price"])


def test_summaries_add_up_and_agree(folder: Path) -> None:
    parts, returns = read(folder, "contribution_summary"), read(folder, "roi_metrics")
    fitted = pd.read_parquet(folder / "fitted.parquet")
    error = fitted["observed"] - fitted["fitted"]
    metrics = read(folder, "fit_metrics")

    assert isinstance(parts, list)
    assert isinstance(returns, list)
    assert isinstance(metrics, dict)
    assert sum(one["share"] for one in parts) == pytest.approx(1.0)
    brought = {one["component"]: one["contribution"] for one in parts}
    for one in returns:
        assert one["contribution"] == pytest.approx(brought[one["channel"]], rel=1e-6)
        assert one["note"] is None
    assert metrics["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)))
    assert metrics["mape"] == pytest.approx(np.mean(np.abs(error / fitted["observed"])))


def test_data_are_described(folder: Path) -> None:
    found, columns = read(folder, "validation_summary"), read(folder, "column_info")

    assert isinstance(found, dict)
    assert isinstance(columns, dict)
    assert (found["rows"], found["warnings"]) == (104, ["odd"])
    kinds = {one["column"]: one["kind"] for one in columns["columns"]}
    assert kinds == {
        "target": "target",
        "spend_tv": "spend",
        "spend_search": "spend",
        "price": "control",
    }


def test_a_channel_without_spend_is_told_and_no_error(panel: ExportInputs) -> None:
    found = {one["channel"]: one for one in list_returns(panel.returns.table)}

    assert found["mail"]["roas"] is None
    assert found["mail"]["note"] == "nothing was spent, so there is no return"
    assert found["tv"]["note"] is None


def test_data_that_were_not_fitted_are_refused(run_inputs: RunInputs) -> None:
    frame = run_inputs.validated.copy()
    frame.loc[5, "spend_tv"] += 1.0

    with pytest.raises(StaleFitError, match=r"must hold the data that fit .* 'spend_tv'"):
        replace(run_inputs, validated=frame)


def test_a_mix_of_fits_is_refused(run_inputs: RunInputs) -> None:
    parameters = run_inputs.parameters.copy()
    parameters.attrs["fit_id"] = "another"

    with pytest.raises(StaleFitError, match=r"A run folder must be made from one fit.*diagnos"):
        replace(run_inputs, parameters=parameters)
