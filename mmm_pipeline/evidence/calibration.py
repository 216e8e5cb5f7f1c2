"""What experiments say, and what a model says of them before and after it knows."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.insight.returns import compute_window_returns
from mmm_pipeline.insight.summary import SAMPLE_DIMS, summarize
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.lift_tests import LIFT, LIFT_TEST, ROW
from mmm_pipeline.spec import ModelSpec


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
    nothing = xr.full_like(features["lift"], np.nan).expand_dims(chain=1, draw=1)
    for word, one in (("before", without), ("after", fit)):
        lifts = nothing if one is None else _expect_lifts(fit, one)
        roas = nothing if one is None else _expect_returns(one, features)
        table = table.join(_tabulate(lifts, f"lift_{word}")).join(_tabulate(roas, f"roas_{word}"))
        if word == "before":
            table["was_foreseen"] = pd.NA if one is None else _foresee(lifts, features)
    table = table.astype({"was_foreseen": "boolean"})
    table.attrs["fit_id"] = fit.fit_id
    return table


def _expect_lifts(fit: ConvergedFit, draws_of: ConvergedFit) -> xr.DataArray:
    """Compute what every experiment brought, in each draw."""
    lifts = compute_variables(restore_model(fit).model, draws_of.posterior, [LIFT])[LIFT]
    return lifts.transpose(*SAMPLE_DIMS, LIFT_TEST)


def _expect_returns(fit: ConvergedFit, features: xr.Dataset) -> xr.DataArray:
    """Take the return of every experiment's channel, in each draw."""
    return compute_window_returns(fit)["roas"].sel(channel=features["lift_channel"])


def _tabulate(draws: xr.DataArray, name: str) -> pd.DataFrame:
    """Summarise draws, a row per experiment."""
    return (
        summarize(draws, name)
        .drop_vars("channel", errors="ignore")
        .to_dataframe()
        .reset_index(drop=True)
    )


def _foresee(lifts: xr.DataArray, features: xr.Dataset) -> np.ndarray:
    """Tell whether a model that knew of no experiment would have had them find this."""
    noise = lifts.copy(data=np.random.default_rng(1).standard_normal(lifts.shape))
    measured = summarize(lifts + features["lift_error_used"] * noise, "lift")
    lift = features["lift"]
    is_inside = (measured["lift_lower"] <= lift) & (lift <= measured["lift_upper"])
    return is_inside.to_numpy()
