"""From a spec to definitions, and from a `defs.yaml` to a spec.

Nothing about what the assets do belongs here.
"""

from pathlib import Path

import dagster as dg
from pydantic import BaseModel

from mmm_pipeline.errors import SpecError
from mmm_pipeline.lineage.automation import build_job, build_schedules, build_sensors
from mmm_pipeline.lineage.certification import build_certify_job
from mmm_pipeline.lineage.comparison import build_compare_job
from mmm_pipeline.lineage.data_assets import build_data_assets
from mmm_pipeline.lineage.decision_assets import build_decision_assets
from mmm_pipeline.lineage.drift_assets import build_drift_assets
from mmm_pipeline.lineage.entity_assets import build_entity_assets
from mmm_pipeline.lineage.evidence_assets import build_evidence_assets
from mmm_pipeline.lineage.export_assets import build_export_assets
from mmm_pipeline.lineage.feature_assets import build_feature_assets
from mmm_pipeline.lineage.fit_assets import build_fit_assets
from mmm_pipeline.lineage.fitness_assets import build_fitness_assets
from mmm_pipeline.lineage.insight_assets import build_insight_assets
from mmm_pipeline.lineage.io_managers import build_io_managers
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.plan_assets import build_accept_job, build_plan_assets
from mmm_pipeline.lineage.project import Project, clone_root, show_path
from mmm_pipeline.lineage.promotion import build_promote_job
from mmm_pipeline.lineage.replay import build_replay_job
from mmm_pipeline.lineage.report_assets import build_report_assets
from mmm_pipeline.lineage.result_assets import build_result_assets
from mmm_pipeline.spec import ModelSpec, SettingLocation


def build_model_defs(
    spec: ModelSpec,
    *,
    project: Project | None = None,
    location: SettingLocation | None = None,
) -> dg.Definitions:
    """Make the whole lineage of one model.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    project : Project, optional
        Where its data and results lie; those of the clone this package stands in, by default.
    location : SettingLocation, optional
        Where its YAML stands, for errors to point at.

    Returns
    -------
    dagster.Definitions
        Assets, checks, jobs, and the schedule and sensor that the spec asks for. Runs in one
        process: a process for each step would import the sampler each time.
    """
    model = Model(spec, project or Project.locate(clone_root()), location)
    job = build_job(model)
    evidence = [
        *build_fitness_assets(model),
        *build_evidence_assets(model),
        *build_drift_assets(model),
        *build_plan_assets(model),
        *build_entity_assets(model),
    ]
    decisions = build_decision_assets(model)
    shown = [asset.key.path[-1] for asset in (*decisions[1:], *evidence)]
    assets = [
        *build_data_assets(model),
        *build_feature_assets(model),
        *build_fit_assets(model),
        *evidence,
        *build_result_assets(model),
        *build_insight_assets(model),
        *decisions,
        *build_report_assets(model, shown),
        *build_export_assets(model),
    ]
    return dg.Definitions(
        assets=assets,
        jobs=[
            job,
            build_accept_job(model),
            build_certify_job(model),
            build_compare_job(model),
            build_promote_job(model),
            build_replay_job(model),
        ],
        schedules=build_schedules(model, job),
        sensors=build_sensors(model, job),
        resources=build_io_managers(model.project.outputs),
        executor=dg.in_process_executor,
    )


class MarketingMixModel(dg.Component):
    """A Bayesian marketing mix model, from its source data to its budget scenarios.

    Parameters
    ----------
    spec : ModelSpec
        What the YAML says.
    """

    def __init__(self, spec: ModelSpec) -> None:
        self.spec = spec

    @classmethod
    def get_model_cls(cls) -> type[ModelSpec]:
        """Tell Dagster what the YAML may say.

        Returns
        -------
        type of ModelSpec
        """
        return ModelSpec

    @classmethod
    def load(
        cls, attributes: BaseModel | None, context: dg.ComponentLoadContext
    ) -> "MarketingMixModel":
        """Take the spec as it was read.

        Parameters
        ----------
        attributes : ModelSpec
            What the YAML says, as Dagster read it.
        context : dagster.ComponentLoadContext
            Where it stands.

        Returns
        -------
        MarketingMixModel

        Raises
        ------
        SpecError
            If the folder has another name than the model.
        """
        spec = ModelSpec.model_validate(attributes)
        require_own_folder(spec.name, context)
        return cls(spec)

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Make the lineage.

        Parameters
        ----------
        context : dagster.ComponentLoadContext
            Where the YAML stands.

        Returns
        -------
        dagster.Definitions
        """
        project = Project.locate(Path(context.project_root))
        return build_model_defs(
            self.spec, project=project, location=locate_spec(self.spec.name, context)
        )


def require_own_folder(name: str, context: dg.ComponentLoadContext) -> SettingLocation:
    """Refuse a spec that stands in a folder of another name.

    Parameters
    ----------
    name : str
        What it says of its name.
    context : dagster.ComponentLoadContext
        Where it stands.

    Returns
    -------
    SettingLocation
        Its lines.

    Raises
    ------
    SpecError
        With the line.
    """
    location = locate_spec(name, context)
    if context.path.name != name:
        message = (
            f"{location.locate(('name',))}: a model's `name` must be the name of its folder, "
            f"{context.path.name!r}; got {name!r}"
        )
        raise SpecError(message)
    return location


def locate_spec(name: str, context: dg.ComponentLoadContext) -> SettingLocation:
    """Find the lines of a spec in its `defs.yaml`.

    Parameters
    ----------
    name : str
        The model's.
    context : dagster.ComponentLoadContext
        Where it stands.

    Returns
    -------
    SettingLocation
    """
    file = context.path / "defs.yaml"
    return SettingLocation.from_yaml(file, show_path(file, Path(context.project_root)), name)
