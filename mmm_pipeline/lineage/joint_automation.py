"""When several models are looked at again: the job of what lies over them, and its sensor."""

import json
from typing import Any

import dagster as dg

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.lineage.automation import SENSOR_SECONDS, launch_once
from mmm_pipeline.lineage.forms import DiagnosticsForm
from mmm_pipeline.lineage.joint import Joint
from mmm_pipeline.lineage.promotion import FitChoice, find_promoted


def build_joint_job(joint: Joint) -> Any:
    """Make the job that materialises all that lies over the models.

    Parameters
    ----------
    joint : Joint
        The models and their surroundings.

    Returns
    -------
    dagster.UnresolvedAssetJobDefinition
        ``<name>__refresh``.
    """
    name = joint.spec.name
    return dg.define_asset_job(
        f"{name}__refresh",
        selection=dg.AssetSelection.groups(name),
        description=f"Look at the models of {name} together again, by the fits there are.",
        tags={"model": name},
    )


def build_joint_sensors(joint: Joint, job: Any) -> list[dg.SensorDefinition]:
    """Make the sensor that the spec asks for.

    It goes by the fits that would be read, and waits until two looks agree, so that models that
    are fitted in one night are looked at once.

    Parameters
    ----------
    joint : Joint
        The models and their surroundings.
    job : dagster.UnresolvedAssetJobDefinition
        What it launches.

    Returns
    -------
    list of dagster.SensorDefinition
        One, running by default; none where `on_new_fits` is not stated.
    """
    if not joint.spec.on_new_fits:
        return []

    @dg.sensor(
        name=f"{joint.spec.name}__new_fits_sensor",
        job=job,
        minimum_interval_seconds=SENSOR_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            f"Looks at the models of {joint.spec.name} together when one of them has another fit "
            "that passes its gate. A run that fails is not launched again for the same fits."
        ),
    )
    def new_fits(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            fits = _list_fits(joint)
        except StaleFitError as error:
            return dg.SkipReason(str(error))
        return launch_once(context.cursor, json.dumps(fits, sort_keys=True), "The fits")

    return [new_fits]


def _list_fits(joint: Joint) -> dict[str, str]:
    """Name the fit of every model that would be read; refuse one that would not pass."""
    fits = {}
    for model in joint.models:
        name = model.spec.name
        if FitChoice(joint.spec.models[name].fit) is FitChoice.promoted:
            fits[name] = find_promoted(model)
            continue
        examination = model.store.read("diagnostics", DiagnosticsForm())
        if examination.verdict.word == "FAIL":
            message = f"Every model must have a fit that passes; that of {name} does not."
            raise StaleFitError(message)
        fits[name] = examination.numbers.fit_id
    return fits
