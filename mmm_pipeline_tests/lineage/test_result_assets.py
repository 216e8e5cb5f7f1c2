"""What the results say of the fit they are made from, beside its numbers."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import xarray as xr

from mmm_pipeline.decision.frontier import summarize_frontier
from mmm_pipeline.decision.tracking import track_plans
from mmm_pipeline.evidence.drift import assess_no_drift
from mmm_pipeline.evidence.effects import summarize_effects
from mmm_pipeline.evidence.leave_one_out import summarize_leave_one_out
from mmm_pipeline.evidence.predictive import summarize_predictive_checks
from mmm_pipeline.evidence.prior_sensitivity import summarize_prior_sensitivity
from mmm_pipeline.evidence.response import summarize_response_backtest
from mmm_pipeline.exports.columns import CELL
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.lineage.forms import AdviceForm, ArraysForm, SummaryForm, TableForm
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.model.identity import list_versions
from mmm_pipeline.model.trace import note_prespecification
from mmm_pipeline.report.advice import write_advice
from mmm_pipeline.report.advice_text import write_text
from mmm_pipeline.spec import ModelSpec, Prespecification
from mmm_pipeline_tests.factories import make_trace
from mmm_pipeline_tests.lineage.projects import make_project, materialize, store_fit
from mmm_pipeline_tests.report.test_report import gather

MOMENT = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def project(fit: ConvergedFit, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has all a report is made from but the fit."""
    project = make_project(tmp_path_factory.mktemp("project"))
    store, inputs = Store(project.outputs, fit.spec.name), gather(fit, None)
    store.write("prior_predictive", ArraysForm(), inputs.prior)
    store.write("prior_sensitivity", TableForm(), summarize_prior_sensitivity(fit))
    store.write("model_fit", TableForm(), inputs.model_fit)
    store.write("contributions", SummaryForm(), inputs.contributions)
    store.write("channel_returns", SummaryForm(), inputs.returns)
    store.write("response_curves", TableForm(), inputs.curves)
    store.write("budget_scenarios", SummaryForm(), inputs.scenarios)
    store.write("budget_frontier", TableForm(), summarize_frontier(fit))
    drift = assess_no_drift("No fit is promoted.")
    table = drift.tabulate(fit_id=fit.fit_id, promoted=None, limits={})
    store.write("refit_drift", TableForm(), table)
    plans = track_plans([], fit.features, {})
    plans.attrs |= {"in_force": None, "stale": [], "words": []}
    store.write("plan_tracking", TableForm(), plans)
    store.write("effect_evidence", TableForm(), summarize_effects(fit, inputs.prior))
    store.write("predictive_checks", TableForm(), summarize_predictive_checks(fit))
    store.write("leave_one_out", TableForm(), summarize_leave_one_out(fit))
    store.write("response_backtest", TableForm(), summarize_response_backtest(fit))
    store.write("recommendations", AdviceForm(), inputs.advice)
    store.write("carryover_curves", TableForm(), inputs.carryover)
    store.write("returns_by_period", TableForm(), inputs.periods)
    store.write("contributions_by_period", TableForm(), inputs.by_period)
    store.write("seasonal_indices", TableForm(), inputs.seasons)
    return project


def test_advice_is_written_in_the_sentences_of_the_page(fit: ConvergedFit, tmp_path: Path) -> None:
    project = make_project(tmp_path)
    store_fit(fit.spec, project, fit.trace)

    assert materialize(fit.spec, project, 'key:"acme/recommendations"').success

    advice = recommend(fit)
    words = write_advice(advice, fit.spec.data, "week")
    text = (Path(project.outputs) / "acme" / "recommendations.md").read_text()
    assert text == write_text(words, fit)


def test_every_column_of_a_result_that_is_exported_says_what_it_holds(
    fit: ConvergedFit, tmp_path: Path
) -> None:
    project = make_project(tmp_path)
    store_fit(fit.spec, project, fit.trace)
    names = ["channel_returns", "carryover_curves", "response_curves", "recommendations"]

    result = materialize(fit.spec, project, " or ".join(f'key:"acme/{one}"' for one in names))

    assert result.success
    for name in names:
        (made,) = result.asset_materializations_for_node(f"acme__{name}")
        schema = made.metadata["dagster/column_schema"].value
        assert isinstance(schema, dg.TableSchema)
        assert len(schema.columns) > 5
        assert {one.description for one in schema.columns}.isdisjoint({None, CELL})


def write_report(fit: ConvergedFit, project: Project, first_spec: ModelSpec) -> str:
    """Materialise the report of a fit whose decisions were once those of another spec."""
    first = Prespecification.take(first_spec, MOMENT)
    noted = note_prespecification(fit.trace, first, first.list_deviations(fit.spec))
    store_fit(fit.spec, project, noted)
    assert materialize(fit.spec, project, 'key:"acme/report"').success
    return (Path(project.outputs) / "acme" / "report.html").read_text()


@pytest.mark.slow
def test_a_report_is_made_anew_when_the_deviations_are_others(
    fit: ConvergedFit, project: Project
) -> None:
    same = write_report(fit, project, fit.spec)
    other = write_report(fit, project, fit.spec.model_copy(update={"trend": "none"}))

    assert "nothing has changed since" in same
    assert "Changed since the first fit" not in same
    assert "<code>trend</code> was &#39;none&#39; and is &#39;linear&#39;" in other


@pytest.mark.slow
def test_every_figure_of_a_report_lies_beside_it(fit: ConvergedFit, project: Project) -> None:
    folder = Path(project.outputs) / "acme" / "report"
    folder.mkdir(exist_ok=True)
    (folder / "of_another_fit.png").touch()

    page = write_report(fit, project, fit.spec.model_copy(update={"l_max": 4}))

    names = {one.name for one in folder.iterdir()}
    assert {"roas.png", "leave_one_out_calibration.png", "chains_energy.png"} <= names
    assert "of_another_fit.png" not in names
    assert len(names) == page.count("<img")
    assert all(one.read_bytes().startswith(b"\x89PNG") for one in folder.iterdir())


def test_a_fit_of_other_versions_is_said_in_the_log_and_on_the_asset(
    features: xr.Dataset,
    spec: ModelSpec,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as patch:
        older = list_versions() | {"pymc": "6.0.0"}
        patch.setattr("mmm_pipeline.model.trace.list_versions", lambda *_: older)
        trace = make_trace(spec, features)
    project = make_project(tmp_path)
    store_fit(spec, project, trace)

    result = materialize(spec, project, 'key:"acme/channel_returns"')

    words = f"Fit {trace.attrs['fit_id']} was made with pymc 6.0.0"
    assert result.success
    assert read_metadata(result)["warnings"].value.startswith(words)
    lines = [line for line in capfd.readouterr().err.splitlines() if words in line]
    assert lines
    assert "WARNING" in lines[0]


def read_metadata(result: dg.ExecuteInProcessResult) -> dict[str, dg.MetadataValue]:
    (materialization,) = result.asset_materializations_for_node("acme__channel_returns")
    return dict(materialization.metadata)
