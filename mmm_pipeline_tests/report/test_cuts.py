"""The report's numbers in other cuts, against the draws by hand; and what its page refers to."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.by_period import (
    summarize_contributions_by_period,
    summarize_returns_by_period,
)
from mmm_pipeline.insight.contributions import compute_contributions, summarize_contributions
from mmm_pipeline.insight.periods import pick_whole
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.seasonality import summarize_seasonal_indices
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.model.features import build_features
from mmm_pipeline.report import cuts, figures
from mmm_pipeline.report.money import tell_currency
from mmm_pipeline.report.style import new_figure, plain_axes
from mmm_pipeline_tests.factories import draw_fit, make_panel, make_spec

SAMPLES = ["chain", "draw"]


@pytest.fixture(scope="module")
def returns(fit: ConvergedFit) -> Summary:
    return summarize_returns(fit)


@pytest.fixture(scope="module")
def by_period(fit: ConvergedFit) -> pd.DataFrame:
    return summarize_contributions_by_period(fit)


@pytest.fixture(scope="module")
def panel() -> ConvergedFit:
    """Two cells, and what is not bought."""
    spec = make_spec(
        data={"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]},
        media={"tv": {}, "search": {}, "mail": {"kind": "owned"}},
        trend="none",
        seasonality={"yearly": 0},
    )
    features = build_features(make_panel(spec, {"geo": ["north", "south"]}), spec)
    return draw_fit(spec, features)


def test_what_came_at_once_and_later_is_the_contribution(
    fit: ConvergedFit, by_period: pd.DataFrame, returns: Summary
) -> None:
    table = cuts.tabulate_carried_over(by_period, fit.spec)

    assert table["channel"].tolist() == ["tv", "search"]
    whole = table["at_once"] + table["carried_over"]
    np.testing.assert_allclose(whole, returns.table["contribution"], rtol=1e-9)
    assert (table[["at_once", "carried_over"]] > 0).all().all()


def test_the_quarters_add_up_to_the_window(
    fit: ConvergedFit, by_period: pd.DataFrame, returns: Summary
) -> None:
    quarters = cuts.tabulate_quarters(by_period, fit.spec)

    assert quarters.names == ["tv", "search", "baseline"]
    names = [name for name, _ in quarters.rows]
    dates = pd.DatetimeIndex(fit.features["date"].to_numpy()).to_period("Q").astype(str)
    assert [name.rstrip("*") for name in names] == list(dict.fromkeys(dates))
    assert not any(name.endswith("*") for name in names[1:-1])
    totals = np.sum([amounts for _, amounts in quarters.rows], axis=0)
    np.testing.assert_allclose(totals[:2], returns.table["contribution"], rtol=1e-9)
    everything = float(compute_contributions(fit).mean(SAMPLES).sum())
    assert totals.sum() == pytest.approx(everything, rel=1e-9)


def test_places_are_counted_draw_by_draw(fit: ConvergedFit, returns: Summary) -> None:
    tv, search = (returns.draws["roas"].sel(channel=name) for name in ("tv", "search"))
    second = np.where(tv > search, 1, 2)  # The place of tv.

    rows = {row["channel"]: row for row in cuts.tabulate_worth(returns, fit.spec)}

    found = [rows["tv"][word] for word in ("rank_lower", "rank", "rank_upper")]
    assert found == np.quantile(second, [0.05, 0.5, 0.95], method="nearest").tolist()
    assert list(rows) == sorted(rows, key=lambda name: rows[name]["rank"])
    assert rows["tv"]["headroom"] == returns.table.set_index("channel").loc["tv", "headroom"]


def test_shares_of_money_and_effect_are_of_the_same_whole(
    fit: ConvergedFit, returns: Summary
) -> None:
    table = cuts.tabulate_spend_shares(returns, fit.spec)

    assert table[["spend_share", "share"]].sum().tolist() == pytest.approx([1.0, 1.0])
    earned = returns.draws["contribution"]
    share = (earned / earned.sum("channel")).sel(channel="tv")
    assert table.loc[0, "share_upper"] == pytest.approx(float(share.quantile(0.95)))


def test_a_cell_has_its_own_draws(panel: ConvergedFit) -> None:
    contributions = compute_contributions(panel).sum("date")
    south = contributions.sel(geo="south", component=["tv", "search", "mail"]).sum("component")
    money = panel.features["spend"].sel(geo="south").sum(["date", "channel"])
    bought = contributions.sel(geo="south", component=["tv", "search"]).sum("component")

    table = cuts.tabulate_cells(panel, summarize_contributions(panel)).set_index("cell")

    assert list(table.index) == ["south", "north"]  # The largest first.
    row = table.loc["south"]
    assert row["contribution"] == pytest.approx(float(south.mean()), rel=1e-9)
    assert row["spend"] == pytest.approx(float(money))
    assert row["rate_lower"] == pytest.approx(float((bought / money).quantile(0.05)), rel=1e-9)
    assert row["target"] == pytest.approx(float(panel.features["target"].sel(geo="south").sum()))


def test_without_a_panel_there_are_no_cells(fit: ConvergedFit) -> None:
    assert cuts.tabulate_cells(fit, summarize_contributions(fit)).empty


def test_the_returns_of_cells_end_with_all_of_them(panel: ConvergedFit) -> None:
    periods = summarize_returns_by_period(panel)

    table = cuts.tabulate_cell_returns(periods, panel.spec, ["south", "north"])

    assert table["cell"].drop_duplicates().tolist() == ["south", "north", "all"]
    assert set(table["channel"]) == {"tv", "search"}
    whole = summarize_returns(panel).table.set_index("channel")
    together = table[table["cell"] == "all"].set_index("channel")
    for name in ("tv", "search"):
        assert together.loc[name, "rate"] == pytest.approx(whole.loc[name, "roas"], rel=1e-9)


def test_every_channel_that_is_bought_is_drawn(panel: ConvergedFit) -> None:
    channels, periods = list(panel.spec.media), summarize_returns_by_period(panel)
    cells = cuts.tabulate_cell_returns(periods, panel.spec, ["north", "south"])
    quarters = pick_whole(periods[periods["grain"] == "quarter"], ["geo"])

    drawn = [
        figures.draw_cells(cells, channels, "ROAS"),
        figures.draw_quarters(cuts.rename_rate(quarters, panel.spec), channels, "ROAS"),
        figures.draw_seasons(summarize_seasonal_indices(panel), channels),
    ]

    for figure in drawn:
        assert _read_titles(figure) == ["tv", "search"]
    (line,) = [one for one in drawn[0].axes[0].lines if one.get_linestyle() == "--"]
    whole = cells[(cells["cell"] == "all") & (cells["channel"] == "tv")]["rate"].iloc[0]
    assert line.get_xdata()[0] == pytest.approx(whole)


def _read_titles(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes if axes.get_visible()]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("target units per unit of money (dashed: 1)", "target units per EUR (dashed: 1)"),
        ("spend per period", "spend per period, EUR"),
        ("budget of the window; dotted: today's", "budget of the window, EUR; dotted: today's"),
        ("response over the window", "response over the window"),
    ],
)
def test_labels_of_money_say_the_currency(words: str, told: str) -> None:
    figure = new_figure(2, 2)
    axes = plain_axes(figure.subplots())
    axes.set_xlabel(words)

    tell_currency(figure, "EUR")

    assert axes.get_xlabel() == told
    assert not re.search("EUR", axes.get_ylabel())
