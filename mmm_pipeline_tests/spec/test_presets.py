from typing import Any

import pytest
from pydantic import ValidationError

from mmm_pipeline.spec import Backtest, Belief, Media, ModelSpec, Sampling
from mmm_pipeline.spec.presets import PRESETS
from mmm_pipeline_tests.factories import make_spec

LIBRARY = Media.model_validate(
    {
        "carryover": {"form": "geometric", "alpha": "Beta(1, 3)"},
        "saturation": {"form": "logistic", "lam": "Gamma(3, 1)"},
        "effect": "HalfNormal(2)",
    }
)


def test_the_default_preset_is_what_no_preset_gives() -> None:
    assert make_spec(preset="default") == make_spec()


@pytest.mark.parametrize(
    ("preset", "settings"),
    [
        ("fast", {"sampling": Sampling(chains=2, tune=500, draws=500)}),
        (
            "production",
            {
                "sampling": Sampling(tune=2000, draws=2000, target_accept=0.95),
                "backtest": Backtest(folds=3),
            },
        ),
        ("databricks", {"sampling": Sampling(seed=8927), "l_max": 12, "trend": "none"}),
        ("dt_mart", {"sampling": Sampling(tune=2000, target_accept=0.95), "l_max": 4}),
    ],
)
def test_a_preset_says_what_the_spec_does_not(preset: str, settings: dict[str, Any]) -> None:
    spec = make_spec(preset=preset)

    assert {word: getattr(spec, word) for word in settings} == settings


@pytest.mark.parametrize("preset", ["databricks", "dt_mart"])
def test_the_library_models_have_no_season_and_its_own_priors(preset: str) -> None:
    spec = make_spec(preset=preset)

    assert spec.media == {"tv": LIBRARY, "search": LIBRARY}
    assert (spec.trend, spec.seasonality.yearly) == ("none", 0)


def test_what_is_said_wins_word_by_word() -> None:
    spec = make_spec(
        preset="databricks", sampling={"draws": 300}, trend="linear", seasonality={"weekly": 1}
    )

    assert spec.sampling == Sampling(draws=300, seed=8927)
    assert spec.trend == "linear"
    assert (spec.seasonality.yearly, spec.seasonality.weekly) == (0, 1)


def test_what_is_said_wins_even_where_it_is_the_default() -> None:
    spec = make_spec(preset="production", sampling={"target_accept": 0.9})

    assert spec.sampling == Sampling(tune=2000, draws=2000)


def test_a_channel_keeps_each_word_that_it_says() -> None:
    spec = make_spec(
        preset="databricks",
        media={"tv": {"carryover": "long"}, "search": {"saturation": "sharp"}},
    )

    assert spec.media["tv"] == LIBRARY.model_copy(
        update={"carryover": Media(carryover="long").carryover}
    )
    assert spec.media["search"].carryover == LIBRARY.carryover
    assert spec.media["search"].saturation == Media(saturation="sharp").saturation


@pytest.mark.parametrize("statement", ["roas", "marginal_roas", "share"])
def test_a_channel_keeps_what_it_states_of_its_return(statement: str) -> None:
    belief = {"median": 2, "factor": 3}
    spec = make_spec(preset="databricks", media={"tv": {statement: belief}})

    assert spec.media["tv"].statement == statement
    assert spec.media["tv"].effect is None
    assert spec.media["tv"].carryover == LIBRARY.carryover


def test_a_competitor_gets_no_saturation() -> None:
    spec = make_spec(preset="dt_mart", media={"tv": {}, "rival": {"kind": "competitor"}})

    assert spec.media["rival"].saturation is None
    assert spec.media["rival"].effect == LIBRARY.effect


def test_tightening_that_a_preset_leaves_nothing_to_is_refused() -> None:
    with pytest.raises(ValidationError, match="`tighten_low_spend` needs a channel"):
        make_spec(preset="databricks", tighten_low_spend=True)


@pytest.mark.parametrize(
    "channel",
    [{"roas": {"median": 2, "factor": 3}}, {"carryover": "long"}, {"saturation": "sharp"}],
)
def test_tightening_bears_on_what_is_said_in_words(channel: dict[str, Any]) -> None:
    media = {"tv": channel, "search": {}}

    assert make_spec(preset="databricks", media=media, tighten_low_spend=True).tighten_low_spend


@pytest.mark.parametrize("preset", PRESETS)
def test_no_preset_touches_the_gate(preset: str) -> None:
    assert make_spec(preset=preset).gate == make_spec().gate
    assert "gate" not in PRESETS[preset]


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_survives_the_specs_own_json(preset: str) -> None:
    spec = make_spec(
        preset=preset,
        media={
            "tv": {},
            "search": {"roas": {"low": 1, "mid": 2, "high": 3}},
            "mail": {"kind": "owned", "saturation": "hill"},
            "rival": {"kind": "competitor"},
        },
        sampling={"draws": 700},
    )

    assert ModelSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_spec_that_is_built_in_python_is_filled_in_alike() -> None:
    media = {"tv": Media(roas=Belief(median=2, factor=3)), "search": Media()}

    built = make_spec(preset="databricks", media=media, sampling=Sampling(draws=300))

    said = {"tv": {"roas": {"median": 2, "factor": 3}}, "search": {}}
    assert built == make_spec(preset="databricks", media=said, sampling={"draws": 300})


@pytest.mark.parametrize(
    ("overrides", "place", "words"),
    [
        ({"preset": "fats"}, ("preset",), "must be one of default, fast"),
        ({"preset": ["fast"]}, ("preset",), "must be one of default, fast"),
        ({"sampling": {"drawss": 5}}, ("sampling", "drawss"), "Did you mean `draws`?"),
        ({"sampling": 5}, ("sampling",), "`word: value` pairs"),
        ({"media": {"tv": None}}, ("media", "tv"), "`word: value` pairs"),
        ({"media": ["tv"]}, ("media",), "`word: value` pairs"),
        ({"media": {"tv": {"carryovr": 1}}}, ("media", "tv", "carryovr"), "`carryover`?"),
    ],
)
def test_a_fault_beside_a_preset_is_told_at_its_own_place(
    overrides: dict[str, Any], place: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        make_spec(**{"preset": "databricks"} | overrides)

    (error,) = caught.value.errors()
    assert error["loc"] == place
    assert words in error["msg"]


def test_the_schema_names_the_presets() -> None:
    schema = ModelSpec.model_json_schema()

    assert schema["$defs"]["Preset"]["enum"] == list(PRESETS)
