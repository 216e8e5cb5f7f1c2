import pandas as pd
import pytest

from mmm_pipeline.ingest.history import find_restated
from mmm_pipeline_tests.factories import make_raw, make_spec, validate

SPEC = make_spec()
BEFORE = validate(make_raw(30), SPEC)


def restate(now: pd.DataFrame) -> tuple[str, ...]:
    problems = find_restated(BEFORE, now, SPEC, "the delivery before")
    return tuple(
        f"{offence.date} {offence.column} {offence.value}"
        for problem in problems
        for offence in problem.offences
    )


def test_new_periods_restate_nothing() -> None:
    longer = validate(make_raw(34), SPEC)
    longer.iloc[:30, 1:] = BEFORE.iloc[:, 1:]

    assert restate(longer) == ()


def test_a_value_that_changed_is_named_with_both() -> None:
    now = BEFORE.copy()
    now.loc[3, "target"] = 2000.0

    assert restate(now) == (f"2024-01-22 target {BEFORE.loc[3, 'target']:.10g} -> 2000",)


def test_rows_that_vanish_or_appear_within_the_history_are_named() -> None:
    assert restate(BEFORE.drop(index=3)) == ("2024-01-22  there, now gone",)
    assert restate(BEFORE.iloc[:-1]) == ("2024-07-22  there, now gone",)
    problems = find_restated(BEFORE.drop(index=3), BEFORE, SPEC, "the delivery before")
    assert problems[0].offences[0].value == "not there, now is"


def test_a_window_that_moves_on_restates_nothing() -> None:
    assert restate(BEFORE.iloc[2:]) == ()


def test_columns_that_only_one_of_them_has_are_not_compared() -> None:
    assert restate(BEFORE.assign(price=1.0)) == ()


def test_the_message_says_how_much_it_moves() -> None:
    now = BEFORE.copy()
    now["spend_tv"] *= 1.02

    message = find_restated(BEFORE, now, SPEC, "the delivery of 1 May")[0].message

    assert "30 rows say otherwise than the delivery of 1 May" in message
    assert "total 'spend_tv' by +2.00%" in message


@pytest.mark.parametrize("size", [3000])
def test_a_panel_that_changes_everywhere_is_told_with_few_examples(size: int) -> None:
    keys = [pd.date_range("2024-01-01", periods=30, freq="7D", name="date")]
    keys.append(pd.Index([f"g{n}" for n in range(size // 30)], name="geo"))
    frame = pd.MultiIndex.from_product(keys).to_frame(index=False).assign(target=1.0, spend_tv=2.0)
    spec = make_spec(data={"path": "a", "date": "d", "target": "t", "panel": ["geo"]})

    problem = find_restated(frame, frame.assign(target=3.0), spec, "before")[0]

    assert f"{size} rows" in problem.message
    assert len(problem.offences) <= 1000
