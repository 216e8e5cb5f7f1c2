from typing import Any

import pytest
from pydantic import ValidationError

from mmm_pipeline.spec import Belief, GateLimits, ModelSpec, Scenario
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
        ({"media": {"tv": {"kind": "earned"}}}, "Input should be 'paid', 'owned' or 'competitor'"),
        ({"media": {"tv": {"spent": "x"}}}, "Did you mean `spend`?"),
        ({"media": {}}, "at least one channel"),
        ({"media": {"trend": {}}}, "must not share its name with a reserved word"),
        ({"controls": {"tv": {}}}, "must not share its name with `media.tv`"),
        ({"controls": {"x": {"column": "tv"}}}, "must have one role only"),
        ({"controls": {"spend_tv": {}}}, "must not share its name with a column of `media.tv`"),
        ({"events": {"spend_tv": ["2024-01-01"]}}, "a column of `media.tv`"),
        ({"media": {"chain": {}}}, "a reserved word"),
        ({"scenarios": {"x": {"budget": "-100%"}}}, "must leave something to spend"),
        ({"scenarios": {"x": {"budget": True}}}, "`budget` must be"),
        ({"name": "../up"}, "String should match pattern"),
        ({"data": {"path": "a.csv", "date": "d", "target": "d"}}, "must have one role only"),
        ({"events": {"x": [{"start": "2024-02-01", "end": "2024-01-01"}]}}, "must not end before"),
        ({"refit": {}}, "must name a `cron`"),
        ({"refit": {"cron": "daily"}}, "five fields"),
        ({"sampling": {"chains": 9}}, "less than or equal to 8"),
        ({"gate": {"max_divergences": 41}}, "must not exceed 1 % of the draws, which is 40"),
        ({"scenarios": {"x": {"budget": "twice"}}}, "`budget` must be 'current'"),
        ({"scenarios": {"x": {"budget": -5}}}, "`budget` must be above 0"),
        (
            {"media": {"mail": {"kind": "owned"}}, "experiments": "x.csv"},
            "`experiments` needs media that money is spent on",
        ),
        (
            {"controls": {"spend_tv": {}}, "pooling": "complete"},
            "`media.tv`; `pooling` is honoured together",
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
    ("budget", "money"), [("current", 200.0), ("+30%", 260.0), ("-12.5%", 175.0), (42, 42.0)]
)
def test_a_budget_resolves_to_money(budget: str | float, money: float) -> None:
    assert Scenario(budget=budget).resolve_budget(200.0) == pytest.approx(money)


def test_the_model_part_leaves_out_what_does_not_decide_the_posterior() -> None:
    one = make_spec(scenarios={"x": {}}, gate={"max_rhat": 1.005}, refit={"on_new_data": True})

    assert one.model_part() == make_spec().model_part()
    assert one.model_part() != make_spec(l_max=4).model_part()


def test_every_fault_of_a_spec_is_told_at_its_own_place() -> None:
    with pytest.raises(ValidationError) as caught:
        make_spec(media={"tv": {"kind": "earned", "spent": "x"}}, mediators="x.csv")

    places = {error["loc"] for error in caught.value.errors()}
    assert places == {("media", "tv", "kind"), ("media", "tv", "spent"), ("mediators",)}
