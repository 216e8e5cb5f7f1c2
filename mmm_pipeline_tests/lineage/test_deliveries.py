"""What was delivered is kept, can be asked for as of a day, and is compared with what comes."""

import datetime as dt
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
import xarray as xr
from markupsafe import escape
from upath import UPath

from mmm_pipeline.ingest.delivery import Delivery
from mmm_pipeline.ingest.history import open_history
from mmm_pipeline.lineage.deliveries import Deliveries
from mmm_pipeline.lineage.project import Project
from mmm_pipeline_tests.factories import make_raw, make_spec
from mmm_pipeline_tests.ingest.layouts.one_world import make_truth, write_media_long
from mmm_pipeline_tests.lineage.projects import make_project, materialize

SPEC = make_spec()
UPTO_VALIDATED = '+key:"acme/validated_data"'
UPTO_PROFILE = '+key:"acme/data_profile"'
MONDAY = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)


def deliver(project: Project, raw: pd.DataFrame) -> dg.ExecuteInProcessResult:
    raw.to_csv(project.root / "data" / "acme.csv", index=False)
    result = materialize(SPEC, project, UPTO_VALIDATED)
    assert result.success
    return result


def check(result: dg.ExecuteInProcessResult, name: str) -> dg.AssetCheckEvaluation:
    return next(e for e in result.get_asset_check_evaluations() if e.check_name == name)


def make_weeks(periods: int) -> pd.DataFrame:
    """The first weeks of one history."""
    return make_raw(64).head(periods)


def changed(row: int, value: str) -> pd.DataFrame:
    raw = make_weeks(60)
    raw.loc[row, "sales"] = value
    return raw


def test_each_distinct_delivery_is_kept_once(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    for raw in (make_weeks(60), make_weeks(60), make_weeks(61), make_weeks(60)):
        deliver(project, raw)

    deliveries = Deliveries(project.outputs, "acme")
    arrivals = deliveries.list_arrivals("raw_data")
    assert [arrival["rows"] for arrival in arrivals] == [60, 61, 60]
    assert arrivals[0]["delivery"] == arrivals[2]["delivery"]
    assert len(list((tmp_path / "outputs/acme/deliveries/raw_data").glob("delivery=*"))) == 2
    pd.testing.assert_frame_equal(
        deliveries.read("raw_data", arrivals[1]["delivery"]), make_weeks(61), check_dtype=False
    )


def test_history_is_asked_for_as_of_a_moment(tmp_path: Path) -> None:
    deliveries = Deliveries(str(tmp_path), "acme")
    for days, raw in enumerate((make_weeks(60), make_weeks(61), make_weeks(62).assign(new="x"))):
        digest = f"{days}" * 64
        deliveries.keep(
            "raw_data", Delivery(raw, digest, digest[:16]), MONDAY + dt.timedelta(days=days)
        )

    with open_history(UPath(tmp_path), "acme") as history:
        rows = history.sql("SELECT count(*) FROM as_of(TIMESTAMPTZ '2026-03-03 12:00:00+00')")
        assert rows.fetchall() == [(61,)]
        assert history.sql("SELECT count(*) FROM history").fetchall() == [(183,)]
        assert history.sql("SELECT rows FROM deliveries ORDER BY received_at").fetchall() == [
            (60,),
            (61,),
            (62,),
        ]
        before = history.sql("SELECT * FROM as_of(TIMESTAMPTZ '2026-01-01 00:00:00+00')")
        assert before.fetchall() == []


def test_history_on_an_object_store_is_asked_in_the_same_way() -> None:
    root = UPath("memory://history")
    deliveries = Deliveries(str(root), "acme")
    deliveries.keep("raw_data", Delivery(make_weeks(60), "a" * 64, "a" * 16), MONDAY)

    with open_history(root, "acme") as history:
        assert history.sql("SELECT count(*) FROM history").fetchall() == [(60,)]


def test_a_restated_history_is_told_with_the_rows_that_changed(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    deliver(project, make_weeks(60))

    result = deliver(project, changed(3, "1099.5"))

    restated = check(result, "restated_history")
    assert not restated.passed
    assert restated.severity == dg.AssetCheckSeverity.WARN
    assert "1 rows say otherwise" in str(restated.description)
    records = restated.metadata["offending_rows"].records  # type: ignore[attr-defined]
    assert [record.data["date"] for record in records] == ["2024-01-22"]
    assert records[0].data["value"].endswith("-> 1099.5")


def test_a_restatement_is_still_told_when_the_run_is_repeated(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    deliver(project, make_weeks(60))
    deliver(project, changed(3, "1099.5"))

    assert not check(deliver(project, changed(3, "1099.5")), "restated_history").passed
    assert check(deliver(project, pd.concat([changed(3, "1099.5"), make_weeks(61).tail(1)])),
                 "restated_history").passed  # fmt: skip


def test_a_delivery_that_was_refused_is_kept_and_not_compared_with(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    deliver(project, make_weeks(60))
    changed(5, "?").to_csv(tmp_path / "data" / "acme.csv", index=False)
    assert not materialize(SPEC, project, UPTO_VALIDATED).success

    result = deliver(project, make_weeks(61))

    assert check(result, "restated_history").passed
    assert len(Deliveries(project.outputs, "acme").list_arrivals("raw_data")) == 3


def test_a_change_of_the_spec_restates_nothing(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    deliver(project, make_weeks(60))
    make_weeks(61).to_csv(tmp_path / "data" / "acme.csv", index=False)
    data = {"path": "data/acme.csv", "date": "week", "target": "sales", "factors": {"tv": 2}}

    result = materialize(make_spec(data=data), project, UPTO_VALIDATED)

    assert check(result, "restated_history").passed


def test_the_same_bytes_in_another_dialect_are_another_delivery(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    text = make_weeks(60).to_csv(index=False).replace(",", ";")
    (tmp_path / "data" / "acme.csv").write_text(text)
    data = {"path": "data/acme.csv", "date": "week", "target": "sales"}
    assert not materialize(make_spec(data=data), project, UPTO_VALIDATED).success

    result = materialize(
        make_spec(data=data | {"csv": {"delimiter": ";"}}), project, UPTO_VALIDATED
    )

    assert result.success
    deliveries = Deliveries(project.outputs, "acme")
    last = deliveries.list_arrivals("raw_data")[-1]["delivery"]
    assert deliveries.read("raw_data", last).columns.tolist() == ["week", "sales", "tv", "search"]


def test_media_in_a_table_of_their_own_are_an_asset_of_their_own(tmp_path: Path) -> None:
    tables, spec = write_media_long(make_truth())
    project = make_project(tmp_path)
    data = spec.data.model_dump(mode="json")
    data |= {"path": "data/rest.csv", "media_long": data["media_long"] | {"path": "data/plan.csv"}}
    spec = make_spec(data=data, media=spec.media, controls=spec.controls)
    tables["raw_data"].to_csv(tmp_path / "data" / "rest.csv", index=False)
    tables["raw_media"].to_csv(tmp_path / "data" / "plan.csv", index=False)

    result = materialize(spec, project, UPTO_VALIDATED)

    assert result.success
    frame = pd.read_parquet(tmp_path / "outputs/acme/validated_data.parquet")
    pd.testing.assert_frame_equal(frame, make_truth())
    assert len(Deliveries(project.outputs, "acme").list_arrivals("raw_media")) == 1


def test_a_profile_is_a_table_and_a_page(tmp_path: Path) -> None:
    project = make_project(tmp_path, make_weeks(60))

    result = materialize(SPEC, project, UPTO_PROFILE)

    outputs = tmp_path / "outputs" / "acme"
    table = pd.read_parquet(outputs / "data_profile.parquet")
    assert table["column"].tolist() == ["target", "spend_tv", "spend_search"]
    assert (outputs / "data_profile.html").read_text().startswith("<!doctype html>")
    metadata = result.asset_materializations_for_node("acme__data_profile")[0].metadata
    assert metadata["periods"].value == 60
    assert {"series", "correlations", "columns"} <= set(metadata)


@pytest.mark.slow
def test_the_page_lists_all_that_the_checks_found(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    deliver(project, make_weeks(60))
    changed(3, "1099.5").to_csv(tmp_path / "data" / "acme.csv", index=False)

    result = materialize(SPEC, project, UPTO_PROFILE)

    said = [str(check(result, "restated_history").description)]
    page = (tmp_path / "outputs/acme/data_profile.html").read_text()
    assert all(str(escape(words)) in page for words in said)


@pytest.mark.slow
def test_a_panel_keeps_its_cells_up_to_its_features(tmp_path: Path) -> None:
    cells = [make_weeks(60).assign(geo=geo) for geo in ("north", "south")]
    project = make_project(tmp_path, pd.concat(cells))
    data = {"path": "data/acme.csv", "date": "week", "target": "sales", "panel": ["geo"]}
    spec = make_spec(data=data)

    assert materialize(spec, project, UPTO_PROFILE).success
    assert materialize(spec, project, '+key:"acme/features"').success
    features = xr.load_dataset(tmp_path / "outputs/acme/features.nc")
    assert features["target"].sizes == {"date": 60, "geo": 2}
