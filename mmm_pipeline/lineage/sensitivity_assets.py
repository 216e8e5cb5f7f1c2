"""What a model says when it is told otherwise: about its priors, its forms, its data.

No asset here reads a trace but through `read_fit` and `fit_through_gate`.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, Examination
from mmm_pipeline.lineage.checks import report_warnings, specify
from mmm_pipeline.lineage.fit_assets import try_through_gate
from mmm_pipeline.lineage.gated import GATED, compute_once, read_fit, tabulate
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_figure, show_table
from mmm_pipeline.model.trace import name_request_now

if TYPE_CHECKING:
    from mmm_pipeline.evidence.variations import LeftOut, Variation

DATA_SPEAK = {
    "data_speak": "Returns do not hang on what was believed of them before; never blocks."
}
ROBUST = {"robust": "No channel's order or profit flips, no placebo is found; never blocks."}


def build_sensitivity_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire what tells how far a fit hangs on what was assumed.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``prior_sensitivity``; and ``sensitivity``, where the spec asks for variations.
    """
    assets = [_prior_sensitivity(model)]
    return [*assets, _sensitivity(model)] if model.spec.sensitivity else assets


def _prior_sensitivity(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "prior_sensitivity",
        form="table",
        kinds={"pymc", "arviz"},
        reads=GATED,
        checks=specify(model.key("prior_sensitivity"), DATA_SPEAK, blocking=False),
    )
    def prior_sensitivity(fitted_trace: xr.DataTree, diagnostics: Examination) -> Iterator[Any]:
        """How far returns, shares and carry-over hang on their priors, and how far on the data.

        By power-scaling, from the draws there are: nothing is fitted for it.
        """
        from mmm_pipeline.evidence.prior_sensitivity import list_leanings

        table, metadata = tabulate(
            model, "prior_sensitivity", fitted_trace, diagnostics, _summarize_prior_sensitivity
        )
        yield dg.Output(table, metadata={**metadata, "sensitivity": show_table(table)})
        yield report_warnings("data_speak", list_leanings(table))

    return prior_sensitivity


def _sensitivity(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "sensitivity",
        form="table",
        kinds={"pymc", "nutpie"},
        reads=GATED,
        checks=specify(model.key("sensitivity"), ROBUST, blocking=False),
        pool="sampler",
    )
    def sensitivity(
        context: dg.AssetExecutionContext, fitted_trace: xr.DataTree, diagnostics: Examination
    ) -> Iterator[Any]:
        """What each channel returns when the model is told otherwise, a fit for each variation.

        Each fit is kept: a run that breaks off goes on where it was.
        """
        from mmm_pipeline.evidence.sensitivity import list_fragilities, list_shifts
        from mmm_pipeline.evidence.variations import Base, LeftOut, Variation, list_variations

        fit = read_fit(model, fitted_trace, diagnostics)
        found = list_variations(Base.of(fit))
        variations = [one for one in found if isinstance(one, Variation)]
        left_out = [one for one in found if isinstance(one, LeftOut)]
        table, metadata = compute_once(
            model,
            "sensitivity",
            "table",
            fit,
            lambda fit: _refit(context, model, fit, variations, left_out),
            requests={one.name: name_request_now(one.spec, one.features) for one in variations},
        )
        metadata["largest_shifts"] = "; ".join(list_shifts(table)) or "nothing could be varied"
        metadata["returns"] = show_figure("draw_sensitivity", table=table)
        shown = {"variations": show_table(table), **show_columns(table)}
        yield dg.Output(table, metadata={**metadata, **shown})
        yield report_warnings("robust", list_fragilities(table))

    return sensitivity


def _summarize_prior_sensitivity(fit: ConvergedFit) -> pd.DataFrame:
    from mmm_pipeline.evidence.prior_sensitivity import summarize_prior_sensitivity

    return summarize_prior_sensitivity(fit)


def _refit(
    context: dg.AssetExecutionContext,
    model: Model,
    fit: ConvergedFit,
    variations: "list[Variation]",
    left_out: "list[LeftOut]",
) -> pd.DataFrame:
    """Fit every variation; of one that does not pass the gate there is the gate's word alone."""
    from mmm_pipeline.evidence.sensitivity import summarize_sensitivity

    refits = []
    for one in variations:
        context.log.info(f"Variation {one.name}.")
        refits.append((one, try_through_gate(model, one.spec, one.features, context)))
    return summarize_sensitivity(fit, refits, left_out)
