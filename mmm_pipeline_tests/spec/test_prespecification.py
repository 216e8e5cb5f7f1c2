from datetime import UTC, datetime
from typing import Any

import pytest

from mmm_pipeline.spec import Prespecification
from mmm_pipeline_tests.factories import make_spec

MOMENT = datetime(2026, 1, 5, 9, tzinfo=UTC)
BASE: dict[str, Any] = {
    "data": {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]},
    "media": {"tv": {"roas": {"low": 1, "mid": 2, "high": 4}}, "search": {}},
    "controls": {"price": {"sign": "negative"}, "rain": {}, "snow": {}},
    "events": {"fair": ["2024-02-05"]},
    "scenarios": {"more": {"budget": "+10%"}},
}
CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"trend": "piecewise"}, "`trend` was 'linear' and is 'piecewise'"),
    ({"seasonality": {"yearly": 3}}, "`seasonality.yearly` was 2 and is 3"),
    ({"l_max": 4}, "`l_max` was 8 and is 4"),
    ({"likelihood": "student_t"}, "`likelihood` was 'normal' and is 'student_t'"),
    ({"link": "log"}, "`link` was 'identity' and is 'log'"),
    ({"time_varying_media": True}, "`time_varying_media` was false and is true"),
    ({"experiments": "data/tests.csv"}, "`experiments` was false and is true"),
    ({"tighten_low_spend": True}, "`tighten_low_spend` was false and is true"),
    ({"pooling": {"media": "complete"}}, "`pooling.media` was 'partial' and is 'complete'"),
    (
        {"control_selection": "lasso"},
        "`control_selection` was not stated and is {method: 'lasso'}",
    ),
    ({"data": BASE["data"] | {"target": "orders"}}, "`data.target` was 'sales' and is 'orders'"),
    (
        {"media": BASE["media"] | {"tv": {"roas": {"median": 2, "factor": 3}}}},
        "`media.tv.roas` was {low: 1.0, mid: 2.0, high: 4.0} and is {median: 2.0, factor: 3.0}",
    ),
    (
        {"media": BASE["media"] | {"tv": {}}},
        "`media.tv.roas` was {low: 1.0, mid: 2.0, high: 4.0} and is not stated",
    ),
    (
        {"media": BASE["media"] | {"search": {"carryover": "delayed"}}},
        "`media.search.carryover` was {form: 'geometric'} and is {form: 'delayed'}",
    ),
    ({"media": BASE["media"] | {"radio": {}}}, "`media.radio` was added"),
    ({"media": {"tv": BASE["media"]["tv"]}}, "`media.search` was taken out"),
    (
        {"controls": BASE["controls"] | {"price": {"sign": "positive"}}},
        "`controls.price.sign` was 'negative' and is 'positive'",
    ),
    ({"controls": {"price": {"sign": "negative"}, "rain": {}}}, "`controls.snow` was taken out"),
    (
        {"events": {"fair": ["2024-02-06"]}},
        "`events.fair.days` was ['2024-02-05'] and is ['2024-02-06']",
    ),
    ({"events": {}}, "`events.fair` was taken out"),
    ({"gate": {"min_ess": 200}}, "`gate.min_ess` was 400.0 and is 200.0"),
    (
        {"scenarios": {"more": {"budget": "+20%"}}},
        "`scenarios.more.budget` was '+10%' and is '+20%'",
    ),
]


def list_deviations(overrides: dict[str, Any]) -> tuple[str, ...]:
    first = Prespecification.take(make_spec(**BASE), MOMENT)
    return first.list_deviations(make_spec(**BASE | overrides))


@pytest.mark.parametrize(("overrides", "sentence"), CHANGES, ids=lambda case: str(case)[:40])
def test_a_deviation_is_told_in_one_sentence(overrides: dict[str, Any], sentence: str) -> None:
    assert list_deviations(overrides) == (sentence,)


def test_every_section_that_is_fixed_is_compared() -> None:
    compared = {word for overrides, _ in CHANGES for word in overrides}

    assert compared == set(Prespecification.take(make_spec(), MOMENT).sections)


@pytest.mark.parametrize(
    "overrides",
    [{}, {"sampling": {"draws": 50}}, {"refit": {"on_new_data": True}}, {"preset": "production"}],
)
def test_what_decides_nothing_is_no_deviation(overrides: dict[str, Any]) -> None:
    assert list_deviations(overrides) == ()


def test_a_preset_deviates_by_what_it_says() -> None:
    first = Prespecification.take(make_spec(), MOMENT)

    deviations = first.list_deviations(make_spec(preset="dt_mart"))

    assert {"`l_max` was 8 and is 4", "`trend` was 'linear' and is 'none'"} <= set(deviations)


def test_it_survives_its_own_json() -> None:
    first = Prespecification.take(make_spec(**BASE), MOMENT)

    stored = Prespecification.model_validate_json(first.model_dump_json())

    assert stored == first
    assert stored.list_deviations(make_spec(**BASE)) == ()


def test_one_of_an_earlier_version_is_read() -> None:
    record = Prespecification.take(make_spec(**BASE), MOMENT).model_dump(mode="json")
    del record["model"]["link"], record["model"]["events"], record["model"]["media"]["tv"]["effect"]
    record["model"]["media"]["tv"]["halo"] = "long"

    assert Prespecification.model_validate(record).list_deviations(make_spec(**BASE)) == (
        "`media.tv.halo` was 'long' and is not stated",
        "`events.fair` was added",
        "`link` was not stated and is 'identity'",
    )


def test_a_word_that_came_later_deviates_from_its_default_only() -> None:
    record = Prespecification.take(make_spec(**BASE), MOMENT).model_dump(mode="json")
    del record["scenarios"]["more"]["utility"], record["model"]["media"]["tv"]["effect"]
    first = Prespecification.model_validate(record)

    assert first.list_deviations(make_spec(**BASE)) == ()
    careful = {"more": {"budget": "+10%", "utility": "cvar"}}
    assert first.list_deviations(make_spec(**BASE | {"scenarios": careful})) == (
        "`scenarios.more.utility` was 'mean' and is 'cvar'",
    )
