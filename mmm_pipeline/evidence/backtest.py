"""What a model said of periods it had not seen, beside what came and what simpler methods said."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import shorten
from mmm_pipeline.evidence.benchmarks import (
    LEAST_ERRORS,
    forecast_benchmarks,
    measure_usual_errors,
)
from mmm_pipeline.evidence.crps import LEVELS
from mmm_pipeline.evidence.folds import Fold
from mmm_pipeline.evidence.known import FoldInputs
from mmm_pipeline.evidence.outlook import draw_outlook
from mmm_pipeline.evidence.scores import score_draws, score_normal, summarize_scores
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.grain import PERIODS_PER_YEAR
from mmm_pipeline.model.features import arrange
from mmm_pipeline.spec import ModelSpec

MODEL = "mmm"
"""The model among the methods."""
SURE = 1.96
"""Standard errors beyond which a coverage is not what it says by chance alone."""
COLUMNS = [
    *("fold", "origin", "n_known", "date", "method", "observed", "predicted"),
    *(f"{side}_{level}" for level in LEVELS for side in ("lower", "upper")),
    *("crps", "usual_error", "fold_fit_id", "note"),
]
"""Columns of a table of forecasts, next to the panel's dims."""


def tabulate_fold(fold: Fold, inputs: FoldInputs, fit: ConvergedFit | str) -> pd.DataFrame:
    """Tabulate what was predicted from an origin, and how good that was.

    Parameters
    ----------
    fold : Fold
        The origin.
    inputs : FoldInputs
        What was fitted, and what it predicts with.
    fit : ConvergedFit or str
        The fit of the fold; or, where it may not be read, why.

    Returns
    -------
    pandas.DataFrame
        A row per method, date and cell: ``fold, origin`` (first day not known), ``n_known``
        (periods), ``date``, the panel's dims, ``method`` (``mmm``, the model; ``naive,
        seasonal_naive, ridge, ets``); ``observed``, ``predicted`` (median) and the bounds of the
        50, 80 and 95 % intervals of a new observation; ``crps``; ``usual_error``, the error of
        repeating the past in the periods known; all in target units. ``fold_fit_id`` names the
        fit. ``note`` says what should be known: why the model predicted nothing, NaN then; what was
        left out of it; what a method fell back to.
    """
    observed = inputs.ahead["target"].sel(date=fold.ahead)
    known = inputs.features["target"]
    benchmarks = forecast_benchmarks(inputs.ahead, len(fold.known))
    scores = {MODEL: _score_model(fit, inputs, observed)}
    scores |= {
        method: score_normal(one["mean"], one["sd"], observed) for method, one in benchmarks.items()
    }
    usual = measure_usual_errors(known, inputs.features.attrs["grain"])
    notes = {MODEL: _note_model(fit, inputs), "seasonal_naive": _note_season(fold, inputs)}
    tables = [
        _tabulate(score.assign(observed=observed, usual_error=usual)).assign(
            method=method, note=notes.get(method, "")
        )
        for method, score in scores.items()
    ]
    table = _mark(pd.concat(tables, ignore_index=True), fold)
    is_model = (table["method"] == MODEL) & isinstance(fit, ConvergedFit)
    table["fold_fit_id"] = np.where(is_model, getattr(fit, "fit_id", ""), "")
    return _order(table)


def tabulate_hopeless_fold(
    fold: Fold, frame: pd.DataFrame, spec: ModelSpec, why: str
) -> pd.DataFrame:
    """Tabulate a fold of which nothing can be fitted.

    Parameters
    ----------
    fold : Fold
        The origin.
    frame : pandas.DataFrame
        The validated frame.
    spec : ModelSpec
        The model.
    why : str
        What stands against it.

    Returns
    -------
    pandas.DataFrame
        As from `tabulate_fold`, with rows of the model alone.
    """
    observed = arrange(frame, spec)["target"].sel(date=fold.ahead)
    empty = _score_nothing(observed).assign(observed=observed, usual_error=np.nan)
    table = _tabulate(empty).assign(method=MODEL, note=why, fold_fit_id="")
    return _order(_mark(table, fold))


def assess_backtest(table: pd.DataFrame) -> tuple[str, ...]:
    """Say where the model falls short.

    Parameters
    ----------
    table : pandas.DataFrame
        From `tabulate_fold`, of all folds.

    Returns
    -------
    tuple of str
        A sentence for each fold that the model could not predict, for each naive method that is as
        good by its CRPS, and for a coverage of the 80 % interval that is off by more than chance
        explains, were the dates independent of each other; cells of one date count as one.
    """
    failed = table[table["predicted"].isna()].drop_duplicates("fold")
    words = [
        f"Fold {row.fold}, from {row.origin:%Y-%m-%d}, has no forecast: {row.note}"
        for row in failed.itertuples()
    ]
    scores = summarize_scores(table).set_index("method")
    if MODEL not in scores.index:
        return tuple(words)
    own = scores.loc[MODEL]
    words += [
        f"{name.replace('_', ' ').capitalize()} forecasts are as good: CRPS "
        f"{scores['crps'][name]:.4g}, the model's {own['crps']:.4g}"
        for name in ("naive", "seasonal_naive")
        if scores["crps"][name] <= own["crps"]
    ]
    n_dates = table.loc[table["predicted"].notna(), ["fold", "date"]].drop_duplicates().shape[0]
    slack = SURE * (0.8 * 0.2 / n_dates) ** 0.5
    if abs(own["coverage_80"] - 0.8) > slack:
        words.append(
            f"The 80 % interval held {own['coverage_80']:.0%} of what came (80 % ± {slack:.0%} by "
            f"chance, over {n_dates} dates)"
        )
    return tuple(words)


def list_notes(table: pd.DataFrame) -> tuple[str, ...]:
    """Say what should be known of the forecasts that there are.

    Parameters
    ----------
    table : pandas.DataFrame
        From `tabulate_fold`, of all folds.

    Returns
    -------
    tuple of str
        A sentence for each fold and method that has a note.
    """
    noted = table[table["predicted"].notna() & (table["note"] != "")]
    return tuple(
        f"Fold {row.fold}, {str(row.method).replace('_', ' ')}: {row.note}"
        for row in noted.drop_duplicates(["fold", "method"]).itertuples()
    )


def _score_model(fit: ConvergedFit | str, inputs: FoldInputs, observed: xr.DataArray) -> xr.Dataset:
    """Score the forecast of a fit, if there is one."""
    if isinstance(fit, str):
        return _score_nothing(observed)
    return score_draws(draw_outlook(fit, inputs.ahead, observed["date"]), observed)


def _score_nothing(observed: xr.DataArray) -> xr.Dataset:
    """Leave the scores open."""
    names = ["predicted", "crps"]
    names += [f"{side}_{level}" for level in LEVELS for side in ("lower", "upper")]
    return xr.Dataset({name: xr.full_like(observed, np.nan) for name in names})


def _note_model(fit: ConvergedFit | str, inputs: FoldInputs) -> str:
    """Say why the model predicts nothing, or without what."""
    if isinstance(fit, str):
        return fit
    return f"Without {shorten(inputs.left_out)}: not seen yet." if inputs.left_out else ""


def _note_season(fold: Fold, inputs: FoldInputs) -> str:
    """Say that there is no year to repeat."""
    needed = PERIODS_PER_YEAR[inputs.features.attrs["grain"]] + LEAST_ERRORS
    return "" if len(fold.known) >= needed else "Less than a year is known: the last value instead."


def _tabulate(scores: xr.Dataset) -> pd.DataFrame:
    """Turn scores into rows, by date, then cell."""
    order = [str(dim) for dim in scores["observed"].dims]
    return scores.reset_coords(drop=True).to_dataframe(dim_order=order).reset_index()


def _mark(table: pd.DataFrame, fold: Fold) -> pd.DataFrame:
    """Say of which fold rows are."""
    return table.assign(fold=fold.number, origin=fold.origin, n_known=len(fold.known))


def _order(table: pd.DataFrame) -> pd.DataFrame:
    """Put the columns in order, the panel's dims behind the date."""
    cells = [column for column in table.columns if column not in COLUMNS]
    place = COLUMNS.index("date") + 1
    return table[[*COLUMNS[:place], *cells, *COLUMNS[place:]]]
