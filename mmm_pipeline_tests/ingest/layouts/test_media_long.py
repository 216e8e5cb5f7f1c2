from typing import Any

import pandas as pd
import pytest

from mmm_pipeline.ingest.layouts import Arranged, arrange
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline_tests.factories import make_spec
from mmm_pipeline_tests.ingest.layouts.one_world import make_truth, write_media_long

REST = pd.DataFrame({"week": ["2024-01-01", "2024-01-08"], "sales": ["10", "20"]})
COLUMNS = ["week", "lvl1", "lvl2", "spend", "impressions"]
MEDIA = [
    ("2024-01-01", "TV", "Spot", "1,200.50", "1,000,000"),
    ("2024-01-01", "TV", "Sponsoring", "-", ""),
    ("2024-01-08", "TV", "Spot", "100", "5"),
    ("2024-01-08", "TV", "Sponsoring", "50", "-"),
    ("2024-01-08", "Digital", "Search", "7", "70"),
]


def read(
    records: list[tuple[str, ...]], rest: pd.DataFrame = REST, **words: Any
) -> Arranged:  # fmt: skip
    data = {
        "path": "rest.csv",
        "layout": "media_long",
        "date": "week",
        "target": "sales",
        "media_long": {"path": "media.csv", **words.pop("media_long", {})},
        **words.pop("data", {}),
    }
    media = words.pop("media", {"TV": {"exposure": "impressions"}, "Digital": {}})
    table = pd.DataFrame(records, columns=COLUMNS)
    tables = {"raw_data": rest, "raw_media": table}
    return arrange(tables, make_spec(data=data, media=media, **words))


def test_strings_are_cleaned_and_records_added_up_by_date_and_channel() -> None:
    frame = read(MEDIA).frame

    assert frame["spend [=TV]"].tolist() == [1200.5, 150.0]
    assert frame["impressions [=TV]"].tolist() == [1_000_000.0, 5.0]


def test_a_channel_without_a_record_in_a_period_spent_nothing() -> None:
    arranged = read(MEDIA)

    assert arranged.frame["spend [=Digital]"].tolist() == [0.0, 7.0]
    assert arranged.filled["spend [=Digital]"] == 1


def test_levels_may_be_combined() -> None:
    media = {
        "spot": {"where": {"lvl1": "TV", "lvl2": "Spot"}},
        "rest": {"where": {"lvl2": ["Sponsoring", "Search"]}},
    }

    frame = read(MEDIA, media=media).frame

    assert frame["spend [lvl1=TV, lvl2=Spot]"].tolist() == [1200.5, 100.0]
    assert frame["spend [lvl2=Sponsoring|Search]"].tolist() == [0.0, 57.0]


def test_levels_may_have_any_name() -> None:
    media = {"TV": {}}

    frame = read(MEDIA, media=media, media_long={"levels": ["lvl1"]}).frame

    assert frame["spend [=TV]"].sum() == 1350.5


def test_records_of_no_channel_are_said_with_their_share() -> None:
    notes = read(MEDIA, media={"TV": {}}).notes

    assert [note.code for note in notes] == ["unmapped_records"]
    assert "1 records of media.csv are of no channel: 'Digital / Search'" in notes[0].message
    assert "0.5% of 'spend'" in notes[0].message


def test_the_join_counts_what_each_table_has_alone() -> None:
    rest = pd.DataFrame({"week": ["2023-12-25", *REST["week"]], "sales": ["5", "10", "20"]})
    late = ("2024-01-15", "TV", "Spot", "9", "9")

    arranged = read([*MEDIA, late], rest)

    assert arranged.frame["date"].dt.strftime("%m-%d").tolist() == ["01-01", "01-08"]
    note = arranged.notes[0]
    assert note.code == "dropped_periods"
    assert note.dates == ("2023-12-25", "2024-01-15")
    assert (
        "2 periods are in both tables; 1 are in rest.csv alone and 1 in media.csv" in note.message
    )


def test_media_by_day_beside_weeks_are_refused_rather_than_lost() -> None:
    daily = [(f"2024-01-0{n}", "TV", "Spot", "1", "1") for n in range(1, 9)]

    arranged = read(daily, media={"TV": {}})

    assert [problem.code for problem in arranged.problems] == ["join_gap"]


@pytest.mark.parametrize(
    ("cost", "total"), [("1,200", 1200.0), ("12.00", 12.0), (" - ", 0.0), ("", 0.0)]
)
def test_a_cost_is_read_as_it_is_written(cost: str, total: float) -> None:
    records = [(*MEDIA[0][:3], cost, "1"), ("2024-01-08", "TV", "Spot", "0", "1")]

    assert read(records, media={"TV": {}}).frame["spend [=TV]"].sum() == total


def test_a_comma_that_is_not_between_thousands_is_no_number() -> None:
    arranged = read([(*MEDIA[0][:3], "1,5", "1"), *MEDIA[2:]])

    assert [problem.code for problem in arranged.problems] == ["not_a_number"]


def test_a_continental_table_groups_by_points() -> None:
    words = {"csv": {"decimal": ",", "delimiter": ";"}}

    frame = read([(*MEDIA[0][:3], "1.200,5", "1"), *MEDIA[2:]], data=words).frame

    assert frame["spend [=TV]"].tolist() == [1200.5, 150.0]


def test_levels_are_taken_by_their_number() -> None:
    table = pd.DataFrame(MEDIA, columns=COLUMNS)[["week", "lvl2", "lvl1", "spend", "impressions"]]
    data = {
        "path": "rest.csv",
        "layout": "media_long",
        "date": "week",
        "target": "sales",
        "media_long": {"path": "media.csv"},
    }
    spec = make_spec(data=data, media={"TV": {}, "Digital": {}})

    frame = arrange({"raw_data": REST, "raw_media": table}, spec).frame

    assert frame["spend [=TV]"].tolist() == [1200.5, 150.0]


def test_copies_of_a_line_are_said() -> None:
    notes = read([*MEDIA, MEDIA[0]]).notes

    assert [note.code for note in notes] == ["repeated_records"]


def test_cells_are_the_same_whether_written_as_1_or_as_1_0() -> None:
    rest = pd.DataFrame({"week": [*REST["week"]] * 2, "geo": [1, 1, 2, 2], "sales": "5"})
    table = pd.DataFrame(MEDIA, columns=COLUMNS).assign(geo=1.0)
    data = {
        "path": "rest.csv",
        "layout": "media_long",
        "date": "week",
        "target": "sales",
        "panel": ["geo"],
        "media_long": {"path": "media.csv"},
    }
    spec = make_spec(data=data, media={"TV": {}, "Digital": {}})

    arranged = arrange({"raw_data": rest, "raw_media": table}, spec)

    assert arranged.problems == []
    assert arranged.frame["spend [=TV]"].sum() == 1350.5


@pytest.mark.parametrize(("rest", "plan"), [(0, 2), (2, 0), (0, 0)])
def test_the_last_periods_are_those_that_both_tables_have(rest: int, plan: int) -> None:
    tables, spec = write_media_long(make_truth(periods=40))
    weeks = sorted(tables["raw_data"]["week"].unique())
    tables["raw_data"] = tables["raw_data"][lambda t: t["week"] <= weeks[39 - rest]]
    tables["raw_media"] = tables["raw_media"][lambda t: t["week"] <= weeks[39 - plan]]
    data = spec.data.model_dump() | {"window": {"periods": 25}}
    spec = make_spec(data=data, media=spec.media, controls=spec.controls)

    frame = validate_source(tables, spec).frame

    assert len(frame) == 25
    assert str(frame["date"].iloc[-1].date()) == weeks[39 - max(rest, plan)]
