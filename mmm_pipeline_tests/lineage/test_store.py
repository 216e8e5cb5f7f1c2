from datetime import UTC, datetime
from pathlib import Path

import fsspec
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.errors import SpecError, StaleFitError
from mmm_pipeline.exports.artefacts import STATUS, TAKEN_FROM, RunFolder
from mmm_pipeline.exports.bundle import Bundle, Delivered
from mmm_pipeline.insight.advice import Recommendations
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.lineage.export_forms import ExportsForm, RunForm
from mmm_pipeline.lineage.files import borrow
from mmm_pipeline.lineage.forms import AdviceForm, PageForm, SummaryForm, TableForm, TraceForm
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.spec import ModelSpec, Prespecification
from mmm_pipeline_tests.factories import make_spec


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "disk":
        return Store(str(tmp_path / "outputs"), "acme")
    fsspec.filesystem("memory").rm("/", recursive=True)
    return Store("memory://outputs", "acme")


def make_summary(fit_id: str = "1") -> Summary:
    table = pd.DataFrame({"channel": ["tv"], "roas": [1.5]})
    table.attrs["fit_id"] = fit_id
    return Summary(table, xr.Dataset({"roas": ("draw", [1.0, 2.0])}, attrs={"fit_id": fit_id}))


def test_a_summary_comes_back_as_it_was(store: Store) -> None:
    store.write("returns", SummaryForm(), make_summary())

    found = store.read("returns", SummaryForm())

    pd.testing.assert_frame_equal(found.table, make_summary().table)
    assert found.table.attrs == {"fit_id": "1"}
    xr.testing.assert_identical(found.draws, make_summary().draws)


def test_advice_comes_back_with_its_sentences(store: Store) -> None:
    advice = Recommendations(make_summary().table, {"fit_id": "1"}, "# acme: what to do\n")
    store.write("recommendations", AdviceForm(), advice)

    found = store.read("recommendations", AdviceForm())

    assert (store.folder / "recommendations.md").read_text() == advice.text
    assert (found.text, found.portfolio) == (advice.text, advice.portfolio)
    pd.testing.assert_frame_equal(found.table, advice.table)


def test_a_trace_comes_back_as_it_was(store: Store, trace: xr.DataTree) -> None:
    store.write("fitted_trace", TraceForm(), trace)

    found = store.read("fitted_trace", TraceForm())

    assert found.attrs == trace.attrs
    for group in ("posterior", "sample_stats", "inputs"):
        xr.testing.assert_equal(found[f"/{group}"].to_dataset(), trace[f"/{group}"].to_dataset())


def test_what_was_never_made_is_asked_for_by_name(store: Store) -> None:
    with pytest.raises(StaleFitError, match="Materialise acme/returns first"):
        store.read("returns", SummaryForm())


def test_a_table_and_draws_of_two_fits_are_refused(tmp_path: Path) -> None:
    store = Store(str(tmp_path), "acme")
    store.write("returns", SummaryForm(), make_summary("1"))
    (make_summary("2").draws + 1).to_netcdf(tmp_path / "acme" / "returns.nc", engine="h5netcdf")

    with pytest.raises(StaleFitError, match="must have been written together"):
        store.read("returns", SummaryForm())


def test_a_write_that_fails_leaves_the_last_good_file(tmp_path: Path) -> None:
    store = Store(str(tmp_path), "acme")
    store.write("page", PageForm(), "good", made_from="a")

    with pytest.raises(TypeError):
        store.write("page", PageForm(), 5)

    assert store.read("page", PageForm()) == "good"
    assert [path.name for path in (tmp_path / "acme").iterdir() if ".tmp" in path.name] == []


def test_a_result_is_reused_only_if_it_follows_from_the_same(store: Store) -> None:
    table = pd.DataFrame({"x": [1.0]})
    store.write("table", TableForm(), table, made_from="a")

    assert store.reuse("table", TableForm(), "b") is None
    pd.testing.assert_frame_equal(store.reuse("table", TableForm(), "a"), table)


def test_a_result_without_origin_is_never_reused(store: Store) -> None:
    store.write("table", TableForm(), pd.DataFrame({"x": [1.0]}), made_from="a")
    store.write("table", TableForm(), pd.DataFrame({"x": [2.0]}))

    assert store.reuse("table", TableForm(), "a") is None


def test_what_was_decided_first_is_never_written_over(store: Store, spec: ModelSpec) -> None:
    first = Prespecification.take(spec, datetime(2026, 1, 5, tzinfo=UTC))
    later = Prespecification.take(make_spec(trend="none"), datetime(2026, 2, 5, tzinfo=UTC))

    assert store.fix_decisions(first) == first
    assert store.fix_decisions(later) == first


@pytest.mark.parametrize("content", [b"", b"{}", b"not json"])
def test_a_prespecification_that_is_damaged_is_told_and_left(
    content: bytes, tmp_path: Path, spec: ModelSpec
) -> None:
    store = Store(str(tmp_path), "acme")
    file = tmp_path / "acme" / "prespecification.json"
    file.parent.mkdir()
    file.write_bytes(content)

    with pytest.raises(SpecError, match=r"acme/prespecification\.json must say .* start anew"):
        store.fix_decisions(Prespecification.take(spec, datetime(2026, 1, 5, tzinfo=UTC)))

    assert file.read_bytes() == content


@pytest.mark.parametrize("suffix", [".nc", ".parquet"])
def test_a_result_that_is_damaged_is_told_in_our_own_words(suffix: str, tmp_path: Path) -> None:
    store = Store(str(tmp_path), "acme")
    store.write("returns", SummaryForm(), make_summary())

    (tmp_path / "acme" / f"returns{suffix}").write_bytes(b"")

    with pytest.raises(StaleFitError, match="acme/returns must be readable"):
        store.read("returns", SummaryForm())


def test_a_result_that_is_damaged_is_made_again(tmp_path: Path) -> None:
    store = Store(str(tmp_path), "acme")
    store.write("returns", SummaryForm(), make_summary(), made_from="a")
    (tmp_path / "acme" / "returns.nc").write_bytes(b"")

    assert store.reuse("returns", SummaryForm(), "a") is None
    assert not store.has("returns", SummaryForm(), "a")


def make_bundle(*tables: str) -> Bundle:
    frame = pd.DataFrame({"x": [1.0]})
    one = Delivered("rows", frame, {"x": "x"}, {"x": "a number"})
    return Bundle({"fit_id": "1"}, dict.fromkeys(tables, one))


def test_a_folder_holds_what_was_written_last(store: Store) -> None:
    store.write("exports", ExportsForm(), make_bundle("one", "other"))
    store.write("exports", ExportsForm(), make_bundle("one"))

    with borrow(store.folder / "exports") as files:
        assert set(files) == {"one.csv", "one.json", "one.parquet", "workbook.xlsx"}
        assert pd.read_csv(files["one.csv"])["x"].tolist() == [1.0]
    assert list(store.read("exports", ExportsForm())["tables"]) == ["one"]


def test_a_run_folder_takes_its_files_from_where_they_lie(store: Store) -> None:
    for name in TAKEN_FROM.values():
        place = store.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(name.encode())
    folder = RunFolder({STATUS: {"progress": 100}}, {}, store.folder)

    store.write("run_folder", RunForm(), folder)
    store.write("run_folder", RunForm(), folder)

    assert store.read("run_folder", RunForm()) == {"progress": 100}
    with borrow(store.folder / "run_folder") as files:
        found = {name: files[name].read_bytes().decode() for name in TAKEN_FROM}
    assert found == TAKEN_FROM
