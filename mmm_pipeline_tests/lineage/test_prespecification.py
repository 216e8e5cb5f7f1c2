"""What is decided before the first fit is fixed, and what changes later is said."""

import json
from pathlib import Path

import dagster as dg
import pytest
import xarray as xr

from mmm_pipeline.lineage.fits import Fits
from mmm_pipeline.lineage.forms import ArraysForm, TraceForm
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.spec import ModelSpec, Prespecification
from mmm_pipeline_tests.factories import make_features, make_spec, make_trace
from mmm_pipeline_tests.lineage.projects import make_project, materialize, read_failure

FIRST = make_spec()
LATER = make_spec(trend="none", gate={"max_rhat": 1.02})


def fit_stored(
    spec: ModelSpec, root: Path, features: xr.Dataset | None = None
) -> dg.ExecuteInProcessResult:
    """Materialise `fitted_trace` where a fit of the spec is stored already."""
    project = make_project(root)
    store = Store(project.outputs, spec.name)
    features = make_features(spec) if features is None else features
    Fits(project.outputs, spec.name).keep(make_trace(spec, features), {})
    store.write("features", ArraysForm(), features)
    return materialize(spec, project, 'key:"acme/fitted_trace"')


def read_check(result: dg.ExecuteInProcessResult) -> dg.AssetCheckEvaluation:
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module")
def first(root: Path) -> dg.ExecuteInProcessResult:
    return fit_stored(FIRST, root)


@pytest.fixture(scope="module")
def fixed(root: Path, first: dg.ExecuteInProcessResult) -> bytes:
    assert first.success
    return (root / "outputs" / "acme" / "prespecification.json").read_bytes()


@pytest.fixture(scope="module")
def later(root: Path, fixed: bytes) -> dg.ExecuteInProcessResult:
    assert fixed
    return fit_stored(LATER, root)


def test_the_first_fit_fixes_what_is_decided(
    first: dg.ExecuteInProcessResult, fixed: bytes
) -> None:
    record = Prespecification.model_validate_json(fixed)

    assert record.model == FIRST.model_part()
    assert record.gate == FIRST.gate.model_dump(mode="json")
    assert list(record.scenarios) == list(FIRST.scenarios)
    assert record.fixed_at.utcoffset().total_seconds() == 0  # type: ignore[union-attr]
    assert read_check(first).passed


def test_a_later_fit_says_what_changed(later: dg.ExecuteInProcessResult, root: Path) -> None:
    sentences = ["`trend` was 'linear' and is 'none'", "`gate.max_rhat` was 1.01 and is 1.02"]
    check = read_check(later)
    metadata = later.asset_materializations_for_node("acme__fitted_trace")[0].metadata
    trace = TraceForm().read(root / "outputs" / "acme" / "fitted_trace")

    assert later.success
    assert (check.check_name, check.passed, check.blocking) == ("prespecified", False, False)
    assert check.severity == dg.AssetCheckSeverity.WARN
    assert check.description == "\n".join(sentences)
    assert metadata["deviations"].value == "; ".join(sentences)
    assert json.loads(trace.attrs["deviations"]) == sentences


def test_a_later_fit_leaves_what_was_fixed(
    later: dg.ExecuteInProcessResult, root: Path, fixed: bytes
) -> None:
    assert later.success
    assert (root / "outputs" / "acme" / "prespecification.json").read_bytes() == fixed


def test_it_is_fixed_before_anything_is_sampled(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    unfit = make_features(FIRST).drop_vars("exposure")
    Store(project.outputs, FIRST.name).write("features", ArraysForm(), unfit)

    result = materialize(FIRST, project, 'key:"acme/fitted_trace"')

    assert not result.success
    written = {path.name for path in (tmp_path / "outputs" / "acme").glob("[a-z]*")}
    assert written == {"features.nc", "prespecification.json"}


def test_one_that_is_moved_away_is_begun_anew(tmp_path: Path) -> None:
    features = make_features(FIRST)
    fit_stored(FIRST, tmp_path, features)
    file = tmp_path / "outputs" / "acme" / "prespecification.json"
    file.rename(file.with_suffix(".old"))
    looser = make_spec(gate={"max_rhat": 1.02})

    result = fit_stored(looser, tmp_path, features)

    assert read_check(result).passed
    assert json.loads(file.read_bytes())["gate"]["max_rhat"] == 1.02


def test_one_that_is_damaged_fails_the_fit_in_our_own_words(tmp_path: Path) -> None:
    file = tmp_path / "outputs" / "acme" / "prespecification.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")

    result = fit_stored(FIRST, tmp_path)

    assert "move it away to start anew" in read_failure(result)
    assert file.read_text() == "{"
