"""Channels are split over their entities in a run, and what does not reconcile is said."""

from pathlib import Path

import dagster as dg
import pandas as pd
import pytest

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.lineage import build_model_defs
from mmm_pipeline.lineage.project import Project
from mmm_pipeline_tests.factories import make_spec
from mmm_pipeline_tests.lineage.projects import make_project, materialize, read_failure, store_fit

WORDS = {"controls": {"price": {"sign": "negative"}}, "scenarios": {"more": {"budget": "+10%"}}}


def run(
    project: Project, fit: ConvergedFit, share: float, first: str = "spring"
) -> dg.ExecuteInProcessResult:
    """Deliver two campaigns of tv that hold a share of it, and materialise what follows."""
    spec = make_spec(entities="data/entities.csv", **WORDS)
    store_fit(spec, project, fit.trace)
    spend = fit.features["spend"].sel(channel="tv").to_series()
    table = pd.DataFrame({"week": spend.index.strftime("%Y-%m-%d"), "spend": spend.to_numpy()})
    parts = [
        table.assign(channel="tv", entity=name, spend=share * part * table["spend"])
        for name, part in ((first, 0.25), ("autumn", 0.75))
    ]
    pd.concat(parts).to_csv(project.data / "data" / "entities.csv", index=False)
    return materialize(spec, project, 'key:"acme/raw_entities" or key:"acme/disaggregated_results"')


@pytest.mark.parametrize(
    ("share", "passed", "severity"),
    [
        (1.0, True, dg.AssetCheckSeverity.WARN),
        (0.97, False, dg.AssetCheckSeverity.WARN),
        (0.8, False, dg.AssetCheckSeverity.ERROR),
    ],
)
def test_what_does_not_reconcile_is_said(
    share: float, passed: bool, severity: dg.AssetCheckSeverity, fit: ConvergedFit, tmp_path: Path
) -> None:
    result = run(make_project(tmp_path), fit, share)

    assert result.success
    checks = {one.check_name: one for one in result.get_asset_check_evaluations()}
    check = checks["disagg_reconciles"]
    assert (check.passed, check.severity) == (passed, severity)
    table = pd.read_parquet(tmp_path / "outputs" / "acme" / "disaggregated_results.parquet")
    assert table.attrs["fit_id"] == fit.fit_id
    assert table.attrs["left_out"] == ["search"]
    whole = table[table["grain"] == "all"].set_index("entity")["share"]
    assert whole[["autumn", "spring"]].tolist() == pytest.approx([0.75 * share, 0.25 * share])


def test_entities_that_cannot_be_read_write_nothing(fit: ConvergedFit, tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (tmp_path / "data" / "entities.csv").write_text("week,channel,entity\n2023-01-02,tv,a\n")
    spec = make_spec(entities="data/entities.csv", **WORDS)
    store_fit(spec, project, fit.trace)

    result = materialize(
        spec, project, 'key:"acme/raw_entities" or key:"acme/disaggregated_results"'
    )

    assert not result.success
    assert "must have a column 'spend' or 'exposure'" in read_failure(result)
    assert not (tmp_path / "outputs" / "acme" / "disaggregated_results.parquet").exists()


def test_without_entities_there_is_no_such_asset() -> None:
    graph = build_model_defs(make_spec()).resolve_asset_graph()

    keys = {key.path[-1] for key in graph.get_all_asset_keys()}
    assert not keys & {"raw_entities", "disaggregated_results"}


def test_a_media_plan_needs_no_second_table() -> None:
    long = {"path": "media.csv", "entity": "lvl2"}
    data = {"path": "a.csv", "date": "week", "target": "sales", "layout": "media_long"}
    spec = make_spec(data=data | {"media_long": long})

    graph = build_model_defs(spec).resolve_asset_graph()

    key = dg.AssetKey(["acme", "disaggregated_results"])
    parents = {one.path[-1] for one in graph.get(key).parent_keys}
    assert parents == {"fitted_trace", "diagnostics", "raw_media"}
