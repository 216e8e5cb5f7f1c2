"""Plans that were accepted, kept for good.

Which of them counts when is not decided here; see `mmm_pipeline.decision.register`.
"""

from dataclasses import dataclass

from upath import UPath

from mmm_pipeline.decision.register import AcceptedPlan
from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.lineage.files import get, put
from mmm_pipeline.lineage.forms import PlanForm

PLAN_FORM = PlanForm()
PLAN = "plan"
"""Name of the files of a plan."""


@dataclass(frozen=True)
class Plans:
    """The accepted plans of one model, each under its own name.

    Attributes
    ----------
    root : str
        Folder or address of all outputs.
    model : str
        Whose plans.
    """

    root: str
    model: str

    @property
    def folder(self) -> UPath:
        """Where they lie."""
        return UPath(self.root) / self.model / "plans"

    def keep(self, plan: AcceptedPlan) -> None:
        """Keep a plan for good, under its own name. One that is there is left as it is.

        Parameters
        ----------
        plan : AcceptedPlan
            The plan.
        """
        folder = self.folder / plan.record.plan_id
        if not (folder / f"{PLAN}.json").exists():
            put(folder, PLAN, PLAN_FORM, plan)

    def read_all(self) -> list[AcceptedPlan]:
        """Read every plan there is, the first accepted first.

        Returns
        -------
        list of AcceptedPlan

        Raises
        ------
        StaleFitError
            If one cannot be read: without it, nobody knows which plan counts.
        """
        names = sorted(file.parent.name for file in self.folder.glob(f"*/{PLAN}.json"))
        plans = [self._read(name) for name in names]
        return sorted(plans, key=lambda plan: plan.record.accepted_at)

    def _read(self, name: str) -> AcceptedPlan:
        """Read a plan."""
        try:
            plan: AcceptedPlan = get(self.folder / name, PLAN, PLAN_FORM)
        except StaleFitError:
            message = (
                f"{self.model}/plans/{name} must hold a plan as it was accepted; its files are "
                "damaged, or some are missing. Put back what it held, or move the folder away."
            )
            raise StaleFitError(message) from None
        return plan
