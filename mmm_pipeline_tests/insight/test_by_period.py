"""Totals of calendar periods: of the same draws, and of whole periods only where they are whole."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, require_converged
from mmm_pipeline.insight.by_period import (
    summarize_contributions_by_period,
    summarize_returns_by_period,
)
from mmm_pipeline.insight.contributions import compute_contributions
from mmm_pipeline.insight.periods import Calendar
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.seasonality import summarize_seasonal_indices
from mmm_pipeline.model.features import build_features
from mmm_pipeline_tests.factories import draw_fit, make_panel, make_spec


def make_calendar(first: str, periods: int, freq: str, grain: Any) -> Calendar:
    return Calendar(pd.date_range(first, periods=periods, freq=freq), grain)


@pytest.mark.parametrize(
    ("calendar", "grain", "unfinished"),
    [
        (make_calendar("2024-01-01", 53, "W-MON", "week"), "year", []),
        (make_calendar("2024-01-01", 52, "W-MON", "week"), "year", ["2024-01-01"]),
        (make_calendar("2024-01-08", 52, "W-MON", "week"), "year", ["2024-01-01"]),
        (make_calendar("2024-02-01", 12, "MS", "month"), "year", ["2024-01-01", "2025-01-01"]),
        (make_calendar("2024-01-01", 12, "MS", "month"), "quarter", []),
        (make_calendar("2024-01-01", 30, "D", "day"), "week", ["2024-01-29"]),
        (make_calendar("2024-01-01", 20, "W-MON", "week"), "week", []),
    ],
)
def test_a_period_is_whole_if_every_date_of_it_is_there(
    calendar: Calendar, grain: str, unfinished: list[str]
) -> None:
    assert sorted(calendar.find_unfinished(grain)) == [pd.Timestamp(day) for day in unfinished]


@pytest.fixture(scope="module")
def table(fit: ConvergedFit) -> pd.DataFrame:
    return summarize_contributions_by_period(fit)


@pytest.mark.parametrize("grain", ["month", "quarter", "year"])
@pytest.mark.parametrize("level", ["component", "group"])
def test_every_cut_adds_up_to_the_same_target(
    table: pd.DataFrame, fit: ConvergedFit, grain: str, level: str
) -> None:
    rows = table[(table["grain"] == grain) & (table["level"] == level)]

    whole = compute_contributions(fit).sum(["date", "component"]).mean()
    assert rows["contribution"].sum() == pytest.approx(float(whole), rel=1e-9)
    np.testing.assert_allclose(rows.groupby("period")["share"].sum(), 1.0, rtol=1e-9)


def test_an_interval_is_that_of_the_total_itself(table: pd.DataFrame, fit: ConvergedFit) -> None:
    rows = table[(table["grain"] == "year") & (table["name"] == "tv")]

    draws = compute_contributions(fit).sel(component="tv")
    year = draws.sel(date=draws["date"].dt.year == 2023).sum("date")
    bounds = year.quantile([0.05, 0.95]).to_numpy()
    np.testing.assert_allclose(rows[["contribution_lower", "contribution_upper"]].iloc[0], bounds)


def test_what_is_carried_over_is_a_part_of_what_media_brought(table: pd.DataFrame) -> None:
    is_media = table["kind"] == "media"
    media = table[is_media]

    assert table.loc[~is_media, "carried_over"].isna().all()
    assert (media["carried_over"] > 0).any()
    assert media["carried_over"].between(0, media["contribution"]).all()


@pytest.fixture(scope="module")
def panel() -> ConvergedFit:
    """Two cells, groups, and a competitor."""
    spec = make_spec(
        data={"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]},
        media={"tv": {"group": "Offline"}, "search": {}, "rival": {"kind": "competitor"}},
        trend="none",
        seasonality={"yearly": 0},
    )
    features = build_features(make_panel(spec, {"geo": ["north", "south"]}), spec)
    return draw_fit(spec, features)


def test_a_panel_has_each_cell_and_all_of_them(panel: ConvergedFit) -> None:
    table = summarize_contributions_by_period(panel)

    years = table[(table["grain"] == "year") & (table["level"] == "group")]
    by_cell = years.pivot_table(index="name", columns="geo", values="contribution")
    assert set(by_cell.index) == {"Offline", "paid", "competitor", "baseline"}
    np.testing.assert_allclose(by_cell["north"] + by_cell["south"], by_cell["all"], rtol=1e-9)


def test_the_returns_of_all_years_are_those_of_the_window(fit: ConvergedFit) -> None:
    table = summarize_returns_by_period(fit)
    whole = summarize_returns(fit).table.set_index("channel")

    for grain in ("quarter", "year", "all"):
        sums = table[table["grain"] == grain].groupby("channel")[["spend", "contribution"]].sum()
        for word in ("spend", "contribution"):
            np.testing.assert_allclose(sums[word], whole.loc[sums.index, word], rtol=1e-9)
    year = table[(table["grain"] == "year") & (table["channel"] == "tv")].iloc[0]
    assert year["roas"] == pytest.approx(year["contribution"] / year["spend"])
    window = table[table["grain"] == "all"].set_index("channel")
    for word in ("roas", "roas_lower", "roas_upper", "contribution_upper"):
        np.testing.assert_allclose(window[word], whole.loc[window.index, word], rtol=1e-9)
    assert window[["period", "is_complete"]].drop_duplicates().to_numpy().tolist() == [
        ["all", True]
    ]


def test_the_returns_of_a_cell_are_its_own_draws(panel: ConvergedFit) -> None:
    cell = {"geo": panel.features["geo"].to_numpy()[0]}
    earned = compute_contributions(panel).sel(component="tv", **cell).sum("date")
    rate = earned / float(panel.features["spend"].sel(channel="tv", **cell).sum())

    table = summarize_returns_by_period(panel)

    is_told = (table["grain"] == "all") & (table["channel"] == "tv") & (table["geo"] == cell["geo"])
    row = table[is_told].iloc[0]
    assert row["roas"] == pytest.approx(float(rate.mean()), rel=1e-9)
    assert row["roas_lower"] == pytest.approx(float(rate.quantile(0.05)), rel=1e-9)


def test_seasons_are_held_against_the_mean_of_the_year(fit: ConvergedFit) -> None:
    table = summarize_seasonal_indices(fit)

    assert set(table["grain"]) == {"month"}
    efficiency = table[table["what"] == "efficiency"]
    np.testing.assert_allclose(efficiency.groupby("channel")["index"].mean(), 1.0, rtol=1e-9)
    target = fit.features["target"]
    december = float(target.sel(date=target["date"].dt.month == 12).mean() / target.mean())
    demand = table[table["what"] == "demand"].set_index("season")
    assert demand.loc[12, "index"] == pytest.approx(december)
    assert set(demand["confidence"]) == {"high"}


def test_less_than_two_dates_a_month_are_told_by_quarter(panel: ConvergedFit) -> None:
    table = summarize_seasonal_indices(panel)

    assert set(table["grain"]) == {"quarter"}
    assert table["dates"].sum() == panel.features.sizes["date"] * 3  # Two channels and demand.


def test_a_prior_that_nothing_was_added_to_is_not_acted_upon(panel: ConvergedFit) -> None:
    advice = recommend(panel)

    # Its draws are the priors' own.
    assert advice.table["channel"].tolist() == advice.table.sort_values("rank")["channel"].tolist()
    assert set(advice.table["channel"]) == {"tv", "search"}
    assert not advice.table["is_informed"].any()
    assert set(advice.table["action"]) == {"HOLD"}
    assert advice.table["needs_test"].all()
    assert advice.portfolio["moved"] == 0.0


def test_a_move_brings_what_the_curves_say(fit: ConvergedFit, trace: xr.DataTree) -> None:
    # At this margin search earns well and tv does not; without one no money is to be had.
    assert recommend(fit).portfolio["moved"] == 0.0
    data = fit.spec.data.model_copy(update={"margin": 0.6})
    spec = fit.spec.model_copy(update={"data": data})

    advice = recommend(require_converged(trace, fit.diagnostics, spec))

    table = advice.table.set_index("channel")
    assert advice.portfolio["level"] == pytest.approx(1 / 0.6)
    assert table["action"].to_dict() == {"search": "INCREASE", "tv": "REDUCE"}
    assert 0 < advice.portfolio["moved"] <= table.loc["search", "headroom"] * (1 + 1e-9)
    assert advice.portfolio["probability_gain"] > 0.5
    assert table["change"].sum() == pytest.approx(0.0, abs=1e-6)
    assert table["gain"].sum() == pytest.approx(advice.portfolio["gain"])
    assert (table["gain"] * table["change"] >= 0).all()
