"""What a fit expects of dates it was fitted to, and of those that follow."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr
from pymc_marketing.mmm import MMM

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.model.fit import compute_variables, rebuild_model
from mmm_pipeline.model.link import read_link
from mmm_pipeline.model.reach import FREQUENCY
from mmm_pipeline.model.scales import hold_scales
from mmm_pipeline.model.trace import read_spec


def predict_mean(trace: xr.DataTree, features: xr.Dataset) -> xr.DataArray:
    """Predict the target without noise.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.
    features : xarray.Dataset
        See `predict_variables`.

    Returns
    -------
    xarray.DataArray, dims ``(chain, draw, date, ...)``
        Target units; where terms multiply, the median.

    Raises
    ------
    StaleFitError
        See `predict_variables`.
    """
    return next(predict_means(trace, [features]))


def predict_means(trace: xr.DataTree, futures: Sequence[xr.Dataset]) -> Iterator[xr.DataArray]:
    """Predict the target without noise in several futures, one after the other.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.
    futures : sequence of xarray.Dataset
        Features, see `predict_variables`.

    Yields
    ------
    xarray.DataArray, dims ``(chain, draw, date, ...)``
        As `predict_mean`.
    """
    link = read_link(read_spec(trace), trace["/inputs"].to_dataset())
    for predicted in predict_variables(trace, futures, ["mu"]):
        yield link.to_target(predicted["mu"].transpose("chain", "draw", "date", ...))


def predict_variables(
    trace: xr.DataTree, futures: Sequence[xr.Dataset], names: Sequence[str]
) -> Iterator[xr.Dataset]:
    """Compute variables of a fit's model on other dates.

    The model is built as it was fitted, then given other dates: what was worked out over the window
    of the fit (heights of curves, the level, the trend's clock) stays as it was.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.
    futures : sequence of xarray.Dataset
        Features of the same model, of dates that begin with those of the fit, so that carry-over
        into the first dates that follow is known. Put on the scales of the fit.
    names : sequence of str
        Variables of the model.

    Yields
    ------
    xarray.Dataset
        On the model's scale, dims ``(chain, draw, ...)``; for each of the futures.

    Raises
    ------
    StaleFitError
        If features have other labels than the fit's, or do not begin with its dates.
    """
    fitted, posterior = trace["/inputs"].to_dataset(), trace["/posterior"].to_dataset()
    mmm = rebuild_model(trace)
    for features in futures:
        _require_same_labels(fitted, features)
        set_features(mmm, hold_scales(features, fitted, at_any_cost=True))
        yield compute_variables(mmm.model, posterior, names)


def set_features(mmm: MMM, features: xr.Dataset) -> None:
    """Give a model other dates.

    Parameters
    ----------
    mmm : MMM
        Built; it is changed.
    features : xarray.Dataset
        On the model's scales.
    """
    model, dims = mmm.model, ("date", *mmm.dims)
    exposure = features["exposure"].transpose(*dims, "channel")
    data: dict[str, Any] = {
        "channel_data": exposure.to_numpy(),
        "target_data": np.zeros(exposure.shape[:-1]),
    }
    if "dayofyear" in model.named_vars:
        data["dayofyear"] = features["date"].dt.dayofyear.to_numpy()
    if FREQUENCY in model.named_vars:
        data[FREQUENCY] = features["frequency"].transpose(*dims, "channel").to_numpy()
    pm.set_data(data, coords={"date": features["date"].to_numpy()}, model=model)
    for effect in mmm.mu_effects:
        effect.set_data(mmm, model, features)


def _require_same_labels(fitted: xr.Dataset, features: xr.Dataset) -> None:
    """Refuse features that are not of the model."""
    n_dates = fitted.sizes["date"]
    for dim in fitted["exposure"].dims + (("control",) if "control" in fitted.dims else ()):
        there = features[dim].to_numpy() if dim in features.dims else np.array([])
        if dim == "date":
            there = there[:n_dates]
        if not np.array_equal(there, fitted[dim].to_numpy()):
            what = "begin with the dates" if dim == "date" else f"have the {dim}s"
            message = f"Features must {what} that the fit was made of; they do not."
            raise StaleFitError(message)
