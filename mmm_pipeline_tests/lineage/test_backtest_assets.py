"""The backtest as a graph of steps, on fits nobody had to sample."""

from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.evidence.folds import plan_folds
from mmm_pipeline.evidence.known import FoldInputs, prepare_fold
from mmm_pipeline.lineage.fits import Fits
from mmm_pipeline.lineage.forms import TableForm
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.model.features import build_features
from mmm_pipeline.simulate import simulate_world
from mmm_pipeline_tests.factories import (
    make_posterior,
    make_raw,
    make_spec,
    make_trace,
    make_world,
    validate,
)
from mmm_pipeline_tests.lineage.projects import (
    make_project,
    materialize,
    read_failure,
    store_fit,
)

SPEC = make_spec(
    backtest={"folds": 2, "horizon": 6}, sampling={"attempts": 1}, trend="none", scenarios={}
)
SELECTION = 'key:"acme/backtest" or key:"acme/stability"'


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    world, _ = simulate_world(make_world(weeks=60))
    weeks = world["week"].dt.strftime("%Y-%m-%d")
    return validate(world.assign(week=weeks).astype(str), SPEC)


def prepare(frame: pd.DataFrame) -> list[FoldInputs]:
    folds = plan_folds(pd.DatetimeIndex(frame["date"]), SPEC)
    return [prepare_fold(fold, frame, SPEC, None) for fold in folds]


def make_fold_trace(inputs: FoldInputs, apart: float = 0.0) -> xr.DataTree:
    posterior = make_posterior(inputs.spec, inputs.features)
    shift = apart * xr.DataArray(np.arange(4.0), dims="chain")
    return make_trace(
        inputs.spec, inputs.features, posterior.assign(roas=posterior["roas"] + shift)
    )


def fill_store(root: Path, frame: pd.DataFrame, apart: float = 0.0) -> Project:
    """Everything that the backtest reads, and the fits of its folds; the last may have failed."""
    project = make_project(root)
    store_fit(SPEC, project, make_trace(SPEC, build_features(frame, SPEC)))
    store = Store(project.outputs, SPEC.name)
    store.write("validated_data", TableForm(), frame)
    first, last = prepare(frame)
    fits = Fits(project.outputs, SPEC.name)
    fits.keep(make_fold_trace(first), {})
    fits.keep(make_fold_trace(last, apart), {})
    return project


def read(root: Path, asset: str) -> pd.DataFrame:
    return pd.read_parquet(root / "outputs" / "acme" / f"{asset}.parquet")


def list_steps(result: dg.ExecuteInProcessResult) -> set[str]:
    return {str(event.step_key) for event in result.all_events if event.is_step_success}


@pytest.mark.slow
def test_each_fold_is_a_step_and_its_fit_is_used_again(frame: pd.DataFrame, tmp_path: Path) -> None:
    project = fill_store(tmp_path, frame)

    result = materialize(SPEC, project, SELECTION)

    assert result.success
    assert list_steps(result) == {
        "acme__backtest.acme__backtest_fold_1",
        "acme__backtest.acme__backtest_fold_2",
        "acme__backtest.acme__backtest_folds",
        "acme__stability",
    }
    fit_ids = [make_fold_trace(inputs).attrs["fit_id"] for inputs in prepare(frame)]
    table = read(tmp_path, "backtest")
    assert table.loc[table["method"] == "mmm", "fold_fit_id"].unique().tolist() == fit_ids
    whole = make_trace(SPEC, build_features(frame, SPEC)).attrs["fit_id"]
    assert table.attrs["fit_id"] == whole
    assert read(tmp_path, "stability")["fold"].tolist() == [1, 1, 2, 2, 0, 0]
    metadata = result.asset_materializations_for_node("acme__backtest")[0].metadata
    assert {"crps_mmm", "crps_naive", "scores", "forecasts"} <= set(metadata)
    checks = {one.check_name: one for one in result.get_asset_check_evaluations()}
    assert set(checks) == {"beats_naive", "stable"}


@pytest.mark.slow
def test_nothing_strange_is_written_and_nothing_is_made_twice(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    project = fill_store(tmp_path, frame)
    materialize(SPEC, project, SELECTION)
    parts = sorted((tmp_path / "outputs" / "acme").glob("backtest_fold_*"))
    written = [part.stat().st_mtime_ns for part in parts]

    assert materialize(SPEC, project, SELECTION).success

    assert [part.name for part in parts] == ["backtest_fold_1.parquet", "backtest_fold_2.parquet"]
    assert [part.stat().st_mtime_ns for part in parts] == written
    names = {path.name for path in (tmp_path / "outputs" / "acme").iterdir()}
    assert names == {
        *(".made_from", "fits", "validated_data.parquet", "fitted_trace.nc"),
        *("diagnostics.json", "diagnostics.parquet", "stability.parquet"),
        *("backtest.parquet", "backtest_fold_1.parquet", "backtest_fold_2.parquet"),
    }


@pytest.mark.slow
def test_a_fold_that_failed_is_told_and_its_draws_are_not_used(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    project = fill_store(tmp_path, frame, apart=5.0)

    result = materialize(SPEC, project, SELECTION)

    assert result.success
    table = read(tmp_path, "backtest")
    failed = table[(table["fold"] == 2) & (table["method"] == "mmm")]
    assert failed["predicted"].isna().all()
    assert failed["note"].str.contains("'acme' has not converged").all()
    assert read(tmp_path, "stability")["fold"].unique().tolist() == [1, 0]
    check = next(
        one for one in result.get_asset_check_evaluations() if one.check_name == "beats_naive"
    )
    assert not check.passed
    assert not check.blocking
    assert "Fold 2, from" in str(check.description)


def test_a_fit_of_other_data_is_not_backtested(frame: pd.DataFrame, tmp_path: Path) -> None:
    project = fill_store(tmp_path, frame)
    newer = frame.assign(target=frame["target"] * 1.01)
    Store(project.outputs, SPEC.name).write("validated_data", TableForm(), newer)

    result = materialize(SPEC, project, SELECTION)

    assert not result.success
    assert "must have been made of acme/validated_data as it is" in read_failure(result)
    assert not list((tmp_path / "outputs" / "acme").glob("backtest*"))


def test_too_few_periods_are_told_before_anything_is_fitted(tmp_path: Path) -> None:
    spec = make_spec(backtest={"folds": 3})
    project = make_project(tmp_path, make_raw(40))

    result = materialize(spec, project, '+key:"acme/features"')

    assert not result.success
    assert "`backtest` must leave its first fold 20 periods" in read_failure(result)
    assert not (tmp_path / "outputs" / "acme" / "features.nc").exists()
