"""What a model is told otherwise, for any model there can be. No sampling."""

import math
from typing import Any, get_args

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_pipeline.evidence.placebo import add_placebo, find_narrowest, find_source, reaches_zero
from mmm_pipeline.evidence.revisions import (
    add_noise,
    bend_by,
    cut_window,
    drop_control,
    hold_carryover,
    widen_beliefs,
)
from mmm_pipeline.evidence.variations import Base, LeftOut, Variation, list_variations
from mmm_pipeline.ingest.lift_tests import validate_lift_tests
from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.formulas import CARRYOVER_PARAMETERS, weigh_lags
from mmm_pipeline.model.lift_arrays import arrange_lift_tests
from mmm_pipeline.model.trace import name_request_now
from mmm_pipeline.spec import ModelSpec, VariationKind
from mmm_pipeline_tests.factories import make_features, make_panel, make_spec
from mmm_pipeline_tests.model.test_any_spec import UNHURRIED, build_any_features, specs
from mmm_pipeline_tests.model.test_lift_tests import TEST, tabulate

MEDIANS = {"alpha": 0.4, "delay": 1.2, "scale": 2.0, "slope": 1.1}


def find_lengths(spec: ModelSpec) -> dict[str, dict[str, float]]:
    """What a fit might have found of each channel's carry-over."""
    taken = {name: CARRYOVER_PARAMETERS[one.carryover.form] for name, one in spec.media.items()}
    return {name: {word: MEDIANS[word] for word in words} for name, words in taken.items() if words}


def vary(spec: ModelSpec, features: xr.Dataset) -> dict[str, Variation | LeftOut]:
    """All variations, by name."""
    found = list_variations(Base(spec, features, find_lengths(spec)))
    assert len({one.name for one in found}) == len(found)
    return {one.name: one for one in found}


@pytest.mark.slow
@settings(max_examples=5, **UNHURRIED)
@given(specs(), st.data())
def test_every_variation_of_every_model_is_another_model(
    spec: ModelSpec, data: st.DataObject
) -> None:
    asked = spec.model_copy(update={"sensitivity": make_spec(sensitivity={}).sensitivity})
    features = build_any_features(spec)

    found = vary(asked, features)

    variations = [one for one in found.values() if isinstance(one, Variation)]
    # An accepted spec is one that survives being written and read.
    assert all(
        ModelSpec.model_validate_json(one.spec.model_dump_json()) == one.spec for one in variations
    )
    requests = {name_request_now(one.spec, one.features) for one in variations}
    assert name_request_now(spec, features) not in requests
    assert len(requests) == len(variations)
    assert all(one.reason for one in found.values() if isinstance(one, LeftOut))
    one = data.draw(st.sampled_from(variations))
    model = build_model(one.spec, one.features).model
    assert all(np.isfinite(value).all() for value in model.initial_point().values())


def test_what_is_asked_for_is_varied_in_its_order() -> None:
    spec = make_spec(controls={"price": {}}, sensitivity=["seed", "controls", "carryover", "seed"])

    assert list(vary(spec, make_features(spec))) == [
        "seed",
        "without_price",
        "carryover_shorter",
        "carryover_longer",
    ]


def test_carry_over_is_followed_over_fewer_and_more_lags() -> None:
    spec = make_spec(l_max=12, sensitivity=["l_max"])

    found = vary(spec, make_features(spec))

    lags = {one.name: one.spec.l_max for one in found.values() if isinstance(one, Variation)}
    assert lags == {"fewer_lags": 8, "more_lags": 16}


def test_lags_stay_where_experiments_are_laid_out_over_them() -> None:
    spec = make_spec(experiments="data/tests.csv", sensitivity=["l_max"])

    found = vary(spec, make_features(spec))

    assert all(isinstance(one, LeftOut) for one in found.values())


def test_nothing_is_varied_where_nothing_is_asked_for(
    spec: ModelSpec, features: xr.Dataset
) -> None:
    assert vary(spec, features) == {}


@pytest.mark.parametrize(
    ("kind", "words", "name", "reason"),
    [
        ("carryover", {"l_max": 1}, "carryover_longer", "no channel acts beyond"),
        (
            "controls",
            {"controls": {"price": {"confounder": True}}},
            "without_price",
            "drive media and target both",
        ),
        (
            "controls",
            {"controls": {"price": {}, "holiday": {}}, "control_selection": "lasso"},
            "without_price",
            "fewer than two controls",
        ),
        (
            "priors",
            {"media": {"tv": {"effect": "Gamma(2, 4)"}}},
            "priors_wider",
            "has a sigma",
        ),
        ("placebo", {"media": {"tv": {"kind": "owned"}}}, "placebo", "shifted in time"),
        ("l_max", {"l_max": 1}, "fewer_lags", "followed over 1 periods as it is"),
        ("l_max", {"l_max": 52}, "more_lags", "followed over 52 periods as it is"),
    ],
)
def test_what_a_model_does_not_allow_is_left_out_with_the_reason(
    kind: str, words: dict[str, Any], name: str, reason: str
) -> None:
    spec = make_spec(sensitivity=[kind], **words)

    one = vary(spec, build_any_features(spec))[name]

    assert isinstance(one, LeftOut)
    assert reason in one.reason


def test_a_channel_that_ran_at_one_end_only_keeps_its_window(features: xr.Dataset) -> None:
    spec = make_spec(sensitivity=["window"], controls={"price": {"sign": "negative"}})
    late = features.copy(deep=True)
    late["exposure"][{"channel": 0, "date": slice(None, -5)}] = 0.0

    found = vary(spec, late)

    assert found["without_last"] == LeftOut("without_last", "tv ran in no other period")
    assert isinstance(found["without_first"], Variation)


@pytest.mark.parametrize("form", ["geometric", "delayed", "binomial", "weibull"])
def test_a_carryover_is_held_where_effects_last_that_much_longer(form: str) -> None:
    spec = make_spec(media={"tv": {"carryover": form}}, l_max=50)
    found = {"alpha": 0.6, "delay": 3.0, "scale": 4.0, "slope": 1.5}
    lengths = {"tv": {word: found[word] for word in CARRYOVER_PARAMETERS[form]}}

    held = hold_carryover(spec, lengths, 1.2).media["tv"].carryover

    def measure(parameters: dict[str, float]) -> float:
        lags = xr.DataArray(np.arange(50.0), dims="lag")
        weights = weigh_lags(form, lags, 50, "lag", **parameters)
        # Of a period that is as long as its middle.
        return float((weights * (lags + 0.5)).sum())

    medians = dict(lengths["tv"])
    if held.alpha is not None:
        shape = held.alpha.parameters  # type: ignore[union-attr]
        medians["alpha"] = shape["alpha"] / (shape["alpha"] + shape["beta"])
    for word in ("delay", "scale"):
        if (stated := getattr(held, word)) is not None:
            medians[word] = math.exp(stated.parameters["mu"])
    # Whole periods, and an end, are why it is about 1.2 only.
    assert measure(medians) / measure(lengths["tv"]) == pytest.approx(1.2, abs=0.05)


def test_a_bend_keeps_where_half_is_reached_and_leaves_what_has_none() -> None:
    media = {
        "tv": {"saturation": {"form": "logistic", "half": 80}},
        "mail": {"reach": "people", "frequency": "times"},
        "rival": {"kind": "competitor"},
    }
    spec = make_spec(media=media)

    hill, root = bend_by(spec, "hill").media, bend_by(spec, "root").media

    assert (hill["tv"].saturation.form, hill["tv"].saturation.half) == ("hill", 80)  # type: ignore[union-attr]
    assert (root["tv"].saturation.form, root["tv"].saturation.half) == ("root", None)  # type: ignore[union-attr]
    assert {name: hill[name] for name in ("mail", "rival")} == {
        name: spec.media[name] for name in ("mail", "rival")
    }


def test_beliefs_are_widened_about_the_same_median(features: xr.Dataset) -> None:
    media = {"tv": {"roas": {"low": 1, "mid": 2, "high": 4}}, "search": {}}
    spec = make_spec(media=media)

    wider = widen_beliefs(spec, features, 2.0).media

    tv, search = wider["tv"].roas, wider["search"].roas
    assert tv is not None
    assert search is not None
    assert (tv.center, tv.log_sd) == (pytest.approx(2), pytest.approx(math.log(4) / 2))
    usual = 0.3 * float(features["target"].sum() / features["spend"].sum())
    assert (search.center, search.log_sd) == (pytest.approx(usual), pytest.approx(2.0))


def test_a_dropped_control_takes_its_factor_and_its_place_in_a_selection_along() -> None:
    spec = make_spec(
        controls={"price": {}, "promo": {}, "rain": {}},
        control_selection={"method": "horseshoe", "expected": 2},
        data={
            "path": "a.csv",
            "date": "week",
            "target": "sales",
            "factors": {"rain": 2, "tv": 1000},
        },
    )
    features = build_any_features(spec)

    less, seen = drop_control(spec, features, "rain")

    assert list(less.controls) == ["price", "promo"] == seen["control"].to_numpy().tolist()
    assert less.data.factors == {"tv": 1000}
    assert less.control_selection is not None
    assert less.control_selection.expected == 1


def test_the_last_control_leaves_none(spec: ModelSpec, features: xr.Dataset) -> None:
    less, seen = drop_control(spec, features, "price")

    assert less.controls == {}
    assert "control" not in seen.dims


def test_a_shorter_window_keeps_scales_and_what_experiments_found() -> None:
    spec = make_spec(experiments="data/tests.csv", time_varying_media=True)
    features = make_features(spec)
    tests = [TEST, TEST | {"start": "2023-01-02", "end": "2023-01-15", "spend": 900}]
    checked = validate_lift_tests(tabulate(*tests), spec, features)
    features = features.merge(arrange_lift_tests(checked, features, spec))

    cut = cut_window(features, slice(10, None))

    assert cut.sizes["date"] == features.sizes["date"] - 10
    xr.testing.assert_identical(cut["channel_scale"], features["channel_scale"])
    first, early = cut["lift_date"].to_numpy()
    on = features["lift_on"].to_numpy()[0] > 0
    assert (first[on] == features["lift_date"].to_numpy()[0][on] - 10).all()
    assert (early == -1).all()
    assert build_model(spec, cut).model


def test_noise_is_small_seeded_and_leaves_what_was_off_off(features: xr.Dataset) -> None:
    off = features.copy(deep=True)
    off["exposure"][{"channel": 0, "date": slice(0, 9)}] = 0.0

    noisy = add_noise(off, 3)

    assert (noisy["exposure"][:9, 0] == 0).all()
    ratio = noisy["exposure"][9:] / off["exposure"][9:]
    # 2 x 95 draws of 5 %: the standard error of their spread is 0.26 %.
    assert float(ratio.std()) == pytest.approx(0.05, abs=0.01)
    xr.testing.assert_identical(noisy, add_noise(off, 3))


def test_a_placebo_resembles_no_channel_and_moves_no_belief(
    spec: ModelSpec, features: xr.Dataset
) -> None:
    source = find_source(spec, features)

    other, seen, name = add_placebo(spec, features, str(source))

    assert (source, name) == ("tv", "placebo_tv")
    placebo, tv = (seen["exposure"].sel(channel=one).to_numpy() for one in (name, "tv"))
    assert sorted(placebo) == sorted(tv)
    search = seen["exposure"].sel(channel="search").to_numpy()
    # The largest of 52 shifts of a 104-week walk is expected to be found below.
    assert max(abs(np.corrcoef([placebo, tv, search])[0, 1:])) < 0.3
    assert not seen["is_bought"].sel(channel=name)
    assert other.bought_media == spec.bought_media
    kept = seen.drop_sel(channel=name)
    xr.testing.assert_equal(kept, features.transpose(*kept.dims))


def test_a_placebo_of_a_panel_is_shifted_alike_in_all_cells() -> None:
    data = {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]}
    spec = make_spec(data=data, trend="none")
    features = build_features(make_panel(spec, {"geo": ["north", "south"]}), spec)

    _, seen, name = add_placebo(spec, features, "tv")

    tv, placebo = (seen["exposure"].sel(channel=one) for one in ("tv", name))
    shifts = [
        [shift for shift in range(30) if np.array_equal(np.roll(tv[:, g], shift), placebo[:, g])]
        for g in range(2)
    ]
    assert shifts[0] == shifts[1] != []


def test_a_placebo_takes_no_name_that_is_taken() -> None:
    spec = make_spec(controls={"placebo_tv": {}})

    _, _, name = add_placebo(spec, make_features(make_spec()), "tv")

    assert name == "placebo_tv_"


def test_a_return_reaches_zero_where_its_draws_are_densest_there() -> None:
    normal = np.random.default_rng(4).standard_normal(40_000)
    at_zero, off_zero = abs(normal), normal + 3

    assert find_narrowest(at_zero)[0] == at_zero.min()
    # The narrowest 90 % of a normal is the middle: 3 -+ 1.645, with 40,000 draws to about 0.05.
    assert find_narrowest(off_zero) == (pytest.approx(1.36, abs=0.1), pytest.approx(4.64, abs=0.1))
    assert reaches_zero(at_zero)
    assert not reaches_zero(off_zero[off_zero > 0])


def test_every_kind_is_varied_by_something() -> None:
    kinds = get_args(VariationKind.__value__)
    for kind in kinds:
        spec = make_spec(sensitivity=[kind], controls={"price": {}})
        assert vary(spec, make_features(spec))
