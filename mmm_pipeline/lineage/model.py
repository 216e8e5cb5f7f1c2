"""One model and its surroundings, as the assets need them.

No asset is made here.
"""

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg

from mmm_pipeline.lineage.deliveries import Deliveries
from mmm_pipeline.lineage.fits import Fits
from mmm_pipeline.lineage.plans import Plans
from mmm_pipeline.lineage.project import Project
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.spec import ModelSpec, SettingLocation


@dataclass(frozen=True)
class Model:
    """A spec, where it stands, and where its data and results lie.

    Attributes
    ----------
    spec : ModelSpec
        The model.
    project : Project
        Its roots.
    location : SettingLocation or None
        Lines of its YAML; None for a spec that was built in Python.
    """

    spec: ModelSpec
    project: Project
    location: SettingLocation | None = None

    @property
    def store(self) -> Store:
        """Where its results lie."""
        return Store(self.project.outputs, self.spec.name)

    @property
    def fits(self) -> Fits:
        """Its fits that are kept."""
        return Fits(self.project.outputs, self.spec.name)

    @property
    def plans(self) -> Plans:
        """Its plans that were accepted."""
        return Plans(self.project.outputs, self.spec.name)

    @property
    def deliveries(self) -> Deliveries:
        """What was delivered for it."""
        return Deliveries(self.project.outputs, self.spec.name)

    def key(self, asset: str) -> dg.AssetKey:
        """Name an asset: ``<model>/<asset>``.

        Parameters
        ----------
        asset : str
            Its name within the model.

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
        pool: str | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
        """Make a function an asset of this model.

        Parameters
        ----------
        name : str
            Its name within the model.
        form : str
            How it is written, a key of `mmm_pipeline.lineage.io_managers.FORMS`.
        kinds : collection of str
            Badges in the UI, three at most.
        reads : collection of str
            Assets of the model that it reads; the names of its arguments too.
        checks : collection of dagster.AssetCheckSpec
            Checks that it answers itself.
        pool : str, optional
            Dagster's pool that bounds how many run at once.
        metadata : mapping, optional
            What is known of it before it is made.

        Returns
        -------
        callable
            A decorator; the function's docstring is the asset's description.
        """
        return make_asset(
            self.key(name),
            form=form,
            kinds=kinds,
            ins={asset: self.key(asset) for asset in reads},
            checks=checks,
            pool=pool,
            metadata=metadata,
        )


def make_asset(
    key: dg.AssetKey,
    *,
    form: str,
    kinds: Collection[str],
    ins: Mapping[str, dg.AssetKey],
    checks: Collection[dg.AssetCheckSpec] = (),
    pool: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """Make a function an asset, in the group that its key begins with.

    Parameters
    ----------
    key : dagster.AssetKey
        Its name: group and asset.
    form, kinds, checks, pool, metadata
        As of `Model.asset`.
    ins : mapping of str to dagster.AssetKey
        What it reads, by the names of its arguments.

    Returns
    -------
    callable
        A decorator; the function's docstring is the asset's description.
    """

    def decorate(function: Callable[..., Any]) -> dg.AssetsDefinition:
        group = key.path[0]
        return dg.asset(
            key=key,
            description=inspect.getdoc(function),
            group_name=group,
            io_manager_key=form,
            kinds=set(kinds),
            tags={"model": group},
            ins={name: dg.AssetIn(key=one) for name, one in ins.items()},
            check_specs=list(checks),
            pool=pool,
            metadata=metadata,
        )(function)

    return decorate
