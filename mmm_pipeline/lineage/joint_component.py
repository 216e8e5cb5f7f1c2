"""From what is said of several models to definitions, and from a `defs.yaml` to it.

Nothing about what the assets do belongs here.
"""

from collections.abc import Mapping
from pathlib import Path

import dagster as dg
from pydantic import BaseModel

from mmm_pipeline.errors import SpecError
from mmm_pipeline.lineage.component import MarketingMixModel, require_own_folder
from mmm_pipeline.lineage.io_managers import build_io_managers
from mmm_pipeline.lineage.joint import Joint
from mmm_pipeline.lineage.joint_assets import build_joint_assets
from mmm_pipeline.lineage.joint_automation import build_joint_job, build_joint_sensors
from mmm_pipeline.lineage.project import Project, clone_root
from mmm_pipeline.spec import (
    JointSpec,
    ModelSpec,
    SettingLocation,
    require_consistent,
    require_known,
)


def build_joint_defs(
    spec: JointSpec,
    specs: Mapping[str, ModelSpec],
    *,
    project: Project | None = None,
    location: SettingLocation | None = None,
) -> dg.Definitions:
    """Make what lies over several models; the models' own lineages are made by themselves.

    Parameters
    ----------
    spec : JointSpec
        The models together.
    specs : mapping of str to ModelSpec
        Models that there are, by name.
    project : Project, optional
        Where results lie; those of the clone this package stands in, by default.
    location : SettingLocation, optional
        Where its YAML stands, for errors to point at.

    Returns
    -------
    dagster.Definitions

    Raises
    ------
    SpecError
        If a model is not there, or the models do not fit together.
    """
    require_known(spec, specs, location)
    require_consistent(spec, specs, location)
    joint = Joint(spec, specs, project or Project.locate(clone_root()), location)
    job = build_joint_job(joint)
    return dg.Definitions(
        assets=build_joint_assets(joint),
        jobs=[job],
        sensors=build_joint_sensors(joint, job),
        resources=build_io_managers(joint.project.outputs),
        executor=dg.in_process_executor,
    )


class JointModels(dg.Component):
    """Several marketing mix models, looked at together.

    Parameters
    ----------
    spec : JointSpec
        What the YAML says.
    location : SettingLocation
        Its lines.
    """

    def __init__(self, spec: JointSpec, location: SettingLocation) -> None:
        self.spec, self.location = spec, location

    @classmethod
    def get_model_cls(cls) -> type[JointSpec]:
        """Tell Dagster what the YAML may say.

        Returns
        -------
        type of JointSpec
        """
        return JointSpec

    @classmethod
    def load(cls, attributes: BaseModel | None, context: dg.ComponentLoadContext) -> "JointModels":
        """Take the spec as it was read.

        Parameters
        ----------
        attributes : JointSpec
            What the YAML says, as Dagster read it.
        context : dagster.ComponentLoadContext
            Where it stands.

        Returns
        -------
        JointModels

        Raises
        ------
        SpecError
            If the folder has another name.
        """
        spec = JointSpec.model_validate(attributes)
        return cls(spec, require_own_folder(spec.name, context))

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Make what lies over the models that stand in the folders beside.

        Parameters
        ----------
        context : dagster.ComponentLoadContext
            Where the YAML stands.

        Returns
        -------
        dagster.Definitions

        Raises
        ------
        SpecError
            If a model is not there, or the models do not fit together.
        """
        beside = {file.parent.name for file in context.path.parent.glob("*/defs.yaml")}
        require_known(self.spec, beside - {self.spec.name}, self.location)
        specs = {name: self._load(name, context) for name in self.spec.models}
        project = Project.locate(Path(context.project_root))
        return build_joint_defs(self.spec, specs, project=project, location=self.location)

    def _load(self, name: str, context: dg.ComponentLoadContext) -> ModelSpec:
        """Load a model from its folder."""
        component = context.load_component(context.path.parent / name)
        if not isinstance(component, MarketingMixModel):
            where = self.location.locate(("models", name))
            message = f"{where}: `models.{name}` must be a marketing mix model; it is none"
            raise SpecError(message)
        return component.spec
