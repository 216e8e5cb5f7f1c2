"""Two fits of one model side by side, both through the gate."""

from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.lineage import build_model_defs
from mmm_pipeline.lineage.fits import Fits
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_features, make_posterior, make_spec, make_trace
from mmm_pipeline_tests.lineage.projects import execute, make_project, read_failure, store_fit

SPEC = make_spec(trend="none", seasonality={"yearly": 0})
EARLIER = SPEC.model_copy(update={"trend": "linear"})


def keep(project: Project, spec: ModelSpec, seed: int, apart: float = 0.0) -> str:
    """Make a fit the current one, kept as any other; return its name."""
    features = make_features(spec)
    posterior = make_posterior(spec, features, seed)
    shift = apart * xr.DataArray(np.arange(4.0), dims="chain")
    trace = make_trace(spec, features, posterior.assign(roas=posterior["roas"] + shift))
    Fits(project.outputs, spec.name).keep(trace, {"made": "up"})
    store_fit(spec, project, trace)
    return str(trace.attrs["fit_id"])


def run_job(project: Project, **config: str) -> dg.ExecuteInProcessResult:
    job = build_model_defs(SPEC, project=project).resolve_job_def("acme__compare")
    settings = {"ops": {"acme__compare_fits": {"config": config}}}
    return execute(job, settings)


def promote(project: Project, spec: ModelSpec) -> bool:
    job = build_model_defs(spec, project=project).resolve_job_def("acme__promote")
    return execute(job).success


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[str]]:
    """A promoted fit of an earlier spec, a fit that does not pass, and the current one."""
    project = make_project(tmp_path_factory.mktemp("story"))
    first = keep(project, EARLIER, 3)
    assert promote(project, EARLIER)
    failing = keep(project, SPEC, 9, apart=1.0)
    return project, [first, failing, keep(project, SPEC, 4)]


def test_the_promoted_fit_stands_beside_the_current_one(story: tuple[Project, list[str]]) -> None:
    project, (first, _, current) = story

    result = run_job(project)

    assert result.success
    file = Path(project.outputs) / "acme" / "comparisons" / f"{first}_{current}.parquet"
    table = pd.read_parquet(file)
    assert table.attrs["fit_id"] == f"{first}, {current}"
    rows = table[table["section"] == "structure"].set_index("name")
    assert rows.loc["trend", ["told_a", "told_b"]].tolist() == ["linear", "none"]
    assert any("trend (linear against none)" in words for words in table.attrs["sentences"])


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"a": "current", "b": "current"}, "must be two fits of 'acme'; 'current' and 'current'"),
        ({"a": "0123456789abcdef"}, "'0123456789abcdef' is not among the 3 in acme/fits"),
        ({"b": "failing"}, "Model 'acme' has not converged"),
    ],
)
def test_what_cannot_be_compared_is_told(
    config: dict[str, str], words: str, story: tuple[Project, list[str]]
) -> None:
    project, (_, failing, _) = story
    named = {key: failing if one == "failing" else one for key, one in config.items()}
    before = len(list((Path(project.outputs) / "acme").rglob("comparisons/*")))

    result = run_job(project, **named)

    assert not result.success
    assert words in read_failure(result)
    assert len(list((Path(project.outputs) / "acme").rglob("comparisons/*"))) == before


def test_without_a_promotion_it_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    keep(project, SPEC, 4)

    assert "Launch the job acme__promote" in read_failure(run_job(project))
