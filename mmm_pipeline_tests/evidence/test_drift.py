"""A fit against a promoted one that differs from it in a known way."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.evidence.drift import COLUMNS, assess_drift, assess_restated
from mmm_pipeline.evidence.restated import find_restated
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.lineage.forms import TableForm
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.scales import hold_scales
from mmm_pipeline.simulate import simulate_world
from mmm_pipeline.spec import DriftLimits, ModelSpec
from mmm_pipeline_tests.factories import (
    make_posterior,
    make_spec,
    make_trace,
    make_world,
    validate,
)

LIMITS = DriftLimits()
SPEC = make_spec(controls={"price": {}})


def make_inputs(weeks: int = 104, **changes: Any) -> xr.Dataset:
    """Features of the small world, with columns changed by name: weeks and a factor."""
    frame, _ = simulate_world(make_world())
    raw = frame.assign(week=frame["week"].dt.strftime("%Y-%m-%d")).head(weeks)
    for column, (rows, factor) in changes.items():
        raw.loc[raw.index[rows], column] *= factor
    return build_features(validate(raw.astype(str), SPEC), SPEC)


def make_fit(
    features: xr.Dataset, seed: int = 3, spec: ModelSpec = SPEC, **factors: float
) -> ConvergedFit:
    """A fit whose returns are off by known factors."""
    posterior = make_posterior(spec, features, seed)
    for channel, factor in factors.items():
        is_it = posterior["channel"] == channel
        posterior["roas"] = posterior["roas"].where(~is_it, posterior["roas"] * factor)
    trace = make_trace(spec, features, posterior)
    return admit(trace, spec)


@pytest.fixture(scope="module")
def before() -> ConvergedFit:
    return make_fit(make_inputs())


def test_a_fit_does_not_drift_from_itself(before: ConvergedFit) -> None:
    drift = assess_drift(before, before, LIMITS)

    assert (drift.word, drift.reasons) == ("PASS", ())
    np.testing.assert_allclose(drift.channels["overlap"], 1.0, rtol=1e-9)
    assert (drift.channels["share_shift"] == 0).all()
    assert (drift.facts["kendall"], drift.facts["n_moved"], drift.facts["n_dates"]) == (1, 0, 104)
    assert drift.restated.empty


def test_other_draws_of_one_posterior_do_not_drift(before: ConvergedFit) -> None:
    again = make_fit(before.features, seed=4)

    drift = assess_drift(again, before, LIMITS)

    assert drift.word == "PASS"
    # 1,000 independent draws each: kernel densities differ by a few percent of their area.
    assert (drift.channels["overlap"] > 0.93).all()
    assert drift.channels["probability_higher"].between(0.45, 0.55).all()


def test_on_the_whole_window_returns_are_those_of_channel_returns(before: ConvergedFit) -> None:
    drift = assess_drift(before, before, LIMITS)

    returns = summarize_returns(before).table
    for bound in ("", "_lower", "_upper"):
        np.testing.assert_allclose(
            drift.channels[f"roas_after{bound}"], returns[f"roas{bound}"], rtol=1e-6
        )


# Draws of a return scatter by 10 %: half as much is half a standard deviation.
@pytest.mark.parametrize(("factor", "word"), [(1.02, "PASS"), (1.12, "REVIEW"), (1.6, "FAIL")])
def test_a_return_that_moved_is_said_by_how_far(
    factor: float, word: str, before: ConvergedFit
) -> None:
    now = make_fit(before.features, seed=4, search=factor)

    drift = assess_drift(now, before, LIMITS)

    assert drift.word == word
    moved = drift.channels.set_index("channel")
    ratio = moved["roas_after"] / moved["roas_before"]
    # Means of 1,000 draws with 10 % of scatter are good to 0.5 %.
    assert ratio["search"] == pytest.approx(factor, rel=0.02)
    assert ratio["tv"] == pytest.approx(1, rel=0.02)
    if word != "PASS":
        assert drift.reasons[0].startswith("The return of search was 3.0")
        assert not [words for words in drift.reasons if " tv " in words]


def test_an_order_that_turned_is_said(before: ConvergedFit) -> None:
    now = make_fit(before.features, seed=4, tv=3.0)

    drift = assess_drift(now, before, LIMITS)

    assert drift.word == "FAIL"
    assert (drift.facts["kendall"], drift.facts["n_moved"]) == (-1, 2)
    assert drift.reasons[-1].endswith("both fits are sure of it: search and tv.")
    assert drift.channels["rank_before"].tolist() == [2, 1]
    assert drift.channels["rank_after"].tolist() == [1, 2]


def test_only_dates_that_both_saw_are_compared(before: ConvergedFit) -> None:
    later = hold_scales(make_inputs(90), before.features)

    drift = assess_drift(make_fit(later), before, LIMITS)

    dates = before.features["date"].to_numpy()[:90].astype("datetime64[D]").astype(str)
    assert (drift.facts["first"], drift.facts["last"]) == (dates[0], dates[-1])
    assert drift.facts["n_dates"] == 90
    assert drift.restated.empty


def test_fits_without_a_date_in_common_are_to_be_looked_at(before: ConvergedFit) -> None:
    dates = before.features["date"] + np.timedelta64(7 * 200, "D")
    other = make_fit(before.features.assign_coords(date=dates))

    drift = assess_drift(other, before, LIMITS)

    assert (drift.word, drift.reasons) == ("REVIEW", ("The two fits have no date in common.",))
    assert drift.channels.empty


@pytest.mark.parametrize(
    ("column", "name"), [("sales", "target"), ("search", "spend_search"), ("price", "price")]
)
def test_a_past_that_was_restated_is_told_by_column_and_dates(column: str, name: str) -> None:
    now = make_inputs(**{column: (slice(40, 48), 1.3)})
    earlier = make_inputs(100)

    restated = find_restated(now, earlier).set_index("column")

    dates = earlier["date"].to_numpy()[40:48].astype("datetime64[D]").astype(str)
    row = restated.loc[name]
    assert row["n_restated"] == 8
    assert row["dates"] == ", ".join(dates)
    # What became 30 % larger was the total of eight weeks.
    values = {
        "target": earlier["target"],
        "spend_search": earlier["spend"].sel(channel="search"),
    }
    if name in values:
        share = float(values[name][40:48].sum() / values[name].sum())
        assert row["change"] == pytest.approx(0.3 * share)
        assert row["size"] == pytest.approx(0.3 * share)
    assert set(restated.index) <= {name, "exposure_search"}


def test_what_is_scaled_anew_is_not_restated() -> None:
    earlier, now = make_inputs(80), make_inputs(104)

    assert find_restated(now, earlier).empty
    assert find_restated(hold_scales(now, earlier), earlier).empty


def test_a_restated_past_alone_is_to_be_looked_at(before: ConvergedFit) -> None:
    features = make_inputs(sales=(slice(40, 48), 1.3))

    drift = assess_restated(features, before.features, LIMITS, "It is of other code.")

    assert drift.word == "REVIEW"
    assert drift.reasons[0] == "It is of other code."
    assert "target on 8 dates" in drift.reasons[1]
    assert drift.channels.empty


def test_limits_are_those_of_the_spec(before: ConvergedFit) -> None:
    now = make_fit(before.features, seed=4, search=1.12)

    assert assess_drift(now, before, DriftLimits(min_overlap=0.4)).word == "PASS"
    assert assess_drift(now, before, DriftLimits(fail_overlap=0.75)).word == "FAIL"
    assert DriftLimits(min_overlap=0.4).changed == {"min_overlap": 0.4}


@pytest.mark.parametrize("limits", [{"min_overlap": 0.2}, {"max_share_shift": 0.2}])
def test_limits_that_fail_what_they_do_not_review_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must not FAIL what it does not REVIEW"):
        make_spec(drift=limits)


def test_the_table_survives_its_file(before: ConvergedFit, tmp_path: Path) -> None:
    now = make_fit(make_inputs(sales=(slice(40, 48), 1.3)), search=2.0)
    table = assess_drift(now, before, LIMITS).tabulate(fit_id=now.fit_id)

    TableForm().write(table, tmp_path / "table")
    found = TableForm().read(tmp_path / "table")

    pd.testing.assert_frame_equal(found, table)
    assert found.attrs == table.attrs
    assert list(found.columns) == list(COLUMNS)
