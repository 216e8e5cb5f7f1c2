"""What is believed of controls and events."""

import numpy as np
import xarray as xr
from pymc_extras.prior import Prior

from mmm_pipeline.spec import ModelSpec


def control_prior(spec: ModelSpec, sd: float) -> Prior:
    """State the belief about each control and event, bounded where the spec knows the sign.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    sd : float
        Standard deviation before bounding: share of the target's maximum for one standard
        deviation of the control, or for a 0/1 column being on.

    Returns
    -------
    Prior
        Over ``control``: controls first, then events.
    """
    signs = [control.sign for control in spec.controls.values()]
    signs += [event.sign for event in spec.events.values()]
    if not any(signs):
        return Prior("Normal", mu=0, sigma=sd, dims="control")
    lower = _by_control([0.0 if sign == "positive" else -np.inf for sign in signs])
    upper = _by_control([0.0 if sign == "negative" else np.inf for sign in signs])
    return Prior("TruncatedNormal", mu=0, sigma=sd, lower=lower, upper=upper, dims="control")


def _by_control(values: list[float]) -> xr.DataArray | float:
    """Label one bound per control; a bound that all share stays a number.

    PyTensor 3.3 draws nothing at all from a truncated normal with a bound of length one.
    """
    return values[0] if len(set(values)) == 1 else xr.DataArray(values, dims="control")
