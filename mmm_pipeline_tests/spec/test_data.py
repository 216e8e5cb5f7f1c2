from typing import Any

import pytest
from pydantic import ValidationError

from mmm_pipeline.spec import DataSource, ModelSpec
from mmm_pipeline_tests.factories import make_spec

BASE = {"path": "a.csv", "date": "week", "target": "sales"}
PLAN = {"layout": "media_long", "media_long": {"path": "plan.csv"}}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"layout": "long"}, "must be one of wide, mff, entity_panel, media_long"),
        ({"path": {"duckdb": "a.duckdb"}}, "either a `table` or the `sql`"),
        ({"path": {"duckdb": "a", "table": "t", "sql": "SELECT 1"}}, "either a `table` or"),
        ({"path": {"sql": "SELECT 1"}}, "a `duckdb` file, or `tables` for its `sql`"),
        ({"path": {"duckdb": "a", "table": "t", "tables": {"m": "m.csv"}}}, "with `sql` only"),
        ({"path": {"duckdb": "a", "tabel": "t"}}, "Did you mean `table`?"),
        ({"target": {"count": "a"}}, "Field required"),
        ({"csv": {"decimal": ",", "thousands": ","}}, "`decimal` and `thousands` must differ"),
        ({"csv": {"encoding": "latin"}}, ""),
        ({"csv": {"encoding": "klingon"}}, "must be one that Python knows"),
        ({"dayfirst": True, "date_format": "%Y-%m-%d"}, "`dayfirst` or `date_format`, not both"),
        ({"date_format": "%d.%m"}, "must tell a day"),
        ({"date_format": "%Q"}, "must tell a day"),
        ({"factors": {"tv": 0}}, "must be above 0"),
        ({"factors": {"tvv": 2}}, "'tvv' is none of week"),
        ({"population": "people"}, "together with `data.panel` only"),
        ({"panel": ["geo"], "sum_over": ["geo"]}, "must have one role only"),
        ({"panel": ["sales"]}, "must have one role only"),
        ({"panel": {"geo": "Region"}, "target": "geo"}, "must not bear the name of"),
        ({"target": "date"}, "must not bear the name of the date"),
        ({"panel": None}, "`word: value` pairs"),
        ({"panel": 5}, "`word: value` pairs"),
        ({"panel": [{"geo": "x"}]}, "`word: value` pairs"),
        ({"sum_over": None}, "must be a list"),
        ({"sum_over": {"a": "b"}}, "must be a list"),
        ({"factors": {"tv": True}}, "must be a number"),
        ({"csv": {"delimiter": "€"}}, "must be a sign of ASCII"),
        ({"csv": {"encoding": "punycode"}}, "must be one that Python knows"),
        ({"panel": ["tv"]}, "must not share its name"),
        ({"panel": ["share"]}, "with a column of the results; call the dim otherwise: `panel: {pa"),
        ({"window": {"start": "2024-02-01", "end": "2024-01-01"}}, "must not end before"),
        ({"expect": {"min_periods": 9, "max_periods": 5}}, "`min_periods` must not exceed"),
        ({"mff": {}}, "`data.mff` is honoured with `layout: mff` only"),
        ({"media_long": {"path": "x"}}, "is honoured with `layout: media_long` only"),
        ({"layout": "media_long"}, "must name the table of media"),
        ({"layout": "mff", "panel": ["place"]}, "must name dims of the file"),
        ({"layout": "mff", "sum_over": ["campaign"]}, "which adds up by itself"),
        ({"layout": "mff", "mff": {"weights": "population"}}, "needs `data.population`"),
        ({"layout": "mff", "mff": {"dimensions": {"tv": ["town"]}}}, "must be one of"),
        ({"grain": "year"}, "must be one of day, week, month"),
        ({"week_start": "mon"}, "must be one of monday"),
    ],
)  # fmt: skip
def test_data_that_contradict_themselves_are_refused(words: dict[str, Any], told: str) -> None:
    if not told:
        make_spec(data=BASE | words)
        return
    with pytest.raises(ValidationError) as caught:
        make_spec(data=BASE | words)

    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("media", "told"),
    [
        ({"kind": "competitor", "spend": "x"}, "`spend` is not honoured with `kind: competitor`"),
        ({"kind": "owned", "roas": {"low": 1, "mid": 2, "high": 3}}, "`roas` needs `spend`"),
        ({"where": {"lvl1": "TV"}}, "honoured with `layout: mff` or `media_long` only"),
        ({"spend": []}, "at least 1 item"),
    ],
)
def test_media_that_contradict_themselves_are_refused(media: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make_spec(media={"tv": media})

    assert told in str(caught.value)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"days": ["2024-01-01"], "months": [1]},
        {"months": [13]},
        {"only": ["Christmas Day"], "months": [1]},
        {"country": "US", "months": [1]},
    ],
)
def test_an_event_has_one_origin(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_spec(events={"x": event})


SPECS: list[dict[str, Any]] = [
    {"data": {"path": "a.csv", "layout": "entity_panel"}},
    {"data": {"path": "a.csv", "layout": "entity_panel", "panel": ["entity_id"]}},
    {"data": {"path": "a.csv", "layout": "mff", "target": "Sales", "panel": ["geography"]}},
    {"data": BASE | PLAN, "media": {"tv": {"where": {"lvl1": ["TV", "Kino"]}}}},
    {"data": BASE | {"path": {"sql": "SELECT 1", "tables": {"m": "m.csv"}}}},
    {"data": BASE | {"target": {"count": "orders", "value": "basket"}, "panel": {"geo": "Land"}}},
    {"events": {"x": {"country": "DE", "only": "Epiphany", "sign": "positive"}}},
    {"data": BASE | {"layout": "mff", "panel": {"place": "Geography"}}},
    {"controls": {"x": {"equals": "Sale"}, "y": {"fill": "forward"}, "z": {"fill": 0.5}}},
]


@pytest.mark.parametrize("words", SPECS)
def test_a_spec_of_any_layout_survives_its_own_json(words: dict[str, Any]) -> None:
    spec = make_spec(**words)

    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


def test_layouts_name_their_own_columns() -> None:
    store = make_spec(**SPECS[0], controls={"price": {}})

    assert store.data.date == "period_start"
    assert store.data.sum_over == ("entity_id",)
    assert store.spend_columns["tv"] == ("spend_tv",)
    assert store.control_columns == {"price": "ctrl_price"}
    assert make_spec(**SPECS[1]).data.sum_over == ()
    assert make_spec(**SPECS[2]).data.date == "Period"


@pytest.mark.parametrize(
    ("words", "breakeven"),
    [
        ({}, 1.0),
        ({"margin": 0.4}, 2.5),
        ({"kpi": "count"}, None),
        ({"kpi": "count", "target_cost": 20}, 0.05),
    ],
)
def test_money_comes_back_where_margin_or_target_cost_say(
    words: dict[str, Any], breakeven: float | None
) -> None:
    data = DataSource(**BASE, **words)

    assert data.breakeven_roas == breakeven


@pytest.mark.parametrize(
    "words", [{"kpi": "count", "margin": 0.4}, {"target_cost": 20}, {"margin": 0}, {"margin": 1.1}]
)
def test_a_margin_is_of_revenue_and_a_target_cost_of_counts(words: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"honoured with `kpi: |must be above 0|must be at most"):
        DataSource(**BASE, **words)
