"""Small projects in a temporary folder, run in process as Dagster runs them."""

import atexit
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.lineage import build_model_defs
from mmm_pipeline.lineage.forms import DiagnosticsForm, TraceForm
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.spec import ModelSpec


def make_project(root: Path, source: pd.DataFrame | None = None) -> Project:
    """A root with a CSV in `data/`."""
    (root / "data").mkdir(parents=True, exist_ok=True)
    if source is not None:
        source.to_csv(root / "data" / "acme.csv", index=False)
    return Project(root=root, data=root, outputs=str(root / "outputs"))


def materialize(
    spec: ModelSpec, project: Project, selection: str, run_config: dict[str, Any] | None = None
) -> dg.ExecuteInProcessResult:
    """Materialise what a selection string names, in process."""
    defs = build_model_defs(spec, project=project)
    job = dg.define_asset_job("run", selection=selection)
    merged = dg.Definitions.merge(defs, dg.Definitions(jobs=[job]))
    return execute(merged.resolve_job_def("run"), run_config)


def execute(
    job: dg.JobDefinition, run_config: dict[str, Any] | None = None
) -> dg.ExecuteInProcessResult:
    """Execute a job in process, on an instance that has forgotten every other run."""
    instance = _open_instance()
    instance.wipe()
    return job.execute_in_process(run_config, instance, raise_on_error=False)


@cache
def _open_instance() -> dg.DagsterInstance:
    """One instance for all: making it takes longer than most jobs run."""
    instance = dg.DagsterInstance.ephemeral()
    atexit.register(instance.dispose)
    return instance


def store_fit(spec: ModelSpec, project: Project, trace: xr.DataTree) -> None:
    """Put a trace and what was measured of it where the assets look for them."""
    examination = examine(trace, spec.gate)
    store = Store(project.outputs, spec.name)
    store.write("fitted_trace", TraceForm(), trace)
    store.write("diagnostics", DiagnosticsForm(), examination)


def read_failure(result: dg.ExecuteInProcessResult) -> str:
    """The message of the step that failed."""
    events = [event for event in result.all_events if event.is_step_failure]
    error = events[0].step_failure_data.error
    assert error is not None
    assert error.cause is None
    return error.message
