"""Where the target came from: target units per date and component, draw by draw."""

from collections.abc import Container

import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DecompositionError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import compute_terms
from mmm_pipeline.insight.summary import SAMPLE_DIMS, Summary, summarize
from mmm_pipeline.model.link import read_link
from mmm_pipeline.model.terms import LABEL_DIMS, SUFFIX
from mmm_pipeline.spec import ModelSpec

ADDS_UP_TO = 1e-6
"""Largest relative difference between the sum of the components and the fitted mean."""
COMPONENTS = {
    "yearly_seasonality": "seasonality",
    "monthly_seasonality": "seasonality",
    "weekly_seasonality": "seasonality",
    "trend_effect": "trend",
}
"""What a term is called in the model, and the component it is counted under."""


def compute_contributions(fit: ConvergedFit) -> xr.DataArray:
    """Decompose the fitted mean into its components, in every draw.

    A component's contribution is what the fitted mean loses when the component is taken out. A
    control that is not 0/1 is compared with its mean over the window; an event, with its absence;
    a channel, with no exposure. Where terms multiply, a channel's contribution is what the observed
    target would have lost, which is what its return is defined by, and the intercept is what is
    left when all else is taken out.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, date, ..., component)``
        Target units. Coordinate ``kind``: media, control, event, trend, seasonality, intercept.
    """
    terms, link = compute_terms(fit), read_link(fit.spec, fit.features)
    fitted = link.to_target(terms["mu"])
    parts: dict[str, xr.DataArray] = {}
    for name in [name for name in terms.data_vars if name != "mu"]:
        for component, part in _split(str(name).removesuffix(SUFFIX), terms[name]):
            parts[component] = parts.get(component, 0.0) + part
    order = sorted(parts, key=lambda name: _rank(name, fit.spec))
    taken = {
        name: link.take_away(
            fit.features["target"] if name in fit.spec.media else fitted, parts[name]
        )
        for name in order
    }
    if link.is_log:
        rest = sum(part for name, part in taken.items() if name != "intercept")
        taken["intercept"] = fitted - rest
    whole = xr.concat([taken[name].broadcast_like(fitted) for name in order], "component")
    labelled: xr.DataArray = whole.assign_coords(
        component=order, kind=("component", [name_kind(name, fit.spec) for name in order])
    )
    return labelled.transpose(*SAMPLE_DIMS, "date", ..., "component").rename("contribution")


def _split(name: str, term: xr.DataArray) -> list[tuple[str, xr.DataArray]]:
    """Take a term apart that holds several components."""
    for dim in LABEL_DIMS:
        if dim in term.dims:
            labels = term[dim].to_numpy()
            return [(str(label), term.sel({dim: label}, drop=True)) for label in labels]
    return [(COMPONENTS.get(name, name), term)]


def _rank(component: str, spec: ModelSpec) -> tuple[int, int]:
    """Order components: media, controls, events, the rest of the baseline, as the spec has them."""
    named = [*spec.media, *spec.controls, *spec.events]
    rest = ["seasonality", "trend", "intercept"]
    return (0, named.index(component)) if component in named else (1, rest.index(component))


def name_kind(component: str, spec: ModelSpec) -> str:
    """Say what sort of thing a component is.

    Parameters
    ----------
    component : str
        Its name.
    spec : ModelSpec
        The model that has it.

    Returns
    -------
    str
        ``media``, ``control``, ``event``, or the component's own name.
    """
    sections: dict[str, Container[str]] = {
        "media": spec.media,
        "control": spec.controls,
        "event": spec.events,
    }
    return next((kind for kind, names in sections.items() if component in names), component)


def summarize_contributions(fit: ConvergedFit) -> Summary:
    """Tabulate the decomposition, and keep the draws of its quarterly totals.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    Summary
        Table: ``date``, the panel's dims, ``component, kind, contribution, lower, upper`` (target
        units; posterior mean and 5-95 % interval), by date, then component. Draws:
        ``contribution (chain, draw, quarter, ..., component)``, the sums over the dates of each
        calendar quarter.

    Raises
    ------
    DecompositionError
        If the components do not add up to the fitted mean to `ADDS_UP_TO` on every date.
    """
    contributions = compute_contributions(fit)
    gap = measure_gap(contributions, compute_fitted_mean(fit))
    if not gap <= ADDS_UP_TO:
        raise DecompositionError(gap, ADDS_UP_TO)
    table = summarize(contributions, "contribution").to_dataframe().reset_index()
    table = table.rename(columns={"contribution_lower": "lower", "contribution_upper": "upper"})
    cells = list(fit.spec.data.panel)
    table = table[["date", *cells, "component", "kind", "contribution", "lower", "upper"]]
    table.attrs["fit_id"] = fit.fit_id
    quarters = _name_quarters(contributions)
    totals = contributions.assign_coords(quarter=("date", quarters)).groupby("quarter").sum("date")
    totals = totals.transpose(*SAMPLE_DIMS, "quarter", ..., "component")
    draws = totals.to_dataset(name="contribution")
    return Summary(table, draws.assign_attrs(fit_id=fit.fit_id))


def compute_fitted_mean(fit: ConvergedFit) -> xr.DataArray:
    """Compute the model's own mean of the target, in every draw.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, date, ...)``
        Target units, without noise; where terms multiply, the median.
    """
    fitted = read_link(fit.spec, fit.features).to_target(compute_terms(fit)["mu"])
    return fitted.transpose(*SAMPLE_DIMS, "date", ...).rename("fitted")


def measure_gap(contributions: xr.DataArray, fitted: xr.DataArray) -> float:
    """Compare the sum of the components with the fitted mean.

    Parameters
    ----------
    contributions : xarray.DataArray, dims ``(chain, draw, date, ..., component)``
        Target units.
    fitted : xarray.DataArray, dims ``(chain, draw, date, ...)``
        Target units.

    Returns
    -------
    float
        Largest difference of any draw on any date, as a fraction of that date's fitted mean.
    """
    difference = abs(contributions.sum("component") - fitted).max(SAMPLE_DIMS)
    return float((difference / abs(fitted.mean(SAMPLE_DIMS))).max())


def _name_quarters(contributions: xr.DataArray) -> list[str]:
    """Name each date's calendar quarter, such as 2024Q3."""
    dates = pd.DatetimeIndex(contributions["date"].to_numpy())
    return dates.to_period("Q").astype(str).tolist()
