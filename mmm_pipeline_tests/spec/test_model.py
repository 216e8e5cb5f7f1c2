from typing import Any

import pytest
from pydantic import ValidationError

from mmm_pipeline.spec import Belief, GateLimits, ModelSpec, Scenario, resolve_amount
from mmm_pipeline_tests.factories import make_spec


def test_the_minimal_spec_is_accepted_as_it_stands() -> None:
    spec = make_spec()

    assert spec.spend_columns == {"tv": ("tv",), "search": ("search",)}
    assert list(spec.scenarios) == ["cut_20", "current", "grow_30"]
    assert spec.refit is None


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"mediators": "x.csv"}, "`mediators` is no setting that is honoured here"),
        ({"saisonality": {}}, "Did you mean `seasonality`?"),
        ({"media": {"tv": {"kind": "earned"}}}, "must be one of paid, owned, competitor"),
        ({"media": {"tv": {"spent": "x"}}}, "Did you mean `spend`?"),
        ({"media": {}}, "at least one channel"),
        ({"media": {"trend": {}}}, "must not share its name with a reserved word"),
        ({"controls": {"tv": {}}}, "must not share its name with `media.tv`"),
        ({"controls": {"x": {"column": "tv"}}}, "must have one role only"),
        ({"controls": {"spend_tv": {}}}, "must not share its name with a column of `media.tv`"),
        ({"events": {"spend_tv": ["2024-01-01"]}}, "a column of `media.tv`"),
        ({"media": {"chain": {}}}, "a reserved word"),
        ({"controls": {"overlap": {}}}, "a reserved word"),
        ({"scenarios": {"x": {"budget": "-101%"}}}, "must not take away more than there is"),
        ({"scenarios": {"x": {"budget": True}}}, "must be 'current'"),
        ({"name": "../up"}, "must be letters, digits and underscores"),
        ({"data": {"path": "a.csv", "date": "d", "target": "d"}}, "must have one role only"),
        ({"events": {"x": [{"start": "2024-02-01", "end": "2024-01-01"}]}}, "must not end before"),
        ({"refit": {}}, "must name a `cron`"),
        ({"refit": {"cron": "daily"}}, "five fields"),
        ({"sampling": {"chains": 9}}, "must be at most 8"),
        ({"gate": {"max_divergences": 41}}, "must not exceed 1 % of the draws, which is 40"),
        ({"scenarios": {"x": {"budget": "twice"}}}, "must be 'current'"),
        ({"scenarios": {"x": {"budget": -5}}}, "must not be below 0"),
        (
            {"media": {"mail": {"kind": "owned"}}, "experiments": "x.csv"},
            "`experiments` needs media that money is spent on",
        ),
        (
            {"controls": {"spend_tv": {}}, "pooling": "complete"},
            "`pooling` is honoured together",
        ),
    ],
)
def test_a_spec_that_cannot_hold_is_refused(overrides: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make_spec(**overrides)

    assert words in str(caught.value)


def test_a_spec_survives_its_own_json() -> None:
    spec = make_spec(
        events={"x": ["2024-01-01", {"start": "2024-03-01", "end": "2024-03-04"}]},
        refit={"cron": "0 6 * * 1"},
        media={"tv": {"roas": {"low": 1, "mid": 2, "high": 3}}},
    )

    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize("values", [(2, 1, 3), (1, 3, 2), (0, 1, 2), (1, 1, 2)])
def test_a_roas_prior_must_rise(values: tuple[float, float, float]) -> None:
    with pytest.raises(ValidationError):
        Belief(low=values[0], mid=values[1], high=values[2])


@pytest.mark.parametrize(
    "limits",
    [
        {"max_rhat": 1.06},
        {"min_ess": 99},
        {"min_bfmi": 0.19},
        {"max_treedepth_share": 0.06},
        {"max_rhat": float("inf")},
        {"min_ess": float("nan")},
        {"max_rhat": 1.0},
    ],
)
def test_limits_cannot_be_loosened_without_end(limits: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        GateLimits.model_validate(limits)


def test_limits_say_which_of_them_are_loosened() -> None:
    limits = GateLimits(max_rhat=1.02, min_ess=800, min_bfmi=0.25)

    assert limits.loosened == ("max_rhat", "min_bfmi")


@pytest.mark.parametrize(
    ("amount", "money"),
    [("current", 200.0), ("+30%", 260.0), ("-12.5%", 175.0), ("-100%", 0.0), (42, 42.0)],
)
def test_an_amount_resolves_to_money(amount: str | float, money: float) -> None:
    assert Scenario(budget=amount).budget == amount
    assert resolve_amount(amount, 200.0) == pytest.approx(money)


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ({"goal": {}}, "must say one of `roas`"),
        ({"goal": {"roas": 1, "margin": 0.3}}, "got roas, margin"),
        ({"budget": "free"}, "`budget: free` needs a `goal`"),
        ({"extra": 5, "budget": 5}, "say one of them"),
        ({"what_if": {"tv": "+5%"}, "budget": 5}, "`what_if` plans nothing"),
        ({"utility": "sharpe", "goal": {"margin": 1}}, "`utility: sharpe` has none"),
        ({"periods": 3, "phasing": [1, 2]}, "a weight for each of the 3 periods"),
        ({"channels": {"tv": {"spend": 5, "min": 3}}}, "leave `min` and `max` out"),
        ({"channels": {"radio": {}}}, "must speak of channels that money is spent on, tv, search"),
        ({"groups": {"Digital": {"max": 3}}}, "must name `channels`, or be the `group`"),
        ({"free_cells": True}, "honoured together with `data.panel`"),
        ({"controls": {"price": 5}}, "`scenarios.x.controls` must name controls, none; got"),
        ({"controls": {"price": "5%"}}, "a change such as '\\+5%' against the year before"),
        ({"controls": {"price": [1, 2]}}, "a number for each of the 13 periods; got 2"),
        ({"controls": {"price": True}}, "must be a number"),
    ],
)
def test_a_scenario_that_cannot_be_meant_is_refused(scenario: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_spec(scenarios={"x": scenario})


def test_the_model_part_leaves_out_what_does_not_decide_the_posterior() -> None:
    one = make_spec(scenarios={"x": {}}, gate={"max_rhat": 1.005}, refit={"on_new_data": True})

    assert one.model_part() == make_spec().model_part()
    assert one.model_part() != make_spec(l_max=4).model_part()


def test_what_does_not_fit_together_is_told_where_it_stands() -> None:
    scenario = {"channels": {"radio": {}}}
    with pytest.raises(ValidationError) as caught:
        make_spec(controls={"spend_tv": {}}, pooling="complete", scenarios={"x": scenario})

    places = {error["loc"] for error in caught.value.errors()}
    assert places == {("controls", "spend_tv"), ("pooling",), ("scenarios", "x")}


@pytest.mark.parametrize(
    ("overrides", "place", "words"),
    [
        ({"media": {"tv": {"carryover": "lng"}}}, "media.tv.carryover", "Did you mean 'long'?"),
        ({"scenarios": {"x": {"budget": -5}}}, "scenarios.x.budget", "must not be below 0"),
        ({"scenarios": {"x": {"phasing": "evn"}}}, "scenarios.x.phasing", "got 'evn'. Did you"),
        (
            {"scenarios": {"x": {"phasing": {"tv": [-1, 1]}}}},
            "scenarios.x.phasing.tv.0",
            "at least 0",
        ),
        ({"scenarios": {"x": {"start": "soon"}}}, "scenarios.x.start", "a day such as 2026-04-06"),
        (
            {"scenarios": {"x": {"channels": {"tv": {"min": 9, "max": 5}}}}},
            "scenarios.x.channels.tv",
            "`min` must not exceed `max`, which is 5; got 9",
        ),
        (
            {"scenarios": {"x": {"channels": {n: {"min_share": 0.6} for n in ("tv", "search")}}}},
            "scenarios.x",
            "must not exceed 1 together; got 1.2",
        ),
        ({"events": {"x": ["2023-13-01"]}}, "events.x.days.0", "a day such as 2026-04-06"),
        ({"seasonality": 5}, "seasonality", "`word: value` pairs; got 5"),
    ],
)
def test_a_mistake_is_told_once_in_words(overrides: dict[str, Any], place: str, words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make_spec(**overrides)

    (error,) = caught.value.errors()
    assert ".".join(map(str, error["loc"])) == place
    assert words in error["msg"]


def test_every_fault_of_a_spec_is_told_at_its_own_place() -> None:
    with pytest.raises(ValidationError) as caught:
        make_spec(media={"tv": {"kind": "earned", "spent": "x"}}, mediators="x.csv")

    places = {error["loc"] for error in caught.value.errors()}
    assert places == {("media", "tv", "kind"), ("media", "tv", "spent"), ("mediators",)}
