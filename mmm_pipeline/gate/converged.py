"""The only way to a fit that may be read."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from mmm_pipeline.errors import NotConvergedError, StaleFitError, shorten
from mmm_pipeline.gate.completeness import require_groups
from mmm_pipeline.gate.verdict import Diagnostics, Verdict, judge
from mmm_pipeline.model.identity import OUR_MODEL, PACKAGES, list_versions
from mmm_pipeline.model.trace import (
    has_own_identity,
    read_prespecification,
    read_spec,
    read_versions,
)
from mmm_pipeline.spec import ModelSpec, Prespecification
from mmm_pipeline.spec.changes import list_changes


@dataclass(frozen=True, eq=False)
class ConvergedFit:
    """A fit that passed its gate. It cannot be made from one that did not.

    Everything that says something about a model takes this type, so that a notebook is held to
    the same rule as the pipeline.

    Attributes
    ----------
    trace : xarray.DataTree
        Free parameters, sampler statistics, inputs.
    diagnostics : Diagnostics
        What was measured of these very draws.
    spec : ModelSpec
        What the model is said to be now; its `gate` holds the limits.

    Raises
    ------
    StaleFitError
        If the diagnostics speak of another fit or hold other numbers than the draws give, the
        trace is not what its names say or not whole, or the spec describes another model than the
        one that was fitted.
    NotConvergedError
        If the numbers break the limits.
    """

    trace: xr.DataTree
    diagnostics: Diagnostics
    spec: ModelSpec

    def __post_init__(self) -> None:
        """Refuse what may not be read."""
        require_groups(self.trace)
        _require_match(self.trace, self.diagnostics, self.spec)
        _require_own_numbers(self.trace, self.diagnostics, self.spec)
        if failures := self.verdict.failures:
            raise NotConvergedError(self.spec.name, self.fit_id, list(failures.values()))

    @property
    def fit_id(self) -> str:
        """Name of the fit, the same in all that is made from it."""
        return str(self.trace.attrs["fit_id"])

    @property
    def verdict(self) -> Verdict:
        """PASS or REVIEW, judged now."""
        return judge(self.diagnostics, self.spec.gate)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know of it: a sentence for each package of another version."""
        then, now = read_versions(self.trace), list_versions()
        return tuple(
            f"Fit {self.fit_id} was made with {package} {then[package]}; {now[package]} is "
            "installed"
            for package in PACKAGES
            if then[package] != now[package]
        )

    @property
    def prespecification(self) -> Prespecification | None:
        """What was decided before the first fit; None for a fit made outside the lineage."""
        return read_prespecification(self.trace)

    @property
    def deviations(self) -> tuple[str, ...]:
        """What the spec, as it is now, decides otherwise: a sentence for each."""
        first = self.prespecification
        return () if first is None else first.list_deviations(self.spec)

    @property
    def features(self) -> xr.Dataset:
        """The exact inputs, with their scales."""
        return self.trace["/inputs"].to_dataset()

    @property
    def posterior(self) -> xr.Dataset:
        """Free parameters on the model's scale, dims ``(chain, draw, ...)``."""
        return self.trace["/posterior"].to_dataset()

    def __eq__(self, other: object) -> bool:
        """Equal if the draws are."""
        return isinstance(other, ConvergedFit) and other.fit_id == self.fit_id

    def __hash__(self) -> int:
        """Hash as `__eq__` compares."""
        return hash(self.fit_id)


def require_converged(
    trace: xr.DataTree, diagnostics: Diagnostics, spec: ModelSpec
) -> ConvergedFit:
    """Let a fit through the gate, or refuse it.

    The verdict is not read but judged again, on the limits of the spec as it is now; and the
    numbers are not believed but measured again on the draws.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.
    diagnostics : Diagnostics
        What was measured of it.
    spec : ModelSpec
        The model, with its limits.

    Returns
    -------
    ConvergedFit

    Raises
    ------
    StaleFitError
        If the three do not belong together.
    NotConvergedError
        If the numbers break the limits.
    """
    return ConvergedFit(trace, diagnostics, spec)


def admit(trace: xr.DataTree, spec: ModelSpec) -> ConvergedFit:
    """Let a fit through the gate on what is measured of it now, or refuse it.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.
    spec : ModelSpec
        The model, with its limits.

    Returns
    -------
    ConvergedFit

    Raises
    ------
    StaleFitError
        If it is of another model, of other code, not whole, or not what its names say.
    NotConvergedError
        If it breaks a limit.
    """
    from mmm_pipeline.gate.diagnostics import measure

    return ConvergedFit(trace, measure(trace), spec)


def require_one_fit(fit: ConvergedFit, tables: Mapping[str, pd.DataFrame], what: str) -> None:
    """Refuse a mix of fits.

    Parameters
    ----------
    fit : ConvergedFit
        The one that is meant.
    tables : mapping of str to pandas.DataFrame
        What is read together, by asset; ``attrs["fit_id"]`` says of which fit.
    what : str
        What is made of them, as a message begins with it.

    Raises
    ------
    StaleFitError
        If some are of another fit; every such table is named.
    """
    others = [name for name, table in tables.items() if table.attrs["fit_id"] != fit.fit_id]
    if others:
        message = (
            f"{what} must be made from one fit, {fit.fit_id}; of another are: "
            f"{', '.join(others)}. Materialise them first."
        )
        raise StaleFitError(message)


def _require_own_numbers(trace: xr.DataTree, diagnostics: Diagnostics, spec: ModelSpec) -> None:
    """Refuse numbers that are not those of the draws, whoever wrote them."""
    from mmm_pipeline.gate.diagnostics import measure

    if measure(trace) != diagnostics:
        message = (
            f"The diagnostics of {spec.name!r} must be what is measured of fit "
            f"{diagnostics.fit_id}; their numbers are others. Materialise {spec.name}/diagnostics."
        )
        raise StaleFitError(message)


def _require_match(trace: xr.DataTree, diagnostics: Diagnostics, spec: ModelSpec) -> None:
    """Refuse a trace that was changed, was not examined, or is of another model."""
    fit_id, fitted = trace.attrs["fit_id"], read_spec(trace)
    if read_versions(trace)[OUR_MODEL] != list_versions()[OUR_MODEL]:
        message = (
            f"Fit {fit_id} of {spec.name!r} must have been made by the code that reads it; the "
            f"model is built otherwise now. Materialise {spec.name}/fitted_trace again."
        )
        raise StaleFitError(message)
    if not has_own_identity(trace):
        message = (
            f"The trace of {spec.name!r} must be what its fit_id {fit_id} was given for; its "
            f"content is another. Materialise {spec.name}/fitted_trace again."
        )
        raise StaleFitError(message)
    if diagnostics.fit_id != fit_id:
        message = (
            f"The diagnostics of {spec.name!r} must speak of the fit that is read; they speak of "
            f"{diagnostics.fit_id}, the trace is {fit_id}. Materialise {spec.name}/diagnostics."
        )
        raise StaleFitError(message)
    if changes := list_changes(fitted.model_part(), spec.model_part()):
        message = (
            f"The spec of {spec.name!r} must describe the model that was fitted; since fit "
            f"{fit_id}, {shorten(changes, between='; ')}. Materialise {spec.name}/raw_data and "
            "what follows."
        )
        raise StaleFitError(message)
