"""What a fit says in other cuts: by period, by lag, by season, and what it advises.

No asset here reads a trace but through `read_fit`; what it computes lives in its room.
"""

from dataclasses import replace
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, Examination
from mmm_pipeline.insight.advice import Recommendations
from mmm_pipeline.lineage.gated import GATED, compute_once, read_fit, tabulate
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_figure, show_table


def build_insight_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire the other cuts of what a fit says.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``contributions_by_period``, ``returns_by_period``, ``carryover_curves``,
        ``seasonal_indices``, ``recommendations``.
    """
    return [
        _contributions_by_period(model),
        _returns_by_period(model),
        _carryover_curves(model),
        _seasonal_indices(model),
        _recommendations(model),
    ]


def _contributions_by_period(model: Model) -> dg.AssetsDefinition:
    @model.asset("contributions_by_period", form="table", kinds={"parquet"}, reads=GATED)
    def contributions_by_period(
        fitted_trace: xr.DataTree, diagnostics: Examination
    ) -> dg.Output[Any]:
        """Where the target came from by week, month, quarter and year, by channel and group."""
        table, metadata = tabulate(
            model, "contributions_by_period", fitted_trace, diagnostics, _by_period
        )
        return dg.Output(table, metadata=metadata)

    return contributions_by_period


def _returns_by_period(model: Model) -> dg.AssetsDefinition:
    @model.asset("returns_by_period", form="table", kinds={"parquet"}, reads=GATED)
    def returns_by_period(fitted_trace: xr.DataTree, diagnostics: Examination) -> dg.Output[Any]:
        """What each channel earned on its spend in every quarter and year, with intervals."""
        table, metadata = tabulate(
            model, "returns_by_period", fitted_trace, diagnostics, _returns_in_periods
        )
        metadata["years"] = show_table(table[table["grain"] == "year"])
        return dg.Output(table, metadata=metadata)

    return returns_by_period


def _carryover_curves(model: Model) -> dg.AssetsDefinition:
    @model.asset("carryover_curves", form="table", kinds={"pymc", "parquet"}, reads=GATED)
    def carryover_curves(fitted_trace: xr.DataTree, diagnostics: Examination) -> dg.Output[Any]:
        """Which part of what an exposure brings comes in which period after it, with bands."""
        table, metadata = tabulate(model, "carryover_curves", fitted_trace, diagnostics, _carryover)
        channels = list(model.spec.media)
        metadata["curves"] = show_figure("draw_carryover", table=table, channels=channels)
        return dg.Output(table, metadata=metadata)

    return carryover_curves


def _seasonal_indices(model: Model) -> dg.AssetsDefinition:
    @model.asset("seasonal_indices", form="table", kinds={"parquet"}, reads=GATED)
    def seasonal_indices(fitted_trace: xr.DataTree, diagnostics: Examination) -> dg.Output[Any]:
        """When in the year each channel earns more than usual, and the target is higher."""
        table, metadata = tabulate(
            model, "seasonal_indices", fitted_trace, diagnostics, _seasonality
        )
        metadata["indices"] = show_table(table)
        return dg.Output(table, metadata=metadata)

    return seasonal_indices


def _recommendations(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "recommendations", form="advice", kinds={"parquet", "json", "markdown"}, reads=GATED
    )
    def recommendations(fitted_trace: xr.DataTree, diagnostics: Examination) -> dg.Output[Any]:
        """Whether to spend more, as much or less on each channel, and why."""
        fit = read_fit(model, fitted_trace, diagnostics)
        advice, metadata = compute_once(model, "recommendations", "advice", fit, _advise)
        metadata["advice"] = show_table(advice.table)
        metadata["words"] = dg.MetadataValue.md(advice.text)
        columns = show_columns(advice.table, "recommendations")
        return dg.Output(advice, metadata={**metadata, **columns})

    return recommendations


def _by_period(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.insight.by_period import summarize_contributions_by_period

    return summarize_contributions_by_period(fit)


def _returns_in_periods(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.insight.by_period import summarize_returns_by_period

    return summarize_returns_by_period(fit)


def _carryover(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.insight.carryover import summarize_carryover_curves

    return summarize_carryover_curves(fit)


def _seasonality(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.insight.seasonality import summarize_seasonal_indices

    return summarize_seasonal_indices(fit)


def _advise(fit: ConvergedFit) -> Recommendations:
    from mmm_pipeline.insight.recommendations import recommend
    from mmm_pipeline.report.advice import write_advice
    from mmm_pipeline.report.advice_text import write_text

    advice = recommend(fit)
    words = write_advice(advice, fit.spec.data, fit.features.attrs["grain"])
    return replace(advice, text=write_text(words, fit))
