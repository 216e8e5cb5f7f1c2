"""What was decided before the first fit, so that what is decided later can be told from it."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, Field, ValidationError

from mmm_pipeline.spec.base import SpecPart
from mmm_pipeline.spec.changes import list_changes
from mmm_pipeline.spec.model import ModelSpec


class Prespecification(SpecPart):
    """The decisions of a spec on the day of its first fit, as plain JSON values.

    Later versions of this package may know other settings; it can be read all the same.
    """

    fixed_at: AwareDatetime = Field(description="When, UTC.")
    model: dict[str, Any] = Field(description="What decides the posterior.")
    gate: dict[str, Any] = Field(description="Limits a fit must keep.")
    scenarios: dict[str, Any] = Field(description="Budgets to plan, by name.")

    @classmethod
    def take(cls, spec: ModelSpec, fixed_at: datetime) -> "Prespecification":
        """Take down the decisions of a spec.

        Parameters
        ----------
        spec : ModelSpec
            The model.
        fixed_at : datetime.datetime
            When, with its zone.

        Returns
        -------
        Prespecification
        """
        parts = spec.model_dump(mode="json", include={"gate", "scenarios"})
        return cls(fixed_at=fixed_at, model=spec.model_part(), **parts)

    @property
    def sections(self) -> dict[str, Any]:
        """All that was decided, by the name of its section in the YAML."""
        return {**self.model, "gate": self.gate, "scenarios": self.scenarios}

    def list_deviations(self, spec: ModelSpec) -> tuple[str, ...]:
        """Say what a spec decides otherwise.

        Parameters
        ----------
        spec : ModelSpec
            The model as it is now.

        Returns
        -------
        tuple of str
            A sentence for each deviation; none where nothing changed.
        """
        now = self.take(spec, self.fixed_at)
        return tuple(list_changes(self._complete(spec).sections, now.sections))

    def _complete(self, spec: ModelSpec) -> "Prespecification":
        """Give settings that were not known then the defaults that they have now."""
        said = spec.model_dump(mode="json")
        said |= {name: part for name, part in self.sections.items() if name != "experiments"}
        said["data"] = {**spec.data.model_dump(mode="json"), **self.model.get("data", {})}
        try:
            then = self.take(ModelSpec.model_validate(said), self.fixed_at)
        except ValidationError:  # A setting of then is none any more.
            return self
        known = set(self.model) - {"experiments"}  # The spec says where, the model part whether.
        model = {name: part for name, part in then.model.items() if name in known}
        return then.model_copy(update={"model": {**self.model, **model}})
