"""What is said of a fold: by the model where its fit may be read, by simpler methods anyway."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.evidence import outlook
from mmm_pipeline.evidence.backtest import (
    assess_backtest,
    list_notes,
    tabulate_fold,
    tabulate_hopeless_fold,
)
from mmm_pipeline.evidence.folds import Fold, plan_folds
from mmm_pipeline.evidence.known import FoldInputs, prepare_fold
from mmm_pipeline.evidence.scores import summarize_scores
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.model.fit import fit_model
from mmm_pipeline.model.forecast import predict_mean
from mmm_pipeline.simulate import simulate_world
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import (
    draw_posterior,
    make_panel,
    make_spec,
    make_trace,
    make_world,
    validate,
)

METHODS = ["mmm", "naive", "seasonal_naive", "ridge", "ets"]
WORDS: dict[str, Any] = {"backtest": {"folds": 2, "horizon": 6}, "controls": {"price": {}}}
PANEL = {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]}


def pass_gate(trace: xr.DataTree, spec: ModelSpec) -> ConvergedFit:
    return admit(trace, spec)


def prepare(spec: ModelSpec, frame: pd.DataFrame) -> list[tuple[Fold, FoldInputs]]:
    folds = plan_folds(pd.DatetimeIndex(frame["date"]), spec)
    return [(fold, prepare_fold(fold, frame, spec, None)) for fold in folds]


def make_frame(spec: ModelSpec, weeks: int = 60) -> pd.DataFrame:
    frame, _ = simulate_world(make_world(weeks=weeks))
    days = frame["week"].dt.strftime("%Y-%m-%d")
    return validate(frame.assign(week=days).astype(str), spec)


@pytest.fixture(scope="module")
def fold() -> tuple[Fold, FoldInputs]:
    spec = make_spec(**WORDS)
    return prepare(spec, make_frame(spec))[0]


@pytest.fixture(scope="module")
def fold_fit(fold: tuple[Fold, FoldInputs]) -> ConvergedFit:
    inputs = fold[1]
    return pass_gate(make_trace(inputs.spec, inputs.features), inputs.spec)


@pytest.fixture(scope="module")
def table(fold: tuple[Fold, FoldInputs], fold_fit: ConvergedFit) -> pd.DataFrame:
    return tabulate_fold(*fold, fold_fit)


def test_every_method_says_something_of_every_date(
    fold: tuple[Fold, FoldInputs], table: pd.DataFrame
) -> None:
    assert table["method"].unique().tolist() == METHODS
    for _, rows in table.groupby("method"):
        assert rows["date"].tolist() == fold[0].ahead.tolist()
        target = fold[1].ahead["target"].sel(date=fold[0].ahead)
        assert rows["observed"].tolist() == target.to_numpy().tolist()
    assert table.drop(columns=["note", "fold_fit_id"]).notna().all(axis=None)
    assert (table["lower_95"] < table["lower_80"]).all()
    assert (table["upper_80"] < table["upper_95"]).all()


def test_the_model_says_what_its_draws_say(
    fold: tuple[Fold, FoldInputs], fold_fit: ConvergedFit, table: pd.DataFrame
) -> None:
    own = table[table["method"] == "mmm"]
    mean = predict_mean(fold_fit.trace, fold[1].ahead).sel(date=fold[0].ahead)

    assert (own["fold_fit_id"] == fold_fit.fit_id).all()
    # The median of 1,000 draws with noise: within a tenth of the noise of that without.
    noise = float(fold_fit.posterior["y_sigma"].mean() * fold_fit.features["target_scale"])
    middle = mean.median(("chain", "draw")).to_numpy()
    np.testing.assert_allclose(own["predicted"], middle, atol=0.25 * noise)
    assert ((own["upper_95"] - own["lower_95"]) > 3.5 * noise).all()


def test_less_than_a_year_is_told(table: pd.DataFrame) -> None:
    naive, seasonal = (table[table["method"] == name] for name in ("naive", "seasonal_naive"))

    assert naive["predicted"].tolist() == seasonal["predicted"].tolist()
    assert list_notes(table) == (
        "Fold 1, seasonal naive: Less than a year is known: the last value instead.",
    )


def test_a_fold_that_did_not_converge_is_told_and_not_used(
    fold: tuple[Fold, FoldInputs], table: pd.DataFrame
) -> None:
    failed = tabulate_fold(*fold, "Model 'acme' has not converged.").assign(fold=2)

    own = failed[failed["method"] == "mmm"]
    assert own[["predicted", "crps", "lower_80", "upper_95"]].isna().all(axis=None)
    assert (own["fold_fit_id"] == "").all()
    assert failed.loc[failed["method"] == "ridge", "predicted"].notna().all()
    both = pd.concat([table, failed])
    assert any(
        words.startswith("Fold 2, from ") and "has not converged" in words
        for words in assess_backtest(both)
    )
    pd.testing.assert_frame_equal(summarize_scores(both), summarize_scores(table))
    assert len(assess_backtest(failed)) == 1


def test_a_fold_of_which_nothing_can_be_fitted_is_told(fold: tuple[Fold, FoldInputs]) -> None:
    spec = make_spec(**WORDS)

    table = tabulate_hopeless_fold(fold[0], make_frame(spec), spec, "No media yet.")

    assert table["method"].tolist() == ["mmm"] * 6
    assert table["predicted"].isna().all()
    assert "No media yet." in assess_backtest(table)[0]


def make_forecasts(model: float, naive: float, inside: int) -> pd.DataFrame:
    """Forty forecasts; of the model's 80 % intervals, some hold what came."""
    dates = pd.date_range("2024-01-01", periods=40, freq="W-MON")
    rows = pd.DataFrame({"fold": 1, "date": dates, "observed": 10.0, "predicted": 10.0, "note": ""})
    rows["usual_error"] = 1.0
    for level in (50, 80, 95):
        rows[f"lower_{level}"], rows[f"upper_{level}"] = 9.0, 11.0
    rows["lower_80"] = rows["lower_80"].where(np.arange(40) < inside, 10.5)
    methods = {"mmm": model, "naive": naive, "seasonal_naive": 9.0}
    return pd.concat([rows.assign(method=name, crps=crps) for name, crps in methods.items()])


@pytest.mark.parametrize(
    ("model", "naive", "inside", "said"),
    [
        (1.0, 2.0, 32, []),
        (1.0, 2.0, 28, []),
        (2.0, 2.0, 32, ["Naive forecasts are as good"]),
        (9.5, 2.0, 32, ["Naive forecasts", "Seasonal naive forecasts"]),
        (1.0, 2.0, 26, ["The 80 % interval held 65% of what came (80 % ± 12% by chance"]),
        (1.0, 2.0, 40, ["The 80 % interval held 100% of what came"]),
    ],
)
def test_what_falls_short_is_said(model: float, naive: float, inside: int, said: list[str]) -> None:
    found = assess_backtest(make_forecasts(model, naive, inside))

    assert len(found) == len(said)
    assert all(one.startswith(words) for one, words in zip(found, said, strict=True))


@pytest.fixture(scope="module")
def panel() -> tuple[Fold, FoldInputs]:
    spec = make_spec(**WORDS, data=PANEL, link="log", likelihood="student_t")
    return prepare(spec, make_panel(spec, {"geo": ["north", "south"]}, 40))[0]


@pytest.mark.parametrize("most", [pytest.param(None, marks=pytest.mark.slow), 60_000])
def test_a_panel_has_a_row_for_each_cell(
    panel: tuple[Fold, FoldInputs], most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fold, inputs = panel
    posterior = draw_posterior(inputs.spec, inputs.features, 250)
    fit = pass_gate(make_trace(inputs.spec, inputs.features, posterior), inputs.spec)
    if most:  # Some of the draws only, as of a large panel.
        monkeypatch.setattr(outlook, "MAX_NUMBERS", most)

    table = tabulate_fold(fold, inputs, fit)

    assert table.columns[3:6].tolist() == ["date", "geo", "method"]
    assert table.groupby("method")["geo"].value_counts().eq(6).all()
    own = table[table["method"] == "mmm"]
    assert own[["predicted", "crps"]].notna().all(axis=None)
    assert own.iloc[1]["observed"] > 2 * own.iloc[0]["observed"]


@pytest.mark.slow
def test_a_model_that_knows_the_media_predicts_better_than_the_past_repeated() -> None:
    spec = make_spec(
        backtest={"folds": 2},
        controls={"price": {"sign": "negative"}},
        seasonality={"yearly": 2},
        sampling={"chains": 4, "draws": 500, "tune": 500},
    )
    tables = []
    for fold, inputs in prepare(spec, make_frame(spec, 130)):
        trace = fit_model(inputs.spec, inputs.features, lambda _: None)
        tables.append(tabulate_fold(fold, inputs, pass_gate(trace, inputs.spec)))

    scores = summarize_scores(pd.concat(tables)).set_index("method")

    own = scores.loc["mmm"]
    assert own["n"] == 26
    assert own["crps"] < 0.5 * scores.loc[["naive", "seasonal_naive"], "crps"].min()
    # 26 forecasts, those of a fold alike: 80 % within three standard errors of 0.08.
    assert own["coverage_80"] == pytest.approx(0.8, abs=0.24)
