"""Which fit somebody stands behind: the job that promotes it, and the way to read it.

No fit is read here but through the gate.
"""

from datetime import UTC, datetime
from enum import Enum

import dagster as dg
import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate import ConvergedFit, Examination, admit
from mmm_pipeline.lineage.automation import build_op_job
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.fits import Promotion
from mmm_pipeline.lineage.forms import DiagnosticsForm
from mmm_pipeline.lineage.gated import read_fit, tell_warnings
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.model.trace import read_spec


class FitChoice(Enum):
    """A fit by what it is to the model."""

    current = "current"
    promoted = "promoted"


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


def choose_fit(
    model: Model, choice: FitChoice, fitted_trace: xr.DataTree, diagnostics: Examination
) -> ConvergedFit:
    """Let the fit that is asked for through the gate, or fail the step with the gate's words.

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
    ConvergedFit
        The current fit, or the promoted one.

    Raises
    ------
    dagster.Failure
        If no fit is promoted, it cannot be read, or the gate refuses it.
    """
    if choice is FitChoice.current:
        return read_fit(model, fitted_trace, diagnostics)
    with told_clearly(model.location):
        trace = model.fits.read(find_promoted(model))
        return tell_warnings(admit(trace, model.spec))
