"""What a target costs: the same money and the same targets as in every other column."""

import numpy as np
import pandas as pd
import pytest

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.by_period import summarize_returns_by_period
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.model.features import build_features
from mmm_pipeline_tests.factories import draw_fit, make_raw, make_spec, validate

DATA = {"path": "a.csv", "date": "week", "target": "sales", "kpi": "count"}


@pytest.fixture(scope="module")
def count_fit() -> ConvergedFit:
    """A count whose returns are hardly known: the mean of a cost is far from the inverse."""
    spec = make_spec(data=DATA, trend="none", seasonality={"yearly": 0}, l_max=2)
    return draw_fit(spec, build_features(validate(make_raw(60), spec), spec))


@pytest.fixture(scope="module")
def returns(count_fit: ConvergedFit) -> Summary:
    return summarize_returns(count_fit)


def test_cost_times_contribution_is_spend_in_every_row(
    count_fit: ConvergedFit, returns: Summary
) -> None:
    portfolio = recommend(count_fit).portfolio
    tables = [returns.table, summarize_returns_by_period(count_fit), pd.DataFrame([portfolio])]

    for table in tables:
        np.testing.assert_allclose(table["cost_per_target"] * table["contribution"], table["spend"])


@pytest.mark.parametrize(
    ("cost", "rate"),
    [("cost_per_target", "roas"), ("marginal_cost_per_target", "marginal_roas")],
)
def test_a_cost_is_the_inverse_of_the_return_and_so_are_its_bounds(
    returns: Summary, cost: str, rate: str
) -> None:
    table, draws = returns.table, returns.draws[rate]
    dims = [dim for dim in draws.dims if dim != "channel"]

    np.testing.assert_allclose(table[cost], 1 / draws.mean(dims))
    for bound, other in (("lower", 0.95), ("upper", 0.05)):
        np.testing.assert_allclose(table[f"{cost}_{bound}"], 1 / draws.quantile(other, dims))
    # What it is not: the mean of the inverses, which is larger.
    assert (table[cost] < 0.9 * (1 / draws).mean(dims).to_numpy()).all()


def test_money_is_advised_by_the_very_cost_that_is_told(
    count_fit: ConvergedFit, returns: Summary
) -> None:
    draws = returns.draws["marginal_roas"].sel(channel="tv")
    between = float(((1 / draws).mean() / draws.mean()) ** 0.5)
    data = count_fit.spec.data.model_copy(update={"target_cost": between})
    spec = count_fit.spec.model_copy(update={"data": data})

    table = recommend(ConvergedFit(count_fit.trace, count_fit.diagnostics, spec)).table
    told = returns.table.set_index("channel")["marginal_cost_per_target"]

    for row in table.to_dict("records"):
        is_cheap = told[row["channel"]] < between
        assert (row["marginal_roas"] > 1 / between) == is_cheap
    assert told["tv"] < between
