"""Several models and their surroundings, as the assets over them need them.

No asset is made here. No fit is read here but through the gate of its own model.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.gated import GATED
from mmm_pipeline.lineage.io_managers import FORMS, MADE_FROM
from mmm_pipeline.lineage.model import Model, make_asset
from mmm_pipeline.lineage.pictures import Metadata
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.lineage.promotion import FitChoice, choose_fit
from mmm_pipeline.lineage.reuse import name_origin
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.spec import JointSpec, ModelSpec, SettingLocation

type Fits = dict[str, ConvergedFit]


@dataclass(frozen=True)
class Joint:
    """What is said of several models, and each of them.

    Attributes
    ----------
    spec : JointSpec
        The models together.
    specs : mapping of str to ModelSpec
        Each of them, by name.
    project : Project
        The roots of all.
    location : SettingLocation or None
        Lines of its YAML; None for a spec that was built in Python.
    """

    spec: JointSpec
    specs: Mapping[str, ModelSpec]
    project: Project
    location: SettingLocation | None = None

    @property
    def store(self) -> Store:
        """Where its results lie."""
        return Store(self.project.outputs, self.spec.name)

    @property
    def models(self) -> list[Model]:
        """The models, in the order of the spec."""
        return [Model(self.specs[name], self.project) for name in self.spec.models]

    @property
    def labels(self) -> dict[str, str]:
        """What the models are called."""
        return {name: member.label or name for name, member in self.spec.models.items()}

    @property
    def gated(self) -> dict[str, dg.AssetKey]:
        """What is read of every model, for its gate, by the name of the argument."""
        return {
            f"{model.spec.name}__{asset}": model.key(asset)
            for model in self.models
            for asset in GATED
        }

    def key(self, asset: str) -> dg.AssetKey:
        """Name an asset: ``<name>/<asset>``.

        Parameters
        ----------
        asset : str
            Its name within.

        Returns
        -------
        dagster.AssetKey
        """
        return dg.AssetKey([self.spec.name, asset])

    def asset(
        self,
        name: str,
        *,
        form: str,
        kinds: Collection[str],
        reads: Collection[str] = (),
        checks: Collection[dg.AssetCheckSpec] = (),
    ) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
        """Make a function an asset over all models. It reads what each model's gate needs.

        Parameters
        ----------
        name, form, kinds, checks
            As of `mmm_pipeline.lineage.model.Model.asset`.
        reads : collection of str
            Assets over all models that it reads too.

        Returns
        -------
        callable
            A decorator; the function's docstring is the asset's description.
        """
        return make_asset(
            self.key(name),
            form=form,
            kinds=kinds,
            ins={**self.gated, **{asset: self.key(asset) for asset in reads}},
            checks=checks,
        )

    def read_fits(self, gated: Mapping[str, Any]) -> Fits:
        """Let the fit of every model through its gate, or fail the step with the gate's own words.

        Parameters
        ----------
        gated : mapping of str to object
            What was read of every model, by the names of `gated`.

        Returns
        -------
        dict of str to ConvergedFit
            By the name of the model: the current fit, or the promoted one, as the spec says.
        """
        fits = {}
        for model in self.models:
            name = model.spec.name
            trace, examination = (gated[f"{name}__{asset}"] for asset in GATED)
            choice = FitChoice(self.spec.models[name].fit)
            fits[name] = choose_fit(model, choice, trace, examination)
        return fits

    def compute_once[T](
        self,
        asset: str,
        form: str,
        fits: Fits,
        compute: Callable[[Fits, JointSpec], T],
        **origins: Any,
    ) -> tuple[T, Metadata]:
        """Compute a result of all fits, or read the one that follows from the very same things.

        Parameters
        ----------
        asset : str
            The result.
        form : str
            How it is written, a key of `mmm_pipeline.lineage.io_managers.FORMS`.
        fits : dict of str to ConvergedFit
            What it is a result of.
        compute : callable
            Makes it.
        **origins : object
            What it follows from besides, as plain data.

        Returns
        -------
        value : object
            The result.
        metadata : dict
            What it was made from, for the IO manager and the UI.
        """
        made_from = name_origin(
            asset,
            fits={name: fit.fit_id for name, fit in fits.items()},
            specs={name: fit.spec.model_dump(mode="json") for name, fit in fits.items()},
            joint=self.spec.model_dump(mode="json"),
            **origins,
        )
        value = self.store.reuse(asset, FORMS[form], made_from)
        if value is None:
            with told_clearly(self.location):
                value = compute(fits, self.spec)
        facts = {f"fit_id_{name}": fit.fit_id for name, fit in fits.items()}
        verdicts = ", ".join(f"{name} {fit.verdict.word}" for name, fit in fits.items())
        return value, {MADE_FROM: made_from, **facts, "verdicts": verdicts}
