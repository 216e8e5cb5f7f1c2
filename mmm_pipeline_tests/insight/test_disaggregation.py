"""Channels split over their entities: the parts are the whole, in every draw."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.ingest.entities import UNMAPPED
from mmm_pipeline.insight.contributions import compute_contributions
from mmm_pipeline.insight.disaggregation import (
    add_unmapped,
    find_gaps,
    reconcile,
    share_out,
    summarize_disaggregation,
)
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.model.features import build_features
from mmm_pipeline_tests.decision.plans import WEEKS, make_true_fit, make_truth
from mmm_pipeline_tests.factories import draw_posterior, make_panel, make_spec, make_trace

AMOUNTS = hnp.arrays(
    float,
    st.tuples(st.integers(1, 12), st.integers(1, 2), st.integers(1, 5)),
    elements=st.one_of(st.just(0.0), st.floats(1e-3, 1e6)),
)
WEIGHTS = hnp.arrays(float, st.integers(1, 6), elements=st.floats(0, 1)).filter(
    lambda one: one.sum() > 0.1
)


def label(amounts: np.ndarray) -> xr.DataArray:
    names = [f"entity {n}" for n in range(amounts.shape[-1])]
    return xr.DataArray(amounts, dims=("date", "geo", "entity"), coords={"entity": names})


@given(AMOUNTS, WEIGHTS, st.integers(0, 2**32 - 1))
def test_the_parts_of_any_entities_are_the_channel(
    amounts: np.ndarray, weights: np.ndarray, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    contribution = xr.DataArray(
        rng.normal(size=(3, *amounts.shape[:2])), dims=("draw", "date", "geo")
    )

    shares = share_out(label(amounts), weights)

    parts = (contribution * shares).sum("entity")
    np.testing.assert_allclose(parts, contribution, rtol=1e-12, atol=1e-15)
    assert (shares >= 0).all()


@given(AMOUNTS, WEIGHTS)
def test_shares_are_those_of_what_is_carried_over(amounts: np.ndarray, weights: np.ndarray) -> None:
    found = share_out(label(amounts), weights).to_numpy()

    n_dates, n_cells, n_entities = amounts.shape
    for cell in range(n_cells):
        for date in range(n_dates):
            carried = [
                sum(
                    weights[lag] * amounts[date - lag, cell, entity]
                    for lag in range(min(len(weights), date + 1))
                )
                for entity in range(n_entities)
            ]
            total = sum(carried)
            expected = [one / total if total else 1 / n_entities for one in carried]
            np.testing.assert_allclose(found[date, cell], expected, rtol=1e-9)


@given(AMOUNTS, st.floats(0, 2))
def test_what_is_not_mapped_is_the_rest(amounts: np.ndarray, factor: float) -> None:
    entities = label(amounts)
    whole = factor * entities.sum("entity")

    found = add_unmapped(entities, whole)

    rest = np.maximum(factor - 1, 0) * amounts.sum(axis=-1)
    told = found.sel(entity=UNMAPPED) if UNMAPPED in found["entity"] else 0 * whole
    # What is below a billionth of the largest period is rounding.
    np.testing.assert_allclose(told, rest, rtol=1e-6, atol=1e-8 * (1 + amounts.sum()))
    xr.testing.assert_equal(found.sel(entity=entities["entity"]), entities)


@pytest.mark.parametrize(
    ("share", "word"),
    [(1.0, "ok"), (0.991, "ok"), (1.02, "warning"), (0.96, "warning"), (0.9, "error")],
)
def test_entities_reconcile_within_limits(share: float, word: str) -> None:
    whole = xr.DataArray([[10.0], [30.0]], dims=("date", "geo"))

    found = reconcile("tv", "spend", label(np.array([[[10.0]], [[30.0]]]) * share), whole)

    assert found.word == word
    assert found.gap == pytest.approx(abs(share - 1))


def make_records(fit: ConvergedFit, split: dict[str, list[float]]) -> pd.DataFrame:
    """Entities that hold fixed shares of the spend of their channels, changing over time."""
    parts = []
    for channel, shares in split.items():
        spend = fit.features["spend"].sel(channel=channel, drop=True).to_series().reset_index()
        for number, share in enumerate(shares):
            wave = 1 + 0.5 * (-1) ** number * np.sin(spend["date"].dt.day_of_year)
            amount = spend["spend"] * share * (wave if len(shares) == 2 else 1.0)
            part = spend.assign(spend=amount, channel=channel, entity=f"{channel} {number}")
            parts.append(part.assign(exposure=np.nan))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def national(fit: ConvergedFit) -> pd.DataFrame:
    return summarize_disaggregation(fit, make_records(fit, {"tv": [0.5, 0.5], "search": [0.6]}))


def test_a_channel_is_split_as_by_hand(fit: ConvergedFit, national: pd.DataFrame) -> None:
    records = make_records(fit, {"tv": [0.5, 0.5]})
    wide = records.pivot_table(index="date", columns="entity", values="spend").to_numpy()
    lags = read_response(fit).weights.sel(channel="tv").mean("sample").to_numpy()
    carried = np.stack([np.convolve(one, lags)[: len(one)] for one in wide.T], axis=1)
    total = carried.sum(axis=1, keepdims=True)
    share = np.where(total > 0, carried / np.where(total > 0, total, 1), 0.5)
    drawn = compute_contributions(fit).sel(component="tv").to_numpy().reshape(-1, len(wide))
    expected = drawn @ share

    rows = national[(national["grain"] == "all") & (national["channel"] == "tv")]

    assert rows["entity"].tolist() == ["tv 0", "tv 1"]
    np.testing.assert_allclose(rows["contribution"], expected.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(
        rows["contribution_upper"], np.quantile(expected, 0.95, axis=0), rtol=1e-9
    )
    np.testing.assert_allclose(rows["spend"], wide.sum(axis=0))
    np.testing.assert_allclose(rows["roas"], expected.mean(axis=0) / wide.sum(axis=0), rtol=1e-9)
    quarters = national[(national["grain"] == "quarter") & (national["channel"] == "tv")]
    added = quarters.groupby("entity")["contribution"].sum()
    np.testing.assert_allclose(added, rows["contribution"], rtol=1e-9)


def test_what_is_missing_stays_with_the_channel(fit: ConvergedFit, national: pd.DataFrame) -> None:
    rows = national[(national["grain"] == "all") & (national["channel"] == "search")]

    assert rows["entity"].tolist() == ["search 0", UNMAPPED]
    np.testing.assert_allclose(rows["share"], [0.6, 0.4])
    whole = compute_contributions(fit).sel(component="search").sum("date").mean()
    assert rows["contribution"].sum() == pytest.approx(float(whole), rel=1e-12)
    gaps = find_gaps(national)
    assert gaps["warning"] == []
    assert gaps["error"][0].startswith("Entities of search are 40.0% off the channel's spend")


def test_a_channel_that_is_not_named_is_left_out(fit: ConvergedFit) -> None:
    found = summarize_disaggregation(fit, make_records(fit, {"search": [1.0]}))

    assert set(found["channel"]) == {"search"}
    assert found.attrs["left_out"] == ["tv"]
    assert find_gaps(found) == {"warning": [], "error": []}


def test_a_panel_is_split_cell_by_cell() -> None:
    spec = make_spec(
        data={"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]},
        trend="none",
        gate={"max_rhat": 1.05, "min_ess": 100},
    )
    features = build_features(make_panel(spec, {"geo": ["north", "south"]}, 30), spec)
    trace = make_trace(spec, features, draw_posterior(spec, features, 60))
    fit = admit(trace, spec)
    records = make_records(fit, {"tv": [1.0]})
    records["entity"] = records["geo"] + " campaign"

    found = summarize_disaggregation(fit, records)

    whole = compute_contributions(fit).sel(component="tv").sum("date").mean(["chain", "draw"])
    rows = found[found["grain"] == "all"].set_index(["geo", "entity"])["contribution"]
    for cell, other in (("north", "south"), ("south", "north")):
        expected = float(whole.sel(geo=cell))
        assert rows[cell, f"{cell} campaign"] == pytest.approx(expected, rel=1e-9)
        assert rows[cell, f"{other} campaign"] == pytest.approx(0.0, abs=1e-12)
        assert rows["all", f"{cell} campaign"] == pytest.approx(expected, rel=1e-9)


def test_what_acts_decides_and_money_is_told_where_there_is_any() -> None:
    truth = make_truth()
    fit = make_true_fit(truth)
    readers = fit.features["exposure"].sel(channel="mail", drop=True).to_series().reset_index()
    parts = [
        readers.assign(exposure=share * readers["exposure"], channel="mail", entity=name)
        for name, share in (("daily", 0.25), ("weekly", 0.75))
    ]
    records = pd.concat(parts, ignore_index=True).assign(spend=np.nan)

    found = summarize_disaggregation(fit, records)

    whole = found[found["grain"] == "all"]
    # Draws are the truth to a billionth.
    brought = truth.parts["mail"][:WEEKS].sum()
    np.testing.assert_allclose(whole["contribution"], [0.25 * brought, 0.75 * brought], rtol=1e-6)
    assert whole["measure"].tolist() == ["exposure", "exposure"]
    assert found[["spend", "roas"]].isna().all(axis=None)
    assert found.attrs["left_out"] == ["tv", "search"]
