"""Random damage to a file: our own error or a correct frame, never anything else."""

import csv
import io
import math
import tempfile
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmm_pipeline.errors import DataError
from mmm_pipeline.ingest.read import read_source
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline.spec import CsvDialect
from mmm_pipeline_tests.factories import make_raw, make_spec

SPEC = make_spec(controls={"price": {}})
TEXT = make_raw(26, price=[str(n) for n in range(26)], note="fine").to_csv(index=False)
COLUMNS = {"sales": "target", "tv": "spend_tv", "search": "spend_search", "price": "price"}

type Damage = Callable[[bytes], bytes]


def _edit_lines(edit: Callable[[list[bytes]], list[bytes]]) -> Damage:
    return lambda content: b"".join(edit(content.splitlines(keepends=True)))


def _drop(line: int) -> Damage:
    return _edit_lines(lambda lines: lines[:line] + lines[line + 1 :])


def _repeat(line: int) -> Damage:
    return _edit_lines(lambda lines: lines[: line + 1] + lines[line : line + 1] + lines[line + 1 :])


def _shuffle(order: list[int]) -> Damage:
    return _edit_lines(lambda lines: lines[:1] + [lines[n] for n in order if 0 < n < len(lines)])


def _cut(share: float) -> Damage:
    return lambda content: content[: int(share * len(content))]


def _put(share: float, junk: bytes) -> Damage:
    return lambda content: (
        content[: int(share * len(content))] + junk + content[int(share * len(content)) :]
    )


def _retype(line: int, cell: int, value: str) -> Damage:
    def edit(lines: list[bytes]) -> list[bytes]:
        if line >= len(lines):
            return lines
        cells = lines[line].rstrip(b"\r\n").split(b",")
        cells[cell % len(cells)] = value.encode()
        return [*lines[:line], b",".join(cells) + b"\n", *lines[line + 1 :]]

    return _edit_lines(edit)


def _end_lines(every: int, end: bytes) -> Damage:
    return _edit_lines(
        lambda lines: [
            one.rstrip(b"\r\n") + end if n % every == 0 else one for n, one in enumerate(lines)
        ]
    )


LINES = st.integers(0, 27)
VALUES = st.one_of(
    st.sampled_from(
        ["", "NaN", "-", "=1+1", "@SUM(A1)", "+5", "1e3", "1e400", "inf", "1,5", '"1,5"', "'7",
         "0x10", "1_0", "TRUE", "2024-01-01", "01/02/2024", "١", "1 000", '"', '""', " 3 ", "é"]
    ),
    st.floats(allow_nan=False).map(str),
    st.text(max_size=6),
)  # fmt: skip
DAMAGE = st.one_of(
    st.builds(_drop, LINES),
    st.builds(_repeat, LINES),
    st.builds(_shuffle, st.permutations(range(1, 27))),
    st.builds(_cut, st.floats(0, 1)),
    st.builds(_put, st.floats(0, 1), st.binary(min_size=1, max_size=4)),
    st.builds(_put, st.floats(0, 1), st.sampled_from([b"\xff\xfe", b"\0", b'"', b"\r", b"\n,"])),
    st.builds(_retype, LINES, st.integers(0, 5), VALUES),
    st.builds(_end_lines, st.integers(1, 3), st.sampled_from([b"\r\n", b"\n", b"\r", b"\n\n"])),
    st.just(lambda content: b"\xef\xbb\xbf" + content),
    st.just(lambda content: content.decode("utf-8", "replace").encode("utf-16")),
    st.just(lambda content: content.replace(b",", b";")),
    st.just(lambda _: b""),
    st.just(lambda content: content.splitlines(keepends=True)[0] if content else content),
    st.just(lambda content: content.replace(b"\n", b" ")),
    st.just(lambda content: b"PK\x03\x04" + content),
)


def _ingest(content: bytes) -> pd.DataFrame | None:
    """The validated frame, or None where the input was refused in our own words."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "acme.csv").write_bytes(content)
        try:
            raw = read_source(Path(name), "acme.csv", CsvDialect()).frame
            return validate_source({"raw_data": raw}, SPEC).frame
        except DataError:
            return None


def _read_independently(content: bytes) -> list[dict[str, str]]:
    """The same file, by Python's own CSV reader."""
    text = content.decode("utf-8-sig").lstrip("\r\n")
    return [row for row in csv.DictReader(io.StringIO(text, newline="")) if any(row.values())]


@given(damages=st.lists(DAMAGE, min_size=1, max_size=3))
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_damage_is_refused_or_changes_nothing_unseen(damages: list[Damage]) -> None:
    content = TEXT.encode()
    for damage in damages:
        content = damage(content)

    frame = _ingest(content)

    if frame is None:
        return
    rows = _read_independently(content)
    assert len(rows) == len(frame)
    for source, column in COLUMNS.items():
        total = math.fsum(float(row[source]) for row in rows)
        assert frame[column].sum() == pytest.approx(total, rel=1e-12, abs=1e-9)
    days = sorted(row["week"].strip()[:10] for row in rows)
    assert frame["date"].dt.strftime("%Y-%m-%d").tolist() == days


def test_the_undamaged_file_is_accepted() -> None:
    assert _ingest(TEXT.encode()) is not None


@pytest.mark.parametrize("size", [10_000_000])
@pytest.mark.parametrize("start", [b"", TEXT.encode()])
def test_a_single_long_line_is_refused(start: bytes, size: int) -> None:
    assert _ingest(start + b"x" * size + b"\n") is None
