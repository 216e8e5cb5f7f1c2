"""Real fits of simulated worlds: the gate passes, and the intervals hold the truth."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.evidence.calibration import forget_experiments, summarize_calibration
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.ingest.lift_tests import validate_lift_tests
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline.insight.contributions import compute_contributions
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.selection import summarize_selection
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.fit import fit_model
from mmm_pipeline.model.lift_arrays import arrange_lift_tests
from mmm_pipeline.simulate import simulate_world
from mmm_pipeline.simulate.mixed import MixedWorld, simulate_mixed
from mmm_pipeline.simulate.monthly import MonthlyWorld, simulate_monthly
from mmm_pipeline.simulate.panels import GeoWorld, StoreWorld, simulate_geos, simulate_stores
from mmm_pipeline.simulate.reach import ReachWorld, simulate_reach
from mmm_pipeline.simulate.transforms import geometric_adstock, logistic_saturation
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_features, make_spec, make_world

pytestmark = pytest.mark.slow

MIXED: dict[str, Any] = {
    "tv": {"carryover": "delayed", "saturation": "hill"},
    "radio": {"carryover": "weibull", "saturation": "michaelis_menten"},
    "social": {"carryover": "binomial", "saturation": "exponential"},
    "print": {"carryover": "none", "saturation": "root"},
    "mail": {"kind": "owned"},
    "rival": {"kind": "competitor"},
}


def fit(frame: pd.DataFrame, spec: ModelSpec) -> ConvergedFit:
    """Fit a model as the lineage does, and go through the gate."""
    weeks = frame["week"].dt.strftime("%Y-%m-%d")
    raw = frame.assign(week=weeks).astype(str)
    return pass_gate(spec, build_features(validate_source({"raw_data": raw}, spec).frame, spec))


def pass_gate(spec: ModelSpec, features: xr.Dataset) -> ConvergedFit:
    """Fit a model, and go through the gate."""
    trace = fit_model(spec, features, lambda _: None)
    return admit(trace, spec)


def list_missed(draws: xr.DataArray, truth: dict[str, float], width: float = 0.95) -> list[str]:
    """Name the channels whose truth lies outside the interval."""
    bounds = draws.quantile([(1 - width) / 2, (1 + width) / 2], ["chain", "draw"])
    missed = []
    for channel, value in truth.items():
        low, high = bounds.sel(channel=channel).to_numpy()
        if not low <= value <= high:
            missed.append(f"{channel}: {value:.3g} not in {low:.3g} to {high:.3g}")
    return missed


@pytest.mark.parametrize("multiplies", [False, True])
def test_channels_of_every_kind_and_shape_are_found(multiplies: bool) -> None:
    frame, truth = simulate_mixed(MixedWorld(world="mixed", multiplies=multiplies))
    link = {"link": "log", "likelihood": "student_t"} if multiplies else {}
    spec = make_spec(media=MIXED, controls={"price": {"sign": "negative"}}, trend="none", **link)

    returns = summarize_returns(fit(frame, spec)).draws

    # Of six 95 % intervals, a right model misses two or more 3 % of the time.
    share = returns["contribution"] / frame["sales"].sum()
    assert len(list_missed(share, truth["share"])) <= 1
    assert len(list_missed(returns["roas"], truth["roas"])) <= 1


def test_twelve_plans_and_a_control_of_a_hundred_million_converge() -> None:
    frame, truth = simulate_monthly(MonthlyWorld(world="monthly"))
    spec = make_spec(
        data={"path": "data/a.csv", "date": "week", "target": "gmv"},
        media={name: {} for name in truth["roas"]},
        controls={name: {} for name in truth["effect"]},
    )

    found = fit(frame, spec)

    # A reference system's model of such data ended with R-hat 4.14 and 4 effective draws. Twelve
    # plans tell four channels hardly apart: of 28 such worlds, 8 passed at a second attempt only.
    assert found.verdict.word == "PASS"
    # Of four 95 % intervals, a right model misses two or more 1.4 % of the time.
    assert len(list_missed(summarize_returns(found).draws["roas"], truth["roas"])) <= 1


@pytest.mark.parametrize("trend", ["piecewise", "spline", "hsgp"])
def test_a_wandering_baseline_is_not_booked_on_media(trend: str) -> None:
    frame, truth = simulate_mixed(MixedWorld(world="mixed", wander=0.08))
    spec = make_spec(media=MIXED, controls={"price": {}}, trend=trend)

    returns = summarize_returns(fit(frame, spec)).draws

    share = returns["contribution"] / frame["sales"].sum()
    assert len(list_missed(share, truth["share"])) <= 1


def test_media_that_work_better_at_one_time_are_found() -> None:
    world = make_world()
    frame, truth = simulate_world(world)
    spec = make_spec(controls={"price": {}}, time_varying_media=True)

    returns = summarize_returns(fit(frame, spec)).draws

    assert list_missed(returns["roas"], truth["roas"]) == []


def test_money_per_order_is_found() -> None:
    frame, truth = simulate_world(make_world())
    data = {"path": "data/a.csv", "date": "week", "target": "sales", "kpi": "count"}
    media = {"tv": {"cost_per_target": {"low": 0.2, "mid": 1, "high": 5}}, "search": {}}
    spec = make_spec(data=data, media=media, controls={"price": {"sign": "negative"}})

    returns = summarize_returns(fit(frame, spec))

    assert list_missed(returns.draws["roas"], truth["roas"]) == []
    table = returns.table.set_index("channel")
    for name, roas in truth["roas"].items():
        bounds = table.loc[name, ["cost_per_target_lower", "cost_per_target_upper"]]
        assert 0.9 * bounds.iloc[0] < 1 / roas < 1.1 * bounds.iloc[1]


def test_calendar_and_lasting_controls_are_found() -> None:
    rng = np.random.default_rng(5)
    weeks = pd.date_range("2022-01-03", periods=156, freq="W-MON")
    weather, spend = rng.normal(size=156), rng.gamma(3.0, 10_000.0, 156)
    lasting = np.convolve(weather, np.array([8, 4, 2, 1]) / 15)[:156]
    fair = weeks.isin(pd.to_datetime(["2022-06-06", "2023-06-05", "2024-06-03"]))
    wave = np.sin(2 * np.pi * (weeks.day - 1) / weeks.days_in_month)
    brought = 1.5 * spend
    sales = 4e5 + brought + 2e4 * lasting + 6e4 * fair + 1e4 * wave + rng.normal(0, 6e3, 156)
    frame = pd.DataFrame({"week": weeks, "sales": sales, "tv": spend, "weather": weather})
    spec = make_spec(
        media={"tv": {"carryover": "none", "saturation": "none"}},
        controls={"weather": {"scale": "none", "carryover": "medium"}},
        events={"fair": {"days": ["2022-06-06", "2023-06-05", "2024-06-03"], "sign": "positive"}},
        seasonality={"yearly": 0, "monthly": 1},
        trend="none",
    )

    found = fit(frame, spec)

    assert list_missed(summarize_returns(found).draws["roas"], {"tv": 1.5}) == []
    terms = compute_contributions(found)
    truth = {"weather": 2e4 * lasting, "fair": 6e4 * fair}
    for name, values in truth.items():
        # A term is known up to its mean, which is the intercept's: how far it moves, and when.
        one = terms.sel(component=name)
        low, high = one.std("date").quantile([0.025, 0.975], ["chain", "draw"]).to_numpy()
        assert low <= values.std() <= high
        assert np.corrcoef(one.mean(["chain", "draw"]), values)[0, 1] > 0.98


def test_reach_and_frequency_are_found() -> None:
    world = ReachWorld(world="reach")
    frame, truth = simulate_reach(world)
    media = {
        name: {"reach": f"{name}_reach", "frequency": f"{name}_frequency"}
        for name in ("video", "stream")
    }
    found = fit(frame, make_spec(media={**media, "search": {}}, trend="none"))

    assert list_missed(summarize_returns(found).draws["roas"], truth["roas"]) == []
    half = found.posterior["frequency_half_saturation"].rename(
        frequency_half_saturation_channel="channel"
    )
    assert list_missed(half, dict.fromkeys(media, world.half)) == []


def test_experiments_set_a_wrong_belief_right() -> None:
    world = make_world(noise=8 * make_world().noise)
    frame, truth = simulate_world(world)
    spend = frame["tv"].to_numpy()

    def bring(exposure: np.ndarray) -> np.ndarray:
        carried = geometric_adstock(exposure / spend.max(), truth["alpha"]["tv"], world.l_max)
        return logistic_saturation(carried, truth["lam"]["tv"])

    height = truth["roas"]["tv"] * spend.sum() / bring(spend).sum()
    tests = []
    for first in np.flatnonzero((spend[:-4] > 0) & (spend[1:-3] > 0))[[5, 15, 25]]:
        days = np.isin(np.arange(len(spend)), np.arange(first, first + 2))
        lift = height * (bring(spend) - bring(np.where(days, spend / 2, spend)))[days].sum()
        begins = frame["week"].iloc[first]
        tests.append(
            {
                "channel": "tv",
                "start": f"{begins:%Y-%m-%d}",
                "end": f"{begins + pd.Timedelta(13, 'D'):%Y-%m-%d}",
                "spend": str(spend[days].sum() / 2),
                "lift": str(lift),
                "standard_error": str(0.03 * lift),
            }
        )
    wrong = {"tv": {"roas": {"median": truth["roas"]["tv"] / 4, "factor": 1.3}}, "search": {}}
    spec = make_spec(
        media=wrong,
        controls={"price": {}},
        experiments="data/tests.csv",
        sampling={"target_accept": 0.97},  # Belief and experiments are at odds.
    )
    features = make_features(spec, world)
    checked = validate_lift_tests(pd.DataFrame(tests), spec, features)
    features = features.merge(arrange_lift_tests(checked, features, spec))
    other, less = forget_experiments(spec, features)

    table = summarize_calibration(pass_gate(spec, features), pass_gate(other, less))

    # They measured the truth; the belief is far from it, and the data are too noisy to tell.
    assert not table["was_foreseen"].any()
    near = (table["lift_after"] - table["lift"]).abs()
    assert (near < (table["lift_before"] - table["lift"]).abs() / 3).all()
    assert (table["roas_before_upper"] < table["roas_after_lower"]).all()
    assert (table["roas_after"] < truth["roas"]["tv"]).all()


@pytest.mark.parametrize("pooling", ["complete", "partial"])
def test_regions_are_pooled_to_the_truth(pooling: str) -> None:
    frame, truth = simulate_geos(GeoWorld(world="geos", geos=8, weeks=104))
    data = {"path": "data/a.csv", "date": "week", "target": "sales", "panel": ["geo"]}
    media = {name: {"saturation": "exponential"} for name in truth["roas"]}
    sampling = {"tune": 500, "draws": 750}
    spec = make_spec(data=data, media=media, pooling=pooling, sampling=sampling)

    returns = summarize_returns(fit(frame, spec)).draws

    assert len(list_missed(returns["roas"], truth["roas"])) <= 1


def test_stores_that_differ_are_found_together() -> None:
    world = StoreWorld(world="stores", stores=12, weeks=104)
    frame, truth = simulate_stores(world)
    data = {"path": "data/a.csv", "date": "week", "target": "sales", "panel": ["store"]}
    curve = {"form": "root", "exponent": "Beta(20, 20)"}
    media = {name: {"carryover": "none", "saturation": curve} for name in world.media}
    media = {name: {**one, "exposure": f"{name}_units"} for name, one in media.items()}
    spec = make_spec(
        data=data,
        media=media,
        controls={"price": {}, "competitor": {}},
        sampling={"tune": 500, "draws": 750},
    )

    returns = summarize_returns(fit(frame, spec)).draws

    assert len(list_missed(returns["roas"], truth["roas"])) <= 1


@pytest.mark.parametrize("method", ["horseshoe", "spike_slab", "lasso"])
def test_controls_that_matter_are_told_from_those_that_do_not(method: str) -> None:
    frame, _ = simulate_world(make_world())
    rng = np.random.default_rng(0)
    columns = {f"c{one}": rng.standard_normal(len(frame)) for one in range(12)}
    sales = frame["sales"] + 20_000 * columns["c0"] - 15_000 * columns["c1"]
    controls: dict[str, Any] = {"price": {"sign": "negative"}} | {name: {} for name in columns}
    spec = make_spec(controls=controls, control_selection=method)

    table = summarize_selection(fit(frame.assign(sales=sales, **columns), spec))

    found = table.set_index("control")["inclusion"]
    assert table.set_index("control").loc[["c0", "c1"], "is_selected"].all()
    assert found.drop(["c0", "c1"]).max() < found[["c0", "c1"]].min()
