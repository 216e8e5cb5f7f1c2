"""Which plan counts when, and when it is stale."""

import datetime as dt
from random import Random

import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.decision.register import (
    AcceptedPlan,
    PlanRecord,
    find_in_force,
    list_stale,
    share_out,
)
from mmm_pipeline_tests.factories import make_spec

FIRST = pd.Timestamp("2025-01-06")
PROMOTED = dt.datetime(2025, 2, 3, tzinfo=dt.UTC)


def make_plan(number: int, start: int = 0, periods: int = 4) -> AcceptedPlan:
    """A plan accepted on a day of January, from a week on."""
    dates = pd.date_range(FIRST + pd.Timedelta(weeks=start), periods=periods, freq="7D")
    record = PlanRecord(
        plan_id=f"plan {number}",
        scenario="more",
        words={},
        fit_id="aaaa",
        model_part=make_spec().model_part(),
        start=dates[0].date(),
        end=dates[-1].date(),
        seed=1,
        response=1.0,
        response_lower=0.5,
        response_upper=1.5,
        accepted_at=dt.datetime(2025, 1, 1 + number, tzinfo=dt.UTC),
        run_id="run",
    )
    return AcceptedPlan(record, xr.Dataset(coords={"date": dates}))


WINDOWS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 8)), max_size=6)


@given(WINDOWS, st.randoms())
def test_every_date_belongs_to_the_last_plan_that_holds_it(
    windows: list[tuple[int, int]], chance: Random
) -> None:
    plans = [make_plan(number, *window) for number, window in enumerate(windows)]
    expected: dict[pd.Timestamp, str] = {}
    for plan in plans:
        expected |= dict.fromkeys(plan.dates, plan.record.plan_id)
    chance.shuffle(plans)

    found = share_out(plans)

    assert {day: name for name, days in found.items() for day in days} == expected
    assert sum(map(len, found.values())) == len(expected)
    assert sorted(found) == sorted(plan.record.plan_id for plan in plans)


def test_the_plan_in_force_is_the_one_that_counts_next() -> None:
    quarter, later = make_plan(1, periods=6), make_plan(2, start=2, periods=2)

    shares = share_out([quarter, later])

    found = [find_in_force(shares, FIRST + pd.Timedelta(weeks=week)) for week in range(-1, 6)]
    assert found == ["plan 1", "plan 1", "plan 2", "plan 2", "plan 1", "plan 1", None]


def test_a_plan_of_the_promoted_fit_is_not_stale() -> None:
    plan = make_plan(1).record

    assert list_stale(plan, make_spec(), None) == []
    assert list_stale(plan, make_spec(), ("aaaa", PROMOTED)) == []


def test_a_plan_is_stale_when_another_fit_is_promoted_or_the_model_changes() -> None:
    plan = make_plan(1).record

    (promoted,) = list_stale(plan, make_spec(), ("bbbb", PROMOTED))
    (changed,) = list_stale(plan, make_spec(l_max=4), ("aaaa", PROMOTED))

    assert "'more' of 2025-01-02, was made with fit aaaa; fit bbbb is promoted" in promoted
    assert "since 2025-02-03" in promoted
    assert "launch acme__accept_plan" in promoted
    assert "another model: `l_max` was 8 and is 4." in changed


def test_a_plan_is_a_record_that_does_not_change() -> None:
    plan = make_plan(1).record

    assert PlanRecord.model_validate_json(plan.model_dump_json()) == plan
    with pytest.raises(ValueError, match="frozen"):
        plan.note = "other"  # type: ignore[misc]
