"""Priors of channels that the data can say little about are held tighter, where the spec asks."""

from dataclasses import dataclass

import xarray as xr

from mmm_pipeline.spec import ModelSpec


@dataclass(frozen=True)
class Factors:
    """By how much a channel's priors are tightened.

    Attributes
    ----------
    spread : float
        Factor for the standard deviation of its log return.
    concentration : float
        Factor for the concentration of the share that survives a period.
    bend : float
        Factor for the standard deviation of its log steepness.
    """

    spread: float = 1.0
    concentration: float = 1.0
    bend: float = 1.0


TIGHTENING = (
    (0.10, Factors()),
    (0.05, Factors(0.7, 2.5, 0.6)),
    (0.01, Factors(0.4, 5.0, 0.4)),
    (0.00, Factors(0.2, 10.0, 0.2)),
)
"""From which share of all spend on, and how."""


def read_factors(spec: ModelSpec, features: xr.Dataset) -> dict[str, Factors]:
    """Look up by how much each channel's priors are tightened.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    features : xarray.Dataset
        Its features.

    Returns
    -------
    dict of str to Factors
        All 1 unless the spec says `tighten_low_spend`; 1 for media without spend.
    """
    spend = features["spend"].sum([dim for dim in features["spend"].dims if dim != "channel"])
    share = (spend / spend.sum()).to_series()
    return {
        name: _factors(float(share[name]))
        if spec.tighten_low_spend and media.has_spend
        else Factors()
        for name, media in spec.media.items()
    }


def _factors(share: float) -> Factors:
    """Find the row of the table."""
    return next(factors for least, factors in TIGHTENING if share >= least)
