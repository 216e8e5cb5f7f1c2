"""What several models say of the same money: a view for each, and views over all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.grain import PERIODS_PER_YEAR
from mmm_pipeline.insight.advice import HOLD, INCREASE, REDUCE, Recommendations
from mmm_pipeline.insight.marginal import read_spend_response
from mmm_pipeline.insight.pairing import pair_draws
from mmm_pipeline.insight.posterior import compute_channel_totals
from mmm_pipeline.insight.returns import compute_roas
from mmm_pipeline.insight.same_money import require_same_money
from mmm_pipeline.insight.summary import SAMPLE_DIMS, summarize
from mmm_pipeline.spec import PROFIT, TOTAL, JointSpec, Outcome, Thresholds, list_outcomes

COLUMNS = (
    *("view", "label", "channel", "is_common", "spend_now"),
    *("roas", "roas_lower", "roas_upper"),
    *("marginal_roas", "marginal_roas_lower", "marginal_roas_upper"),
    *("action", "is_off", "probability_increase", "probability_reduce"),
    *("is_conflict", "probability_conflict"),
)
"""Columns of the views."""
CODES = {1: INCREASE, 0: HOLD, -1: REDUCE}
"""Actions, as numbers that can be counted over draws."""


@dataclass(frozen=True, eq=False)
class ModelReturns:
    """What one model says of its channels, in money.

    Attributes
    ----------
    outcome : Outcome
        What its target is worth.
    roas, marginal_roas : xarray.DataArray, dims ``(sample, channel)``
        Money per unit of money, over the window and of the next unit; the margin is not in them.
    spend, spend_now : xarray.DataArray, dims ``(channel,)``
        Money of the window, and per period today.
    facts : mapping of str to str
        `fit_id`; `first` and `last` date of the window, and `today` since when.
    """

    outcome: Outcome
    roas: xr.DataArray
    marginal_roas: xr.DataArray
    spend: xr.DataArray
    spend_now: xr.DataArray
    facts: Mapping[str, str]

    @property
    def channels(self) -> list[str]:
        """Channels that money is spent on."""
        return [str(name) for name in self.roas["channel"].to_numpy()]


def summarize_joint_view(fits: Mapping[str, ConvergedFit], joint: JointSpec) -> Recommendations:
    """Say what all models together advise on the spend of every channel.

    Parameters
    ----------
    fits : mapping of str to ConvergedFit
        A fit of each model, by its name.
    joint : JointSpec
        The models together.

    Returns
    -------
    Recommendations
        Table: `COLUMNS`, a row per view and channel, see `judge_views`. Portfolio: `fit_id` of all;
        `models`, a record each (`model, label, value, margin, fit_id, first, last, today`);
        `currency`, None where no model says it; `spend`; `conflicts` and `common`, names of
        channels; `only_some`, the models that know a channel, by its name.

    Raises
    ------
    SpecError
        If periods differ, or money that is said to be shared does.
    """
    require_same_money(fits, joint)
    specs = {name: fit.spec for name, fit in fits.items()}
    outcomes = list_outcomes(joint, specs)
    returns = [read_model_returns(fits[one.model], one) for one in outcomes]
    table = judge_views(returns, joint.thresholds, is_shared=joint.spend == "shared")
    table.attrs["fit_id"] = name_fits(fits)
    known = table[~table["view"].isin([TOTAL, PROFIT])].groupby("channel", sort=False)
    portfolio: dict[str, Any] = {
        "fit_id": name_fits(fits),
        "models": [{**vars(one.outcome), **one.facts} for one in returns],
        "currency": next(iter(specs.values())).data.currency,
        "spend": joint.spend,
        "common": table.loc[table["view"] == TOTAL, "channel"].tolist(),
        "conflicts": table.loc[table["is_conflict"], "channel"].drop_duplicates().tolist(),
        "only_some": {
            str(channel): rows["view"].tolist()
            for channel, rows in known
            if not rows["is_common"].iloc[0]
        },
    }
    return Recommendations(table, portfolio)


def name_fits(fits: Mapping[str, ConvergedFit]) -> str:
    """Name several fits at once.

    Parameters
    ----------
    fits : mapping of str to ConvergedFit
        By the names of their models.

    Returns
    -------
    str
    """
    return ", ".join(f"{name} {fit.fit_id}" for name, fit in fits.items())


def read_model_returns(fit: ConvergedFit, outcome: Outcome) -> ModelReturns:
    """Read what a fit says of its channels.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    outcome : Outcome
        What its target is worth.

    Returns
    -------
    ModelReturns
    """
    features, bought = fit.features, fit.spec.bought_media
    next_money = read_spend_response(fit)
    marginal = next_money.earn_next(next_money.spend_now).transpose("sample", "channel")
    draws = compute_roas(compute_channel_totals(fit), features["spend"])
    stacked = draws.stack(sample=SAMPLE_DIMS, create_index=False)  # noqa: PD013  # xarray's
    roas = stacked.drop_vars(SAMPLE_DIMS).sel(channel=bought).transpose("sample", "channel")
    dates = pd.DatetimeIndex(features["date"].to_numpy())
    today = dates[-PERIODS_PER_YEAR[features.attrs["grain"]] :][0]
    moments = {"first": dates[0], "last": dates[-1], "today": today}
    return ModelReturns(
        outcome,
        outcome.value * roas,
        outcome.value * marginal,
        features["spend"].sum(["date", *fit.spec.data.panel]).sel(channel=bought),
        next_money.spend_now,
        {"fit_id": fit.fit_id, **{word: f"{day:%Y-%m-%d}" for word, day in moments.items()}},
    )


def judge_views(
    returns: Sequence[ModelReturns], thresholds: Thresholds, *, is_shared: bool
) -> pd.DataFrame:
    """Say in every view whether to spend more, as much, or less.

    Parameters
    ----------
    returns : sequence of ModelReturns
        Two models at least.
    thresholds : Thresholds
        From when on more, or less, is advised.
    is_shared : bool
        Whether a unit of money acts in all models at once. If not, it goes to one of them, as
        today's money does.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`. ``view`` is a model's name, or `TOTAL` (money that comes in) or `PROFIT` (what
        is left of it, before the spend itself is paid). Means and 5-95 % intervals, money per
        unit of money; ``spend_now`` per period; the action; ``is_off``, whether nothing was spent
        in the last 52 weeks; the probabilities of INCREASE and REDUCE; ``is_conflict``, whether
        the views differ, and with which probability they do, for channels that all models know.
        Views over all are of these channels alone.

    Notes
    -----
    Of a channel c with returns r of models m, shared money: ``total = sum_m r_mc`` and ``profit =
    sum_m margin_m r_mc``. Separate money: the same with the weights ``spend_mc / sum_m spend_mc``.
    INCREASE where the mean of the marginal return is above one threshold, REDUCE where it is below
    the other, else HOLD; of a channel that is off HOLD in every draw, for only a test can tell what
    its next unit brings. Draws of the models are put side by side by `pair_draws`.
    """
    past = view_draws(returns, "roas", is_shared=is_shared)
    ahead = view_draws(returns, "marginal_roas", is_shared=is_shared)
    bounds = np.array([thresholds.of(str(view)) for view in ahead["view"].to_numpy()])
    today = _weigh_today(returns, is_shared=is_shared)
    is_off = today == 0
    actions = _code(ahead, bounds).where(~is_off, 0)
    advised = _code(ahead.mean("sample"), bounds).where(~is_off, 0)
    is_common = past["channel"].isin(_list_common(returns))
    views = xr.merge(
        [
            summarize(past, "roas"),
            summarize(ahead, "marginal_roas"),
            today.rename("spend_now"),
            is_common.rename("is_common"),
            advised.rename("action"),
            is_off.rename("is_off"),
            (actions == 1).mean("sample").rename("probability_increase"),
            (actions == -1).mean("sample").rename("probability_reduce"),
            (_differ(advised) & is_common).rename("is_conflict"),
            _differ(actions).mean("sample").where(is_common).rename("probability_conflict"),
        ],
        join="exact",
    )
    labels = {one.outcome.model: one.outcome.label for one in returns}
    table = views.to_dataframe(dim_order=["view", "channel"]).dropna(subset="spend_now")
    table = table.reset_index()
    table["action"] = table["action"].map(CODES)
    table["label"] = table["view"].map(lambda view: labels.get(view, view))
    return table[list(COLUMNS)]


def view_draws(returns: Sequence[ModelReturns], word: str, *, is_shared: bool) -> xr.DataArray:
    """Put a return of all models side by side, draw by draw, and add it up.

    Parameters
    ----------
    returns : sequence of ModelReturns
        Two models at least.
    word : {"roas", "marginal_roas"}
        Of all money, or of the next unit.
    is_shared : bool
        As of `judge_views`.

    Returns
    -------
    xarray.DataArray, dims ``(view, channel, sample)``
        Money per unit of money; NaN for a channel that a view does not know.
    """
    draws = [getattr(one, word) for one in returns]
    places = pair_draws([one.sizes["sample"] for one in draws])
    models = _stack([one.isel(sample=at) for one, at in zip(draws, places, strict=True)], returns)
    weights = xr.ones_like(models.isel(sample=0))
    if not is_shared:
        spend = _stack([one.spend if word == "roas" else one.spend_now for one in returns], returns)
        weights = spend / spend.sum("view")
    margins = xr.DataArray([one.outcome.margin for one in returns], dims="view")
    # What gets no money adds nothing, though its own return is not known.
    parts = (weights * models).where(weights != 0, 0.0)
    total = parts.sum("view", skipna=False).expand_dims(view=[TOTAL])
    profit = (margins * parts).sum("view", skipna=False).expand_dims(view=[PROFIT])
    whole: xr.DataArray = xr.concat([models, total, profit], "view")
    return whole.transpose("view", "channel", "sample")


def _stack(parts: Sequence[xr.DataArray], returns: Sequence[ModelReturns]) -> xr.DataArray:
    """Put what is known by channel on top of each other, by model; NaN for channels it has not."""
    names = list(dict.fromkeys(name for one in returns for name in one.channels))
    views = [one.outcome.model for one in returns]
    alike = [part.reset_coords(drop=True).reindex(channel=names) for part in parts]
    return xr.concat(alike, "view").assign_coords(view=views)


def _list_common(returns: Sequence[ModelReturns]) -> list[str]:
    """List the channels that all models know."""
    first, *others = (one.channels for one in returns)
    return [name for name in first if all(name in other for other in others)]


def _weigh_today(returns: Sequence[ModelReturns], *, is_shared: bool) -> xr.DataArray:
    """Add up what is spent today; shared money is that of the model whose data end last."""
    models = _stack([one.spend_now for one in returns], returns)
    latest = max(range(len(returns)), key=lambda place: returns[place].facts["last"])
    whole = models.isel(view=latest, drop=True) if is_shared else models.sum("view")
    whole = whole.where(models.count("view") == len(returns))
    both = [whole.expand_dims(view=[view]) for view in (TOTAL, PROFIT)]
    today: xr.DataArray = xr.concat([models, *both], "view")
    return today


def _code(values: xr.DataArray, bounds: np.ndarray) -> xr.DataArray:
    """Turn marginal returns into actions: 1, 0, -1; 0 where nothing is known."""
    reduce, increase = (xr.DataArray(bounds[:, n], dims="view") for n in (0, 1))
    coded: xr.DataArray = (values > increase).astype(int) - (values < reduce).astype(int)
    return coded


def _differ(actions: xr.DataArray) -> xr.DataArray:
    """Tell whether the views do not all advise the same."""
    differs: xr.DataArray = actions.max("view") != actions.min("view")
    return differs
