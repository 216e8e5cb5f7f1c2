"""What a fit says: contributions, returns, curves.

No asset here reads a trace but through `read_fit`; what it computes lives in its room.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DecompositionError
from mmm_pipeline.gate import ConvergedFit, Examination
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.lineage.checks import report_requirement, report_warnings, specify
from mmm_pipeline.lineage.gated import GATED, compute_once, read_fit, tabulate
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_figure, show_table

ADDS_UP = {"adds_up": "The components add up to the fitted mean, in every draw, on every date."}
QUALITY = {"fit_quality": "How close the fitted mean comes to the target; never blocks."}


def build_result_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire what follows from a converged fit.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``model_fit``, ``contributions``, ``channel_returns``, ``response_curves``.
    """
    return [
        _model_fit(model),
        _contributions(model),
        _channel_returns(model),
        _response_curves(model),
    ]


def _model_fit(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "model_fit",
        form="table",
        kinds={"parquet"},
        reads=GATED,
        checks=specify(model.key("model_fit"), QUALITY, blocking=False),
    )
    def model_fit(fitted_trace: xr.DataTree, diagnostics: Examination) -> Iterator[Any]:
        """Observed and fitted target, period by period, with predictive intervals."""
        from mmm_pipeline.evidence.quality import assess_fit
        from mmm_pipeline.evidence.suggestions import suggest_changes

        table, metadata = tabulate(model, "model_fit", fitted_trace, diagnostics, _summarize_fit)
        quality = assess_fit(table)
        metadata |= {one.name: one.found for one in quality.findings}
        metadata["suggestions"] = "\n".join(suggest_changes(table, model.spec)) or "none"
        metadata["fit"] = show_figure("draw_fit", table=table)
        metadata["residuals"] = show_figure("draw_residuals", table=table)
        yield dg.Output(table, metadata=metadata)
        yield report_warnings("fit_quality", quality.shortcomings)

    return model_fit


def _contributions(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "contributions",
        form="summary",
        kinds={"pymc", "parquet"},
        reads=GATED,
        checks=specify(model.key("contributions"), ADDS_UP, blocking=True),
    )
    def contributions(fitted_trace: xr.DataTree, diagnostics: Examination) -> Iterator[Any]:
        """Where the target came from: target units per date and component, with intervals."""
        fit = read_fit(model, fitted_trace, diagnostics)
        try:
            summary, metadata = compute_once(
                model, "contributions", "summary", fit, _summarize_contributions
            )
        except DecompositionError as error:
            yield report_requirement("adds_up", [str(error)])
            raise dg.Failure(str(error), allow_retries=False) from None
        channels = model.spec.own_media
        metadata["decomposition"] = show_figure(
            "draw_decomposition", table=summary.table, channels=channels
        )
        yield dg.Output(summary, metadata={**metadata, **show_columns(summary.table)})
        yield report_requirement("adds_up", [])

    return contributions


def _channel_returns(model: Model) -> dg.AssetsDefinition:
    @model.asset("channel_returns", form="summary", kinds={"pymc", "parquet"}, reads=GATED)
    def channel_returns(fitted_trace: xr.DataTree, diagnostics: Examination) -> dg.Output[Any]:
        """What each channel earned on its spend, with intervals."""
        fit = read_fit(model, fitted_trace, diagnostics)
        summary, metadata = compute_once(
            model, "channel_returns", "summary", fit, _summarize_returns
        )
        metadata["returns"] = show_table(summary.table)
        known = summary.table.dropna(subset="roas")
        for name, roas in zip(known["channel"], known["roas"], strict=True):
            metadata[f"roas_{name}"] = round(float(roas), 3)
        columns = show_columns(summary.table, "channel_returns")
        return dg.Output(summary, metadata={**metadata, **columns})

    return channel_returns


def _response_curves(model: Model) -> dg.AssetsDefinition:
    @model.asset("response_curves", form="table", kinds={"pymc", "parquet"}, reads=GATED)
    def response_curves(fitted_trace: xr.DataTree, diagnostics: Examination) -> dg.Output[Any]:
        """How each channel's response bends with its spend per period, with bands."""
        table, metadata = tabulate(
            model, "response_curves", fitted_trace, diagnostics, _summarize_curves
        )
        channels = list(model.spec.media)
        metadata["curves"] = show_figure("draw_response_curves", table=table, channels=channels)
        return dg.Output(table, metadata=metadata)

    return response_curves


def _summarize_fit(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.evidence.fit import summarize_fit

    return summarize_fit(fit)


def _summarize_contributions(fit: ConvergedFit) -> Summary:
    from mmm_pipeline.insight.contributions import summarize_contributions

    return summarize_contributions(fit)


def _summarize_returns(fit: ConvergedFit) -> Summary:
    from mmm_pipeline.insight.returns import summarize_returns

    return summarize_returns(fit)


def _summarize_curves(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.insight.curves import summarize_response_curves

    return summarize_response_curves(fit)
