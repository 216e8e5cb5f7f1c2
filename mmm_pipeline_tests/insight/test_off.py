"""A channel on which nothing was spent of late: what is told of it is finite, and to be tested."""

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.marginal import read_spend_response
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.slopes import FIRST_STEP
from mmm_pipeline.model.features import build_features
from mmm_pipeline_tests.factories import draw_fit, make_raw, make_spec, validate

PERIODS = 70
OFF = ("tv", "radio")


@pytest.fixture(scope="module")
def off_fit() -> ConvergedFit:
    """Two channels whose curves rise upright, off for a year, beside one that is on."""
    spec = make_spec(
        media={"tv": {"saturation": "hill"}, "radio": {"saturation": "root"}, "search": {}},
        trend="none",
        seasonality={"yearly": 0},
    )
    on = 50 * np.random.default_rng(1).random(PERIODS) + 1
    spend = np.where(np.arange(PERIODS) < PERIODS - 52, on, 0.0)
    raw = make_raw(PERIODS, tv=spend.astype(str), radio=spend.astype(str))
    return draw_fit(spec, build_features(validate(raw, spec), spec))


def test_the_next_unit_is_that_of_the_first_step(off_fit: ConvergedFit) -> None:
    curve = read_spend_response(off_fit)
    first = FIRST_STEP * off_fit.features["channel_scale"].sel(channel=list(OFF))
    step = 1e-5 * first

    found = curve.earn_next(curve.spend_now).sel(channel=list(OFF))

    spend = xr.concat([first - step, first + step], "side").reindex(channel=curve.spend_now.channel)
    below, above = curve.respond(spend.fillna(1.0)).sel(channel=list(OFF)).transpose("side", ...)
    # A central difference of a millionth of the curve keeps nine digits.
    np.testing.assert_allclose(found, (above - below) / (2 * step), rtol=1e-6)


def test_every_number_of_it_is_finite(off_fit: ConvergedFit) -> None:
    rows = summarize_returns(off_fit).table.set_index("channel").loc[list(OFF)]

    without_ceiling = [name for name in rows if name.startswith("saturation")]
    assert np.isfinite(rows.drop(columns=without_ceiling).select_dtypes("number")).all(axis=None)
    assert (rows["spend_now"] == 0).all()
    assert rows.loc["tv", "saturation"] == 0
    assert rows.loc["radio", without_ceiling].isna().all()
    np.testing.assert_allclose(rows["headroom"], rows["breakeven_spend"])


def test_it_is_held_until_it_is_tested(off_fit: ConvergedFit) -> None:
    advice = recommend(off_fit)

    rows = advice.table.set_index("channel").loc[list(OFF)]
    assert set(rows["action"]) == {"HOLD"}
    assert rows["needs_test"].all()
    assert rows["reason"].str.startswith("nothing was spent on it in the last 52 weeks").all()
    assert (rows["change"] == 0).all()
    numbers = [value for value in advice.portfolio.values() if isinstance(value, float)]
    assert np.isfinite(numbers).all()
