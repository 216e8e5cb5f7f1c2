import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.lineage.forms import TraceForm
from mmm_pipeline.model.identity import digest_arrays, list_versions
from mmm_pipeline.model.trace import (
    has_own_identity,
    name_request,
    note_prespecification,
    read_prespecification,
    read_spec,
)
from mmm_pipeline.spec import ModelSpec, Prespecification
from mmm_pipeline_tests.factories import make_features, make_spec, make_trace


def test_a_digest_does_not_depend_on_the_file_format(trace: xr.DataTree, tmp_path: Path) -> None:
    TraceForm().write(trace, tmp_path / "trace")
    stored = TraceForm().read(tmp_path / "trace")

    assert has_own_identity(stored)
    for group in ("posterior", "sample_stats", "inputs"):
        before, after = trace[f"/{group}"].to_dataset(), stored[f"/{group}"].to_dataset()
        assert digest_arrays(after) == digest_arrays(before)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"draws": 999},
        {"target_accept": 0.95},
        {"sampler": "pymc"},
    ],
)
def test_another_sampler_is_another_request(
    change: dict[str, object], spec: ModelSpec, features: xr.Dataset
) -> None:
    other = spec.model_copy(update={"sampling": spec.sampling.model_copy(update=change)})
    versions = list_versions()

    assert name_request(other, features, versions) != name_request(spec, features, versions)


def test_other_data_another_spec_or_other_versions_are_another_request(
    spec: ModelSpec, features: xr.Dataset
) -> None:
    versions = list_versions()
    names = {
        name_request(spec, features, versions),
        name_request(spec, features.assign(target=features["target"] + 1e-9), versions),
        name_request(spec.model_copy(update={"l_max": 4}), features, versions),
        name_request(spec, features, versions | {"pymc": "0"}),
    }

    assert len(names) == 4


def test_a_sampler_that_is_an_extra_adds_what_it_depends_on(
    spec: ModelSpec, features: xr.Dataset
) -> None:
    plain, extra = list_versions("pymc"), list_versions("numpyro")

    assert plain == list_versions()
    assert set(extra) - set(plain) == {"numpyro", "jax", "jaxlib"}
    # So a fit that another sampler had to make is not used again once the extra is installed.
    names = {name_request(spec, features, extra | {"numpyro": v}) for v in ("not installed", "1")}
    assert len(names) == 2


def test_a_spec_stored_before_there_was_a_choice_of_sampler_is_read() -> None:
    spec = make_spec()
    trace = make_trace(spec, make_features(spec))
    stored = json.loads(trace.attrs["spec"])
    del stored["sampling"]["sampler"]

    trace.attrs["spec"] = json.dumps(stored)

    assert read_spec(trace) == spec
    assert read_spec(trace).sampling.sampler == "nutpie"


def test_scenarios_and_limits_do_not_ask_for_another_fit(
    spec: ModelSpec, features: xr.Dataset
) -> None:
    other = make_spec(**spec.model_dump() | {"scenarios": {}, "gate": {"max_rhat": 1.005}})
    versions = list_versions()

    assert name_request(other, features, versions) == name_request(spec, features, versions)


@pytest.mark.parametrize("group", ["posterior", "sample_stats", "inputs"])
def test_a_trace_that_was_changed_is_not_itself(group: str) -> None:
    spec = make_spec()
    trace = make_trace(spec, make_features(spec))
    changed = trace[f"/{group}"].to_dataset()
    name = {"posterior": "roas", "sample_stats": "energy", "inputs": "spend"}[group]
    changed[name] = changed[name] + np.float64(1e-12) * changed[name] + 1e-9

    trace[f"/{group}"] = xr.DataTree(changed)

    assert not has_own_identity(trace)


def test_what_was_decided_first_does_not_change_a_fits_name(trace: xr.DataTree) -> None:
    first = Prespecification.take(make_spec(), datetime(2026, 1, 5, tzinfo=UTC))

    noted = note_prespecification(trace, first, ["`trend` was 'linear' and is 'none'"])

    assert has_own_identity(noted)
    assert noted.attrs["fit_id"] == trace.attrs["fit_id"]
    assert json.loads(noted.attrs["deviations"]) == ["`trend` was 'linear' and is 'none'"]
    assert read_prespecification(noted) == first
    assert "deviations" not in trace.attrs


def test_a_trace_with_another_spec_is_not_itself() -> None:
    spec = make_spec()
    trace = make_trace(spec, make_features(spec))
    other = spec.model_copy(update={"l_max": 4})

    trace.attrs["spec"] = other.model_dump_json()

    assert not has_own_identity(trace)
    assert read_spec(trace) == other
