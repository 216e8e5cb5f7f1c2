"""What is done to a source on its way, and only because the spec says so."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mmm_pipeline.errors import DataError
from mmm_pipeline.ingest.validate import FILLED, validate_source
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
    with pytest.raises(ValidationError, match="'x' has none"):
        make_spec(data=DATA | {"factors": {"x": 2}})


def test_text_becomes_a_dummy_for_each_word_that_is_asked_for() -> None:
    events = ["na", "Sale", "sale ", None, "Fair", *["na"] * 25]
    controls = {
        "sale": {"column": "event", "equals": "Sale"},
        "any": {"column": "event", "equals": ["Sale", "Fair"]},
    }

    frame = validate(make_raw(event=events), make_spec(controls=controls))

    assert frame["sale"].tolist() == [0.0, 1.0, *[0.0] * 28]
    assert frame["any"].tolist() == [0.0, 1.0, 0.0, 0.0, 1.0, *[0.0] * 25]


@pytest.mark.parametrize(
    ("fill", "filled"), [("forward", [1, 1, 1, 4]), ("nearest", [1, 1, 4, 4]), (0, [1, 0, 0, 4])]
)
def test_controls_are_filled_as_the_spec_says(fill: Any, filled: list[float]) -> None:
    price = ["1", "", None, "4", *[str(n) for n in range(26)]]
    spec = make_spec(controls={"price": {"fill": fill}})

    frame = validate(make_raw(price=price), spec)

    assert frame["price"].tolist()[:4] == filled
    assert frame.attrs[FILLED] == {"price": 2}


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
@settings(max_examples=25, deadline=None)
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


def test_all_of_it_at_once() -> None:
    stores = pd.concat([daily().assign(store=store) for store in ("s1", "s2")])
    data = DATA | {"grain": "week", "sum_over": ["store"], "factors": {"tv": 2}}
    spec = make_spec(data=data, media={"all": {"spend": ["tv", "search"]}})

    frame = validate(stores, spec)

    one = daily().iloc[5:12]
    expected = 2 * (2 * one["tv"].astype(float) + one["search"].astype(float)).sum()
    assert frame["spend_all"].iloc[0] == expected
