"""How far returns move: tables of known draws, and small worlds that are really fitted."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.errors import NotConvergedError
from mmm_pipeline.evidence.placebo import add_placebo
from mmm_pipeline.evidence.sensitivity import (
    BASE,
    Refit,
    list_fragilities,
    list_shifts,
    summarize_sensitivity,
)
from mmm_pipeline.evidence.variations import Base, LeftOut, Variation, list_variations
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.gate.remedies import Witness, fit_until_it_holds
from mmm_pipeline.simulate import World
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import (
    make_features,
    make_posterior,
    make_spec,
    make_trace,
    make_world,
)


def know(spec: ModelSpec, features: xr.Dataset, **changes: Any) -> ConvergedFit:
    """A fit nobody had to sample, some of its draws changed."""
    posterior = make_posterior(spec, features).assign(changes)
    if "cost_per_target" in changes:
        posterior = posterior.drop_vars("roas")
    trace = make_trace(spec, features, posterior)
    return admit(trace, spec)


def believe(fit: ConvergedFit, *factors: float) -> ConvergedFit:
    """The same fit, with the returns of its channels multiplied."""
    roas = fit.posterior["roas"] * xr.DataArray(list(factors), dims="channel")
    return know(fit.spec, fit.features, roas=roas)


def compare(fit: ConvergedFit, one: ConvergedFit | NotConvergedError) -> pd.DataFrame:
    """The table of one variation."""
    return summarize_sensitivity(fit, [(Variation("other", fit.spec, fit.features), one)], [])


def read(table: pd.DataFrame, column: str) -> dict[str, Any]:
    """A column of the variation, by channel."""
    rows = table[table["variation"] == "other"].set_index("channel")
    return {str(name): value for name, value in rows[column].items()}


def test_the_same_draws_hold(fit: ConvergedFit) -> None:
    table = compare(fit, fit)

    assert table["variation"].tolist() == [BASE, BASE, "other", "other"]
    assert read(table, "verdict") == {"tv": "holds", "search": "holds"}
    assert read(table, "shift_sd") == {"tv": 0.0, "search": 0.0}
    assert table.attrs["fit_id"] == fit.fit_id
    assert list_fragilities(table) == []


def test_a_shift_is_told_in_its_own_units(fit: ConvergedFit) -> None:
    table = compare(fit, believe(fit, 1.1, 2.0))

    # Returns are log-normal with a spread of 10 %; these are their own draws, but for rounding.
    assert read(table, "shift")["tv"] == pytest.approx(0.1)
    roas = fit.posterior["roas"].sel(channel="search")
    assert read(table, "shift_sd")["search"] == pytest.approx(float(roas.mean() / roas.std(ddof=0)))
    assert read(table, "verdict") == {"tv": "holds", "search": "apart"}
    assert list_shifts(table)[0].startswith("search: +100%")


def test_what_flips_is_found_and_told(fit: ConvergedFit) -> None:
    table = compare(fit, believe(fit, 0.5, 0.2))

    # 1.5 and 3 become 0.75 and 0.6: both fall below 1, and change places.
    flips = {"tv": "below 1, ahead of search", "search": "below 1, behind tv"}
    assert read(table, "flips") == flips
    told = list_fragilities(table)
    assert len(told) == 2
    assert told[0].startswith(
        "With other, tv is likelier than not below 1 in ROAS: its mean of 1.5"
    )
    assert told[1].startswith(
        "With other, search is likelier than not below 1 and behind tv in ROAS"
    )


def test_what_the_base_was_not_sure_of_cannot_flip(fit: ConvergedFit) -> None:
    near = believe(fit, 2 / 3 * 1.03, 0.36)  # ROAS 1.03 and 1.08, each to within 10 %.

    table = compare(near, believe(near, 1.0, 0.8))

    assert read(table, "roas")["search"] < 1 < float(table["roas"][1])
    assert read(table, "rank") == {"tv": 1, "search": 2}
    assert read(table, "flips") == {"tv": "", "search": ""}


def test_a_count_has_no_profit_to_lose() -> None:
    data = {"path": "a.csv", "date": "week", "target": "sales", "kpi": "count"}
    spec = make_spec(data=data)
    features = make_features(spec)
    cost = {"cost_per_target": 1 / make_posterior(spec, features)["roas"]}
    fit = know(spec, features, **cost)

    table = compare(fit, know(spec, features, cost_per_target=cost["cost_per_target"] * 4))

    assert (table["roas"] > 1).tolist() == [True, True, False, False]
    assert read(table, "flips") == {"tv": "", "search": ""}


def test_a_variation_that_failed_is_a_row_with_the_reason_and_no_number(fit: ConvergedFit) -> None:
    error = NotConvergedError("acme", "abc", ["R-hat reaches 1.2"])

    table = compare(fit, error)

    row = table[table["variation"] == "other"].squeeze()
    assert (row["verdict"], row["reason"], row["fit_id"]) == ("failed", "R-hat reaches 1.2", "abc")
    numbers = table.select_dtypes("number").columns
    assert row[numbers].isna().all()
    assert "other did not converge" in list_fragilities(table)[0]


def test_what_was_left_out_is_a_row_with_the_reason(fit: ConvergedFit) -> None:
    table = summarize_sensitivity(fit, [], [LeftOut("placebo", "there is no such channel")])

    row = table.iloc[-1]
    assert (row["verdict"], row["reason"]) == ("left out", "there is no such channel")
    assert list_fragilities(table) == []
    assert list_shifts(table) == []


def test_a_channel_without_spend_is_compared_by_its_share() -> None:
    spec = make_spec(media={"tv": {}, "search": {"kind": "owned", "effect": "HalfNormal(0.3)"}})
    features = make_features(spec)
    effect = abs(make_posterior(spec, features)["roas"]) / 20
    own = {
        "roas": effect.isel(channel=[0]).rename(channel="roas_channel"),
        "effect": effect.isel(channel=[1]).rename(channel="effect_channel"),
    }
    fit = know(spec, features, **own)

    table = compare(fit, know(spec, features, **own | {"effect": own["effect"] * 1.5}))

    assert np.isnan(read(table, "roas")["search"])
    assert read(table, "shift")["search"] == pytest.approx(0.5)
    assert read(table, "flips")["search"] == ""


def make_placebo(fit: ConvergedFit, height: xr.DataArray) -> Refit:
    """A fit with a placebo of tv, whose curve is as high as given."""
    spec, features, name = add_placebo(fit.spec, fit.features, "tv")
    posterior = make_posterior(spec, features)
    channels = posterior["channel"].to_numpy()
    roas = fit.posterior["roas"].rename(channel="roas_channel")
    effect = height.expand_dims(effect_channel=[name]).transpose("chain", "draw", ...)
    trace = make_trace(
        spec, features, posterior.assign(roas=roas, effect=effect).assign_coords(channel=channels)
    )
    one = admit(trace, spec)
    return Variation("placebo", spec, features, name, "tv"), one


@pytest.mark.parametrize(("center", "verdict"), [(0.0, "nothing"), (0.05, "found")])
def test_a_placebo_is_judged_by_whether_its_interval_reaches_zero(
    fit: ConvergedFit, center: float, verdict: str
) -> None:
    noise = np.random.default_rng(8).standard_normal((4, 250))
    height = xr.DataArray(abs(center + 0.01 * noise), dims=("chain", "draw"))

    table = summarize_sensitivity(fit, [make_placebo(fit, height)], [])

    row = table[table["channel"] == "placebo_tv"].squeeze()
    assert row["verdict"] == verdict
    # A share of the target, per the money of the channel that it was made of.
    total = float(fit.features["target"].sum() / fit.features["spend"].sel(channel="tv").sum())
    assert row["roas"] == pytest.approx(row["share"] * total)
    assert (len(list_fragilities(table)) == 1) is (verdict == "found")
    others = table[(table["variation"] == "placebo") & (table["channel"] != "placebo_tv")]
    assert others["verdict"].tolist() == ["holds", "holds"]


def fit_for_real(spec: ModelSpec, features: xr.Dataset) -> ConvergedFit:
    """Sample, until it holds."""
    silent = Witness(tell=lambda _: None, warn=lambda _: None, keep=lambda *_: None)
    trace = fit_until_it_holds(spec, features, silent)
    return admit(trace, spec)


def refit(fit: ConvergedFit) -> Iterator[Refit]:
    """Fit every variation that the spec asks for."""
    for one in list_variations(Base.of(fit)):
        assert isinstance(one, Variation)
        yield one, fit_for_real(one.spec, one.features)


@pytest.fixture(scope="module")
def small() -> ConvergedFit:
    spec = make_spec(
        controls={"price": {"sign": "negative"}}, sensitivity=["placebo", "seed", "priors"]
    )
    return fit_for_real(spec, make_features(spec))


@pytest.mark.slow
def test_a_small_world_holds_and_its_placebo_does_nothing(small: ConvergedFit) -> None:
    table = summarize_sensitivity(small, list(refit(small)), [])

    print(table.drop(columns="fit_id").round(3).to_string())  # noqa: T201  # what was measured
    by_name = table.set_index(["variation", "channel"])
    assert by_name.loc[("placebo", "placebo_tv"), "verdict"] == "nothing"
    # Two runs of 400 effective draws or more differ by at most sqrt(2 / 400) sd, 0.07, times 3.
    assert by_name.loc["seed", "shift_sd"].abs().max() < 0.22
    assert set(by_name.loc["seed", "verdict"]) == {"holds"}


@pytest.mark.slow
def test_what_is_no_placebo_is_found(small: ConvergedFit) -> None:
    """The target follows the shifted channel after all, as strongly as the channel itself."""
    spec, features, name = add_placebo(small.spec, small.features, "tv")
    world: World = make_world()
    truth = world.channels["tv"]
    exposure = features["exposure"].sel(channel=name)
    carried = sum(
        truth.alpha**lag * exposure.shift(date=lag, fill_value=0.0) for lag in range(world.l_max)
    )
    brought = truth.roas * float(exposure.sum()) * carried / float(carried.sum())
    acting = features.assign(target=features["target"] + brought)
    before = small.features.assign(target=acting["target"])
    base = fit_for_real(small.spec, before)

    one = fit_for_real(spec, acting)

    variation = Variation("placebo", spec, acting, name, "tv")
    table = summarize_sensitivity(base, [(variation, one)], [])
    row = table[table["channel"] == name].squeeze()
    print(row.to_string())  # noqa: T201  # what was measured
    assert row["verdict"] == "found"
    assert row["roas_lower"] <= truth.roas <= row["roas_upper"]
    assert any("cannot have acted" in words for words in list_fragilities(table))
