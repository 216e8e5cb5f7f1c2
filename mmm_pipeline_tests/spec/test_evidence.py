from typing import Any, get_args

import pytest
from pydantic import ValidationError

from mmm_pipeline.spec import ModelSpec, VariationKind
from mmm_pipeline_tests.factories import make_spec

ALL = get_args(VariationKind.__value__)


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
