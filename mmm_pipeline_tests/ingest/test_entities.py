"""What is delivered of entities: read, or refused in one message."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.errors import DataError
from mmm_pipeline.ingest.entities import UNMAPPED, choose_measure, validate_entities
from mmm_pipeline.model.features import build_features
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_panel, make_raw, make_spec, validate

COLUMNS = ["week", "channel", "entity", "spend"]
ROWS = [
    ("2024-01-01", "tv", "spring", "10"),
    ("2024-01-01", "tv", "spring", "5.5"),
    ("2024-01-08", "tv", "", "4"),
    ("2024-01-08", "search", "brand", "7"),
    ("2031-01-06", "tv", "spring", "99"),
]


@pytest.fixture(scope="module")
def spec() -> ModelSpec:
    return make_spec(entities="data/entities.csv")


@pytest.fixture(scope="module")
def features(spec: ModelSpec) -> xr.Dataset:
    return build_features(validate(make_raw(), spec), spec)


def deliver(*rows: tuple[str, ...], **columns: Any) -> pd.DataFrame:
    return pd.DataFrame(list(rows or ROWS), columns=COLUMNS).assign(**columns)


def test_records_are_added_up_within_the_periods_of_the_model(
    spec: ModelSpec, features: xr.Dataset
) -> None:
    found = validate_entities(deliver(), spec, features)

    assert found.drop(columns=["date", "exposure"]).to_numpy().tolist() == [
        ["tv", "spring", 15.5],
        ["search", "brand", 7.0],
        ["tv", UNMAPPED, 4.0],
    ]
    assert found["date"].dt.day.tolist() == [1, 8, 8]
    assert found["exposure"].isna().all()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (deliver().drop(columns="entity"), "entity"),
        (deliver().drop(columns="spend"), "must have a column 'spend' or 'exposure'"),
        (deliver(("2024-01-01", "tvv", "a", "1")), "'tvv' is none. Did you mean 'tv'"),
        (deliver(("2024-01-02", "tv", "a", "1")), "2024-01-02 is none. Bring them"),
        (deliver(("2024-01-01", "tv", "a", "-1")), "must not have spend below 0"),
        (deliver(("2024-01-01", "tv", "a", "")), "'tv' must each have a number"),
        (deliver(("2024-01-01", "tv", "a", "1 EUR")), "must hold numbers; got '1 EUR'"),
        (deliver(ROWS[-1]), "must be of the model's periods, 2024-01-01 to 2024-07-22; none is"),
        (deliver(("soon", "tv", "a", "1")), "soon"),
    ],
)
def test_what_cannot_be_an_entity_is_refused(
    table: pd.DataFrame, words: str, spec: ModelSpec, features: xr.Dataset
) -> None:
    with pytest.raises(DataError) as caught:
        validate_entities(table, spec, features)

    assert words in str(caught.value)


def test_an_owned_channel_is_split_by_what_it_showed() -> None:
    media = {"tv": {}, "mail": {"kind": "owned", "exposure": "search"}}
    spec = make_spec(media=media, entities="e.csv")
    features = build_features(validate(make_raw(), spec), spec)
    rows = deliver(("2024-01-01", "mail", "a", "1"))

    with pytest.raises(DataError, match="'mail' must each have a number in the column 'exposure'"):
        validate_entities(rows, spec, features)
    found = validate_entities(rows.assign(exposure="30"), spec, features)

    assert choose_measure(spec, found, "mail") == "exposure"
    assert choose_measure(spec, found, "tv") == "spend"


def test_days_are_brought_to_the_periods_of_the_model() -> None:
    data = {"path": "a.csv", "date": "week", "target": "sales", "grain": "week"}
    spec = make_spec(data=data, entities="e.csv")
    features = build_features(validate(make_raw(), spec), spec)

    found = validate_entities(
        deliver(("2024-01-03", "tv", "a", "1"), ("2024-01-07", "tv", "a", "2")), spec, features
    )

    assert found[["date", "spend"]].to_numpy().tolist() == [[pd.Timestamp("2024-01-01"), 3.0]]


def test_a_panel_has_entities_in_each_cell() -> None:
    data = {"path": "a.csv", "date": "week", "target": "sales", "panel": {"geo": "region"}}
    spec = make_spec(data=data, entities="e.csv")
    named = make_spec(data=data | {"panel": ["geo"]})
    frame = make_panel(named, {"geo": ["north", "south"]}, 30)
    features = build_features(frame, spec)
    rows = deliver(("2024-01-01", "tv", "a", "1"), ("2024-01-01", "tv", "a", "2"))

    found = validate_entities(rows.assign(region=["north", "south"]), spec, features)

    assert found[["geo", "spend"]].to_numpy().tolist() == [["north", 1.0], ["south", 2.0]]
    with pytest.raises(DataError, match="must be of a geo of the model"):
        validate_entities(rows.assign(region="west"), spec, features)
    with pytest.raises(DataError, match="'region'"):
        validate_entities(rows, spec, features)


def test_a_media_plan_holds_its_own_entities() -> None:
    long = {"path": "media.csv", "entity": ["lvl2", "creative"]}
    data = {"path": "a.csv", "date": "week", "target": "sales", "layout": "media_long"}
    spec = make_spec(
        data=data | {"media_long": long, "factors": {"spend": 1000}},
        media={"tv": {"where": {"lvl1": "TV"}}, "search": {"where": {"lvl1": "Digital"}}},
    )
    weeks = pd.date_range("2024-01-01", periods=30, freq="W-MON").strftime("%Y-%m-%d")
    lines = [("TV", "spot", "a", "1.5"), ("TV", "spot", "", "2"), ("Digital", "brand", "b", "-")]
    lines += [("Digital", "brand", "b", "3")]
    media = pd.DataFrame(
        [(week, *line) for week in weeks for line in lines],
        columns=["week", "lvl1", "lvl2", "creative", "spend"],
    )
    raw = make_raw().drop(columns=["tv", "search"])
    features = build_features(validate(raw, spec, media), spec)

    found = validate_entities(media, spec, features)

    first = found[found["date"] == "2024-01-01"].set_index(["channel", "entity"])["spend"]
    assert first.to_dict() == {
        ("tv", "spot / a"): 1500.0,
        ("tv", "spot"): 2000.0,
        ("search", "brand / b"): 3000.0,
    }
    for channel in spec.media:
        total = found[found["channel"] == channel].groupby("date")["spend"].sum()
        np.testing.assert_allclose(total, features["spend"].sel(channel=channel))
    missing = media.drop(columns="creative")
    with pytest.raises(DataError, match="creative"):
        validate_entities(missing, spec, features)


def test_entities_are_named_once() -> None:
    long = {"path": "media.csv", "entity": "lvl2"}
    data = {"path": "a.csv", "date": "week", "target": "sales", "layout": "media_long"}

    with pytest.raises(ValueError, match=r"is in place of `data.media_long.entity`"):
        make_spec(data=data | {"media_long": long}, entities="e.csv")
