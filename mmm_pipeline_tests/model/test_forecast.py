"""Saved, rebuilt, and asked for other dates: nothing that belongs to the fit moves."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.lineage.forms import TraceForm
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.fit import compute_variables, rebuild_model
from mmm_pipeline.model.forecast import predict_mean
from mmm_pipeline.model.link import read_link
from mmm_pipeline.simulate.reach import ReachWorld, simulate_reach
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import (
    choose_fast,
    draw_posterior,
    make_panel,
    make_spec,
    make_trace,
    validate,
)

WEEKS, AHEAD = 60, 12
REACH = {"reach": "video_reach", "frequency": "video_frequency"}
KINDS: dict[str, dict[str, Any]] = {
    "line": {"controls": {"stream": {"carryover": "medium"}}},
    "piecewise": {"trend": "piecewise", "seasonality": {"yearly": 2, "monthly": 1}},
    "spline": {"trend": "spline", "events": {"fair": {"days": ["2022-03-08"], "after": 14}}},
    "process": {"trend": "hsgp", "time_varying_media": True},
    "log": {"link": "log", "likelihood": "student_t"},
    "reach": {"media": {"video": REACH, "search": {"carryover": "weibull", "saturation": "hill"}}},
    "selection": {
        "controls": {"stream": {"scale": "max_abs"}, "stream_reach": {}, "stream_frequency": {}},
        "control_selection": "horseshoe",
    },
    "panel": {"data": {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]}},
}


def make_whole(kind: str) -> tuple[ModelSpec, xr.Dataset]:
    """Features of the history and of what follows."""
    words = {"trend": "linear", "seasonality": {"yearly": 1}} | KINDS[kind]
    if kind == "panel":
        spec = make_spec(**words, controls={"price": {}})
        frame = make_panel(spec, {"geo": ["north", "south"]}, WEEKS + AHEAD)
    else:
        spec = make_spec(**({"media": {"video": {}, "search": {}}} | words))
        frame, _ = simulate_reach(ReachWorld(world="reach", weeks=WEEKS + AHEAD))
        weeks = frame["week"].dt.strftime("%Y-%m-%d")
        frame = validate(frame.assign(week=weeks).astype(str), spec)
    return spec, build_features(frame, spec)


def make_history(whole: xr.Dataset) -> xr.Dataset:
    """Features of the history alone, on scales of its own."""
    past = whole.isel(date=slice(WEEKS))
    scale = past["exposure"].max("date")
    return past.assign(
        channel_scale=scale.where(scale > 0, 1.0),
        target_scale=past["target"].max("date"),
        clock_days=float((past["date"][-1] - past["date"][0]) / np.timedelta64(1, "D")),
    )


@pytest.fixture(scope="module", params=choose_fast(KINDS, "process", "log", "panel"))
def fitted(request: pytest.FixtureRequest) -> tuple[xr.DataTree, xr.Dataset]:
    spec, whole = make_whole(request.param)
    past = make_history(whole)
    return make_trace(spec, past, draw_posterior(spec, past, 10)), whole


def test_what_was_fitted_does_not_move_with_what_follows(
    fitted: tuple[xr.DataTree, xr.Dataset],
) -> None:
    trace, whole = fitted
    inputs, spec = trace["/inputs"].to_dataset(), ModelSpec.model_validate_json(trace.attrs["spec"])
    mu = compute_variables(rebuild_model(trace).model, trace["/posterior"].to_dataset(), ["mu"])
    past = read_link(spec, inputs).to_target(mu["mu"].transpose("chain", "draw", "date", ...))

    predicted = predict_mean(trace, whole)

    assert predicted.sizes["date"] == WEEKS + AHEAD
    np.testing.assert_allclose(predicted.isel(date=slice(WEEKS)), past, rtol=1e-9)
    assert np.isfinite(predicted).all()


PROGRAM = """
import sys
from pathlib import Path

import xarray as xr

from mmm_pipeline.lineage.forms import TraceForm
from mmm_pipeline.model.forecast import predict_mean

for folder in Path(sys.argv[1]).iterdir():
    whole = xr.load_dataset(folder / "whole.nc", engine="h5netcdf")
    found = predict_mean(TraceForm().read(folder / "trace"), whole)
    found.rename("mean").to_netcdf(folder / "found.nc", engine="h5netcdf")
"""


@pytest.mark.slow
def test_another_process_predicts_the_same(tmp_path: Path) -> None:
    expected = {}
    for kind in KINDS:
        spec, whole = make_whole(kind)
        past = make_history(whole)
        trace = make_trace(spec, past, draw_posterior(spec, past, 10))
        (tmp_path / kind).mkdir()
        TraceForm().write(trace, tmp_path / kind / "trace")
        whole.to_netcdf(tmp_path / kind / "whole.nc", engine="h5netcdf")
        expected[kind] = predict_mean(trace, whole)

    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], check=True)

    for kind, mean in expected.items():
        found = xr.load_dataarray(tmp_path / kind / "found.nc", engine="h5netcdf")
        np.testing.assert_allclose(found, mean, rtol=1e-9, err_msg=kind)


def test_a_line_goes_on_and_carry_over_reaches_what_follows() -> None:
    spec, whole = make_whole("line")
    past = make_history(whole)
    trace = make_trace(spec, past, draw_posterior(spec, past, 10))
    dark = whole.assign(exposure=whole["exposure"].where(whole["date"] <= past["date"][-1], 0.0))

    less = predict_mean(trace, dark) - predict_mean(trace, whole)

    ahead = less.isel(date=slice(WEEKS, None)).mean(["chain", "draw"])
    assert (less.isel(date=slice(WEEKS)) == 0).all()
    assert (ahead < 0).all()
    # At first earlier spend still works, so that less is lost than at the end.
    spent = whole["exposure"].isel(date=slice(WEEKS, None)).sum("channel")
    assert ahead[0] / spent[0] > (ahead[2:6] / spent[2:6]).mean()


def test_features_of_another_model_or_window_are_refused() -> None:
    spec, whole = make_whole("line")
    past = make_history(whole)
    trace = make_trace(spec, past, draw_posterior(spec, past, 10))

    with pytest.raises(StaleFitError, match="begin with the dates"):
        predict_mean(trace, whole.isel(date=slice(1, None)))
    with pytest.raises(StaleFitError, match="have the channels"):
        predict_mean(trace, whole.assign_coords(channel=["tv", "search"]))
