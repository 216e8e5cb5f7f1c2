"""How far what is said hangs on what was believed before, without a fit for it."""

from collections.abc import Mapping

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
import xarray as xr
from pymc.model.transform.conditioning import remove_value_transforms

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.insight.returns import bring_together, compute_window_returns
from mmm_pipeline.model.formulas import CARRYOVER_PARAMETERS, weigh_lags
from mmm_pipeline.model.reach import PREFIX
from mmm_pipeline.model.shape_priors import state_media_carryover
from mmm_pipeline.model.vectorized import simplify
from mmm_pipeline.spec.media import STATEMENTS

THRESHOLD = 0.05
"""Sensitivity from which on a quantity hangs on what is scaled (Kallioinen et al. 2024)."""
CONFLICT, STRONG, NEITHER = "prior-data conflict", "strong prior / weak likelihood", "-"
"""Diagnoses."""
WORDS = {"roas": "ROAS", "cost_per_target": "Cost per target", "share": "The share"}
"""What a return is called in a sentence."""
ALL_MEDIA = "all media"
"""Label of what all own channels brought together."""
LATENT = ("_offset", "_weight", "gamma_selected", "control_gate", "control_local")
"""Endings of parameters whose prior follows from other parameters: no belief of anybody's."""
SHAPES = ("adstock_", "saturation_", PREFIX)
"""Beginnings of parameters of carry-over and curves."""


def summarize_prior_sensitivity(fit: ConvergedFit) -> pd.DataFrame:
    """Measure how far returns, shares and carry-over move when priors or data count for more.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.

    Returns
    -------
    pandas.DataFrame
        A row per quantity and channel: ``quantity`` (`roas`, or `cost_per_target` with ``kpi:
        count``; `share` of the observed target; `carryover`, the share of an effect that comes
        later than at once), ``channel``, ``prior``, ``likelihood``, and ``diagnosis``. ``prior``
        is of all stated priors together; ``returns``, ``shapes`` and ``baseline`` are of those of
        returns, of carry-over and saturation, and of all else, alone; NaN where there are none.

    Notes
    -----
    Priors, or the likelihood, are raised to the power 0.99 and 1.01 by Pareto-smoothed importance
    weights on the draws, and the sensitivity is the derivative, by the power's logarithm to base 2,
    of the cumulative Jensen-Shannon distance between the posterior and what becomes of it. Where
    both are sensitive, prior and data pull apart; where the prior alone is, the data say little.
    Of a hierarchy it is the priors at its top that are scaled, as the paper advises.

    References
    ----------
    Kallioinen, Paananen, Bürkner and Vehtari (2024), "Detecting and diagnosing prior and likelihood
    sensitivity with power-scaling", Statistics and Computing 34, 57.
    """
    densities = compute_densities(restore_model(fit).model, fit.posterior)
    columns = scale_powers(_list_quantities(fit), densities)
    table = columns.to_dataframe().reset_index()
    table[["quantity", "channel"]] = table["label"].str.split("|", expand=True)
    table["diagnosis"] = [
        diagnose(prior, likelihood)
        for prior, likelihood in zip(table["prior"], table["likelihood"], strict=True)
    ]
    names = ["quantity", "channel", "prior", "likelihood", "returns", "shapes", "baseline"]
    table = table.reindex(columns=[*names, "diagnosis"])
    table.attrs["fit_id"] = fit.fit_id
    return table


def compute_densities(model: pm.Model, posterior: xr.Dataset) -> xr.Dataset:
    """Compute the log density of every free parameter's prior, and of the data, in each draw.

    Parameters
    ----------
    model : pymc.Model
        The model.
    posterior : xarray.Dataset
        Draws of its free parameters.

    Returns
    -------
    xarray.Dataset, dims ``(chain, draw)``
        By the groups that are scaled: ``returns``, ``shapes``, ``baseline`` and ``likelihood``, the
        sum of what is in each; in the parameters as they are stated, not as they are sampled.
    """
    stated = remove_value_transforms(model)
    free = [one for one in stated.free_RVs if not one.name.endswith(LATENT)]
    terms = stated.logp(vars=[*free, *stated.observed_RVs], sum=False)
    groups = [*(_find_group(one.name) for one in free), *["likelihood"] * len(stated.observed_RVs)]
    sums = {
        group: sum(term.sum() for term, of in zip(terms, groups, strict=True) if of == group)
        for group in dict.fromkeys(groups)
    }
    return simplify(stated.value_vars, sums).vectorize(list(sums)).compute(posterior)


def scale_powers(quantities: xr.Dataset, densities: xr.Dataset) -> xr.Dataset:
    """Measure how far quantities move when a group of densities counts for more.

    Parameters
    ----------
    quantities : xarray.Dataset
        Draws, each with dims ``(chain, draw)``.
    densities : xarray.Dataset
        As `compute_densities` gives them.

    Returns
    -------
    xarray.Dataset, dims ``(label,)``
        The sensitivity of each quantity to every group, and to all priors together, ``prior``.
    """
    priors = [group for group in densities if group != "likelihood"]
    tree = xr.DataTree.from_dict(
        {
            "posterior": quantities,
            "log_prior": densities[priors],
            "log_likelihood": densities[["likelihood"]],
        }
    )
    asked = {"prior": priors, "likelihood": ["likelihood"], **{one: [one] for one in priors}}
    found = {
        name: az.psense(
            tree, group="likelihood" if name == "likelihood" else "prior", group_var_names=names
        ).to_dataarray("label")
        for name, names in asked.items()
    }
    return xr.Dataset(found)


def diagnose(prior: float, likelihood: float) -> str:
    """Say what two sensitivities mean.

    Parameters
    ----------
    prior, likelihood : float
        Sensitivity of a quantity to either; 0 or more.

    Returns
    -------
    str

    Examples
    --------
    >>> diagnose(0.2, 0.3), diagnose(0.2, 0.01), diagnose(0.01, 0.3)
    ('prior-data conflict', 'strong prior / weak likelihood', '-')
    """
    if prior < THRESHOLD:
        return NEITHER
    return CONFLICT if likelihood >= THRESHOLD else STRONG


def list_leanings(table: pd.DataFrame) -> list[str]:
    """Say which returns hang on what was believed of them.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_prior_sensitivity`.

    Returns
    -------
    list of str
        A sentence each; of a channel without spend, on its share.
    """
    of_returns = table[(table["quantity"] != "carryover") & (table["channel"] != ALL_MEDIA)]
    told = of_returns.drop_duplicates("channel").query("diagnosis != @NEITHER")
    return [
        f"{WORDS[str(row.quantity)]} of {row.channel} hangs on what was believed (sensitivity "
        f"{row.prior:.2f}, to the data {row.likelihood:.2f}): "
        + (
            "prior and data pull apart; look at what is believed of its return and its shape"
            if row.diagnosis == CONFLICT
            else "the data say little; an experiment would say more"
        )
        for row in told.itertuples()
    ]


def _find_group(name: str) -> str:
    """Name the group of a free parameter."""
    if name.startswith(STATEMENTS):
        return "returns"
    return "shapes" if name.startswith(SHAPES) else "baseline"


def _list_quantities(fit: ConvergedFit) -> xr.Dataset:
    """Take draws of what is asked about, by ``quantity|channel``, returns first."""
    draws = compute_window_returns(fit)
    shares = draws.drop_vars("roas") / float(abs(fit.features["target"]).sum())
    is_count = fit.spec.data.kpi == "count"
    roas = 1 / draws["roas"] if is_count else draws["roas"]
    name = "cost_per_target" if is_count else "roas"
    found: dict[str, xr.DataArray] = {}
    for word, values in ((name, roas), ("share", shares["contribution"])):
        for channel in fit.spec.media:
            one = values.sel(channel=channel, drop=True)
            if bool(np.isfinite(one).all()) and float(one.std()) > 0:
                found[f"{word}|{channel}"] = one
    found[f"share|{ALL_MEDIA}"] = bring_together(shares, fit.spec, "own_media")
    for channel, one in _find_carryover(fit).items():
        found[f"carryover|{channel}"] = one
    return xr.Dataset(found)


def _find_carryover(fit: ConvergedFit) -> Mapping[str, xr.DataArray]:
    """Compute the share of each channel's effect that comes later than at once."""
    l_max = fit.spec.l_max
    vectors = state_media_carryover(fit.spec, fit.features)
    lengths = {
        word: vector.read_draws(f"adstock_{word}", fit.posterior)
        for word, vector in vectors.items()
    }
    lags = xr.DataArray(np.arange(float(l_max)), dims="lag")
    found = {}
    for channel, media in fit.spec.media.items():
        taken = {
            word: lengths[word][channel] for word in CARRYOVER_PARAMETERS[media.carryover.form]
        }
        if taken and l_max > 1:
            weights = weigh_lags(media.carryover.form, lags, l_max, "lag", **taken)
            found[channel] = 1 - weights.isel(lag=0)
    return found
