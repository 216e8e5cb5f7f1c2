from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from mmm_pipeline.errors import SourceError
from mmm_pipeline.ingest.read import digest_sources, read_source
from mmm_pipeline.spec import CsvDialect, Query
from mmm_pipeline_tests.factories import make_spec

PLAIN = CsvDialect()


def refuse(root: Path, place: str | Query, dialect: CsvDialect = PLAIN) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read_source(root, place, dialect)
    return caught.value


def test_a_csv_is_read_as_it_was_delivered(tmp_path: Path) -> None:
    text = 'week,"sales, net",tv\n2024-01-01,"1,000",\n2024-01-08,007,NA\n'
    (tmp_path / "acme.csv").write_text(text)

    frame = read_source(tmp_path, "acme.csv", PLAIN).frame

    assert frame.columns.tolist() == ["week", "sales, net", "tv"]
    assert frame["sales, net"].tolist() == ["1,000", "007"]
    assert frame["tv"].isna().tolist() == [True, False]


def test_a_csv_is_read_in_the_dialect_that_the_spec_states(tmp_path: Path) -> None:
    text = "exported by Büro\nweek;sales\n2024-01-01;'1;5'\n"
    (tmp_path / "acme.csv").write_bytes(text.encode("latin-1"))
    dialect = CsvDialect(delimiter=";", quote="'", encoding="latin-1", skip_lines=1)

    frame = read_source(tmp_path, "acme.csv", dialect).frame

    assert frame.to_dict("list") == {"week": ["2024-01-01"], "sales": ["1;5"]}


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffweek,sales\n2024-01-01,5\n".encode(),
        b"week,sales\r\n2024-01-01,5\r\n",
        b"week,sales\n2024-01-01,5\r\n",
        b'"week","sales"\n"2024-01-01","5"\n',
        b"week,sales\n\n2024-01-01,5\n\n",
    ],
)
def test_the_same_table_is_read_from_every_spelling(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "acme.csv").write_bytes(content)

    frame = read_source(tmp_path, "acme.csv", PLAIN).frame

    assert frame.to_dict("list") == {"week": ["2024-01-01"], "sales": ["5"]}


def test_utf_16_is_read_if_the_spec_says_so(tmp_path: Path) -> None:
    (tmp_path / "acme.csv").write_bytes("week,café\n2024-01-01,5\n".encode("utf-16"))

    frame = read_source(tmp_path, "acme.csv", CsvDialect(encoding="utf-16")).frame

    assert frame["café"].tolist() == ["5"]


def test_a_parquet_file_keeps_its_types(tmp_path: Path) -> None:
    delivered = pd.DataFrame({"week": pd.to_datetime(["2024-01-01"]), "sales": [1]})
    delivered.to_parquet(tmp_path / "acme.parquet")

    frame = read_source(tmp_path, "acme.parquet", PLAIN).frame

    assert frame["week"].dtype.kind == "M"
    assert frame["sales"].dtype == "int64"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_pattern_reads_every_file_it_matches(ending: str, tmp_path: Path) -> None:
    for year in (2024, 2023):
        frame = pd.DataFrame({"week": [f"{year}-01-01"], "sales": [float(year)]})
        write = frame.to_csv if ending == "csv" else frame.to_parquet
        write(tmp_path / f"acme_{year}.{ending}", index=False)
    (tmp_path / f"other.{ending}").write_bytes(b"not looked at")

    frame = read_source(tmp_path, f"acme_*.{ending}", PLAIN).frame

    assert frame["week"].tolist() == ["2023-01-01", "2024-01-01"]


def test_files_of_one_pattern_must_have_the_same_columns(tmp_path: Path) -> None:
    (tmp_path / "a1.csv").write_text("week,sales\n2024-01-01,1\n")
    (tmp_path / "a2.csv").write_text("week,slaes\n2024-01-08,1\n")

    error = refuse(tmp_path, "a*.csv")

    assert error.problems[0].code == "columns_differ"
    assert "a2.csv must have the columns of a1.csv; they differ in 'sales', 'slaes'" in str(error)


def test_the_order_of_columns_may_differ_between_files(tmp_path: Path) -> None:
    (tmp_path / "a1.csv").write_text("week,sales\n2024-01-01,1\n")
    (tmp_path / "a2.csv").write_text("sales,week\n2,2024-01-08\n")

    assert read_source(tmp_path, "a*.csv", PLAIN).frame["sales"].tolist() == ["1", "2"]


BAD_FILES: dict[str, tuple[str, bytes, str]] = {
    "no byte": ("empty.csv", b"", "source_unreadable"),
    "a header and nothing below": ("header.csv", b"week,sales\n", "source_empty"),
    "rows of unequal length": ("ragged.csv", b"week,sales\n2024-01-01,1,2\n", "source_unreadable"),
    "latin-1 in the header": (
        "latin.csv",
        "week,caf\xe9\n2024-01-01,1\n".encode("latin-1"),
        "source_unreadable",
    ),
    "latin-1 in a cell": (
        "cell.csv",
        "week,sales\n2024-01-01,\xe9\n".encode("latin-1"),
        "source_unreadable",
    ),
    "a column twice": ("twice.csv", b"week,tv,tv\n2024-01-01,1,2\n", "column_repeated"),
    "two columns without a name": ("no.csv", b"week,tv,,\n2024-01-01,1,2,3\n", "column_repeated"),
    "text called Parquet": ("text.parquet", b"week,sales\n", "source_unreadable"),
    "half of a Parquet file": ("half.parquet", b"PAR1\x15\x04\x15\x10", "source_unreadable"),
    "a workbook": ("book.xlsx", b"PK\x03\x04", "source_kind"),
    "a workbook called CSV": ("book.csv", b"PK\x03\x04\x14\x00\x06\x00", "source_unreadable"),
    "a compressed file called CSV": ("zip.csv", b"\x1f\x8b\x08\x00\n", "source_unreadable"),
    "NUL bytes": ("nul.csv", b"week,sales\n2024-01-01,\x001\n", "source_unreadable"),
    "UTF-16 unannounced": (
        "wide.csv",
        "week,sales\n2024-01-01,1\n".encode("utf-16"),
        "source_unreadable",
    ),
    "cut off in a row": ("cut.csv", b"week,sales\n2024-01-01", "source_unreadable"),
    "a single line of 10 MB": ("long.csv", b"x" * 10_000_000 + b"\n", "source_unreadable"),
    "a quote that is never closed": (
        "quote.csv",
        b'week,sales\n2024-01-01,"1\n2024-01-08,2\n',
        "source_unreadable",
    ),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_table_is_refused(name: str, tmp_path: Path) -> None:
    file, content, code = BAD_FILES[name]
    (tmp_path / file).write_bytes(content)

    error = refuse(tmp_path, file)

    assert [problem.code for problem in error.problems] == [code]
    assert file in str(error)
    assert len(str(error)) < 400


@pytest.mark.parametrize(("end", "notes"), [("", ["cut_off"]), ("\n", []), ("\r\n", [])])
def test_a_file_that_may_have_lost_its_end_is_told(
    end: str, notes: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(f"week,sales\n2024-01-01,10{end}".encode())

    delivery = read_source(tmp_path, "a.csv", PLAIN)

    assert [note.code for note in delivery.notes] == notes


def test_a_cell_that_holds_several_values_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"week": ["2024-01-01"], "tv": [[1, 2]]}).to_parquet(tmp_path / "acme.parquet")

    assert "one value per cell; it holds more in 'tv'" in str(refuse(tmp_path, "acme.parquet"))


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """A data root with a DuckDB file and two files beside it."""
    with duckdb.connect(str(tmp_path / "acme.duckdb")) as connection:
        connection.execute(
            """CREATE TABLE sales AS SELECT DATE '2024-01-01' + INTERVAL (7 * i) DAY AS week,
            (1000 + i)::DECIMAL(10, 2) AS sales, i % 2 = 0 AS promo, 'North' AS region
            FROM range(3) AS r(i)"""
        )
    (tmp_path / "media.csv").write_text("week,tv\n2024-01-01,5\n2024-01-08,7\n")
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    return tmp_path


def test_a_duckdb_table_is_read(warehouse: Path) -> None:
    frame = read_source(warehouse, Query(duckdb="acme.duckdb", table="sales"), PLAIN).frame

    assert frame["sales"].tolist() == [1000.0, 1001.0, 1002.0]
    assert frame["promo"].tolist() == [1, 0, 1]
    assert frame["week"].dt.strftime("%m-%d").tolist() == ["01-01", "01-08", "01-15"]


def test_a_query_joins_a_duckdb_table_with_a_file(warehouse: Path) -> None:
    query = Query(
        duckdb="acme.duckdb",
        sql="SELECT sales.*, tv::DOUBLE AS tv FROM sales JOIN media "
        "ON sales.week = media.week::DATE ORDER BY sales.week",
        tables={"media": "media.csv"},
    )

    frame = read_source(warehouse, query, PLAIN).frame

    assert frame["tv"].tolist() == [5.0, 7.0]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM 'secret.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('/etc/*')",
        "COPY sales TO 'out.csv'",
        "ATTACH 'other.duckdb'",
        "SELECT 1; DROP TABLE sales",
        "DROP TABLE sales",
        "INSERT INTO sales SELECT * FROM sales",
        "SET enable_external_access = true",
        "INSTALL httpfs",
        "SELECT * FROM nothing_there",
        "SELEC",
        "",
    ],
)
def test_a_query_that_does_more_than_read_its_tables_is_refused(sql: str, warehouse: Path) -> None:
    before = sorted(warehouse.iterdir())

    error = refuse(warehouse, Query(duckdb="acme.duckdb", sql=sql))

    assert [problem.code for problem in error.problems] == ["query_failed"]
    assert sorted(warehouse.iterdir()) == before


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"duckdb": "gone.duckdb", "table": "sales"}, "source_missing"),
        ({"duckdb": "media.csv", "table": "sales"}, "query_failed"),
        ({"duckdb": "../acme.duckdb", "table": "sales"}, "path_leaves_root"),
        ({"duckdb": "acme.duckdb", "table": "gone"}, "query_failed"),
        ({"duckdb": "acme.duckdb", "sql": "SELECT * FROM sales WHERE false"}, "source_empty"),
        ({"sql": "SELECT * FROM m", "tables": {"m": "gone.csv"}}, "source_missing"),
        ({"sql": "SELECT * FROM m", "tables": {"m": "/etc/passwd"}}, "path_leaves_root"),
    ],
)
def test_a_query_that_finds_nothing_is_refused(
    query: dict[str, Any], code: str, warehouse: Path
) -> None:
    assert refuse(warehouse, Query.model_validate(query)).problems[0].code == code


def test_columns_of_any_type_are_read(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "odd.duckdb")) as connection:
        connection.execute(
            """CREATE TABLE odd AS SELECT DATE '2024-01-01' AS week, 5 AS sales,
            '\\xAA\\xFF'::BLOB AS blob, INTERVAL 3 DAY AS span, TIME '12:00' AS clock,
            'infinity'::DATE AS ever, '101'::BIT AS bits, uuid() AS id,
            TIMESTAMPTZ '2024-01-01 00:00:00+00' AS moment, 'a'::ENUM ('a', 'b') AS kind"""
        )

    frame = read_source(tmp_path, Query(duckdb="odd.duckdb", table="odd"), PLAIN).frame

    assert frame["sales"].tolist() == [5]
    assert frame["moment"].dt.tz_localize(None).tolist() == [pd.Timestamp("2024-01-01")]
    frame.to_parquet(tmp_path / "odd.parquet")
    assert len(read_source(tmp_path, "odd.parquet", PLAIN).frame) == 1


def test_a_table_that_is_not_there_is_told_with_those_there_are(warehouse: Path) -> None:
    error = refuse(warehouse, Query(duckdb="acme.duckdb", table="salse"))

    assert "It has: sales. Did you mean 'sales'?" in str(error)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"week;sales\n2024-01-01;1\n", "perhaps ';'"),
        (b"week;sales\n2024-01-01;1,5\n", "say `data.csv.delimiter`"),
        ("week,sales\n2024-01-01,Büro\n".encode("latin-1"), "say `data.csv.encoding`"),
        ("wöek,sales\n2024-01-01,1\n".encode("latin-1"), "Say `data.csv.encoding`"),
    ],
)
def test_a_file_in_another_dialect_says_which_setting_is_missing(
    content: bytes, hint: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(content)

    assert hint in str(refuse(tmp_path, "a.csv"))


def test_the_digest_of_a_query_is_that_of_its_answer(warehouse: Path) -> None:
    one = Query(duckdb="acme.duckdb", sql="SELECT * FROM sales ORDER BY week")
    other = Query(duckdb="acme.duckdb", sql="SELECT * FROM sales ORDER BY week DESC")
    part = Query(duckdb="acme.duckdb", sql="SELECT * FROM sales WHERE promo")

    digests = [read_source(warehouse, query, PLAIN).digest for query in (one, other, part)]

    assert digests[0] == digests[1] != digests[2]


def test_equal_bytes_have_one_digest_and_other_bytes_another(tmp_path: Path) -> None:
    spec = make_spec(data={"path": "a*.csv", "date": "week", "target": "sales"})
    (tmp_path / "a1.csv").write_bytes(b"week\n1\n")
    one = digest_sources(tmp_path, spec)
    (tmp_path / "a1.csv").rename(tmp_path / "a2.csv")
    renamed = digest_sources(tmp_path, spec)
    (tmp_path / "a1.csv").write_bytes(b"week\n2\n")

    assert one == renamed == read_source(tmp_path, "a2.csv", PLAIN).digest
    assert digest_sources(tmp_path, spec) != one
