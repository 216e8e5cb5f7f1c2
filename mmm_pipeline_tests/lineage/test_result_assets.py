"""What the results say of the fit they are made from, beside its numbers."""

from pathlib import Path

import dagster as dg
import pytest
import xarray as xr

from mmm_pipeline.model.identity import list_versions
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_trace
from mmm_pipeline_tests.lineage.projects import make_project, materialize, store_fit


def test_a_fit_of_other_versions_is_said_in_the_log_and_on_the_asset(
    features: xr.Dataset,
    spec: ModelSpec,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as patch:
        older = list_versions() | {"pymc": "6.0.0"}
        patch.setattr("mmm_pipeline.model.trace.list_versions", lambda: older)
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
