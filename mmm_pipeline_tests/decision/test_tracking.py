"""Plans against a world whose every number is known: what was spent, and what responded."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from mmm_pipeline.decision.acceptance import Acceptance, accept_plan
from mmm_pipeline.decision.register import AcceptedPlan
from mmm_pipeline.decision.standing import PARTS, sum_up_spend
from mmm_pipeline.decision.tracking import BANDS, COLUMNS, track_plans
from mmm_pipeline.errors import ScenarioError, StaleFitError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline_tests.decision.plans import (
    PERIODS,
    WEEKS,
    Truth,
    accept,
    make_features_of,
    make_true_fit,
    make_truth,
    plan,
)

SHOCK = 900.0
"""Target units of the third week of the plan that no driver explains."""


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_truth()


@pytest.fixture(scope="module")
def fit(truth: Truth) -> ConvergedFit:
    return make_true_fit(truth)


@pytest.fixture(scope="module")
def plans(fit: ConvergedFit) -> Summary:
    return plan(fit)


@pytest.fixture(scope="module")
def accepted(fit: ConvergedFit, plans: Summary) -> AcceptedPlan:
    return accept(fit, plans)


def keep_to(truth: Truth, accepted: AcceptedPlan) -> Truth:
    """The world in which the plan is kept to, and all else is as it was assumed."""
    spend = accepted.arrays["spend"]
    return truth.change(
        tv=spend.sel(channel="tv").to_numpy(),
        search=spend.sel(channel="search").to_numpy(),
        mail=truth.frame["mail"].to_numpy()[WEEKS - 52 :][:PERIODS],
        price=truth.frame["price"].to_numpy()[WEEKS - 52 :][:PERIODS],
    )


def read_target(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["quantity"] == "target"].reset_index(drop=True)


def test_a_plan_expects_what_would_truly_come(truth: Truth, accepted: AcceptedPlan) -> None:
    expected = keep_to(truth, accepted).target[WEEKS:]

    found = accepted.arrays["expected"].mean("sample")

    np.testing.assert_allclose(found, expected, rtol=1e-7)


@pytest.fixture(scope="module")
def otherwise(truth: Truth, accepted: AcceptedPlan) -> tuple[Truth, Truth, np.ndarray]:
    """The world in which the plan is kept to, the one that came, and what nobody explains."""
    kept = keep_to(truth, accepted)
    tv = accepted.arrays["spend"].sel(channel="tv").to_numpy()
    mail = kept.frame["mail"].to_numpy()[WEEKS:]
    came = kept.change(tv=0.5 * tv, mail=1.3 * mail, price=np.full(PERIODS, 21.0))
    extra = np.zeros(WEEKS + PERIODS)
    extra[WEEKS + 2] = SHOCK
    return kept, came, extra


@pytest.fixture(scope="module")
def tracked(
    fit: ConvergedFit, accepted: AcceptedPlan, otherwise: tuple[Truth, Truth, np.ndarray]
) -> pd.DataFrame:
    """The plan, four of whose six weeks have come."""
    _, came, extra = otherwise
    actual = make_features_of(came, fit.spec, WEEKS + 4, extra)
    return track_plans([accepted], actual, {fit.fit_id: fit})


def test_spend_is_told_apart_from_response(
    tracked: pd.DataFrame, otherwise: tuple[Truth, Truth, np.ndarray]
) -> None:
    kept, came, extra = otherwise
    moved = {name: came.parts[name][WEEKS:] - kept.parts[name][WEEKS:] for name in came.parts}

    found = read_target(tracked)[:4]

    # Draws are the truth to 1e-9, on a target of about 5000.
    near = {"rtol": 0, "atol": 1e-4}
    np.testing.assert_allclose(found["by_spend"], moved["tv"][:4], **near)
    conditions = (moved["mail"] + moved["price"])[:4]
    np.testing.assert_allclose(found["by_conditions"], conditions, **near)
    np.testing.assert_allclose(found["by_response"], extra[WEEKS : WEEKS + 4], **near)
    assert (moved["tv"][:4] < -10).all()


def test_the_parts_are_the_deviation(tracked: pd.DataFrame) -> None:
    found = read_target(tracked)[:4]

    deviation = found["actual"] - found["planned"]
    np.testing.assert_allclose(found[list(PARTS)].sum(axis=1), deviation, rtol=1e-9, atol=1e-9)


def test_what_is_still_to_come_is_expected_anew(
    tracked: pd.DataFrame, otherwise: tuple[Truth, Truth, np.ndarray]
) -> None:
    kept, came, _ = otherwise
    columns = {name: kept.frame[name].to_numpy()[WEEKS:].copy() for name in ("tv", "mail", "price")}
    for name, values in columns.items():
        values[:4] = came.frame[name].to_numpy()[WEEKS : WEEKS + 4]
    mixed = kept.change(**columns)

    found = read_target(tracked)

    np.testing.assert_allclose(found["given_actual"], mixed.target[WEEKS:], rtol=1e-7)
    assert found["actual"].isna().tolist() == [False] * 4 + [True] * 2
    facts = tracked.attrs["plans"][0]
    whole = came.target[WEEKS : WEEKS + 4].sum() + SHOCK + mixed.target[WEEKS + 4 :].sum()
    assert facts["whole_now"] == pytest.approx(whole, rel=1e-7)


def test_the_table_says_what_was_spent_and_what_stands_out(
    tracked: pd.DataFrame, accepted: AcceptedPlan
) -> None:
    facts = tracked.attrs["plans"][0]
    spend = sum_up_spend(tracked).set_index("channel")
    planned = accepted.arrays["spend"].isel(date=slice(4)).sum("date")

    assert list(tracked) == COLUMNS
    assert spend["planned"].to_dict() == pytest.approx(
        {name: float(planned.sel(channel=name)) for name in ("tv", "search")}
    )
    assert spend.loc["tv", "actual"] == pytest.approx(0.5 * spend.loc["tv", "planned"])
    assert (facts["n_dates"], facts["n_known"]) == (6, 4)
    tv, target, response = facts["words"]
    assert tv.endswith(f"spent on tv so far, -50% against the {planned[0]:.4g} that were planned")
    assert f"{SHOCK:.4g} that the response was" in target
    assert "look at the fit" in response


def test_what_was_kept_stands_where_the_fit_may_not_be_read(
    tracked: pd.DataFrame,
    fit: ConvergedFit,
    accepted: AcceptedPlan,
    otherwise: tuple[Truth, Truth, np.ndarray],
) -> None:
    _, came, extra = otherwise
    actual = make_features_of(came, fit.spec, WEEKS + 4, extra)

    found = track_plans([accepted], actual, {fit.fit_id: "other code"})

    split = ["given_actual", *PARTS]
    assert found[split].isna().all(axis=None)
    pd.testing.assert_frame_equal(found.drop(columns=split), tracked.drop(columns=split))
    facts = found.attrs["plans"][0]
    assert facts["why_not"] == "other code"
    assert (facts["given_lower"], facts["by_spend"], facts["whole_now"]) == (None, None, None)
    assert len(facts["words"]) == 2


def test_before_anything_came_the_plan_is_all_there_is(
    fit: ConvergedFit, truth: Truth, accepted: AcceptedPlan
) -> None:
    actual = make_features_of(truth, fit.spec, WEEKS)

    found = read_target(track := track_plans([accepted], actual, {fit.fit_id: fit}))

    assert found["actual"].isna().all()
    assert found["actual_so_far"].isna().all()
    assert (found["given_actual"] == found["planned"]).all()
    assert (found["by_spend"] == 0).all()
    facts = track.attrs["plans"][0]
    assert (facts["n_known"], facts["lower"], facts["words"]) == (0, None, [])
    assert sum_up_spend(track).empty


def test_without_plans_there_is_an_empty_table(fit: ConvergedFit, truth: Truth) -> None:
    found = track_plans([], make_features_of(truth, fit.spec, WEEKS), {})

    assert list(found) == COLUMNS
    assert found.empty
    assert found.attrs["plans"] == []


def test_data_that_lack_periods_after_the_fit_are_not_forecast(
    fit: ConvergedFit, truth: Truth, accepted: AcceptedPlan
) -> None:
    whole = make_features_of(truth, fit.spec, WEEKS + 4)

    found = track_plans([accepted], whole.isel(date=slice(WEEKS + 2, None)), {fit.fit_id: fit})

    assert "they lack 2025-02-24, 2025-03-03" in found.attrs["plans"][0]["why_not"]
    assert read_target(found)["by_response"].isna().all()


@pytest.mark.slow
def test_a_constant_truth_lies_in_its_intervals_as_often_as_they_say(truth: Truth) -> None:
    noise = 150.0
    fit = make_true_fit(truth, noise, n_draws=250)
    accepted = accept(fit, plan(fit))
    mean = keep_to(truth, accepted).target[WEEKS:]
    actual = make_features_of(truth, fit.spec, WEEKS)
    found = read_target(track_plans([accepted], actual, {fit.fit_id: fit}))
    rng = np.random.default_rng(41)
    worlds = mean + noise * rng.standard_normal((4000, PERIODS))

    for band in BANDS:
        for draws, suffix in ((worlds, ""), (worlds.cumsum(axis=1), "_so_far")):
            low, high = (found[f"{side}_{band}{suffix}"].to_numpy() for side in ("lower", "upper"))
            inside = ((draws >= low) & (draws <= high)).mean()
            # Bounds are quantiles of 1000 draws: three standard errors of what they hold.
            assert inside == pytest.approx(band / 100, abs=3 * (0.25 / 1000) ** 0.5)


def test_until_a_later_plan_begins_todays_goes_on(
    fit: ConvergedFit, truth: Truth, plans: Summary, accepted: AcceptedPlan
) -> None:
    start = accepted.record.start + dt.timedelta(weeks=3)

    later = accept(fit, plans, start=start)

    spend = later.arrays["spend"].sel(channel="tv").to_numpy()
    today = truth.frame["tv"].to_numpy()[WEEKS - 52 : WEEKS].mean()
    np.testing.assert_allclose(spend[:3], today)
    np.testing.assert_allclose(spend[3:], accepted.arrays["spend"].sel(channel="tv"))
    assert later.dates[0] == pd.Timestamp(start)
    assert len(later.dates) == PERIODS
    assert later.record.plan_id != accepted.record.plan_id


def test_what_is_not_planned_is_told(fit: ConvergedFit, plans: Summary) -> None:
    unknown = Acceptance("moer", None, dt.datetime(2025, 3, 1, tzinfo=dt.UTC), "run")
    with pytest.raises(ScenarioError, match=r"'moer' is none.*Did you mean 'more'"):
        accept_plan(fit, plans, unknown)
    with pytest.raises(ScenarioError, match="first day of a period after the data"):
        accept(fit, plans, start=dt.date(2025, 3, 5))
    earlier = Summary(plans.table.copy(), plans.draws)
    earlier.table.attrs = {"fit_id": fit.fit_id}
    with pytest.raises(StaleFitError, match="an earlier version made them"):
        accept(fit, earlier)
