"""What is kept of a sampler's statistics: the same, whatever the sampler calls them."""

from collections.abc import Mapping

import xarray as xr

KEPT_STATISTICS = {
    "depth": "int64",
    "diverging": "bool",
    "energy": "float64",
    "logp": "float64",
    "maxdepth_reached": "bool",
    "n_steps": "int64",
    "step_size": "float64",
}
"""Sampler statistics that the gate and a reader ask for, and their types."""
MAX_TREE_DEPTH = 10
"""Doublings at which a trajectory is cut short: the default of every sampler here."""


def keep_statistics(statistics: xr.Dataset, names: Mapping[str, str]) -> xr.Dataset:
    """Keep the statistics that are asked for, under our names.

    Parameters
    ----------
    statistics : xarray.Dataset
        All that a sampler recorded, dims ``(chain, draw)``.
    names : mapping of str to str
        What the sampler calls those that it calls otherwise, by our names.

    Returns
    -------
    xarray.Dataset, dims ``(chain, draw)``
        `depth`, doublings of the trajectory; `diverging`; `energy`, of the point that was
        accepted, up to a constant of its chain; `logp`, of the unconstrained parameters;
        `maxdepth_reached`, whether the trajectory was cut short at `MAX_TREE_DEPTH`; `n_steps`,
        gradients; `step_size`, the one that was taken.
    """
    return xr.Dataset(
        {
            name: statistics[names.get(name, name)].astype(kind)
            for name, kind in KEPT_STATISTICS.items()
        }
    )
