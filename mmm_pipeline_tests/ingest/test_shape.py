"""What is done to a source on its way, and only because the spec says so."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mmm_pipeline.errors import DataError
from mmm_pipeline.ingest.read import read_source
from mmm_pipeline.ingest.validate import FILLED, validate_source
from mmm_pipeline.spec import CsvDialect
from mmm_pipeline_tests.factories import make_raw, make_spec, validate

DATA: dict[str, Any] = {"path": "a.csv", "date": "week", "target": "sales"}


def daily(days: int = 150, first: str = "2024-01-03") -> pd.DataFrame:
    """Days, from a Wednesday."""
    dates = pd.date_range(first, periods=days).strftime("%Y-%m-%d")
    ones = np.arange(days)
    return pd.DataFrame(
        {
            "week": dates,
            "sales": (ones % 11).astype(str),
            "tv": "1",
            "search": (ones % 3).astype(str),
            "price": ones.astype(str),
        }
    )


def test_a_target_may_be_a_count_times_a_value() -> None:
    spec = make_spec(data=DATA | {"target": {"count": "sales", "value": "worth"}})

    frame = validate(make_raw(sales=[str(n) for n in range(30)], worth="2.5"), spec)

    assert frame["target"].tolist() == [2.5 * n for n in range(30)]


def test_channels_may_be_grouped() -> None:
    spec = make_spec(media={"digital": {"spend": ["tv", "search"]}})
    raw = make_raw(tv=[str(n) for n in range(30)], search="0.5")

    assert validate(raw, spec)["spend_digital"].tolist() == [n + 0.5 for n in range(30)]


def test_columns_are_multiplied_by_their_factors() -> None:
    spec = make_spec(data=DATA | {"factors": {"tv": 1e7, "sales": 0.01}})

    frame = validate(make_raw(), spec)

    plain = validate(make_raw(), make_spec())
    assert (frame["spend_tv"] == 1e7 * plain["spend_tv"]).all()
    assert (frame["target"] == 0.01 * plain["target"]).all()
    assert (frame["spend_search"] == plain["spend_search"]).all()


def test_a_factor_of_a_column_without_a_role_is_refused() -> None:
    with pytest.raises(ValidationError, match="'x' is none of week"):
        make_spec(data=DATA | {"factors": {"x": 2}})


def test_text_becomes_a_dummy_for_each_word_that_is_asked_for() -> None:
    events = ["na", "Sale", "sale ", None, "Fair", *["na"] * 25]
    controls = {
        "sale": {"column": "event", "equals": "Sale", "fill": 0},
        "any": {"column": "event", "equals": ["Sale", "Fair"], "fill": "forward"},
    }

    frame = validate(make_raw(event=events), make_spec(controls=controls))

    assert frame["sale"].tolist() == [0.0, 1.0, *[0.0] * 28]
    assert frame["any"].tolist() == [0.0, 1.0, 0.0, 0.0, 1.0, *[0.0] * 25]


def test_a_text_that_is_not_there_is_not_taken_for_another() -> None:
    spec = make_spec(controls={"sale": {"column": "event", "equals": "Sale"}})

    with pytest.raises(DataError, match=r"say `controls\.sale\.fill`"):
        validate(make_raw(event=["Sale", None, *["na"] * 28]), spec)


def test_a_text_that_never_comes_is_told_with_those_that_do() -> None:
    spec = make_spec(controls={"sale": {"column": "event", "equals": "sale"}})

    with pytest.raises(DataError, match=r"It holds: Sale, na\. Did you mean 'Sale'\?") as caught:
        validate(make_raw(event=["Sale", *["na"] * 29]), spec)

    assert [problem.code for problem in caught.value.problems] == ["missing_text"]


@pytest.mark.parametrize(
    ("fill", "filled"), [("forward", [1, 1, 1, 4]), ("nearest", [1, 1, 4, 4]), (0, [1, 0, 0, 4])]
)
def test_controls_are_filled_as_the_spec_says(fill: Any, filled: list[float]) -> None:
    price = ["1", "", None, "4", *[str(n) for n in range(26)]]
    spec = make_spec(controls={"price": {"fill": fill}})

    frame = validate(make_raw(price=price), spec)

    assert frame["price"].tolist()[:4] == filled
    assert frame.attrs[FILLED] == {"price": 2 / 30}


def test_a_cell_that_says_nan_is_not_filled_but_named() -> None:
    price = ["1", "", "NaN", "4", *[str(n) for n in range(26)]]

    with pytest.raises(DataError) as caught:
        validate(make_raw(price=price), make_spec(controls={"price": {"fill": "forward"}}))

    assert [problem.dates for problem in caught.value.problems] == [("2024-01-15",)]


def test_a_panel_is_filled_cell_by_cell() -> None:
    raw = pd.concat([make_raw(geo=geo, price=price) for geo, price in (("a", "1"), ("b", "2"))])
    raw["price"] = ["3", *raw["price"].iloc[1:30], "4", None, *raw["price"].iloc[32:]]
    spec = make_spec(data=DATA | {"panel": ["geo"]}, controls={"price": {"fill": "forward"}})

    frame = validate(raw, spec)

    assert frame.loc[frame["geo"] == "b", "price"].tolist()[:3] == [4.0, 4.0, 2.0]


def test_days_are_brought_to_whole_weeks() -> None:
    spec = make_spec(data=DATA | {"grain": "week"}, controls={"price": {}})

    validated = validate_source({"raw_data": daily()}, spec)

    frame = validated.frame
    assert frame["date"].dt.day_name().unique().tolist() == ["Monday"]
    assert frame["date"].iloc[0] == pd.Timestamp("2024-01-08")
    assert frame["spend_tv"].unique().tolist() == [7.0]
    assert frame["price"].iloc[0] == np.arange(5, 12).mean()
    dropped = validated.notes[0]
    assert dropped.code == "partial_periods"
    assert dropped.dates[:5] == tuple(f"2024-01-0{n}" for n in range(3, 8))
    assert dropped.dates[5:] == (
        "2024-05-27",
        "2024-05-28",
        "2024-05-29",
        "2024-05-30",
        "2024-05-31",
    )


@pytest.mark.parametrize(
    ("how", "value"), [("sum", 56.0), ("mean", 8.0), ("max", 11.0), ("last", 11.0)]
)
def test_controls_are_brought_together_as_the_spec_says(how: str, value: float) -> None:
    spec = make_spec(data=DATA | {"grain": "week"}, controls={"price": {"aggregate": how}})

    assert validate(daily().sample(frac=1, random_state=1), spec)["price"].iloc[0] == value


def test_weeks_may_begin_on_any_day() -> None:
    spec = make_spec(data=DATA | {"grain": "week", "week_start": "sunday"})

    frame = validate(daily(), spec)

    assert frame["date"].iloc[0] == pd.Timestamp("2024-01-07")
    assert frame["date"].dt.day_name().unique().tolist() == ["Sunday"]


def test_days_are_brought_to_whole_months() -> None:
    spec = make_spec(data=DATA | {"grain": "month"})

    frame = validate(daily(700), spec)

    assert frame["date"].iloc[0] == pd.Timestamp("2024-02-01")
    assert frame["spend_tv"].tolist()[:2] == [29.0, 31.0]


def test_a_source_of_the_grain_that_is_asked_for_is_left_alone() -> None:
    spec = make_spec(data=DATA | {"grain": "week"})

    assert validate(make_raw(), spec).equals(validate(make_raw(), make_spec()))


@given(
    first=st.dates(pd.Timestamp("2015-01-01").date(), pd.Timestamp("2024-12-31").date()),
    days=st.integers(160, 240),
    start=st.sampled_from(["monday", "thursday", "sunday"]),
)
@settings(max_examples=25)
def test_resampling_loses_nothing_but_what_it_names(first: Any, days: int, start: str) -> None:
    raw = daily(days, str(first))
    spec = make_spec(data=DATA | {"grain": "week", "week_start": start})

    validated = validate_source({"raw_data": raw}, spec)

    dropped = validated.notes[0].dates if validated.notes else ()
    kept = ~raw["week"].isin(dropped)
    assert len(dropped) < 14
    for source, column in (("sales", "target"), ("tv", "spend_tv"), ("search", "spend_search")):
        assert validated.frame[column].sum() == raw.loc[kept, source].astype(float).sum()


def test_only_the_last_periods_may_be_kept() -> None:
    spec = make_spec(data=DATA | {"window": {"periods": 25}})

    frame = validate(make_raw(40), spec)

    assert len(frame) == 25
    assert frame["date"].iloc[-1] == pd.Timestamp(make_raw(40)["week"].iloc[-1])


def test_rows_before_the_last_periods_are_not_looked_at() -> None:
    raw = make_raw(40)
    raw.loc[3, "tv"] = "?"
    spec = make_spec(data=DATA | {"window": {"periods": 25}})

    assert len(validate(raw, spec)) == 25


@given(periods=st.integers(20, 24), grain=st.sampled_from(["week", "month"]))
@settings(max_examples=10)
def test_a_window_of_periods_is_the_end_of_what_there_is(periods: int, grain: Any) -> None:
    raw = daily(900)
    words = DATA | {"grain": grain}

    whole = validate(raw, make_spec(data=words))
    last = validate(raw, make_spec(data=words | {"window": {"periods": periods}}))

    pd.testing.assert_frame_equal(last, whole.tail(periods).reset_index(drop=True))


def test_weeks_cannot_be_made_to_begin_on_another_day() -> None:
    spec = make_spec(data=DATA | {"week_start": "sunday"})

    with pytest.raises(DataError, match=r"the weeks of a\.csv begin on a monday"):
        validate(make_raw(), spec)


@pytest.mark.parametrize("name", ["origin", "row", "value", "is_nan", "order", "_over_0"])
def test_a_column_may_have_any_name(name: str) -> None:
    stores = pd.concat([daily().assign(**{name: store}) for store in ("s1", "s2")])
    spec = make_spec(data=DATA | {"grain": "week", "sum_over": [name]})

    assert validate(stores, spec)["spend_tv"].unique().tolist() == [14.0]


@pytest.mark.parametrize("name", ["origin", "row", "value", "is_nan", "order"])
def test_a_dim_and_a_control_may_have_any_name(name: str) -> None:
    stores = pd.concat([daily().assign(**{name: store}) for store in ("s1", "s2")])
    panel = make_spec(data=DATA | {"grain": "week", "panel": [name]})
    control = make_spec(
        data=DATA | {"grain": "week"}, controls={name: {"column": "price", "fill": "nearest"}}
    )

    assert validate(stores, panel)[name].unique().tolist() == ["s1", "s2"]
    assert validate(daily(), control)[name].iloc[0] == 8.0


def test_a_dim_and_what_is_added_up_over_may_share_a_name() -> None:
    stores = pd.concat([daily().assign(store=name, Region="North") for name in ("s1", "s2")])
    data = DATA | {"panel": {"store": "Region"}, "sum_over": ["store"]}

    frame = validate(stores, make_spec(data=data))

    assert frame["store"].unique().tolist() == ["North"]
    assert frame["spend_tv"].unique().tolist() == [2.0]


def test_people_that_differ_within_a_cell_are_refused() -> None:
    stores = pd.concat(
        [daily().assign(store=n, geo="x", people=n) for n in ("1", "2")], ignore_index=True
    )
    data = DATA | {"panel": ["geo"], "sum_over": ["store"], "population": "people"}

    with pytest.raises(DataError, match="must hold the same number in all rows"):
        validate(stores, make_spec(data=data))


@pytest.mark.parametrize("fill", ["forward", 0])
def test_a_typed_cell_that_says_nan_is_not_filled(fill: Any, tmp_path: Path) -> None:
    price = pa.array([1.0, None, float("nan"), *map(float, range(27))])
    table = pa.Table.from_pandas(make_raw()).append_column("price", price)
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    raw = read_source(tmp_path, "a.parquet", CsvDialect()).frame
    raw.to_parquet(tmp_path / "again.parquet")  # As the store does.
    spec = make_spec(controls={"price": {"fill": fill}})

    with pytest.raises(DataError) as caught:
        validate(pd.read_parquet(tmp_path / "again.parquet"), spec)

    assert [problem.dates for problem in caught.value.problems] == [("2024-01-15",)]


@pytest.mark.parametrize(
    ("tv", "is_noted"),
    [(["72.060", "1.250"], True), (["72.06", "1.250"], False), (["72060", "0.250"], False)],
)
def test_fractions_that_look_like_thousands_are_said(tv: list[str], is_noted: bool) -> None:
    raw = make_raw(60, tv=[*tv, *["367"] * 58])

    notes = validate_source({"raw_data": raw}, make_spec()).notes

    assert ("thousands_or_decimals" in {note.code for note in notes}) == is_noted


def test_all_of_it_at_once() -> None:
    stores = pd.concat([daily().assign(store=store) for store in ("s1", "s2")])
    data = DATA | {"grain": "week", "sum_over": ["store"], "factors": {"tv": 2}}
    spec = make_spec(data=data, media={"all": {"spend": ["tv", "search"]}})

    frame = validate(stores, spec)

    one = daily().iloc[5:12]
    expected = 2 * (2 * one["tv"].astype(float) + one["search"].astype(float)).sum()
    assert frame["spend_all"].iloc[0] == expected
