"""Every file of an export, opened as others open it."""

import csv
import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.exports.bundle import Bundle, Delivered, bundle_exports
from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.exports.reconcile import find_disagreements, read_file, reconcile
from mmm_pipeline.exports.tables import build_exports
from mmm_pipeline.exports.workbook import write_workbook
from mmm_pipeline.exports.writers import FORMULA_STARTS, make_safe, write_csv, write_json
from mmm_pipeline.lineage.export_forms import ExportsForm

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "＝1", 'a","=1+1', "plain", "NA", ""]
KINDS = ["parquet", "csv", "json", "xlsx"]


def deliver(inputs: ExportInputs, folder: Path) -> tuple[Bundle, dict[str, Path]]:
    """Write all files of an export."""
    bundle = bundle_exports(inputs.fit, build_exports(inputs))
    ExportsForm().write(bundle, folder / "exports")
    return bundle, {one.name: one for one in (folder / "exports").iterdir()}


@pytest.fixture(scope="module", params=["inputs", "panel"])
def delivered(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ExportInputs, Bundle, Mapping[str, Path]]:
    inputs = request.getfixturevalue(request.param)
    return inputs, *deliver(inputs, tmp_path_factory.mktemp("exports"))


type Delivery = tuple[ExportInputs, Bundle, Mapping[str, Path]]


def test_every_total_is_the_same_in_every_file(delivered: Delivery) -> None:
    inputs, bundle, files = delivered

    found = reconcile(inputs, bundle, files)

    assert not found.broken
    assert found.table[KINDS].notna().all().all()
    whole = found.table[found.table["table"] == "decomps_stacked"]["csv"].sum()
    assert whole == pytest.approx(inputs.model_fit["fitted"].sum(), rel=1e-9)


@pytest.mark.parametrize("kind", ["parquet", "csv", "json"])
def test_duckdb_opens_what_pandas_opens(kind: str, delivered: Delivery) -> None:
    _, bundle, files = delivered
    tables = {name: one for name, one in bundle.tables.items() if len(one.frame)}
    for name, table in tables.items():  # JSON has no columns where there are no rows.
        path = str(files[f"{name}.{kind}"])

        found = duckdb.sql(f"SELECT * FROM read_{kind}('{path}')").df()  # noqa: S608

        assert list(found.columns) == list(table.frame.columns)
        assert len(found) == len(table.frame)
        numbers = table.frame.select_dtypes("number").columns
        expected = table.frame[numbers].to_numpy(float)
        np.testing.assert_allclose(found[numbers].to_numpy(float), expected, rtol=1e-12)
        again = read_file(files, name, kind)[numbers].to_numpy(float)
        np.testing.assert_allclose(again, expected, rtol=1e-12)


def test_a_total_that_is_another_in_one_file_is_told(inputs: ExportInputs, tmp_path: Path) -> None:
    bundle, files = deliver(inputs, tmp_path)
    lines = files["media_results.csv"].read_text().splitlines()
    files["media_results.csv"].write_text("\n".join(lines[:-1]) + "\n")

    broken = reconcile(inputs, bundle, files).broken

    assert [one.split(" adds")[0] for one in broken] == [
        "kpi of search in media_results.csv",
        "spend of search in media_results.csv",
    ]


def test_assets_that_disagree_are_told(inputs: ExportInputs) -> None:
    table = inputs.returns.table.copy()
    table["spend"] *= 1.001
    other = replace(inputs.returns, table=table)
    fitted = inputs.model_fit.assign(fitted=inputs.model_fit["fitted"] * 1.001)
    fitted.attrs = inputs.model_fit.attrs

    assert not find_disagreements(inputs)
    assert [one.split(":")[0] for one in find_disagreements(replace(inputs, returns=other))] == [
        "spend of tv",
        "spend of search",
    ]
    words = find_disagreements(replace(inputs, model_fit=fitted))
    assert [one.split(":")[0] for one in words] == ["the decomposition"]


@given(st.text())
def test_no_text_begins_as_a_formula(text: str) -> None:
    safe = make_safe(text)

    assert not safe.startswith(FORMULA_STARTS)
    assert safe in {text, f"'{text}"}


def make_evil() -> Bundle:
    frame = pd.DataFrame({"=x": EVIL, "n": -1.5, "day": pd.Timestamp("2024-02-29")})
    frame.loc[0, "n"] = float("nan")
    table = Delivered("=words", frame, {}, {str(name): "@what" for name in frame.columns})
    return Bundle({"model": "=acme"}, {"evil": table})


def test_a_csv_holds_texts_that_are_safe_and_numbers_that_are_numbers(tmp_path: Path) -> None:
    write_csv(make_evil().tables["evil"].frame, tmp_path / "evil.csv")

    raw = (tmp_path / "evil.csv").read_bytes().decode("utf-8")
    with (tmp_path / "evil.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["'=x", "n", "day"]
    assert raw.startswith('"')
    assert [row[0] for row in rows] == [make_safe(text) for text in EVIL]
    assert raw.splitlines()[1] == '"\'=1+1",,2024-02-29'
    assert {row[1] for row in rows[1:]} == {"-1.5"}
    assert '"a"",""=1+1",-1.5' in raw


def test_json_says_null_where_nothing_is_known(tmp_path: Path) -> None:
    write_json(make_evil().tables["evil"].frame, tmp_path / "evil.json")

    found = json.loads((tmp_path / "evil.json").read_text())
    assert [record["=x"] for record in found] == EVIL
    assert {record["day"] for record in found} == {"2024-02-29"}
    assert [record["n"] for record in found] == [None, *[-1.5] * (len(EVIL) - 1)]


@pytest.mark.parametrize("number", [float("inf"), float("-inf")])
def test_a_number_that_json_has_no_word_for_is_not_known(tmp_path: Path, number: float) -> None:
    write_json(pd.DataFrame({"x": [number, 1.0]}), tmp_path / "x.json")

    assert json.loads((tmp_path / "x.json").read_text()) == [{"x": None}, {"x": 1.0}]


def test_no_cell_of_the_workbook_is_a_formula(tmp_path: Path) -> None:
    write_workbook(make_evil(), tmp_path / "book.xlsx")

    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    assert book.sheetnames == ["about", "evil"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    sheet = book["evil"]
    assert sheet["A2"].value == "=1+1"
    assert sheet["A2"].quotePrefix
    assert not sheet["A10"].quotePrefix
    assert sheet["B2"].value is None
    assert sheet["B3"].value == -1.5
    assert sheet["C2"].value == dt.datetime(2024, 2, 29)  # noqa: DTZ001  # a day
    assert sheet["C2"].number_format == "yyyy-mm-dd"
    assert sheet.freeze_panes == "A2"


def test_the_workbook_says_what_it_holds(delivered: Delivery) -> None:
    _, bundle, files = delivered

    book = openpyxl.load_workbook(files["workbook.xlsx"], read_only=True)

    assert book.sheetnames == ["about", *bundle.tables]
    bold = [row[0].value for row in book["about"].iter_rows() if row[0:1] and row[0].font.b]
    assert bold == ["what", "sheet", "sheet"]
    about = [tuple(row) for row in book["about"].iter_rows(values_only=True)]
    assert ("fit_id", bundle.facts["fit_id"]) in about
    for name, table in bundle.tables.items():
        assert (name, len(table.frame), table.words) in about
        described = {row[1] for row in about if len(row) == 4 and row[0] == name}
        assert described == set(table.frame.columns)


def test_a_table_too_long_for_a_sheet_is_left_to_the_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmm_pipeline.exports.workbook.MAX_ROWS", 3)

    write_workbook(make_evil(), tmp_path / "book.xlsx")

    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    assert book.sheetnames == ["about"]
    assert "Too long for a sheet" in str(book["about"]["C5"].value)
