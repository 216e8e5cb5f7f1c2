"""Several models in one lineage: its graph, the gates of all, what comes out, what is refused."""

import json
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from dagster.components.core.component_tree import ComponentTreeException
from dagster.components.testing import create_defs_folder_sandbox

from mmm_pipeline.lineage import build_joint_defs, build_model_defs
from mmm_pipeline.lineage.fits import Fits
from mmm_pipeline.lineage.io_managers import FORMS
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.spec import JointSpec, ModelSpec
from mmm_pipeline_tests.factories import make_features, make_posterior, make_spec, make_trace
from mmm_pipeline_tests.lineage.projects import execute, make_project, read_failure, store_fit
from mmm_pipeline_tests.report.pages import find_faults

PLAIN: dict[str, Any] = {"trend": "none", "seasonality": {"yearly": 0}}
SPECS = {
    "online": make_spec(name="online", **PLAIN),
    "offline": make_spec(name="offline", media={"tv": {}}, controls={}, **PLAIN),
}
WORDS: dict[str, Any] = {
    "name": "both",
    "models": {"online": {"margin": 0.35, "label": "Web shop"}, "offline": {"margin": 0.25}},
    "scenarios": {"now": {"periods": 4}},
}
GATES = {f"{model}/{asset}" for model in SPECS for asset in ("fitted_trace", "diagnostics")}
EDGES = {
    "joint_view": GATES,
    "joint_budget": GATES,
    "model_comparison": GATES,
    "report": GATES | {"both/joint_view", "both/joint_budget", "both/model_comparison"},
}


def make_defs(project: Project | None = None, **words: Any) -> dg.Definitions:
    """The lineages of both models, and what lies over them."""
    models = [build_model_defs(spec, project=project) for spec in SPECS.values()]
    joint = JointSpec.model_validate(WORDS | words)
    return dg.Definitions.merge(*models, build_joint_defs(joint, SPECS, project=project))


def materialize(project: Project, selection: str, **words: Any) -> dg.ExecuteInProcessResult:
    """Materialise in process, as Dagster does."""
    jobs = dg.Definitions(jobs=[dg.define_asset_job("run", selection=selection)])
    merged = dg.Definitions.merge(make_defs(project, **words), jobs)
    return execute(merged.resolve_job_def("run"))


def make_fit(spec: ModelSpec, seed: int, apart: float = 0.0) -> xr.DataTree:
    """A fit of the small world; chains that lie apart do not pass."""
    features = make_features(spec)
    posterior = make_posterior(spec, features, seed)
    shift = apart * xr.DataArray(np.arange(4.0), dims="chain")
    return make_trace(spec, features, posterior.assign(roas=posterior["roas"] + shift))


@pytest.fixture(scope="module")
def traces() -> dict[str, xr.DataTree]:
    return {name: make_fit(spec, seed) for seed, (name, spec) in enumerate(SPECS.items(), 3)}


@pytest.fixture(scope="module")
def failing() -> xr.DataTree:
    return make_fit(SPECS["offline"], 5, apart=1.0)


def store(project: Project, traces: dict[str, xr.DataTree]) -> None:
    for name, trace in traces.items():
        Fits(project.outputs, name).keep(trace, {"made": "up"})
        store_fit(SPECS[name], project, trace)


@pytest.fixture(scope="module")
def made(traces: dict[str, xr.DataTree], tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project in which everything over the models was materialised."""
    project = make_project(tmp_path_factory.mktemp("both"))
    store(project, traces)
    result = materialize(project, "group:both")
    assert result.success
    checks = {one.check_name: one.passed for one in result.get_asset_check_evaluations()}
    assert set(checks) == {"conflicts", "constraints_hold"}
    assert checks["constraints_hold"]
    return project


def read(project: Project, name: str) -> pd.DataFrame:
    return pd.read_parquet(Path(project.outputs) / "both" / f"{name}.parquet")


def test_the_edges_are_those_of_the_plan() -> None:
    graph = make_defs().resolve_asset_graph()
    edges = {
        node.key.path[-1]: {"/".join(parent.path) for parent in node.parent_keys}
        for node in graph.asset_nodes
        if node.key.path[0] == "both"
    }

    assert edges == EDGES
    dg.Definitions.validate_loadable(make_defs())


@pytest.mark.parametrize("asset", EDGES)
def test_an_asset_says_what_it_is_and_is_not_pickled(asset: str) -> None:
    defs = make_defs()
    node = defs.resolve_assets_def(dg.AssetKey(["both", asset]))

    assert node.descriptions_by_key[node.key]
    assert node.group_names_by_key[node.key] == "both"
    assert node.get_io_manager_key_for_asset_key(node.key) in FORMS


def test_all_of_it_is_written(made: Project, traces: dict[str, xr.DataTree]) -> None:
    folder = Path(made.outputs) / "both"

    assert {path.name for path in folder.glob("*.*") if path.is_file()} == {
        "joint_view.parquet",
        "joint_view.json",
        "joint_budget.parquet",
        "joint_budget.nc",
        "model_comparison.parquet",
        "report.html",
    }
    view = read(made, "joint_view")
    assert set(view["view"]) == {"online", "offline", "total", "profit"}
    told = json.loads((folder / "joint_view.json").read_text())
    assert told["only_some"] == {"search": ["online"]}
    ids = ", ".join(f"{name} {trace.attrs['fit_id']}" for name, trace in traces.items())
    for name in ("joint_view", "joint_budget", "model_comparison"):
        assert read(made, name).attrs["fit_id"] == ids
    assert read(made, "model_comparison").attrs["sentences"]


def test_the_page_holds_all_and_asks_nothing_of_the_network(made: Project) -> None:
    page = (Path(made.outputs) / "both" / "report.html").read_text()

    for words in ("Web shop", "One budget over all models", "Side by side", "search (Web shop)"):
        assert words in page
    assert not find_faults(page)
    assert "nan" not in page.split("<main>")[1].replace("data:image", "").split("base64")[0]


def test_what_follows_from_the_same_things_is_not_made_again(made: Project) -> None:
    file = Path(made.outputs) / "both" / "joint_budget.parquet"
    before = file.stat().st_mtime_ns

    assert materialize(made, 'key:"both/joint_budget"').success

    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("asset", EDGES)
def test_the_gate_of_any_model_stops_it(
    asset: str, made: Project, failing: xr.DataTree, traces: dict[str, xr.DataTree]
) -> None:
    store_fit(SPECS["offline"], made, failing)

    result = materialize(made, f'key:"both/{asset}"')

    store_fit(SPECS["offline"], made, traces["offline"])
    assert not result.success
    assert "Model 'offline' has not converged" in read_failure(result)


def test_a_promoted_fit_is_read_where_that_is_said(
    made: Project, failing: xr.DataTree, traces: dict[str, xr.DataTree]
) -> None:
    job = make_defs(made).resolve_job_def("offline__promote")
    assert execute(job).success
    store_fit(SPECS["offline"], made, failing)
    models = {"online": {"margin": 0.35}, "offline": {"margin": 0.25, "fit": "promoted"}}

    result = materialize(made, 'key:"both/joint_view"', models=models)

    store_fit(SPECS["offline"], made, traces["offline"])
    assert result.success
    (made_now,) = result.asset_materializations_for_node("both__joint_view")
    assert made_now.metadata["fit_id_offline"].value == traces["offline"].attrs["fit_id"]


def test_a_page_of_several_fits_is_refused(made: Project, traces: dict[str, xr.DataTree]) -> None:
    store_fit(SPECS["offline"], made, make_fit(SPECS["offline"], 8))

    result = materialize(made, 'key:"both/report"')

    store_fit(SPECS["offline"], made, traces["offline"])
    assert not result.success
    assert "of others are: joint_view, joint_budget, model_comparison" in read_failure(result)


def write_defs(root: Path, name: str, kind: str, attributes: dict[str, Any]) -> None:
    (root / name).mkdir()
    words = {"type": f"mmm_pipeline.lineage.{kind}", "attributes": {"name": name, **attributes}}
    (root / name / "defs.yaml").write_text(yaml.safe_dump(words, sort_keys=False))


DATA = {"path": "data/acme.csv", "date": "week", "target": "sales", "margin": 0.3}
MODEL = {"data": DATA, "media": {"tv": {}}}


@pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated")  # Dagster's own.
def test_models_are_found_in_the_folders_beside() -> None:
    with create_defs_folder_sandbox() as sandbox:
        root = sandbox.defs_folder_path
        write_defs(root, "all", "JointModels", {"models": ["east", "west"]})
        for name in ("east", "west"):
            write_defs(root, name, "MarketingMixModel", MODEL)
        with sandbox.build_all_defs() as defs:
            keys = {node.key.path[-1] for node in defs.resolve_asset_graph().asset_nodes
                    if node.key.path[0] == "all"}  # fmt: skip

    assert keys == set(EDGES)


@pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated")  # Dagster's own.
@pytest.mark.parametrize(
    ("models", "told"),
    [
        (["east", "wets"], "`models.wets` must be a model that there is, one of east, west. Did"),
        (["east", "all"], "`models.all` must be a model that there is"),
        (["east", "more"], "`models.more` must be a marketing mix model; it is none"),
        ({"east": {"margin": 0.1}, "west": {}}, "must be that of the model, 0.3; got 0.1"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(models: Any, told: str) -> None:
    with create_defs_folder_sandbox() as sandbox:
        root = sandbox.defs_folder_path
        for name in ("east", "west"):
            write_defs(root, name, "MarketingMixModel", MODEL)
        if "more" in models:
            write_defs(root, "more", "JointModels", {"models": ["east", "west"]})
        write_defs(root, "all", "JointModels", {"models": models})
        with pytest.raises(ComponentTreeException) as caught, sandbox.build_all_defs():
            pass

    assert f"defs.yaml:{5 if isinstance(models, dict) else 4}: `models." in str(
        caught.value.__cause__
    )
    assert told in str(caught.value.__cause__)


def look(project: Project, cursor: str | None) -> dg.SensorResult | dg.SkipReason:
    defs = make_defs(project, on_new_fits=True)
    result = defs.resolve_sensor_def("both__new_fits_sensor")(
        dg.build_sensor_context(cursor=cursor)
    )
    assert isinstance(result, dg.SensorResult | dg.SkipReason)
    return result


def settle(project: Project, cursor: str | None) -> dg.SensorResult:
    """Two looks at the same fits."""
    first = look(project, cursor)
    assert isinstance(first, dg.SensorResult)
    assert not first.run_requests
    second = look(project, first.cursor)
    assert isinstance(second, dg.SensorResult)
    assert len(second.run_requests or []) == 1
    return second


def test_other_fits_are_looked_at_together_once(
    traces: dict[str, xr.DataTree], failing: xr.DataTree, tmp_path: Path
) -> None:
    project = make_project(tmp_path)
    assert "has not been materialised" in str(look(project, None))
    store(project, traces)

    launched = settle(project, None)

    assert make_defs(project, on_new_fits=True).resolve_job_def("both__refresh")
    assert isinstance(look(project, launched.cursor), dg.SkipReason)
    store_fit(SPECS["offline"], project, failing)
    assert "that of offline does not" in str(look(project, launched.cursor))
    store_fit(SPECS["offline"], project, make_fit(SPECS["offline"], 9))
    settle(project, launched.cursor)


def test_a_whole_without_automation_has_none() -> None:
    assert not make_defs().sensors
