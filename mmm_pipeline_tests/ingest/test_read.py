from pathlib import Path

import pandas as pd
import pytest

from mmm_pipeline.errors import SourceError
from mmm_pipeline.ingest.read import digest_source, read_source, read_truth, resolve_source


def test_a_csv_is_read_as_it_was_delivered(tmp_path: Path) -> None:
    file = tmp_path / "acme.csv"
    file.write_text('week,"sales, net",tv\n2024-01-01,"1,000",\n2024-01-08,007,NA\n')

    frame = read_source(file, "acme.csv")

    assert frame.columns.tolist() == ["week", "sales, net", "tv"]
    assert frame["sales, net"].tolist() == ["1,000", "007"]
    assert frame["tv"].isna().tolist() == [True, False]


def test_a_parquet_file_keeps_its_types(tmp_path: Path) -> None:
    file = tmp_path / "acme.parquet"
    delivered = pd.DataFrame({"week": pd.to_datetime(["2024-01-01"]), "sales": [1]})
    delivered.to_parquet(file)

    frame = read_source(file, "acme.parquet")

    assert frame["week"].dtype.kind == "M"
    assert frame["sales"].dtype == "int64"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.csv", b"", "source_unreadable"),
        ("header.csv", b"week,sales\n", "source_empty"),
        ("ragged.csv", b"week,sales\n2024-01-01,1,2\n", "source_unreadable"),
        ("latin.csv", "week,caf\xe9\n2024-01-01,1\n".encode("latin-1"), "source_unreadable"),
        ("cell.csv", "week,sales\n2024-01-01,\xe9\n".encode("latin-1"), "source_unreadable"),
        ("twice.csv", b"week,tv,tv\n2024-01-01,1,2\n", "column_repeated"),
        ("blank.csv", b"week,tv,,\n2024-01-01,1,2,3\n", "column_repeated"),
        ("text.parquet", b"week,sales\n", "source_unreadable"),
        ("book.xlsx", b"PK\x03\x04", "source_kind"),
        (
            "book.csv",
            b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00\xff\xfe",
            "source_unreadable",
        ),
    ],
)
def test_a_file_that_is_no_table_is_refused(
    name: str, content: bytes, code: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)

    with pytest.raises(SourceError) as caught:
        read_source(tmp_path / name, name)

    assert [problem.code for problem in caught.value.problems] == [code]
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("path", "code"), [("gone.csv", "source_missing"), ("../x.csv", "path_leaves_root")]
)
def test_a_source_that_is_not_below_the_data_root_is_refused(
    path: str, code: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError) as caught:
        resolve_source(tmp_path, path)

    assert caught.value.problems[0].code == code
    assert caught.value.problems[0].setting == ("data", "path")


def test_a_cell_that_holds_several_values_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "acme.parquet"
    pd.DataFrame({"week": ["2024-01-01"], "tv": [[1, 2]]}).to_parquet(file)

    with pytest.raises(SourceError, match="one value per cell; it holds more in 'tv'"):
        read_source(file, "acme.parquet")


@pytest.mark.parametrize("text", ["{", "[1]", '{"roas": 5}', '{"roas": {"tv": NaN}}'])
def test_a_truth_that_is_none_points_at_its_own_setting(text: str, tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text(text)

    with pytest.raises(SourceError) as caught:
        read_truth(tmp_path, "truth.json")

    assert caught.value.problems[0].setting == ("truth",)


def test_a_truth_is_optional(tmp_path: Path) -> None:
    assert read_truth(tmp_path, None) is None


def test_equal_bytes_have_one_digest(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_bytes(b"week\n1\n")

    assert digest_source(tmp_path / "a.csv") == digest_source(tmp_path / "b.csv")
