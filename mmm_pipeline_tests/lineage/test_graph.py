"""The lineage of one model, and the gate over the whole of it."""

import shutil
from pathlib import Path

import dagster as dg
import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.ingest.rules import list_rules
from mmm_pipeline.lineage import build_model_defs
from mmm_pipeline.lineage.io_managers import FORMS, StoreIOManager
from mmm_pipeline.model.trace import assemble_trace
from mmm_pipeline_tests.factories import (
    make_features,
    make_posterior,
    make_raw,
    make_spec,
    make_statistics,
    make_trace,
)
from mmm_pipeline_tests.lineage.projects import make_project, materialize, read_failure, store_fit

SPEC = make_spec(
    experiments="data/tests.csv",
    entities="data/entities.csv",
    backtest={"folds": 2, "horizon": 4},
    sensitivity=["placebo"],
)
DEFS = build_model_defs(SPEC)
GRAPH = DEFS.resolve_asset_graph()
NODES = sorted(GRAPH.asset_nodes, key=lambda node: node.key)
EDGES = {
    "raw_data": set(),
    "validated_data": {"raw_data"},
    "data_profile": {"validated_data"},
    "raw_experiments": set(),
    "raw_entities": set(),
    "features": {"validated_data", "raw_experiments"},
    "prior_predictive": {"features"},
    "fitted_trace": {"features"},
    "diagnostics": {"fitted_trace"},
    "effect_evidence": {"fitted_trace", "diagnostics", "prior_predictive"},
    "predictive_checks": {"fitted_trace", "diagnostics"},
    "leave_one_out": {"fitted_trace", "diagnostics"},
    "response_backtest": {"fitted_trace", "diagnostics"},
    "calibration": {"fitted_trace", "diagnostics"},
    "backtest": {"validated_data", "raw_experiments", "fitted_trace", "diagnostics"},
    "stability": {"validated_data", "raw_experiments", "fitted_trace", "diagnostics", "backtest"},
    "refit_drift": {"fitted_trace", "diagnostics"},
    "plan_tracking": {"validated_data"},
    "disaggregated_results": {"fitted_trace", "diagnostics", "raw_entities"},
    "prior_sensitivity": {"fitted_trace", "diagnostics"},
    "sensitivity": {"fitted_trace", "diagnostics"},
    "model_fit": {"fitted_trace", "diagnostics"},
    "contributions": {"fitted_trace", "diagnostics"},
    "channel_returns": {"fitted_trace", "diagnostics"},
    "response_curves": {"fitted_trace", "diagnostics"},
    "budget_scenarios": {"fitted_trace", "diagnostics"},
    "budget_frontier": {"fitted_trace", "diagnostics"},
    "contributions_by_period": {"fitted_trace", "diagnostics"},
    "returns_by_period": {"fitted_trace", "diagnostics"},
    "carryover_curves": {"fitted_trace", "diagnostics"},
    "seasonal_indices": {"fitted_trace", "diagnostics"},
    "recommendations": {"fitted_trace", "diagnostics"},
    "report": {
        "fitted_trace",
        "diagnostics",
        "prior_predictive",
        "model_fit",
        "contributions",
        "channel_returns",
        "response_curves",
        "budget_scenarios",
        "budget_frontier",
        "recommendations",
        "carryover_curves",
        "returns_by_period",
        "contributions_by_period",
        "seasonal_indices",
        "effect_evidence",
        "predictive_checks",
        "leave_one_out",
        "response_backtest",
        "calibration",
        "backtest",
        "stability",
        "refit_drift",
        "plan_tracking",
        "disaggregated_results",
        "prior_sensitivity",
        "sensitivity",
    },
    "exports": {
        "fitted_trace",
        "diagnostics",
        "model_fit",
        "contributions",
        "channel_returns",
        "returns_by_period",
        "contributions_by_period",
        "carryover_curves",
        "seasonal_indices",
        "recommendations",
        "response_curves",
        "budget_scenarios",
        "budget_frontier",
        "disaggregated_results",
    },
    "run_folder": {
        "fitted_trace",
        "diagnostics",
        "raw_data",
        "validated_data",
        "model_fit",
        "contributions",
        "channel_returns",
    },
}
CHECKS = {
    "raw_data": {"readable": True, "uncut": False},
    "raw_experiments": {"readable": True, "uncut": False},
    "raw_entities": {"readable": True, "uncut": False},
    "validated_data": {rule.code: rule.severity == "error" for rule in list_rules(SPEC)},
    "features": {"nothing_lost": True},
    "prior_predictive": {"plausible": False},
    "fitted_trace": {"prespecified": False},
    "diagnostics": dict.fromkeys(
        ("rhat", "ess", "divergences", "bfmi", "treedepth", "draws"), True
    ),
    "backtest": {"beats_naive": False},
    "stability": {"stable": False},
    "refit_drift": {"drift": False},
    "plan_tracking": {"plan_is_current": False, "on_plan": False},
    "disaggregated_results": {"disagg_reconciles": False},
    "effect_evidence": {"beliefs_hold": False},
    "predictive_checks": {"looks_alike": False},
    "leave_one_out": {"no_single_period": False, "calibrated": False},
    "response_backtest": {"curves_describe": False},
    "prior_sensitivity": {"data_speak": False},
    "sensitivity": {"robust": False},
    "model_fit": {"fit_quality": False},
    "contributions": {"adds_up": True},
    "budget_scenarios": {"constraints_hold": True},
    "exports": {"reconciles": False, "schema_drift": False},
}
UNCHECKED = {
    "data_profile": "its findings are checks on validated_data",
    "calibration": "each of its fits goes through the gate",
    "channel_returns": "the same draws as contributions, which are checked",
    "response_curves": "nothing to hold them against",
    "budget_frontier": "planned as budget_scenarios is, which is checked",
    "contributions_by_period": "totals of what contributions hold, which are checked",
    "returns_by_period": "the same draws as contributions, which are checked",
    "carryover_curves": "nothing to hold them against",
    "seasonal_indices": "the same draws as contributions, which are checked",
    "recommendations": "rules on returns; what is doubtful is said in the table",
    "report": "refuses a mix of fits before it is written",
    "run_folder": "refuses a mix of fits, and data of another, before it is written",
}
TABLES = {
    *("raw_data", "validated_data", "raw_experiments", "model_fit", "response_curves"),
    *("calibration", "backtest", "stability", "refit_drift", "effect_evidence"),
    *("plan_tracking", "disaggregated_results", "raw_entities"),
    *("predictive_checks", "leave_one_out", "response_backtest", "budget_frontier"),
    *("carryover_curves", "returns_by_period", "prior_sensitivity", "sensitivity"),
    *("contributions_by_period", "seasonal_indices"),
}
"""Assets that are one table."""
TRACE = dg.AssetKey([SPEC.name, "fitted_trace"])
DIAGNOSTICS = dg.AssetKey([SPEC.name, "diagnostics"])
PAST_THE_GATE = sorted(
    key.path[-1]
    for key in (
        dg.AssetSelection.assets(TRACE).downstream(include_self=False)
        - dg.AssetSelection.assets(DIAGNOSTICS)
    ).resolve(GRAPH)
)


def test_the_edges_are_those_of_the_plan() -> None:
    edges = {
        node.key.path[-1]: {parent.path[-1] for parent in node.parent_keys}
        for node in GRAPH.asset_nodes
    }

    assert edges == EDGES


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.key.path[-1])
def test_an_asset_says_what_it_is(node: dg.AssetSpec) -> None:
    assert node.description
    assert node.group_name == SPEC.name
    assert node.key.path[0] == SPEC.name


def test_the_checks_are_those_of_the_plan() -> None:
    found: dict[str, dict[str, bool]] = {}
    for key in GRAPH.asset_check_keys:
        found.setdefault(key.asset_key.path[-1], {})[key.name] = GRAPH.get_check_spec(key).blocking

    assert found == CHECKS
    assert set(found) | set(UNCHECKED) == set(EDGES)


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.key.path[-1])
def test_no_asset_is_pickled(node: dg.AssetSpec) -> None:
    assets = DEFS.resolve_assets_def(node.key)
    resources = DEFS.resources or {}

    key = assets.get_io_manager_key_for_asset_key(node.key)
    assert key in FORMS
    assert isinstance(resources[key], StoreIOManager)


def test_every_result_lies_past_the_gate() -> None:
    assert set(PAST_THE_GATE) == set(EDGES) - {
        "raw_data",
        "validated_data",
        "data_profile",
        "raw_experiments",
        "raw_entities",
        "features",
        "prior_predictive",
        "fitted_trace",
        "diagnostics",
        "plan_tracking",  # Reads the fits of its plans, each through the gate by itself.
    }


@pytest.fixture(scope="module")
def features() -> xr.Dataset:
    return make_features(SPEC)


def make_unmixed(features: xr.Dataset) -> xr.DataTree:
    posterior = make_posterior(SPEC, features)
    apart = posterior["roas"] + xr.DataArray(np.arange(4.0), dims="chain")
    return make_trace(SPEC, features, posterior.assign(roas=apart))


@pytest.fixture(scope="module")
def failed(features: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose fit failed."""
    root = tmp_path_factory.mktemp("failed")
    store_fit(SPEC, make_project(root), make_unmixed(features))
    return root


@pytest.fixture(scope="module")
def unexamined(features: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose diagnostics speak of another fit."""
    from mmm_pipeline.lineage.forms import TraceForm
    from mmm_pipeline.lineage.store import Store

    root = tmp_path_factory.mktemp("unexamined")
    project = make_project(root)
    store_fit(SPEC, project, make_trace(SPEC, features))
    other = make_trace(SPEC, features, make_posterior(SPEC, features, seed=4))
    Store(project.outputs, SPEC.name).write("fitted_trace", TraceForm(), other)
    return root


@pytest.mark.parametrize("asset", PAST_THE_GATE)
def test_nothing_past_the_gate_reads_a_fit_that_failed(
    asset: str, failed: Path, tmp_path: Path
) -> None:
    shutil.copytree(failed, tmp_path, dirs_exist_ok=True)
    project = make_project(tmp_path)
    _store_stand_ins(asset, project.outputs)

    result = materialize(SPEC, project, f'key:"acme/{asset}"')

    assert not result.success
    assert "Model 'acme' has not converged" in read_failure(result)
    assert not list((tmp_path / "outputs" / "acme").glob(f"{asset}.html"))


@pytest.mark.parametrize("asset", PAST_THE_GATE)
def test_nothing_past_the_gate_reads_a_fit_that_was_not_examined(
    asset: str, unexamined: Path, tmp_path: Path
) -> None:
    shutil.copytree(unexamined, tmp_path, dirs_exist_ok=True)
    project = make_project(tmp_path)
    _store_stand_ins(asset, project.outputs)

    result = materialize(SPEC, project, f'key:"acme/{asset}"')

    assert not result.success
    assert "must speak of the fit that is read" in read_failure(result)


def _store_stand_ins(asset: str, outputs: str) -> None:
    """Give an asset its other inputs, so that it is the gate it fails at."""
    import pandas as pd

    from mmm_pipeline.insight.advice import Recommendations
    from mmm_pipeline.insight.summary import Summary
    from mmm_pipeline.lineage.forms import AdviceForm, ArraysForm, SummaryForm, TableForm
    from mmm_pipeline.lineage.store import Store

    store = Store(outputs, SPEC.name)
    table = pd.DataFrame({"x": [1.0]})
    table.attrs["fit_id"] = "x"
    for name in EDGES[asset] - {"fitted_trace", "diagnostics"}:
        if name == "prior_predictive":
            store.write(name, ArraysForm(), xr.Dataset({"x": 1.0}, attrs={"request_id": "x"}))
        elif name == "recommendations":
            store.write(name, AdviceForm(), Recommendations(table, {"fit_id": "x"}))
        elif name in TABLES:
            store.write(name, TableForm(), table)
        else:
            store.write(name, SummaryForm(), Summary(table, xr.Dataset(attrs={"fit_id": "x"})))


def test_a_failed_fit_blocks_its_lineage_in_the_same_run(
    features: xr.Dataset, tmp_path: Path
) -> None:
    project = make_project(tmp_path)
    store_fit(SPEC, project, make_unmixed(features))

    result = materialize(SPEC, project, 'key:"acme/diagnostics"+')

    assert not result.success
    checks = {e.check_name: e.passed for e in result.get_asset_check_evaluations()}
    assert checks["rhat"] is False
    assert checks["divergences"] is True
    written = {path.stem for path in (tmp_path / "outputs" / "acme").glob("[a-z]*.*")}
    assert written == {"fitted_trace", "diagnostics"}


def test_a_source_that_is_not_there_writes_nothing(tmp_path: Path) -> None:
    result = materialize(SPEC, make_project(tmp_path), "group:acme")

    assert not result.success
    assert "there is no 'data/acme.csv'" in read_failure(result)
    assert not (tmp_path / "outputs").exists()


def test_good_data_reach_the_features(tmp_path: Path) -> None:
    project = make_project(tmp_path, make_raw(60))
    tests = "channel,start,end,spend,lift,standard_error\ntv,2024-03-04,2024-03-17,4,90,20\n"
    (tmp_path / "data" / "tests.csv").write_text(tests)

    result = materialize(SPEC, project, '+key:"acme/features"')

    assert result.success
    assert all(evaluation.passed for evaluation in result.get_asset_check_evaluations())
    names = {path.name for path in (tmp_path / "outputs" / "acme").glob("*.*")}
    tables = {"raw_data.parquet", "raw_experiments.parquet", "validated_data.parquet"}
    assert names == {*tables, "features.nc"}
    stored = xr.open_dataset(tmp_path / "outputs" / "acme" / "features.nc")
    assert stored["lift"].to_numpy().tolist() == [90.0]


def test_an_identical_fit_that_is_stored_is_used_again(
    features: xr.Dataset, tmp_path: Path
) -> None:
    from mmm_pipeline.lineage.fits import Fits
    from mmm_pipeline.lineage.forms import ArraysForm
    from mmm_pipeline.lineage.store import Store

    project = make_project(tmp_path)
    store = Store(project.outputs, SPEC.name)
    trace = make_trace(SPEC, features)
    Fits(project.outputs, SPEC.name).keep(trace, {})
    store.write("features", ArraysForm(), features)

    result = materialize(SPEC, project, 'key:"acme/fitted_trace"')

    assert result.success
    metadata = result.asset_materializations_for_node("acme__fitted_trace")[0].metadata
    assert metadata["fit_id"].value == trace.attrs["fit_id"]
    assert metadata["sampler"].value == "nutpie"
    assert "sampler_note" not in metadata


def test_a_fit_by_another_sampler_than_the_one_asked_for_is_said(
    features: xr.Dataset, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from mmm_pipeline.lineage.fits import Fits
    from mmm_pipeline.lineage.forms import ArraysForm
    from mmm_pipeline.lineage.store import Store

    spec = make_spec(sampling={"sampler": "numpyro"})
    project = make_project(tmp_path)
    store = Store(project.outputs, spec.name)
    posterior, note = make_posterior(spec, features), "numpyro is missing, so nutpie draws."
    statistics = make_statistics(posterior).assign_attrs(sampler="nutpie", sampler_note=note)
    trace = assemble_trace(spec, features, posterior, statistics, 1.0)
    Fits(project.outputs, spec.name).keep(trace, {})
    store.write("features", ArraysForm(), features)

    result = materialize(spec, project, 'key:"acme/fitted_trace"')

    metadata = result.asset_materializations_for_node("acme__fitted_trace")[0].metadata
    assert metadata["sampler"].value == "nutpie"
    assert metadata["sampler_note"].value == note
    assert (
        f"WARNING - run - {result.run_id} - acme__fitted_trace - {note}" in capfd.readouterr().err
    )


def test_definitions_of_several_models_can_be_merged() -> None:
    other = build_model_defs(SPEC.model_copy(update={"name": "other"}))

    merged = dg.Definitions.merge(DEFS, other)

    dg.Definitions.validate_loadable(merged)
    assert len(list(merged.resolve_asset_graph().asset_nodes)) == 2 * len(EDGES)
