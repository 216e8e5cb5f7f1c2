"""What the evidence for each effect is: how sure its direction, how large, and who said so."""

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.evidence.beliefs import (
    compare_belief,
    compare_curve,
    name_band,
    require_own_prior,
)
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import compute_channel_totals, restore_model
from mmm_pipeline.insight.summary import LOWER, SAMPLE_DIMS
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.link import read_link
from mmm_pipeline.spec import Control, Event

NEGLIGIBLE = 0.01
"""Share of the target up to which an effect is practically none (the ROPE of Kruschke 2018)."""
SURE = 0.95
"""Probability from which on an effect is called one that matters, or one that does not."""
DIRECTIONS = {0.99: "very strong", 0.95: "strong", 0.9: "moderate", 0.75: "weak"}
"""Least probability of direction, and what the evidence for it is called."""
MIN_ROAS = 0.1
"""Return that is called significant where 95 % of the draws are above it."""
SMALL = 0.05
"""Share of the spend below which the data can hardly tell a channel's return."""
HDI = 0.95
"""Probability of the highest density interval."""


def summarize_effects(fit: ConvergedFit, prior: xr.Dataset) -> pd.DataFrame:
    """Tabulate the evidence for every channel, control and event.

    A channel's direction follows from its prior, and so does a control's whose sign is stated: the
    data cannot be evidence for it. What they can say is whether the effect matters, and whether
    they agree with what was believed.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    prior : xarray.Dataset
        Draws from its priors, by `mmm_pipeline.model.prior_predictive.sample_prior`.

    Returns
    -------
    pandas.DataFrame
        A row per channel, control and event: ``name, kind`` and

        * ``effect``, median, with its 95 % highest density interval ``effect_lower,
          effect_upper``: of a channel, share of the target; of a control, share of the mean target
          for one of the units it is scaled to (an event: for being on), common to all cells
        * ``sign`` that is stated or that the prior forces, or nothing; ``direction`` that came out;
          ``probability_of_direction`` (0.5 to 1; NaN where the sign is known) and its ``band``;
          ``excludes_zero``, whether the interval does
        * ``probability_negligible``, of less than `NEGLIGIBLE` either way, and ``size``: matters,
          negligible or open, at `SURE`
        * of channels, what was believed about: ``belief``, its word; ``is_stated``;
          ``prior_median, posterior_median, posterior_lower, posterior_upper`` (5, 95 %) of it;
          ``shift``, relative; ``overlap`` of prior and posterior, 1 where nothing was learnt;
          ``influence``, ``|posterior - prior| / (prior + 0.1)`` of medians, for returns on money,
          with its ``influence_band``; ``is_outside``, whether the prior's median lies outside the
          posterior's 90 %, as with enough data all but the truth does; ``is_tense``, whether it is
          also off by more than half; ``is_beyond``, whether the posterior mean lies outside the
          prior's 1-99 %; ``roas_lower`` (5 %) and ``has_return``, whether that is above `MIN_ROAS`
          (``kpi: revenue``); ``curve_shift``, relative, of where its curve bends (NaN where it has
          no such place), and ``is_bent``, whether that is more than 30 %; ``spend_share`` of all
          that is spent (NaN where it is not bought), and ``is_small``, whether that is below
          `SMALL`, so that the data can hardly tell

    Raises
    ------
    StaleFitError
        If the priors are not the fit's.

    Notes
    -----
    The probability of direction is that of Makowski, Ben-Shachar, Chen and Luedecke (2019). The
    overlap is ``sum_b min(p_b, q_b)`` over bins in which the prior has the same probability.
    """
    require_own_prior(fit, prior)
    media = _measure_media(fit, prior)
    controls = _measure_controls(fit)
    table = pd.DataFrame(media + controls).astype({"is_stated": bool})
    table.attrs["fit_id"] = fit.fit_id
    return table


def _measure_media(fit: ConvergedFit, prior: xr.Dataset) -> list[dict[str, object]]:
    """Measure every channel."""
    cells = list(fit.spec.data.panel)
    share = compute_channel_totals(fit).sum(cells) / float(fit.features["target"].sum())
    spend = fit.features["spend"].sum(["date", *cells])
    roas = share * float(fit.features["target"].sum()) / spend.where(spend > 0)
    rows = []
    for name, channel in fit.spec.media.items():
        sign = "negative" if channel.kind == "competitor" else "positive"
        lower = float(roas.sel(channel=name).quantile(LOWER, skipna=False))
        part = float((spend.where(spend > 0) / spend.sum()).sel(channel=name))
        is_money = fit.spec.data.kpi == "revenue"
        rows.append(
            {"name": name, "kind": "media"}
            | _measure_effect(share.sel(channel=name), sign)
            | compare_belief(fit, prior, name)
            | compare_curve(fit, prior, name)
            | {"roas_lower": lower, "has_return": bool(is_money and lower > MIN_ROAS)}
            | {"spend_share": part, "is_small": part < SMALL}
        )
    return rows


def _measure_controls(fit: ConvergedFit) -> list[dict[str, object]]:
    """Measure every control and event."""
    named: dict[str, Control | Event] = {**fit.spec.controls, **fit.spec.events}
    if not named:
        return []
    effect = compute_variables(restore_model(fit).model, fit.posterior, ["gamma_control"])
    gamma, link = effect["gamma_control"], read_link(fit.spec, fit.features)
    ratio = link.scale.sum() / fit.features["target"].mean("date").sum()
    share = xr.apply_ufunc(np.expm1, gamma) if link.is_log else gamma * ratio
    return [
        {"name": name, "kind": "control" if name in fit.spec.controls else "event"}
        | _measure_effect(share.sel(control=name), one.sign or "")
        | {"belief": "", "is_stated": bool(one.sign), "influence_band": ""}
        | {"is_outside": False, "is_tense": False, "is_beyond": False, "has_return": False}
        | {"is_bent": False, "is_small": False}
        for name, one in named.items()
    ]


def _measure_effect(draws: xr.DataArray, sign: str) -> dict[str, object]:
    """Measure size and direction of an effect."""
    lower, upper = az.hdi(draws, prob=HDI, dim=SAMPLE_DIMS).to_numpy()
    positive = float((draws > 0).mean())
    probability = max(positive, 1 - positive)
    negligible = float((abs(draws) <= NEGLIGIBLE).mean())
    size = "matters" if negligible <= 1 - SURE else "negligible" if negligible >= SURE else "open"
    return {
        "effect": float(draws.median()),
        "effect_lower": float(lower),
        "effect_upper": float(upper),
        "sign": sign,
        "direction": "positive" if positive >= 0.5 else "negative",
        "probability_of_direction": np.nan if sign else probability,
        "band": "known before" if sign else name_band(probability, DIRECTIONS, "none"),
        "excludes_zero": bool(lower > 0 or upper < 0),
        "probability_negligible": negligible,
        "size": size,
    }
