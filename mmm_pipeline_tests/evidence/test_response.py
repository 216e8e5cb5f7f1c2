import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.evidence.response import (
    ALL_MEDIA,
    compare_response,
    find_misread,
    summarize_response_backtest,
)
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline_tests.factories import make_features, make_posterior, make_spec, make_trace


def series(values: list[float]) -> xr.DataArray:
    return xr.DataArray(values, dims="date", coords={"date": range(len(values))})


def test_the_numbers_are_those_of_their_definitions() -> None:
    spend = series([1.0, 2.0, 3.0, 4.0])

    row = compare_response("tv", series([1.0, 2.0, 4.0, 5.0]), series([2.0, 2.0, 4.0, 4.0]), spend)

    assert row["r2"] == pytest.approx(1 - 2 / 4)
    assert row["mape"] == pytest.approx(2 / 12)
    assert row["band"] == "moderate"
    assert row["error_high"] == pytest.approx(-1 / 8)
    assert row["error_low"] == pytest.approx(1 / 4)
    assert row["correlation"] == pytest.approx(np.corrcoef([1, 2, 3, 4], [1, 0, 0, -1])[0, 1])


def test_what_acts_at_once_is_told_by_its_curve(fit: ConvergedFit) -> None:
    media = {name: {"carryover": "none"} for name in ("tv", "search")}
    spec = make_spec(media=media, controls={"price": {}})
    features = make_features(spec)
    posterior = make_posterior(spec, features).drop_vars("adstock_alpha")
    trace = make_trace(spec, features, posterior)
    at_once = admit(trace, spec)

    table = summarize_response_backtest(at_once).set_index("channel")

    # Of 1000 draws 500 are used for the curves: their means differ by little.
    assert table["r2"].min() > 0.98
    assert (table["band"] == "excellent").all()
    assert find_misread(table.reset_index()) == ()
    lasting = summarize_response_backtest(fit).set_index("channel")
    assert lasting["r2"][ALL_MEDIA] < table["r2"][ALL_MEDIA]


def test_curves_that_do_not_tell_periods_are_said() -> None:
    table = pd.DataFrame([{"channel": ALL_MEDIA, "r2": 0.2, "mape": 0.5}])

    (words,) = find_misread(table)

    assert "R² 0.20 (above 0.5) and an error of 50%" in words


def test_a_channel_that_never_moves_has_no_r2() -> None:
    row = compare_response("tv", series([1.0, 1.0]), series([2.0, 2.0]), series([3.0, 3.0]))

    assert np.isnan(row["r2"])
    assert row["band"] == "poor"
    assert row["mape"] == 0.5
