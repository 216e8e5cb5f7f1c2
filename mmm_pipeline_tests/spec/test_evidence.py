from typing import Any, get_args

import pytest
from pydantic import ValidationError

from mmm_pipeline.spec import Backtest, ModelSpec, VariationKind
from mmm_pipeline_tests.factories import make_spec

ALL = get_args(VariationKind.__value__)


@pytest.mark.parametrize("words", [{"folds": 0}, {"folds": 21}, {"horizon": 0}, {"window": 3}])
def test_a_backtest_is_within_reason(words: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_spec(backtest=words)


def test_there_is_none_unless_it_is_asked_for() -> None:
    assert make_spec().backtest is None
    assert make_spec(preset="production").backtest == Backtest(folds=3)
    assert make_spec(preset="production", backtest=None).backtest is None
    assert make_spec(preset="production", backtest={"horizon": 4}).backtest == Backtest(horizon=4)


@pytest.mark.parametrize("data", [{"window": {"periods": 26}}, {"expect": {"max_periods": 26}}])
def test_a_backtest_leaves_something_to_learn_from(data: dict[str, Any]) -> None:
    source = {"path": "a.csv", "date": "week", "target": "sales", **data}

    with pytest.raises(ValidationError, match="2 x 13 predicted ones are all of the 26"):
        make_spec(backtest={"folds": 2, "horizon": 13}, data=source)
    assert make_spec(backtest={"folds": 1, "horizon": 6}, data=source).backtest is not None


def test_a_backtest_does_not_change_the_model() -> None:
    assert make_spec(backtest={"folds": 1}).model_part() == make_spec().model_part()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("placebo", ("placebo",)),
        (["seed", "noise", "seed"], ("seed", "noise")),
        ({"variations": ["window"]}, ("window",)),
        ({}, ALL),
    ],
)
def test_a_word_a_list_or_a_part_says_what_is_varied(said: Any, meant: tuple[str, ...]) -> None:
    spec = make_spec(sensitivity=said)

    assert spec.sensitivity is not None
    assert spec.sensitivity.variations == meant
    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize("said", ["everything", [], ["seeds"]])
def test_what_cannot_be_varied_is_refused_once(said: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        make_spec(sensitivity=said)

    assert caught.value.error_count() == 1


def test_what_is_varied_changes_no_posterior() -> None:
    assert make_spec(sensitivity={}).model_part() == make_spec().model_part()


def test_a_preset_that_varies_can_be_told_not_to() -> None:
    assert make_spec(preset="production").sensitivity is not None
    assert make_spec(preset="production", sensitivity=None).sensitivity is None
