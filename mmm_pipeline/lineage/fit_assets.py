"""From the features to an examined fit: prior, posterior, diagnostics.

What a limit is, and what breaks it, is said in `mmm_pipeline.gate`, not here.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import xarray as xr

from mmm_pipeline.errors import NotConvergedError
from mmm_pipeline.gate import ConvergedFit, Examination, admit
from mmm_pipeline.lineage.checks import report_verdict, report_warnings, specify
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.io_managers import FORMS, MADE_FROM
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_drawing, show_figure, show_numbers, show_table
from mmm_pipeline.lineage.receipts import compose_receipt
from mmm_pipeline.lineage.reuse import name_origin
from mmm_pipeline.model.trace import name_request_now, note_prespecification
from mmm_pipeline.spec import ModelSpec, Prespecification

PLAUSIBLE = {"plausible": "What the priors alone expect is something a marketer could sign."}
PRESPECIFIED = {
    "prespecified": "The model, its limits and scenarios are those of the first fit; never blocks."
}
CONVERGED = {
    "rhat": "The chains agree: largest R-hat of any free parameter.",
    "ess": "There are enough independent draws: smallest effective sample size.",
    "divergences": "The sampler followed the posterior everywhere: divergent transitions.",
    "bfmi": "The sampler explored the energy: smallest BFMI.",
    "treedepth": "The sampler was not cut short: share of draws at the largest tree depth.",
    "draws": "Every free parameter moves, in finite steps.",
}


class FitConfig(dg.Config):
    """What may be said when a fit is launched. The gate's limits are not among it."""

    force: bool = False
    """Sample anew even if an identical fit is stored."""


def build_fit_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire prior, fit and diagnostics of a model.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``prior_predictive``, ``fitted_trace``, ``diagnostics``.
    """
    return [_prior_predictive(model), _fitted_trace(model), _diagnostics(model)]


def _prior_predictive(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "prior_predictive",
        form="arrays",
        kinds={"pymc", "netcdf"},
        reads=["features"],
        checks=specify(model.key("prior_predictive"), PLAUSIBLE, blocking=False),
    )
    def prior_predictive(features: xr.Dataset) -> Iterator[Any]:
        """What the priors alone say about the target and the returns."""
        request_id = name_request_now(model.spec, features)
        made_from = name_origin("prior_predictive", request_id=request_id)
        prior = model.store.reuse("prior_predictive", FORMS["arrays"], made_from)
        if prior is None:
            from mmm_pipeline.model.prior_predictive import sample_prior

            prior = sample_prior(model.spec, features).assign_attrs(request_id=request_id)
        from mmm_pipeline.model.plausibility import assess_prior

        plausibility = assess_prior(prior, features)
        yield dg.Output(
            prior,
            metadata={
                MADE_FROM: made_from,
                "prior_media_share": plausibility.media_share,
                **{f"prior_roas_{name}": m for name, m in plausibility.roas_median.items()},
                "target": show_figure(
                    "draw_prior_target", prior=prior["target"], observed=features["target"]
                ),
            },
        )
        yield report_warnings("plausible", plausibility.absurdities)

    return prior_predictive


def _fitted_trace(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "fitted_trace",
        form="trace",
        kinds={"pymc", model.spec.sampling.sampler, "netcdf"},
        reads=["features"],
        checks=specify(model.key("fitted_trace"), PRESPECIFIED, blocking=False),
        pool="sampler",
    )
    def fitted_trace(
        context: dg.AssetExecutionContext, config: FitConfig, features: xr.Dataset
    ) -> Iterator[Any]:
        """The posterior: free parameters, sampler statistics, the exact inputs.

        An identical fit that is stored is used again, unless the run says `force: true`. What the
        spec says at the first fit is fixed before it is sampled, and later fits are held against
        it.
        """
        first = _fix_decisions(model)
        deviations = first.list_deviations(model.spec)
        trace = find_or_fit(
            model,
            model.spec,
            features,
            context,
            force=config.force,
            note=lambda trace: note_prespecification(trace, first, deviations),
        )
        names = ["fit_id", "request_id", "fitted_at", "sampler"]
        if note := trace.attrs["sampler_note"]:
            context.log.warning(note)
            names.append("sampler_note")
        yield dg.Output(
            trace,
            metadata={
                **{name: str(trace.attrs[name]) for name in names},
                "seconds": float(trace.attrs["seconds"]),
                "prespecified_at": first.fixed_at.isoformat(),
                "deviations": "; ".join(deviations) or "none",
            },
        )
        for words in deviations:
            context.log.warning(f"Changed since the first fit: {words}")
        yield report_warnings("prespecified", deviations)

    return fitted_trace


def _fix_decisions(model: Model) -> Prespecification:
    """Fix what the spec decides, unless an earlier fit did."""
    now = datetime.now(UTC).replace(microsecond=0)
    with told_clearly(model.location):
        return model.store.fix_decisions(Prespecification.take(model.spec, now))


def find_or_fit(
    model: Model,
    spec: ModelSpec,
    features: xr.Dataset,
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
    *,
    force: bool = False,
    note: Callable[[xr.DataTree], xr.DataTree] = lambda trace: trace,
) -> xr.DataTree:
    """Find the fit that answers a request, or make it, in as many attempts as it may take.

    Parameters
    ----------
    model : Model
        Whose store is looked in.
    spec : ModelSpec
        What is fitted.
    features : xarray.Dataset
        Its features.
    context : dagster.AssetExecutionContext or dagster.OpExecutionContext
        Whose log is told.
    force : bool
        Fit anew whatever is stored.
    note : callable
        Adds to a trace what is to be kept with it.

    Returns
    -------
    xarray.DataTree
    """
    begun = None if force else model.fits.find(name_request_now(spec, features))
    if begun is not None:
        context.log.info(f"Fit {begun.attrs['fit_id']} answers this request; used again.")
    else:
        context.log.info("Compiling the model; sampling follows.")
    from mmm_pipeline.gate.remedies import Witness, fit_until_it_holds

    def keep(trace: xr.DataTree, examination: Examination) -> None:
        model.fits.keep(note(trace), compose_receipt(model, trace))
        model.fits.keep_examination(examination)

    witness = Witness(
        tell=lambda progress: context.log.info(str(progress)), warn=context.log.warning, keep=keep
    )
    return note(fit_until_it_holds(spec, features, witness, begun))


def fit_through_gate(
    model: Model,
    spec: ModelSpec,
    features: xr.Dataset,
    context: dg.AssetExecutionContext | dg.OpExecutionContext,
) -> ConvergedFit:
    """Fit another model than the asset's own, or find the fit, and let it through the gate.

    Parameters
    ----------
    model : Model
        Whose store is looked in.
    spec : ModelSpec
        What is fitted.
    features : xarray.Dataset
        Its features.
    context : dagster.AssetExecutionContext or dagster.OpExecutionContext
        Whose log is told.

    Returns
    -------
    ConvergedFit

    Raises
    ------
    NotConvergedError
        If it breaks a limit after all attempts.
    """
    return admit(find_or_fit(model, spec, features, context), spec)


def try_through_gate(
    model: Model, spec: ModelSpec, features: xr.Dataset, context: dg.AssetExecutionContext
) -> ConvergedFit | NotConvergedError:
    """Fit another model, or say with the gate's word why it may not be read.

    Parameters
    ----------
    model, spec, features, context
        As of `fit_through_gate`.

    Returns
    -------
    ConvergedFit or NotConvergedError
        The error is told to the log.
    """
    try:
        return fit_through_gate(model, spec, features, context)
    except NotConvergedError as error:
        context.log.warning(str(error))
        return error


def _diagnostics(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "diagnostics",
        form="diagnostics",
        kinds={"arviz", "json"},
        reads=["fitted_trace"],
        checks=specify(model.key("diagnostics"), CONVERGED, blocking=True),
    )
    def diagnostics(context: dg.AssetExecutionContext, fitted_trace: xr.DataTree) -> Iterator[Any]:
        """Whether the fit may be read: the verdict, every number behind it, and advice.

        Nothing past this asset can be made from a fit that breaks a limit.
        """
        # Always measured anew: what the gate goes by is never taken from an earlier file.
        from mmm_pipeline.gate.diagnostics import examine
        from mmm_pipeline.gate.remedies import tabulate_attempts
        from mmm_pipeline.report.chains import draw_chains

        examination = examine(fitted_trace, model.spec.gate)
        model.fits.keep_examination(examination)
        attempts = tabulate_attempts(fitted_trace)
        figures = draw_chains(fitted_trace, examination.parameters)
        model.store.write_figures("diagnostics", figures)
        verdict, numbers = examination.verdict, examination.numbers
        for sentence in (*verdict.failures.values(), *verdict.advice):
            context.log.error(sentence)
        pathologies = [str(finding) for finding in examination.pathologies]
        for sentence in pathologies:
            context.log.warning(sentence)
        yield dg.Output(
            examination,
            metadata={
                "fit_id": numbers.fit_id,
                "verdict": verdict.word,
                "why": "; ".join((*verdict.failures.values(), *verdict.reasons))
                or "all limits hold",
                "advice": "; ".join(verdict.advice) or "none needed",
                **show_numbers(numbers.measures),
                "posterior": ". ".join(pathologies) or "nothing ails it",
                "attempts": len(attempts),
                **({"attempts_made": show_table(attempts)} if len(attempts) > 1 else {}),
                "parameters": show_table(examination.parameters),
                **{name: show_drawing(name, figure) for name, figure in figures.items()},
            },
        )
        yield from report_verdict(verdict, show_numbers(numbers.measures))

    return diagnostics
