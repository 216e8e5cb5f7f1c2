"""Where the target came from: target units per date and component, draw by draw."""

from collections.abc import Container, Sequence

import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DecompositionError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import compute_terms
from mmm_pipeline.insight.summary import OVERLAP, SAMPLE_DIMS, Summary, summarize
from mmm_pipeline.model.link import Link, read_link
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
    target would have lost, which is what its return is defined by; what several channels bring only
    together is in the contribution of each, and `OVERLAP` takes it off again, so that channels and
    overlap are what the observed target would have lost without any of them. The rest is what would
    have come without media.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, date, ..., component)``
        Target units. Coordinate ``kind``: media, overlap, control, event, trend, seasonality,
        intercept. See `decompose`.
    """
    target, link = fit.features["target"], read_link(fit.spec, fit.features)
    return decompose(compute_terms(fit), target, link, fit.spec)


def decompose(terms: xr.Dataset, target: xr.DataArray, link: Link, spec: ModelSpec) -> xr.DataArray:
    """Take the mean of a model apart.

    Parameters
    ----------
    terms : xarray.Dataset, dims ``(chain, draw, date, ...)``
        On the model's scale: what its mean is the sum of, and that mean, ``mu``.
    target : xarray.DataArray, dims ``(date, ...)``
        As it was observed, target units.
    link : Link
        How the model looks at it.
    spec : ModelSpec
        The model.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, date, ..., component)``
        As of `compute_contributions`; the sum over the components is the mean.

    Notes
    -----
    Where terms multiply, with the observed target ``y``, the fitted ``f``, terms ``m_c`` of
    channels, ``M = sum_c m_c``, terms ``g_k`` of the rest and the link's offset in ``y`` and ``f``:

    * channel: ``y (1 - exp(-m_c))``
    * overlap: ``y (1 - exp(-M)) - sum_c y (1 - exp(-m_c))``; none of one channel
    * control, event, trend, seasonality: ``f exp(-M) (1 - exp(-g_k))``, what is lost of the fitted
      mean without media
    * intercept: what is left of ``f``. As media are of the observed target, it also bears their
      part of what is not explained, ``(f - y) (1 - exp(-M))``, which evens out over the dates.

    So all but media add up to ``f exp(-M)``, which is above 0, and that part of the intercept.
    """
    fitted, media = link.to_target(terms["mu"]), list(spec.media)
    without = link.to_target(terms["mu"] - _add_up(terms, media)) if link.is_log else fitted
    parts: dict[str, xr.DataArray] = {}
    for name in [name for name in terms.data_vars if name != "mu"]:
        for component, part in _split(str(name).removesuffix(SUFFIX), terms[name]):
            parts[component] = parts.get(component, 0.0) + part
    taken = {
        name: link.take_away(target if name in media else without, part)
        for name, part in parts.items()
    }
    if link.is_log:
        if len(media) > 1:
            together = link.take_away(target, _add_up(terms, media))
            taken[OVERLAP] = together - sum(taken[name] for name in media)
        rest = sum(part for name, part in taken.items() if name != "intercept")
        taken["intercept"] = fitted - rest
    order = sorted(taken, key=lambda name: _rank(name, spec))
    whole = xr.concat([taken[name].broadcast_like(fitted) for name in order], "component")
    labelled: xr.DataArray = whole.assign_coords(
        component=order, kind=("component", [name_kind(name, spec) for name in order])
    )
    return labelled.transpose(*SAMPLE_DIMS, "date", ..., "component").rename("contribution")


def compute_together(fit: ConvergedFit, channels: Sequence[str]) -> xr.DataArray:
    """Compute what channels brought together: what would have been lost without any of them.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    channels : sequence of str
        One at least.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, date, ...)``
        Target units. Where terms multiply, of the observed target, so that without them it would
        have been above 0 (with `log1p`, above -1); else, the sum of what each brought.
    """
    link = read_link(fit.spec, fit.features)
    lost = link.take_away(fit.features["target"], _add_up(compute_terms(fit), channels))
    return lost.transpose(*SAMPLE_DIMS, "date", ...)


def _add_up(terms: xr.Dataset, channels: Sequence[str]) -> xr.DataArray:
    """Add up the terms of channels, on the model's scale."""
    some: xr.DataArray = terms["channel_contribution"].sel(channel=list(channels)).sum("channel")
    return some


def _split(name: str, term: xr.DataArray) -> list[tuple[str, xr.DataArray]]:
    """Take a term apart that holds several components."""
    for dim in LABEL_DIMS:
        if dim in term.dims:
            labels = term[dim].to_numpy()
            return [(str(label), term.sel({dim: label}, drop=True)) for label in labels]
    return [(COMPONENTS.get(name, name), term)]


def _rank(component: str, spec: ModelSpec) -> tuple[int, int]:
    """Order components: media, controls, events, the rest of the baseline, as the spec has them."""
    named = [*spec.media, OVERLAP, *spec.controls, *spec.events]
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
