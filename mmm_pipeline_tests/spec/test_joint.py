"""What models must be to each other, and where it is told that they are not."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mmm_pipeline.errors import SpecError
from mmm_pipeline.spec import (
    JointSpec,
    ModelSpec,
    SettingLocation,
    Thresholds,
    list_lines,
    list_outcomes,
    require_consistent,
    require_known,
)
from mmm_pipeline_tests.factories import make_spec

DATA = {"path": "data/acme.csv", "date": "week", "target": "sales"}


def make_joint(**overrides: Any) -> JointSpec:
    """Two models and their margins."""
    words = {"name": "all", "models": {"online": {"margin": 0.35}, "offline": {"margin": 0.25}}}
    return JointSpec.model_validate(words | overrides)


def make_pair(**second: Any) -> dict[str, ModelSpec]:
    """Two models with a channel in common, and one that only the second has."""
    online = make_spec(name="online")
    settings = {"media": {"tv": {"group": "Screens"}, "radio": {}}}
    return {"online": online, "offline": make_spec(name="offline", **settings | second)}


def make_data(**words: Any) -> dict[str, Any]:
    return {"data": DATA | words}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"models": {"online": {"margin": 0.3}}}, "must name two models at least; got online"),
        ({"models": {}}, "must name two models at least; got 0"),
        ({"models": ["online", "online"]}, "must name each model once; 'online' is named again"),
        ({"models": ["total", "online"]}, "must not name one 'total'"),
        ({"models": {"a": {"margin": 1.1}, "b": {}}}, "must be at most 1"),
        ({"models": {"a": {"margin": -0.1}, "b": {}}}, "must be at least 0"),
        ({"models": {"a": {"margin": True}, "b": {}}}, "must be a number; got True"),
        ({"models": {"a": {"marign": 0.1}, "b": {}}}, "Did you mean `margin`?"),
        ({"spend": "both"}, "must be one of shared, separate"),
        ({"thresholds": {"reduce": 2.0}}, "must lie between 0 and `increase`, which is 1.5; got 2"),
        ({"scenarios": {"x": {"budget": "twice"}}}, "must be 'current'"),
        ({"scenarios": {"x": {"channels": {"a.b.c": {}}}}}, "must be a channel's name"),
    ],
)
def test_what_cannot_hold_by_itself_is_refused(words: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make_joint(**words)

    assert told in str(caught.value)


def test_models_may_be_listed() -> None:
    joint = make_joint(models=["online", "offline"])

    assert list(joint.models) == ["online", "offline"]
    assert joint.models["online"].margin is None


def test_a_model_that_is_not_there_is_told_with_its_line_and_a_guess(tmp_path: Path) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text(
        "type: x\nattributes:\n  name: all\n  models:\n    onlnie: {}\n    offline: {}\n"
    )
    location = SettingLocation.from_yaml(file, "defs/all/defs.yaml", "all")
    joint = make_joint(models=["onlnie", "offline"])

    with pytest.raises(SpecError) as caught:
        require_known(joint, ["online", "offline"], location)

    assert str(caught.value) == (
        "defs/all/defs.yaml:5: `models.onlnie` must be a model that there is, one of offline, "
        "online. Did you mean 'online'?"
    )


@pytest.mark.parametrize(
    ("second", "words", "told"),
    [
        (make_data(kpi="count"), {}, "`models.offline.value` must say what a target unit is worth"),
        ({}, {"models": {"online": {"margin": 0.3, "value": 2}, "offline": {"margin": 0.2}}},
         "`models.online.value` is honoured with `data.kpi: count` only"),
        ({}, {"models": ["online", "offline"]}, "`models.online.margin` must say what share"),
        (make_data(margin=0.4), {}, "must be that of the model, 0.4; got 0.25"),
        (make_data(currency="USD"), {}, "online says none, offline USD"),
        ({"media": {"radio": {}}}, {}, "online has tv, search; offline has radio"),
        ({"media": {"mail": {"kind": "owned"}}}, {"spend": "separate"},
         "`models.offline` must have a channel that money is spent on"),
        ({}, {"scenarios": {"x": {"channels": {"rdio": {"max": 5}}}}}, "Did you mean 'radio'?"),
        ({}, {"scenarios": {"x": {"channels": {"online.tv": {"max": 5}}}}}, "got 'online.tv'"),
        ({}, {"scenarios": {"x": {"groups": {"Print": {"max": 5}}}}}, "groups.Print` must name"),
        ({}, {"scenarios": {"x": {"goal": {"roas": 2}}}}, "goal` must be `marginal_roas`"),
        ({}, {"scenarios": {"x": {"phasing": {"tv": "seasonal"}}}}, "must not be `seasonal`"),
        ({}, {"scenarios": {"x": {"free_cells": True}}}, "is not honoured over several models"),
        ({}, {"scenarios": {"x": {"controls": {"price": 1}}}}, "is not honoured over several"),
    ],
)  # fmt: skip
def test_models_that_do_not_fit_together_are_refused(
    second: dict[str, Any], words: dict[str, Any], told: str
) -> None:
    with pytest.raises(SpecError) as caught:
        require_consistent(make_joint(**words), make_pair(**second))

    assert told in str(caught.value)


def test_periods_of_two_lengths_are_refused() -> None:
    specs = make_pair(**make_data(grain="month"))
    specs["online"] = make_spec(name="online", **make_data(grain="week"))

    with pytest.raises(SpecError, match="online has week, offline has month"):
        require_consistent(make_joint(), specs)


def test_all_faults_are_told_at_once() -> None:
    joint = make_joint(models=["online", "offline"], scenarios={"x": {"goal": {"roas": 2}}})

    with pytest.raises(SpecError) as caught:
        require_consistent(joint, make_pair())

    assert len(str(caught.value).splitlines()) == 3


def test_what_fits_together_is_let_through() -> None:
    words = {"scenarios": {"x": {"groups": {"Screens": {"max": "current"}}}}}

    require_consistent(make_joint(**words), make_pair())
    require_consistent(
        make_joint(spend="separate", scenarios={"x": {"what_if": {"offline.radio": "+10%"}}}),
        make_pair(),
    )


def test_shared_money_acts_in_every_model_that_knows_the_channel() -> None:
    lines = list_lines(make_joint(), make_pair())

    assert [(line.name, line.models) for line in lines] == [
        ("tv", ("online", "offline")),
        ("search", ("online",)),
        ("radio", ("offline",)),
    ]


def test_separate_money_has_a_line_for_each_model() -> None:
    lines = list_lines(make_joint(spend="separate"), make_pair())

    assert [(line.name, line.channel, line.models) for line in lines] == [
        ("online.tv", "tv", ("online",)),
        ("online.search", "search", ("online",)),
        ("offline.tv", "tv", ("offline",)),
        ("offline.radio", "radio", ("offline",)),
    ]


def test_a_margin_is_the_models_own_unless_it_is_said() -> None:
    joint = make_joint(
        models={"online": {"margin": 0.3, "label": "Web"}, "offline": {"value": 40, "margin": 0.5}}
    )
    specs = make_pair(**make_data(kpi="count"))
    own = make_joint(models=["online", "offline"])
    with_margin = {"online": make_spec(**make_data(margin=0.2)), "offline": make_spec()}

    first, second = list_outcomes(joint, specs)

    assert (first.label, first.value, first.margin) == ("Web", 1.0, 0.3)
    assert (second.label, second.value, second.margin) == ("offline", 40.0, 0.5)
    assert list_outcomes(own, with_margin)[0].margin == 0.2


def test_the_thresholds_are_those_of_the_rule() -> None:
    assert Thresholds().of("online") == Thresholds().of("total") == (1.0, 1.5)
    assert Thresholds().of("profit") == (1.0, 1.5)
