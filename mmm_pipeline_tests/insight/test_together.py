"""What channels bring together where terms multiply, on draws that nobody sampled."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.decision.comparison import compare_scenarios
from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.evidence.prior_sensitivity import ALL_MEDIA, _list_quantities
from mmm_pipeline.evidence.response import summarize_response_backtest
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.by_period import summarize_contributions_by_period
from mmm_pipeline.insight.contributions import (
    compute_contributions,
    compute_fitted_mean,
    decompose,
)
from mmm_pipeline.insight.posterior import compute_terms
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.insight.returns import bring_together, summarize_returns
from mmm_pipeline.insight.summary import OVERLAP, SAMPLE_DIMS
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.forecast import predict_mean
from mmm_pipeline.model.link import Link, read_link
from mmm_pipeline_tests.factories import (
    LOOSE,
    draw_posterior,
    make_spec,
    make_trace,
    validate,
)

pytestmark = pytest.mark.slow

CHANNELS = ("tv", "radio", "search", "video", "mail")
PERIODS = 110


def make_steady(link: str) -> ConvergedFit:
    """Spend and target that hardly move; each channel alone takes a fifth of the target away."""
    spec = make_spec(
        media={
            **{name: {"group": "Offline"} for name in ("tv", "radio")},
            **{name: {} for name in ("search", "video")},
            "mail": {"kind": "owned"},
        },
        link=link,
        trend="none",
        seasonality={"yearly": 0},
        controls={"price": {}},
        events={"fair": ["2022-06-06"]},
        scenarios={"hold": {"what_if": {"tv": "current"}, "periods": 52}},
        gate=LOOSE.model_dump(),
    )
    rng = np.random.default_rng(7)
    week = pd.date_range("2022-01-03", periods=PERIODS, freq="W-MON").strftime("%Y-%m-%d")
    columns = {"sales": 1000.0, "price": 10.0, **dict.fromkeys(CHANNELS, 50.0)}
    noise = {name: size * rng.uniform(0.95, 1.05, PERIODS) for name, size in columns.items()}
    features = build_features(
        validate(pd.DataFrame({"week": week, **noise}).astype(str), spec), spec
    )
    posterior = draw_posterior(spec, features)
    spend = features["spend"].sel(channel=spec.bought_media).sum("date")
    alone = 0.2 * features["target"].sum() / spend
    level = read_link(spec, features).to_model(features["target"]).mean()
    for word, values in (
        ("roas", alone),
        ("share", 0.2),
        ("level", level),
        ("gamma_control", 0.02),
    ):
        spread = np.exp(0.03 * rng.standard_normal(posterior[word].shape))
        posterior[word] = posterior[word].copy(data=np.asarray(values) * spread)
    return admit(make_trace(spec, features, posterior), spec)


@pytest.fixture(scope="module", params=["log", pytest.param("log1p", marks=pytest.mark.slow)])
def fit(request: pytest.FixtureRequest) -> ConvergedFit:
    return make_steady(request.param)


@pytest.fixture(scope="module")
def contributions(fit: ConvergedFit) -> xr.DataArray:
    return compute_contributions(fit)


@pytest.fixture(scope="module")
def without(fit: ConvergedFit) -> dict[str, xr.DataArray]:
    """The fitted mean without any exposure of some channels, by the model itself."""
    exposure = fit.features["exposure"]
    names = {"own_media": fit.spec.own_media, "bought_media": fit.spec.bought_media}
    silent = {
        of: exposure.where(~exposure["channel"].isin(some), 0.0) for of, some in names.items()
    }
    return {
        of: predict_mean(fit.trace, fit.features.assign(exposure=one)) for of, one in silent.items()
    }


@pytest.fixture(scope="module")
def lost(fit: ConvergedFit, without: dict[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    """What the observed target loses by that."""
    offset, fitted = get_offset(fit), compute_fitted_mean(fit)
    return {
        of: (
            (fit.features["target"] + offset) * (1 - (left + offset) / (fitted + offset))
        ).transpose(*fitted.dims)
        for of, left in without.items()
    }


def get_offset(fit: ConvergedFit) -> float:
    return 1.0 if fit.spec.link == "log1p" else 0.0


def test_media_together_are_what_the_model_loses_without_them(
    contributions: xr.DataArray, lost: dict[str, xr.DataArray]
) -> None:
    media = contributions.sel(component=[*CHANNELS, OVERLAP]).sum("component")
    alone = contributions.sel(component=list(CHANNELS)).sum("component")

    np.testing.assert_allclose(media, lost["own_media"], rtol=1e-6)
    assert float(alone.sum("date").mean() / media.sum("date").mean()) > 1.3


def test_the_rest_is_what_there_would_be_without_media(
    contributions: xr.DataArray, fit: ConvergedFit, without: dict[str, xr.DataArray]
) -> None:
    rest = contributions.drop_sel(component=[*CHANNELS, OVERLAP]).sum("component")

    fitted, offset = compute_fitted_mean(fit), get_offset(fit)
    left = without["own_media"].transpose(*fitted.dims)
    share = 1 - (left + offset) / (fitted + offset)
    np.testing.assert_allclose(rest, left + share * (fitted - fit.features["target"]), rtol=1e-6)
    assert (rest > 0).all()


def test_whatever_is_told_of_all_media_is_the_same(
    fit: ConvergedFit, lost: dict[str, xr.DataArray]
) -> None:
    target, spend = (float(fit.features[word].sum()) for word in ("target", "spend"))

    returns = summarize_returns(fit)
    portfolio = recommend(fit).portfolio
    share = _list_quantities(fit)[f"share|{ALL_MEDIA}"]

    own, bought = (lost[of].sum("date") for of in ("own_media", "bought_media"))
    np.testing.assert_allclose(bring_together(returns.draws, fit.spec, "own_media"), own, rtol=1e-6)
    found = bring_together(returns.draws, fit.spec, "bought_media")
    np.testing.assert_allclose(found, bought, rtol=1e-6)
    assert portfolio["contribution"] == pytest.approx(float(bought.mean()), rel=1e-6)
    assert portfolio["roas"] == pytest.approx(float(bought.mean()) / spend, rel=1e-6)
    assert float(share.mean()) == pytest.approx(float(own.mean()) / target, rel=1e-6)


def test_a_plan_that_goes_on_returns_what_the_past_did(fit: ConvergedFit) -> None:
    portfolio = recommend(fit).portfolio
    plan = compare_scenarios(summarize_scenarios(fit)).iloc[0]

    # A plan starts upon what earlier spend still brings; what it leaves behind is counted to it.
    assert plan["roas_current"] == pytest.approx(portfolio["roas"], rel=0.1)
    assert summarize_returns(fit).table["roas"].mean() > 1.3 * portfolio["roas"]


def test_groups_and_their_overlap_are_all_media(
    fit: ConvergedFit, lost: dict[str, xr.DataArray]
) -> None:
    table = summarize_contributions_by_period(fit)

    terms, offset = compute_terms(fit)["channel_contribution"], get_offset(fit)
    year = fit.features["date"].dt.year == 2022
    of_year = table[(table["grain"] == "year") & (table["period"] == "2022")]
    groups = of_year[of_year["level"] == "group"].set_index("name")
    members = {"Offline": ["tv", "radio"], "paid": ["search", "video"], "owned": ["mail"]}
    assert groups["kind"].to_dict() == {
        **dict.fromkeys(members, "media"),
        OVERLAP: OVERLAP,
        "baseline": "baseline",
    }
    for name, some in members.items():
        left = np.exp(-terms.sel(channel=some).sum("channel"))
        whole = ((fit.features["target"] + offset) * (1 - left)).sel(date=year).sum("date")
        row = groups.loc[name]
        assert row["contribution"] == pytest.approx(float(whole.mean()), rel=1e-9)
        bounds = row[["contribution_lower", "contribution_upper"]].astype(float)
        np.testing.assert_allclose(bounds, whole.quantile([0.05, 0.95]), rtol=1e-9)
        assert 0 < row["carried_over"] < row["contribution"]
    media = groups.loc[[*members, OVERLAP], "contribution"].sum()
    whole = lost["own_media"].sel(date=year).sum("date")
    assert media == pytest.approx(float(whole.mean()), rel=1e-6)
    assert groups.loc[OVERLAP, "contribution"] < 0
    parts = of_year[of_year["level"] == "component"].set_index("name")
    assert parts["contribution"].sum() == pytest.approx(groups["contribution"].sum(), rel=1e-9)
    assert parts.loc[OVERLAP, "contribution"] < groups.loc[OVERLAP, "contribution"]
    for level in (groups, parts):
        assert level["share"].sum() == pytest.approx(1.0, rel=1e-9)


def test_curves_are_held_against_what_media_bring_together(fit: ConvergedFit) -> None:
    table = summarize_response_backtest(fit).set_index("channel")

    # Sums of five single removals would be off by a third of what the five bring together.
    assert table.loc[ALL_MEDIA, "mape"] < 0.05


def make_terms(values: dict[str, Any], controls: list[float], intercept: float) -> xr.Dataset:
    """Terms of one draw and one date, and their sum."""
    dims = (*SAMPLE_DIMS, "date")
    media = xr.DataArray(
        np.array(list(values.values()))[None, None, None],
        dims=(*dims, "channel"),
        coords={"channel": list(values)},
    )
    rest = xr.DataArray(
        np.array(controls)[None, None, None],
        dims=(*dims, "control"),
        coords={"control": ["price", "weather"]},
    )
    level = xr.DataArray([[[intercept]]], dims=dims)
    return xr.Dataset(
        {
            "channel_contribution": media,
            "control_contribution": rest,
            "intercept_contribution": level,
            "mu": media.sum("channel") + rest.sum("control") + level,
        }
    )


effects = st.lists(st.floats(0, 4), min_size=1, max_size=6)


@given(
    effects=effects,
    controls=st.lists(st.floats(-1, 1), min_size=2, max_size=2),
    intercept=st.floats(-3, 1),
    target=st.floats(0.1, 1e6),
    name=st.sampled_from(["identity", "log", "log1p"]),
)
def test_laws_of_what_is_told_together(
    effects: list[float], controls: list[float], intercept: float, target: float, name: Any
) -> None:
    channels = {f"c{n}": effect for n, effect in enumerate(effects)}
    spec = make_spec(
        media={channel: {} for channel in channels},
        controls={"price": {}, "weather": {}},
        link=name,
    )
    observed = xr.DataArray([target], dims="date")
    link = Link(name, xr.DataArray(target))
    terms = make_terms(channels, controls, intercept)

    parts = decompose(terms, observed, link, spec)

    fitted = link.to_target(terms["mu"]).item()
    size = float(abs(parts).sum())
    assert float(parts.sum()) == pytest.approx(fitted, abs=1e-12 * size)
    told = parts["component"].to_numpy().tolist()
    assert (OVERLAP in told) == (name != "identity" and len(channels) > 1)
    media = float(parts.sel(component=parts["kind"].isin(["media", OVERLAP])).sum())
    if name == "identity":
        assert media == pytest.approx(sum(effects) * target)
        return
    offset = 1.0 if name == "log1p" else 0.0
    tiny = 1e-12 * size
    assert -tiny <= media <= target + offset + tiny
    assert media == pytest.approx((target + offset) * -np.expm1(-sum(effects)), abs=tiny)
    if OVERLAP in told:
        assert float(parts.sel(component=OVERLAP).item()) <= tiny
    # Of a fit that leaves nothing, the rest is what the fitted mean would be without media.
    exact = decompose(terms, link.to_target(terms["mu"]).isel(chain=0, draw=0), link, spec)
    rest = float(exact.sel(component=~exact["kind"].isin(["media", OVERLAP])).sum())
    without = link.to_target(terms["mu"] - terms["channel_contribution"].sum("channel")).item()
    assert rest == pytest.approx(without, abs=1e-12 * float(abs(exact).sum()))
    assert rest > -offset
