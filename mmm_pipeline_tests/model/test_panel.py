"""Panels without sampling: scales of cells, what is common to them, and what is not."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.evidence.quality import assess_fit
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contributions import (
    compute_contributions,
    compute_fitted_mean,
    measure_gap,
)
from mmm_pipeline.insight.curves import summarize_response_curves
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.features import build_features, find_lost_features
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.sample import list_free_parameters
from mmm_pipeline.model.totals import CHANNEL_TOTAL
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import (
    choose_fast,
    draw_fit,
    draw_posterior,
    make_panel,
    make_spec,
)

GEOS = {"geo": ["north", "south", "west"]}
BOTH = {"geo": ["north", "south"], "brand": ["old", "new"]}


def make_panel_spec(dims: list[str], **overrides: Any) -> ModelSpec:
    data = {"path": "data/acme.csv", "date": "week", "target": "sales", "panel": dims}
    media = {"tv": {}, "search": {"marginal_roas": {"median": 1, "factor": 2}}, "mail": {}}
    media |= {"mail": {"kind": "owned"}, "rival": {"kind": "competitor"}}
    settings = {"data": data, "media": media, "controls": {"price": {"sign": "negative"}}}
    settings["controls"] |= {"weather": {}}
    return make_spec(**(settings | overrides))


def test_a_cell_is_scaled_by_itself() -> None:
    spec = make_panel_spec(["geo"])
    frame = make_panel(spec, GEOS)

    features = build_features(frame, spec)

    largest = frame.groupby("geo")["target"].max()
    np.testing.assert_allclose(features["target_scale"], largest.loc[features["geo"].to_numpy()])
    scaled = features["exposure"] / features["channel_scale"]
    np.testing.assert_allclose(scaled.max("date"), 1.0)
    centers = features["control_scaled"].mean("date")
    np.testing.assert_allclose(centers, 0.0, atol=1e-12)
    np.testing.assert_allclose((features["control_scaled"] ** 2).mean(["date", "geo"]), 1.0)
    assert find_lost_features(features, frame, spec) == []


def test_where_people_are_counted_exposure_is_scaled_per_head() -> None:
    data = {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]}
    spec = make_panel_spec(["geo"], data=data | {"population": "people"})

    features = build_features(make_panel(spec, GEOS), spec)

    people = features["population"].mean("date")
    per_head = features["exposure"] / people
    np.testing.assert_allclose(
        per_head / (features["channel_scale"] / people), per_head / per_head.max(["date", "geo"])
    )


@pytest.mark.parametrize("dims", [["geo"], ["geo", "brand"]])
@pytest.mark.parametrize("pooling", choose_fast(["partial", "complete"], "partial"))
def test_all_cells_together_earn_the_return_that_is_drawn(dims: list[str], pooling: str) -> None:
    spec = make_panel_spec(dims, pooling=pooling)
    features = build_features(make_panel(spec, GEOS if len(dims) == 1 else BOTH), spec)
    draws = draw_posterior(spec, features, 5)

    total = compute_variables(build_model(spec, features).model, draws, [CHANNEL_TOTAL])
    earned = total[CHANNEL_TOTAL].sel(channel="tv")
    spend = features["spend"].sel(channel="tv").sum("date")

    np.testing.assert_allclose(earned.sum(dims) / spend.sum(), draws["roas"].isel(roas_channel=0))
    share = total[CHANNEL_TOTAL].sel(channel=["mail", "rival"]).sum(dims) / features["target"].sum()
    np.testing.assert_allclose(abs(share), draws["share"])
    own = earned / spend
    differs = float((own.max(dims) / own.min(dims)).max())
    assert (differs > 1.05) == (pooling == "partial")


def test_a_cell_that_was_never_reached_gets_nothing() -> None:
    spec = make_panel_spec(["geo"])
    frame = make_panel(spec, GEOS)
    frame.loc[frame["geo"] == "south", "spend_tv"] = 0.0

    features = build_features(frame, spec)
    draws = draw_posterior(spec, features, 5)
    total = compute_variables(build_model(spec, features).model, draws, [CHANNEL_TOTAL])

    earned = total[CHANNEL_TOTAL].sel(channel="tv")
    assert np.isfinite(earned).all()
    assert (earned.sel(geo="south") == 0).all()
    np.testing.assert_allclose(
        earned.sum("geo") / features["spend"].sel(channel="tv").sum(),
        draws["roas"].isel(roas_channel=0),
    )


def test_a_sign_holds_in_every_cell() -> None:
    spec = make_panel_spec(["geo"])
    features = build_features(make_panel(spec, GEOS), spec)
    draws = draw_posterior(spec, features, 25)

    added = compute_variables(build_model(spec, features).model, draws, ["control_contribution"])
    effect = added["control_contribution"] / features["control_scaled"]

    assert (effect.sel(control="price") <= 0).all()
    assert (effect.sel(control="weather") > 0).any()
    assert (effect.sel(control="weather") < 0).any()


@pytest.mark.parametrize(
    ("pooling", "own"),
    [
        ("complete", set()),
        ({"media": "partial", "controls": "complete"}, {"roas", "marginal_roas", "share"}),
        ({"media": "complete", "controls": "partial"}, {"gamma_control"}),
    ],
)
def test_the_spec_says_what_is_scattered(pooling: Any, own: set[str]) -> None:
    spec = make_panel_spec(["geo"], pooling=pooling)
    features = build_features(make_panel(spec, GEOS), spec)

    free = list_free_parameters(build_model(spec, features).model)

    scattered = {name.removesuffix("_spread") for name in free if name.endswith("_spread")}
    assert scattered == own
    assert {name.removesuffix("_offset") for name in free if name.endswith("_offset")} == own


def test_pooling_without_a_panel_is_refused() -> None:
    with pytest.raises(ValueError, match=r"`pooling` is honoured together with `data\.panel` only"):
        make_spec(pooling="complete")


@pytest.fixture(scope="module")
def panel_fit() -> ConvergedFit:
    spec = make_panel_spec(["geo", "brand"])
    features = build_features(make_panel(spec, BOTH), spec)
    return draw_fit(spec, features)


def test_results_of_a_panel_add_up(panel_fit: ConvergedFit) -> None:
    contributions, fitted = compute_contributions(panel_fit), compute_fitted_mean(panel_fit)

    assert contributions.dims == ("chain", "draw", "date", "geo", "brand", "component")
    assert measure_gap(contributions, fitted) < 1e-9
    returns = summarize_returns(panel_fit)
    media = contributions.sel(component=list(panel_fit.spec.media)).sum(["date", "geo", "brand"])
    xr.testing.assert_allclose(
        media.rename(component="channel").drop_vars("kind"),
        returns.draws["contribution"].transpose("chain", "draw", "channel"),
    )


def test_the_table_of_a_panels_fit_has_a_row_for_every_cell(panel_fit: ConvergedFit) -> None:
    table = summarize_fit(panel_fit)

    assert table.columns.tolist()[:3] == ["date", "geo", "brand"]
    assert len(table) == panel_fit.features["target"].size
    observed = table.set_index(["date", "geo", "brand"])["observed"].to_xarray()
    xr.testing.assert_allclose(
        observed.transpose(*panel_fit.features["target"].dims),
        panel_fit.features["target"],
        check_dim_order=False,
    )
    assert assess_fit(table).coverage > 0.5


def test_that_cells_differ_does_not_count_as_fit() -> None:
    dates = pd.date_range("2024-01-01", periods=4, freq="W-MON")
    table = pd.DataFrame(
        {
            "date": [*dates, *dates],
            "geo": ["north"] * 4 + ["south"] * 4,
            "observed": [1.0, 2.0, 1.0, 2.0, 101.0, 102.0, 101.0, 102.0],
            "fitted": [1.5] * 4 + [101.5] * 4,
        }
    )
    table["residual"] = table["observed"] - table["fitted"]
    bounds = {
        f"{end}{band}": at
        for band in ("", "_50", "_80", "_95")
        for end, at in (("lower", 0.0), ("upper", 200.0))
    }
    table = table.assign(crps=0.5, **bounds)

    assert assess_fit(table).r2 == pytest.approx(0.0)


def test_curves_of_a_panel_are_those_of_all_cells(panel_fit: ConvergedFit) -> None:
    curves = summarize_response_curves(panel_fit)

    largest = panel_fit.features["channel_scale"].sel(channel="tv").sum()
    tv = curves[curves["channel"] == "tv"]
    assert tv.loc[tv["is_observed"], "exposure"].max() == pytest.approx(float(largest))
    assert (tv["response"].diff().dropna() >= 0).all()
