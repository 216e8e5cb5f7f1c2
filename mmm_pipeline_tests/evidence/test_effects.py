import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.evidence.beliefs import find_tensions, judge_beliefs, measure_prior_overlap
from mmm_pipeline.evidence.effects import summarize_effects
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.model.prior_predictive import sample_prior
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_features, make_posterior, make_spec, make_trace


def make_fit(**settings: object) -> tuple[ConvergedFit, xr.Dataset]:
    """A fit whose draws lie near ROAS 1.5 and 3, and its priors."""
    spec = make_spec(**settings)
    features = make_features(spec)
    return pass_gate(spec, features, make_posterior(spec, features))


def pass_gate(
    spec: ModelSpec, features: xr.Dataset, posterior: xr.Dataset
) -> tuple[ConvergedFit, xr.Dataset]:
    """A fit with given draws, and its priors."""
    trace = make_trace(spec, features, posterior)
    fit = admit(trace, spec)
    prior = sample_prior(spec, features)
    return fit, prior.assign_attrs(request_id=trace.attrs["request_id"])


@pytest.fixture(scope="module")
def stated() -> tuple[ConvergedFit, xr.Dataset]:
    return make_fit(
        media={
            "tv": {"roas": {"low": 0.5, "mid": 1.5, "high": 4.5}},
            "search": {"roas": {"low": 0.1, "mid": 0.3, "high": 0.9}},
        },
        controls={"price": {"sign": "negative"}},
        events={"fair": ["2023-05-01"]},
    )


@pytest.fixture(scope="module")
def table(stated: tuple[ConvergedFit, xr.Dataset]) -> pd.DataFrame:
    return summarize_effects(*stated).set_index("name")


def test_every_effect_has_its_row(table: pd.DataFrame) -> None:
    assert table["kind"].to_dict() == {
        "tv": "media",
        "search": "media",
        "price": "control",
        "fair": "event",
    }


def test_a_channels_direction_is_not_called_evidence(table: pd.DataFrame) -> None:
    known = table.loc[["tv", "search", "price"]]

    assert known["probability_of_direction"].isna().all()
    assert set(known["band"]) == {"known before"}
    assert known["sign"].tolist() == ["positive", "positive", "negative"]


def test_a_free_sign_has_its_probability(table: pd.DataFrame) -> None:
    # Draws of -0.02, a tenth of it about: none is above 0.
    assert table["probability_of_direction"]["fair"] == 1.0
    assert table["band"]["fair"] == "very strong"
    assert table["direction"]["fair"] == "negative"


def test_a_share_is_of_the_target(
    table: pd.DataFrame, stated: tuple[ConvergedFit, xr.Dataset]
) -> None:
    fit, _ = stated
    share = fit.posterior["roas"] * fit.features["spend"].sum("date")
    share = (share / fit.features["target"].sum()).median(("chain", "draw"))

    np.testing.assert_allclose(table["effect"][["tv", "search"]], share, rtol=1e-9)
    scale = float(fit.features["target_scale"] / fit.features["target"].mean())
    gamma = fit.posterior["gamma_control"].median(("chain", "draw")) * scale
    np.testing.assert_allclose(table["effect"][["price", "fair"]], gamma, rtol=1e-9)
    assert (table["effect_lower"] < table["effect"]).all()
    assert (table["effect"] < table["effect_upper"]).all()


def test_what_was_believed_is_held_against_what_came_out(table: pd.DataFrame) -> None:
    tv, search = table.loc["tv"], table.loc["search"]

    assert tv["prior_median"] == pytest.approx(1.5)
    assert not tv["is_tense"]
    assert abs(tv["shift"]) < 0.05
    # Draws a tenth of the return about it, where the prior's spread is log(9) / 4.
    assert 0.1 < tv["overlap"] < 0.4
    assert search["is_outside"]
    assert search["is_tense"]
    assert search["is_beyond"]
    assert search["overlap"] < 0.01
    assert search["shift"] == pytest.approx(9, rel=0.05)
    expected = (search["posterior_median"] - 0.3) / 0.4
    assert search["influence"] == pytest.approx(expected)
    assert search["influence_band"] == "strong"


def test_a_curve_that_moved_and_a_channel_that_is_small_are_told(
    table: pd.DataFrame, stated: tuple[ConvergedFit, xr.Dataset]
) -> None:
    fit, prior = stated
    after = fit.posterior["saturation_lam"].median(("chain", "draw"))
    before = prior["saturation_lam"].median("draw")

    shift = (after / before - 1).to_numpy()
    np.testing.assert_allclose(table["curve_shift"][["tv", "search"]].astype(float), shift)
    assert table["is_bent"][["tv", "search"]].tolist() == (abs(shift) > 0.3).tolist()
    spend = fit.features["spend"].sum("date")
    part = (spend / spend.sum()).to_numpy()
    np.testing.assert_allclose(table["spend_share"][["tv", "search"]].astype(float), part)
    assert table["is_small"][["tv", "search"]].tolist() == (part < 0.05).tolist()
    assert table["spend_share"][["price"]].isna().all()


def test_tension_is_said(table: pd.DataFrame) -> None:
    rows = table.reset_index()

    (words,) = find_tensions(rows)

    assert words.startswith("roas of search was stated as 0.3 and comes out as 3")
    assert words.endswith("beyond what the prior held possible")
    assert judge_beliefs(rows) == "review"
    assert judge_beliefs(rows[rows["name"] != "search"]) == "good"


def test_a_default_is_nobodys_belief() -> None:
    rows = summarize_effects(*make_fit())

    assert not rows["is_stated"].any()
    assert find_tensions(rows) == ()
    assert judge_beliefs(rows) == ""


def test_a_cost_is_believed_as_a_cost() -> None:
    data = {"path": "data/acme.csv", "date": "week", "target": "sales", "kpi": "count"}
    media = {"tv": {"cost_per_target": {"median": 0.7, "factor": 3}}, "search": {}}
    spec = make_spec(data=data, media=media)
    features = make_features(spec)
    posterior = make_posterior(spec, features).rename(roas="cost_per_target")
    posterior["cost_per_target"] = 1 / posterior["cost_per_target"]
    fit, prior = pass_gate(spec, features, posterior)

    row = summarize_effects(fit, prior).set_index("name").loc["tv"]

    assert row["belief"] == "cost_per_target"
    assert row["prior_median"] == pytest.approx(0.7)
    assert row["posterior_median"] == pytest.approx(1 / 1.5, rel=0.02)
    assert not row["has_return"]


def test_what_the_data_say_nothing_of_overlaps() -> None:
    draws = np.random.default_rng(1).lognormal(size=(2, 4000))

    # Twenty bins with a twentieth each: chance takes a few hundredths away.
    assert measure_prior_overlap(draws[0], draws[1]) == pytest.approx(1, abs=0.05)
    assert measure_prior_overlap(draws[0], draws[1] * math.exp(9)) == pytest.approx(0, abs=0.001)


def test_priors_of_another_request_are_refused(stated: tuple[ConvergedFit, xr.Dataset]) -> None:
    fit, prior = stated

    with pytest.raises(StaleFitError, match="prior_predictive is of another"):
        summarize_effects(fit, prior.assign_attrs(request_id="another"))
