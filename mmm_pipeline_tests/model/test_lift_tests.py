"""Experiments: read, weighed, and held against what the model says they brought. No sampling."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.errors import DataError
from mmm_pipeline.evidence.calibration import forget_experiments, summarize_calibration
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.lift_tests import validate_lift_tests
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.lift_arrays import arrange_lift_tests
from mmm_pipeline.model.lift_tests import LIFT
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import (
    draw_fit,
    make_features,
    make_panel,
    make_spec,
)

TEST: dict[str, Any] = {
    "channel": "tv",
    "start": "2023-06-05",
    "end": "2023-07-16",
    "spend": 20_000,
    "lift": 30_000,
    "standard_error": 5_000,
}
WITHHELD = TEST | {"channel": "search", "spend": -9_000, "lift": -2e4, "start": "2023-06-01"}
MIXED: dict[str, Any] = {
    "tv": {"carryover": "delayed", "saturation": "hill"},
    "search": {"carryover": "none", "saturation": "root"},
}
PANEL: dict[str, Any] = {
    "data": {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]},
    "trend": "none",
}


def tabulate(*tests: dict[str, Any]) -> pd.DataFrame:
    """A table as delivered: every cell is text."""
    return (
        pd.DataFrame(tests)
        .astype(object)
        .where(pd.DataFrame(tests).notna(), None)
        .map(lambda cell: None if cell is None else str(cell))
    )


def add(features: xr.Dataset, spec: ModelSpec, *tests: dict[str, Any]) -> xr.Dataset:
    """Add experiments to features."""
    checked = validate_lift_tests(tabulate(*tests), spec, features)
    return features.merge(arrange_lift_tests(checked, features, spec))


def expect(fit: ConvergedFit) -> np.ndarray:
    """What the model says that each experiment brought: (experiments, draws)."""
    lifts = compute_variables(restore_model(fit).model, fit.posterior, [LIFT])[LIFT]
    return lifts.transpose("lift_test", ...).to_numpy().reshape(lifts.sizes["lift_test"], -1)


def take_away(fit: ConvergedFit, test: dict[str, Any], market: float = 1.0) -> np.ndarray:
    """The same by the response without a graph: with the experiment, less without it."""
    features, response = fit.features, read_response(fit).choose([test["channel"]])
    exposure = features["exposure"].sel(channel=[test["channel"]])
    first, last = pd.Timestamp(test["start"]), pd.Timestamp(test["end"])
    begins = pd.DatetimeIndex(features["date"].to_numpy())
    days = [
        len(pd.date_range(max(day, first), min(day + pd.Timedelta(6, "D"), last))) for day in begins
    ]
    share = xr.DataArray(np.array(days) / sum(days), dims="date", coords={"date": exposure["date"]})
    if test["spend"] > 0:
        share = share * exposure / float((share * exposure).sum())
    without = exposure - test["spend"] * share
    ran = without + test["spend"] * share / market
    low, high = (response.bend(response.carry(path)) for path in (without, ran))
    if response.is_log:
        seen = response.bend(response.carry(exposure))
        before = (features["target"] + (fit.spec.link == "log1p")) * np.exp(-(seen - low))
        brought = before * np.expm1(high - low)
    else:
        brought = high - low
    brought = brought.isel(date=np.flatnonzero(days))
    total: np.ndarray = market * brought.sum(["date", "channel"]).to_numpy()
    return total


@pytest.mark.parametrize("market", [0.2, pytest.param(1.0, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "words",
    [
        {},
        pytest.param({"media": MIXED}, marks=pytest.mark.slow),
        {"link": "log"},
        pytest.param({"link": "log1p", "media": MIXED}, marks=pytest.mark.slow),
    ],
    ids=["identity", "mixed", "log", "log1p"],
)
def test_a_lift_is_what_its_money_brought_in_its_days(words: dict[str, Any], market: float) -> None:
    spec = make_spec(experiments="data/tests.csv", **words)
    tests = [TEST | {"market": market}, WITHHELD | {"market": market, "spend": -900}]
    fit = draw_fit(spec, add(make_features(spec), spec, *tests))

    lifts = expect(fit)

    for test, lift in zip(tests, lifts, strict=True):
        np.testing.assert_allclose(lift, take_away(fit, test, market), rtol=1e-7)
        assert np.sign(lift.mean()) == np.sign(test["spend"])


@pytest.mark.slow
def test_a_lift_follows_media_that_work_better_at_one_time() -> None:
    spec = make_spec(experiments="data/tests.csv", time_varying_media=True)
    features = add(make_features(spec), spec, TEST)
    fit = draw_fit(spec, features)

    drift = compute_variables(restore_model(fit).model, fit.posterior, ["media_drift"])
    drift = (
        drift["media_drift"].transpose("date", ...).to_numpy().reshape(features.sizes["date"], -1)
    )
    dates = np.flatnonzero(features["date"].isin(pd.date_range(TEST["start"], TEST["end"])))
    now = drift[-52:].mean(axis=0)
    whole = take_away(fit, TEST) / now
    ratio = expect(fit)[0] / whole
    low, high = drift[dates].min(axis=0), drift[dates].max(axis=0)
    assert (ratio >= low * (1 - 1e-9)).all()
    assert (ratio <= high * (1 + 1e-9)).all()


def test_an_experiment_in_one_cell_moves_that_cell_alone() -> None:
    spec = make_spec(experiments="data/tests.csv", **PANEL)
    features = build_features(make_panel(spec, {"geo": ["north", "south"]}), spec)
    days = {"start": "2024-02-05", "end": "2024-02-18", "lift": 9, "standard_error": 3}
    tests = [
        {"name": "one", "channel": "tv", "geo": "south", "spend": 20, **days},
        {"name": "all", "channel": "tv", "geo": None, "spend": 22, **days},
    ]
    features = add(features, spec, *tests)

    assert features["lift_row_geo"].to_numpy().tolist() == ["south", "north", "south"]
    assert features["lift_row_test"].to_numpy().tolist() == [0, 1, 1]
    added = (features["lift_plus"] - features["lift_base"]).isel(lift_lag=0).sum("lift_time")
    money = added * features["channel_scale"].sel(channel="tv", geo=features["lift_row_geo"])
    spent = features["spend"].sel(channel="tv").sum("date")
    np.testing.assert_allclose(money[0], 20)
    np.testing.assert_allclose(money[1:], 22 * spent / spent.sum())


def test_an_experiment_from_before_the_data_ran_at_their_mean() -> None:
    spec = make_spec(experiments="data/tests.csv")
    features = make_features(spec)

    old = add(features, spec, TEST | {"start": "2021-01-04", "end": "2021-01-31"})

    mean = features["exposure"].sel(channel="tv").mean() / features["channel_scale"].sel(
        channel="tv"
    )
    np.testing.assert_allclose(old["lift_base"], float(mean))
    assert (old["lift_date"] == -1).all()


def test_an_error_grows_with_age_distance_and_what_was_not_seen() -> None:
    """Meridian 2.1's formulas, worked out by hand."""
    known = {"alpha": "TruncatedNormal(0.5, 0.000001, lower=0, upper=1)"}
    media = {"tv": {}, "search": {"carryover": known}}
    spec = make_spec(media=media, experiments="data/tests.csv", l_max=3)
    features = make_features(spec)
    end = pd.Timestamp(features["date"].to_numpy()[-1]) + pd.Timedelta(6, "D")
    spend = features["spend"].sel(channel="search")
    test = TEST | {
        "channel": "search",
        "spend": 9_000,
        "start": f"{end - pd.Timedelta(52 * 7 + 13, 'D'):%Y-%m-%d}",
        "end": f"{end - pd.Timedelta(52 * 7, 'D'):%Y-%m-%d}",
    }
    ran = spend.sel(date=slice(test["start"], test["end"]))

    found = add(features, spec, test)

    np.testing.assert_allclose(found["lift_tau_recency"], [1.0])  # One half-life.
    np.testing.assert_allclose(found["lift_tau_duration"], [1.75 / 1.5 - 1], rtol=1e-4)
    ratio = float(max(ran.mean() / spend.mean(), spend.mean() / ran.mean()))
    np.testing.assert_allclose(found["lift_tau_spend"], [ratio - 1])
    used = 5_000 * np.sqrt(1 + (ratio - 1) + 1.0 + (1.75 / 1.5 - 1))
    np.testing.assert_allclose(found["lift_error_used"], [used], rtol=1e-4)


def test_what_experiments_changed_is_told_against_a_fit_without_them() -> None:
    spec = make_spec(experiments="data/tests.csv")
    features = add(make_features(spec), spec, TEST, WITHHELD | {"lift": -1e9})
    other, less = forget_experiments(spec, features)
    fit, without = draw_fit(spec, features), draw_fit(other, less)

    table = summarize_calibration(fit, without)

    assert table["name"].tolist() == ["tv 2023-06-05", "search 2023-06-01"]
    assert table["was_foreseen"].tolist() == [True, False]
    np.testing.assert_allclose(table["lift_after"], expect(fit).mean(axis=1))
    before = without.posterior["roas"].mean(["chain", "draw"])
    np.testing.assert_allclose(table["roas_before"], before, rtol=1e-9)
    alone = summarize_calibration(fit, None)
    assert alone[["lift_before", "was_foreseen", "roas_before"]].isna().all().all()
    assert not alone["lift_after"].isna().any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"channel": "radio"}, "must name a channel that money is spent on .* in row 1"),
        ({"start": "soon"}, "column 'start' must hold a date"),
        ({"end": "2023-05-01"}, "must not end before it starts"),
        ({"spend": 0}, "column 'spend' must hold a number that is not 0"),
        ({"lift": "high"}, "column 'lift' must hold a number"),
        ({"standard_error": 0}, "column 'standard_error' must hold a number above 0"),
        ({"market": 1.5}, "column 'market' must hold a share"),
        ({"lfit": 3}, "column 'lfit' is none of an experiment's: .* Did you mean 'lift'"),
        ({"spend": 9e9}, "must not have spent more than there was"),
        ({"spend": -9e4, "market": 0.01}, "must not have withheld more than there was"),
    ],
)
def test_an_experiment_that_cannot_be_is_refused(change: dict[str, Any], message: str) -> None:
    spec = make_spec(experiments="data/tests.csv")

    with pytest.raises(DataError, match=message):
        add(make_features(spec), spec, TEST | change)


def test_experiments_of_one_name_and_tables_without_a_column_are_refused() -> None:
    spec = make_spec(experiments="data/tests.csv")
    features = make_features(spec)

    with pytest.raises(DataError, match="in row 1, row 2 share one"):
        add(features, spec, TEST, TEST)
    with pytest.raises(DataError, match="must have the column 'lift'"):
        add(features, spec, {name: value for name, value in TEST.items() if name != "lift"})
