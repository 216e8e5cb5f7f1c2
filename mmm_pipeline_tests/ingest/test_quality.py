"""What is allowed, and said: each warning on data that deserve it, and on none that do not."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.errors import Problem
from mmm_pipeline.ingest.quality import find_warnings
from mmm_pipeline.ingest.quality.collinearity import correlate, inflate
from mmm_pipeline.ingest.rules import RULES
from mmm_pipeline_tests.factories import make_raw, make_spec, validate

N = 60
RNG = np.random.default_rng(3)


def texts(values: Any) -> list[str]:
    return [str(value) for value in values]


def zeros(column: str, share: float) -> list[str]:
    values = make_raw(N)[column].tolist()
    return [*["0"] * round(share * N), *values[round(share * N) :]]


def first(column: str, value: str) -> list[str]:
    return [value, *make_raw(N)[column].tolist()[1:]]


TV, SEARCH = (make_raw(N)[name].astype(float) for name in ("tv", "search"))
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], str | None]] = {
    "negative_target": ({"sales": first("sales", "-5")}, {}, "2024-01-01"),
    "zero_target": ({"sales": zeros("sales", 0.2)}, {}, "2024-01-01"),
    "target_outlier": ({"sales": first("sales", "99999")}, {}, "2024-01-01"),
    "target_scale": ({"sales": texts(range(1, N + 1))}, {"data.factors": {"sales": 0.01}}, None),
    "rarely_active": ({"tv": zeros("tv", 0.9)}, {}, "2025-01-13"),
    "often_idle": ({"tv": zeros("tv", 0.6)}, {}, "2024-09-09"),
    "small_share": ({"tv": texts(TV / 100)}, {}, None),
    "constant_spend": ({"tv": "100"}, {}, None),
    "erratic_spend": ({"tv": first("tv", "99999")}, {}, None),
    "collinear_channels": ({"search": texts(TV * 2 + SEARCH / 9)}, {}, None),
    "variance_inflation": (
        {"radio": texts(TV + SEARCH + 0.5)},
        {"media": {"tv": {}, "search": {}, "radio": {}}},
        None,
    ),
    "wide_prior": ({}, {"media": {"tv": {"roas": {"low": 0.1, "mid": 1, "high": 9}}}}, None),
    "loose_prior": ({}, {"media": {"tv": {"roas": {"low": 0.2, "mid": 1, "high": 9}}}}, None),
    "spend_without_exposure": (
        {"search": first("search", "0")},
        {"media": {"tv": {"exposure": "search"}}},
        "2024-01-01",
    ),
    "exposure_without_spend": (
        {"tv": first("tv", "0")},
        {"media": {"tv": {"exposure": "search"}}},
        "2024-01-01",
    ),
    "frequency_below_one": (
        {"people": "60", "contacts": ["50", *["90"] * (N - 1)]},
        {"media": {"tv": {"exposure": "contacts", "reach": "people"}}},
        "2024-01-01",
    ),
    "partial_last_period": (
        {"sales": [*make_raw(N)["sales"].tolist()[:-1], "400"]},
        {},
        "2025-02-17",
    ),
    "not_binary": (
        {"promo": texts(range(N))},
        {"controls": {"promo": {"binary": True}}},
        "2024-01-15",
    ),
    "no_exposure": ({}, {"data.layout": "entity_panel"}, None),
}


def warn(code: str) -> list[Problem]:
    columns, words, _ = CASES[code]
    data = {"path": "a.csv", "date": "week", "target": "sales"}
    data |= {word[5:]: value for word, value in words.items() if word.startswith("data.")}
    raw = make_raw(N, **columns)
    if "layout" in data:
        raw = raw.rename(columns={"tv": "spend_tv", "search": "spend_search"}).assign(entity_id="s")
    rest = {word: value for word, value in words.items() if not word.startswith("data.")}
    spec = make_spec(data=data, **rest)
    return find_warnings(validate(raw, spec), spec)


@pytest.mark.parametrize("code", CASES)
def test_what_is_odd_but_allowed_is_said_by_code_and_date(code: str) -> None:
    found = {problem.code: problem for problem in warn(code)}

    assert code in found
    date = CASES[code][2]
    if date is not None:
        assert found[code].dates[0] == date
    assert found[code].message.endswith(".")


def test_every_warning_is_tried_here_or_where_it_comes_from() -> None:
    elsewhere = {
        *("partial_periods", "dropped_periods", "unmapped_records", "unused_variables"),
        *("restated_history", "short_history", "thousands_or_decimals", "repeated_records"),
        "split_amount",
    }
    assert set(CASES) | elsewhere == {rule.code for rule in RULES if rule.severity != "error"}


def test_a_history_of_less_than_a_year_is_said() -> None:
    spec = make_spec()

    assert [p.code for p in find_warnings(validate(make_raw(52), spec), spec)] == ["short_history"]
    assert find_warnings(validate(make_raw(53), spec), spec) == []


def test_a_period_that_was_not_over_when_it_was_delivered_is_said() -> None:
    spec = make_spec()
    frame = validate(make_raw(N), spec)

    found = find_warnings(frame, spec, received=dt.date(2025, 2, 20))

    assert [problem.code for problem in found] == ["partial_last_period"]
    assert "2025-02-23, and was delivered on 2025-02-20" in found[0].message
    assert find_warnings(frame, spec, received=dt.date(2025, 2, 24)) == []


def test_in_a_panel_only_movement_within_cells_counts() -> None:
    levels = {"a": 1.0, "b": 100.0, "c": 10_000.0}
    raw = pd.concat(
        [
            make_raw(
                N, geo=geo, tv=texts(level + RNG.random(N)), search=texts(level + RNG.random(N))
            )
            for geo, level in levels.items()
        ]
    )
    spec = make_spec(data={"path": "a", "date": "week", "target": "sales", "panel": ["geo"]})

    r = correlate(validate(raw, spec), spec)

    assert abs(r.loc["spend_tv", "spend_search"]) < 0.3


def test_outliers_of_a_panel_are_those_of_their_cell() -> None:
    small = make_raw(N, geo="small", sales=first("sales", "9999"))
    large = make_raw(N, geo="large", sales=texts(make_raw(N)["sales"].astype(float) * 1000))
    spec = make_spec(data={"path": "a", "date": "week", "target": "sales", "panel": ["geo"]})

    found = find_warnings(validate(pd.concat([small, large]), spec), spec)

    outliers = next(problem for problem in found if problem.code == "target_outlier")
    assert [offence.place for offence in outliers.offences] == ["2024-01-01 (small)"]


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 6))
def test_variance_inflation_is_that_of_regressions(seed: int, n: int) -> None:
    x = np.random.default_rng(seed).standard_normal((50, n)) @ np.random.default_rng(n).random(
        (n, n)
    )
    frame = pd.DataFrame(x).rename(columns=str)

    factors = inflate(frame.corr())

    centred = x - x.mean(axis=0)
    for column in range(n):
        others = np.delete(centred, column, axis=1)
        left = centred[:, column] - others @ np.linalg.lstsq(others, centred[:, column])[0]
        expected = (centred[:, column] ** 2).sum() / (left**2).sum()
        # Two ways around one inversion agree to the square root of double precision.
        assert factors[str(column)] == pytest.approx(expected, rel=1e-6)


def test_a_column_that_is_the_sum_of_others_is_inflated_without_end() -> None:
    frame = pd.DataFrame({"a": [1.0, 2, 4, 7], "b": [3.0, 1, 0, 2]})
    frame["c"] = frame["a"] + frame["b"]

    assert (inflate(frame.corr()) > 1e6).all()
