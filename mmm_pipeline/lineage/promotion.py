"""Which fit somebody stands behind: the job that promotes it, and the way to read it.

No fit is read here but through the gate.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import dagster as dg
import xarray as xr
from pydantic import Field

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate import ConvergedFit, Examination, require_converged
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.fits import Promotion
from mmm_pipeline.lineage.forms import DiagnosticsForm
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.model.trace import read_spec
from mmm_pipeline.spec import ModelSpec


class FitChoice(Enum):
    """A fit by what it is to the model."""

    current = "current"
    promoted = "promoted"


class PlanConfig(dg.Config):
    """What may be said when budgets are planned."""

    fit: FitChoice = FitChoice.current
    """The fit that is planned with; either goes through the gate."""
    scenarios: dict[str, Any] = Field(default_factory=dict)
    """More scenarios, by name, in the words of the spec."""


class PromoteConfig(dg.Config):
    """What may be said when a fit is promoted."""

    fit_id: str = ""
    """The fit; the one that `diagnostics` speaks of, if not given."""
    note: str = ""
    """Why, for whoever reads the history."""


def build_promote_job(model: Model) -> dg.JobDefinition:
    """Make the job that promotes a fit.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    dagster.JobDefinition
        ``<model>__promote``, of one op, ``<model>__promote_fit``.
    """
    name = model.spec.name

    @dg.op(name=f"{name}__promote_fit", out=dg.Out(dg.Nothing))
    def promote_fit(context: dg.OpExecutionContext, config: PromoteConfig) -> None:
        """Promote a fit that is kept, if it passes the gate."""
        with told_clearly(model.location):
            fit_id = config.fit_id or find_current(model)
            fit = admit(model.fits.read(fit_id), model.spec)
            before = model.fits.find_promotion()
            now = datetime.now(UTC).replace(microsecond=0)
            model.fits.promote(
                Promotion(fit_id=fit_id, promoted_at=now, run_id=context.run_id, note=config.note)
            )
        context.log.info(
            f"Promoted fit {fit_id} of {name}, verdict {fit.verdict.word}; "
            f"before: {before.fit_id if before else 'none'}."
        )
        context.add_output_metadata({"fit_id": fit_id, "verdict": fit.verdict.word})

    words = f"Promote a fit of {name} that passes the gate."
    return build_op_job(model, "promote", words, promote_fit)


def build_op_job(model: Model, verb: str, words: str, op: Callable[[], Any]) -> dg.JobDefinition:
    """Make a job of one op.

    Parameters
    ----------
    model : Model
        The model and its surroundings.
    verb : str
        What it does; the end of its name.
    words : str
        Its description.
    op : callable
        The op.

    Returns
    -------
    dagster.JobDefinition
        ``<model>__<verb>``.
    """

    @dg.job(
        name=f"{model.spec.name}__{verb}",
        description=words,
        tags={"model": model.spec.name},
        executor_def=dg.in_process_executor,
    )
    def job() -> None:
        op()

    return job


def find_current(model: Model) -> str:
    """Name the fit that was examined last.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    str
        Its `fit_id`.

    Raises
    ------
    StaleFitError
        If none was.
    """
    examination: Examination = model.store.read("diagnostics", DiagnosticsForm())
    return examination.numbers.fit_id


def admit(trace: xr.DataTree, spec: ModelSpec) -> ConvergedFit:
    """Let a fit that is kept through the gate, on what is measured of it now.

    Parameters
    ----------
    trace : xarray.DataTree
        The fit.
    spec : ModelSpec
        The model, with its limits.

    Returns
    -------
    ConvergedFit

    Raises
    ------
    StaleFitError
        If the fit is of another model, or of other code.
    NotConvergedError
        If it breaks a limit.
    """
    return require_converged(trace, _measure(trace, spec).numbers, spec)


def read_kept(model: Model, fit_id: str) -> ConvergedFit:
    """Let a fit through the gate by its own spec, and the limits of today.

    Parameters
    ----------
    model : Model
        The model and its surroundings.
    fit_id : str
        A fit of it that is kept, of whatever spec.

    Returns
    -------
    ConvergedFit

    Raises
    ------
    StaleFitError
        If it is not kept, or of other code.
    NotConvergedError
        If it breaks a limit.
    """
    trace = model.fits.read(fit_id)
    return admit(trace, read_spec(trace).model_copy(update={"gate": model.spec.gate}))


def find_promoted(model: Model) -> str:
    """Name the fit that is promoted.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    str
        Its `fit_id`.

    Raises
    ------
    StaleFitError
        If none is.
    """
    promotion = model.fits.find_promotion()
    if promotion is None:
        name = model.spec.name
        message = (
            f"A fit of {name!r} must be promoted before it is asked for; none is. Launch the "
            f"job {name}__promote."
        )
        raise StaleFitError(message)
    return promotion.fit_id


def take(
    model: Model, choice: FitChoice, fitted_trace: xr.DataTree, diagnostics: Examination
) -> tuple[xr.DataTree, Examination]:
    """Take the fit that is asked for, and what is measured of it, to be let through the gate.

    Parameters
    ----------
    model : Model
        The model and its surroundings.
    choice : FitChoice
        What is asked for.
    fitted_trace : xarray.DataTree
        The current fit.
    diagnostics : Examination
        What was measured of it.

    Returns
    -------
    xarray.DataTree
        The current fit, or the promoted one.
    Examination
        Of the same.

    Raises
    ------
    dagster.Failure
        If no fit is promoted, or it cannot be read.
    """
    if choice is FitChoice.current:
        return fitted_trace, diagnostics
    with told_clearly(model.location):
        trace = model.fits.read(find_promoted(model))
    return trace, _measure(trace, model.spec)


def _measure(trace: xr.DataTree, spec: ModelSpec) -> Examination:
    """Measure a fit, without what ails it in words."""
    from mmm_pipeline.gate.diagnostics import assess_parameters, diagnose

    parameters = assess_parameters(trace["/posterior"].to_dataset(), trace.attrs["fit_id"])
    return Examination(diagnose(trace, parameters), spec.gate, parameters)
