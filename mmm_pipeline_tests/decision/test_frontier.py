"""What every budget would bring, on draws that nobody sampled."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_pipeline.decision.frontier import COLUMNS, summarize_frontier
from mmm_pipeline.gate import ConvergedFit


@pytest.fixture(scope="module")
def frontier(fit: ConvergedFit) -> pd.DataFrame:
    return summarize_frontier(fit)


def test_no_budget_is_better_spent_as_today(frontier: pd.DataFrame) -> None:
    assert list(frontier) == list(COLUMNS)
    assert (frontier["response"] >= frontier["response_alike"] * (1 - 1e-9)).all()


def test_more_money_brings_more_and_each_unit_less(frontier: pd.DataFrame) -> None:
    # The curves of the small world are concave, so the best response is too.
    assert (frontier["response"].diff().dropna() > 0).all()
    # Steps of the search leave 1e-4 of play.
    assert (frontier["marginal"].diff().dropna() < 1e-3 * frontier["marginal"].max()).all()
    assert frontier["is_diminishing"].all()


def test_the_marginal_return_is_the_slope_of_the_frontier(frontier: pd.DataFrame) -> None:
    slope = np.gradient(frontier["response"], frontier["budget"])

    # By the envelope theorem, where no channel meets a bound; differences of steps of 10 %.
    np.testing.assert_allclose(slope[4:-1], frontier["marginal"][4:-1], rtol=0.05)


def test_up_to_which_budget_the_next_unit_pays_is_told(
    fit: ConvergedFit, frontier: pd.DataFrame
) -> None:
    row = frontier.iloc[6]

    def ask(level: float) -> float | None:
        data = fit.spec.data.model_copy(update={"margin": 1 / level})
        table = summarize_frontier(replace(fit, spec=fit.spec.model_copy(update={"data": data})))
        found: float | None = table.attrs["pays_up_to"]
        return found

    assert ask(row["marginal"]) == pytest.approx(row["budget"])
    assert ask(1e3 * row["marginal"]) == 0.0
    assert ask(1e-3 * row["marginal"]) is None
