"""What experiments say, and what a model says of them before and after it knows."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.summary import LOWER, SAMPLE_DIMS, UPPER
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.lift_tests import LIFT, LIFT_TEST, ROW
from mmm_pipeline.spec import ModelSpec

NUMBERS = ("lift", "standard_error", "standard_error_used")
"""Columns of what an experiment found."""


def forget_experiments(spec: ModelSpec, features: xr.Dataset) -> tuple[ModelSpec, xr.Dataset]:
    """Take away what a model knows of experiments.

    Parameters
    ----------
    spec : ModelSpec
        With `experiments`.
    features : xarray.Dataset
        Of the model.

    Returns
    -------
    ModelSpec
        Without them.
    xarray.Dataset
        Its features.
    """
    return spec.model_copy(update={"experiments": None}), features.drop_dims([LIFT_TEST, ROW])


def summarize_calibration(fit: ConvergedFit, without: ConvergedFit | None) -> pd.DataFrame:
    """Tabulate what each experiment found, and what the model says with and without it.

    Parameters
    ----------
    fit : ConvergedFit
        Of a model that knows of experiments.
    without : ConvergedFit or None
        Of the same model without them; None where that did not pass its gate.

    Returns
    -------
    pandas.DataFrame
        A row per experiment: ``name, channel, start, end, market, spend``; the measured ``lift``,
        its ``standard_error``, and ``standard_error_used``, larger by what ``tau_spend,
        tau_recency, tau_duration`` stand for; what the model says that it brought, ``lift_before``
        and ``lift_after``, with their 5-95 % intervals; ``was_foreseen``, whether the measured lift
        lies in the 5-95 % interval of what the model without experiments would have it measure,
        error included; and the channel's ``roas_before`` and ``roas_after``, with intervals. NaN,
        and none foreseen, where there is no fit without.
    """
    features = fit.features
    table = pd.DataFrame(
        {
            "name": features[LIFT_TEST].to_numpy().astype(str),
            **{
                column: features[f"lift_{column}"].to_numpy()
                for column in ("channel", "start", "end", "market", "spend")
            },
            "lift": features["lift"].to_numpy(),
            "standard_error": features["lift_error"].to_numpy(),
            "standard_error_used": features["lift_error_used"].to_numpy(),
            **{
                f"tau_{one}": features[f"lift_tau_{one}"].to_numpy()
                for one in ("spend", "recency", "duration")
            },
        }
    )
    for word, one in (("before", without), ("after", fit)):
        lifts = None if one is None else _expect_lifts(fit, one)
        table = table.join(_bound(f"lift_{word}", lifts, len(table)))
        roas = None if one is None else _expect_returns(one, table["channel"])
        table = table.join(_bound(f"roas_{word}", roas, len(table)))
        if word == "before":
            table["was_foreseen"] = _foresee(lifts, table)
    table.attrs["fit_id"] = fit.fit_id
    return table


def _expect_lifts(fit: ConvergedFit, draws_of: ConvergedFit) -> np.ndarray:
    """Compute what every experiment brought, in each draw: (draws, experiments)."""
    lifts = compute_variables(restore_model(fit).model, draws_of.posterior, [LIFT])[LIFT]
    return lifts.transpose(*SAMPLE_DIMS, LIFT_TEST).to_numpy().reshape(-1, lifts.sizes[LIFT_TEST])


def _expect_returns(fit: ConvergedFit, channels: pd.Series) -> np.ndarray:
    """Take the return of every experiment's channel, in each draw: (draws, experiments)."""
    roas = summarize_returns(fit).draws["roas"].sel(channel=channels.tolist())
    return roas.transpose(*SAMPLE_DIMS, "channel").to_numpy().reshape(-1, len(channels))


def _bound(name: str, draws: np.ndarray | None, count: int) -> pd.DataFrame:
    """Summarise draws by their mean and 5-95 % interval."""
    nothing = np.full((1, count), np.nan)
    values = nothing if draws is None else draws
    return pd.DataFrame(
        {
            name: values.mean(axis=0),
            f"{name}_lower": np.quantile(values, LOWER, axis=0),
            f"{name}_upper": np.quantile(values, UPPER, axis=0),
        }
    )


def _foresee(draws: np.ndarray | None, table: pd.DataFrame) -> pd.Series:
    """Tell whether a model that knew of no experiment would have had them find this."""
    if draws is None:
        return pd.Series(pd.NA, index=table.index, dtype="boolean")
    error = table["standard_error_used"].to_numpy()
    measured = draws + error * np.random.default_rng(1).standard_normal(draws.shape)
    lower, upper = np.quantile(measured, [LOWER, UPPER], axis=0)
    return pd.Series((lower <= table["lift"]) & (table["lift"] <= upper)).astype("boolean")
