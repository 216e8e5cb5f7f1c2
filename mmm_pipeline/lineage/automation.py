"""When a model is fitted again: its job, its schedule, its sensor.

What is fitted, and whether the result may be read, is not decided here.
"""

import json
from collections.abc import Callable
from typing import Any

import dagster as dg

from mmm_pipeline.errors import SourceError, SpecError
from mmm_pipeline.lineage.model import Model

CATALOGUE = "catalogue"
"""Asset of the whole project that holds the exports of all models."""
SENSOR_SECONDS = 60
"""How often a source is looked at; a change is acted on when two looks agree."""


def build_job(model: Model) -> Any:
    """Make the job that materialises the whole lineage of a model.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    dagster.UnresolvedAssetJobDefinition
        ``<model>__refit``.
    """
    return dg.define_asset_job(
        f"{model.spec.name}__refit",
        selection=dg.AssetSelection.groups(model.spec.name)
        | dg.AssetSelection.from_string(f'key:"{CATALOGUE}"'),  # Where the project has one.
        description=f"Fit {model.spec.name} again, from its source to its report and exports.",
        tags={"model": model.spec.name},
    )


def build_schedules(model: Model, job: Any) -> list[dg.ScheduleDefinition]:
    """Make the schedule that the spec asks for.

    Parameters
    ----------
    model : Model
        The model.
    job : dagster.UnresolvedAssetJobDefinition
        What it launches.

    Returns
    -------
    list of dagster.ScheduleDefinition
        One, running by default; none where `refit.cron` is not stated.

    Raises
    ------
    SpecError
        If cron does not know the schedule.
    """
    refit = model.spec.refit
    if refit is None or refit.cron is None:
        return []
    try:
        schedule = dg.ScheduleDefinition(
            name=f"{model.spec.name}__refit_schedule",
            job=job,
            cron_schedule=refit.cron,
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
    except dg.DagsterInvalidDefinitionError:
        where = f"{model.location.locate(('refit', 'cron'))}: " if model.location else ""
        message = f"{where}`refit.cron` must be a schedule that cron knows; got {refit.cron!r}"
        raise SpecError(message) from None
    return [schedule]


def build_sensors(model: Model, job: Any) -> list[dg.SensorDefinition]:
    """Make the sensor that the spec asks for.

    It goes by the content of the source, not by its date, and waits until two looks agree, so
    that a file that is still being written is not fitted.

    Parameters
    ----------
    model : Model
        The model.
    job : dagster.UnresolvedAssetJobDefinition
        What it launches.

    Returns
    -------
    list of dagster.SensorDefinition
        One, running by default; none where `refit.on_new_data` is not stated.
    """
    refit = model.spec.refit
    if refit is None or not refit.on_new_data:
        return []

    @dg.sensor(
        name=f"{model.spec.name}__new_data_sensor",
        job=job,
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Fits {model.spec.name} when its source holds content that this sensor has not "
            "launched a fit for. A run that fails is not launched again for the same content."
        ),
    )
    def new_data(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        from mmm_pipeline.ingest.read import digest_sources

        try:
            digest = digest_sources(model.project.data, model.spec)
        except SourceError as error:
            return dg.SkipReason(str(error))
        return launch_once(context.cursor, digest, "The source")

    return [new_data]


def launch_once(cursor: str | None, digest: str, what: str) -> dg.SensorResult | dg.SkipReason:
    """Launch once for each change of what is watched that has settled.

    Parameters
    ----------
    cursor : str or None
        The sensor's, as this function wrote it.
    digest : str
        Of what is watched.
    what : str
        What that is, for whoever reads why nothing was launched.

    Returns
    -------
    dagster.SensorResult or dagster.SkipReason
    """
    seen: dict[str, Any] = {"launched": None, "settling": None, "n_launched": 0}
    seen |= json.loads(cursor) if cursor else {}
    if digest == seen["launched"]:
        return dg.SkipReason(f"{what}: what was launched last.")
    if digest != seen["settling"]:
        note = json.dumps({**seen, "settling": digest})
        reason = f"{what}: something new; waiting to see whether it is complete."
        return dg.SensorResult(skip_reason=reason, cursor=note)
    n_launched = seen["n_launched"] + 1
    note = json.dumps({"launched": digest, "settling": None, "n_launched": n_launched})
    # The count lets what comes back be launched again; the run key alone would not.
    request = dg.RunRequest(run_key=f"{n_launched}:{digest}", tags={"watched": digest})
    return dg.SensorResult(run_requests=[request], cursor=note)


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
