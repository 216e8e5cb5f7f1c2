import pandas as pd
import pytest

from mmm_pipeline.errors import DataError
from mmm_pipeline.evidence.folds import plan_folds
from mmm_pipeline_tests.factories import make_spec


def write_days(dates: pd.DatetimeIndex) -> list[str]:
    return dates.strftime("%Y-%m-%d").tolist()


@pytest.mark.parametrize(
    ("frequency", "periods", "origins", "last"),
    [
        ("W-MON", 104, ["2025-06-30", "2025-09-29"], "2025-12-22"),
        ("MS", 36, ["2026-07-01", "2026-10-01"], "2026-12-01"),
        ("D", 300, ["2024-04-28", "2024-07-28"], "2024-10-26"),
    ],
)
def test_each_fold_predicts_a_quarter(
    frequency: str, periods: int, origins: list[str], last: str
) -> None:
    dates = pd.date_range("2024-01-01", periods=periods, freq=frequency)

    folds = plan_folds(dates, make_spec(backtest={"folds": 2}))

    assert [f"{fold.origin:%Y-%m-%d}" for fold in folds] == origins
    assert write_days(folds[-1].ahead)[-1] == last
    for fold in folds:
        assert write_days(fold.known.append(fold.ahead)) == write_days(
            dates[: len(fold.known) + len(fold.ahead)]
        )


def test_folds_follow_each_other() -> None:
    dates = pd.date_range("2024-01-01", periods=60, freq="W-MON")

    folds = plan_folds(dates.append(dates), make_spec(backtest={"folds": 4, "horizon": 5}))

    ahead = [day for fold in folds for day in write_days(fold.ahead)]
    assert ahead == write_days(dates[-20:])
    assert [fold.number for fold in folds] == [1, 2, 3, 4]


def test_a_first_fold_without_room_is_refused() -> None:
    dates = pd.date_range("2024-01-01", periods=52, freq="W-MON")

    with pytest.raises(DataError, match=r"leave its first fold 20 periods .* which leaves 13") as e:
        plan_folds(dates, make_spec(backtest={}))

    assert e.value.problems[0].setting == ("backtest",)
    assert e.value.problems[0].is_of_spec
    source = {"path": "a.csv", "date": "week", "target": "sales", "expect": {"min_periods": 40}}
    with pytest.raises(DataError, match="first fold 40 periods"):
        plan_folds(dates, make_spec(backtest={"folds": 1}, data=source))
