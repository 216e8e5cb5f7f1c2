"""The rules of advice, on numbers that leave no doubt which one applies."""

import math
from typing import Any

import pandas as pd
import pytest

from mmm_pipeline.insight.advice import judge_channels, move_money


def make_row(channel: str, marginal: float, **numbers: Any) -> dict[str, Any]:
    """A channel whose returns are known within a tenth."""
    row: dict[str, Any] = {"channel": channel, "roas": 2.0, "marginal_roas": marginal}
    for word in ("roas", "marginal_roas"):
        row |= {f"{word}_lower": 0.9 * row[word], f"{word}_upper": 1.1 * row[word]}
    row |= {"headroom": 50.0, "steepness": 0.5, "half": 0.4, "is_informed": True}
    row |= {"spend_now": 100.0, "breakeven_spend": 150.0, "spend_largest": 400.0}
    return row | numbers


def judge(*rows: dict[str, Any], level: float | None = 1.0) -> pd.DataFrame:
    return judge_channels(pd.DataFrame(rows), level)


@pytest.mark.parametrize(
    ("marginal", "level", "action"),
    [
        (1.6, 1.0, "INCREASE"),
        (1.5, 1.0, "HOLD"),
        (1.0, 1.0, "HOLD"),
        (0.9, 1.0, "REDUCE"),
        (1.6, 2.0, "REDUCE"),
        (0.9, 0.5, "INCREASE"),
        (9.0, None, "HOLD"),
    ],
)
def test_the_action_follows_from_the_next_unit_of_money(
    marginal: float, level: float | None, action: str
) -> None:
    assert judge(make_row("tv", marginal), level=level)["action"].tolist() == [action]


@pytest.mark.parametrize(
    "numbers",
    [{"half": 0.05}, {"steepness": 0.009}, {"roas": 400.0}, {"is_informed": False}],
)
@pytest.mark.parametrize("marginal", [0.5, 3.0])
def test_what_cannot_be_relied_on_is_held(numbers: dict[str, Any], marginal: float) -> None:
    table = judge(make_row("tv", marginal, **numbers))

    assert table["action"].tolist() == ["HOLD"]
    assert table["is_reliable"].iloc[0] == (numbers.keys() == {"is_informed"})


@pytest.mark.parametrize("level", [1.0, None])
@pytest.mark.parametrize("marginal", [0.5, 3.0])
def test_a_channel_that_is_off_today_is_to_be_tested(marginal: float, level: float | None) -> None:
    row = judge(make_row("tv", marginal, spend_now=0.0), level=level).iloc[0]

    assert row["action"] == "HOLD"
    assert row["needs_test"]
    assert row["reason"].startswith("nothing was spent on it in the last 52 weeks")


def test_a_curve_without_a_ceiling_may_be_relied_on() -> None:
    assert judge(make_row("tv", 3.0, half=math.nan))["is_reliable"].tolist() == [True]


def test_without_headroom_nothing_is_increased() -> None:
    assert judge(make_row("tv", 3.0, headroom=0.0))["action"].tolist() == ["HOLD"]


def test_a_test_is_needed_where_the_data_leave_it_open() -> None:
    table = judge(
        make_row("clear", 3.0),
        make_row("open", 2.0, marginal_roas_lower=0.8),
        make_row("past", 1.7, roas_lower=0.5),
        make_row("prior", 1.6, is_informed=False),
    )

    assert table.set_index("channel")["needs_test"].to_dict() == {
        "clear": False,
        "open": True,
        "past": True,
        "prior": True,
    }


def test_what_nobody_stated_is_no_matter_for_a_test() -> None:
    table = judge(make_row("open", 2.0, marginal_roas_lower=0.1), level=None)

    assert table["needs_test"].tolist() == [False]
    assert table["finding"].tolist() == [""]


@pytest.mark.parametrize(
    ("roas", "width", "level", "finding"),
    [
        (2.0, 0.49, 1.0, "strong"),
        (2.0, 0.5, 1.0, "test more"),
        (2.0, 1.9, 1.0, "test more"),
        (1.0, 0.1, 1.0, ""),
        (2.0, 0.1, 2.5, ""),
        (0.3, 0.1, 0.2, "strong"),
    ],
)
def test_a_return_that_is_known_well_is_a_strong_finding(
    roas: float, width: float, level: float, finding: str
) -> None:
    bounds = {"roas_lower": roas * (1 - width / 2), "roas_upper": roas * (1 + width / 2)}

    row = judge(make_row("tv", 2.0, roas=roas, **bounds), level=level).iloc[0]

    assert row["finding"] == finding
    assert row["roas_width"] == pytest.approx(width)


def test_channels_are_ranked_by_the_next_unit_of_money() -> None:
    table = judge(make_row("a", 0.5), make_row("b", 3.0), make_row("c", 1.2))

    assert table["channel"].tolist() == ["b", "c", "a"]
    assert table["rank"].tolist() == [1, 2, 3]


def test_money_moves_from_beyond_the_breakeven_to_the_best_first() -> None:
    table = judge(
        make_row("best", 4.0, headroom=30.0),
        make_row("good", 2.0, headroom=500.0),
        make_row("poor", 0.5, breakeven_spend=40.0, headroom=0.0),
    )

    change = move_money(table)

    # 60 are spent beyond poor's breakeven; best has room for 30 of them.
    assert change.tolist() == [30.0, 30.0, -60.0]


def test_no_more_money_is_moved_than_spend_that_was_seen() -> None:
    table = judge(
        make_row("best", 4.0, headroom=900.0, spend_largest=110.0),
        make_row("poor", 0.5, breakeven_spend=0.0, headroom=0.0),
        make_row("worse", 0.4, breakeven_spend=0.0, headroom=0.0),
    )

    assert move_money(table).tolist() == [10.0, -5.0, -5.0]


@pytest.mark.parametrize("marginal", [1.2, 4.0])
def test_no_money_moves_where_none_is_to_be_had(marginal: float) -> None:
    table = judge(make_row("one", marginal), make_row("other", 1.1))

    assert move_money(table).tolist() == [0.0, 0.0]


def test_at_most_five_channels_are_given_money() -> None:
    rows = [make_row(f"c{n}", 3.0, headroom=1.0) for n in range(7)]

    change = move_money(judge(*rows, make_row("poor", 0.1, breakeven_spend=0.0)))

    assert (change > 0).sum() == 5
    assert change.sum() == pytest.approx(0.0)
