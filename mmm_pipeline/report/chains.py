"""Figures of how the chains of a fit ran, whether it converged or not."""

import arviz as az
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from mmm_pipeline.gate.diagnostics import list_draws
from mmm_pipeline.report.figures import chains


def draw_chains(trace: xr.DataTree, parameters: pd.DataFrame) -> dict[str, Figure]:
    """Draw traces, ranks, energy and pairs.

    Parameters
    ----------
    trace : xarray.DataTree
        A fit.
    parameters : pandas.DataFrame
        Of the same fit, from `mmm_pipeline.gate.diagnostics.assess_parameters`.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        ``traces``, ``ranks``, ``pairs`` of the parameters that mix worst, and ``energy``; of
        draws that are not finite, none.
    """
    statistics = trace["/sample_stats"].to_dataset()
    draws = _pick_worst(trace["/posterior"].to_dataset(), parameters)
    figures: dict[str, Figure] = {}
    if draws:
        is_divergent = statistics["diverging"].transpose("chain", "draw").to_numpy()
        figures["traces"] = chains.draw_traces(draws, parameters)
        figures["ranks"] = chains.draw_ranks(draws)
        figures["pairs"] = chains.draw_pairs(draws, is_divergent)
    energy = statistics["energy"].transpose("chain", "draw").to_numpy()
    if np.isfinite(energy).all():
        bfmi = np.atleast_1d(az.bfmi(statistics)["energy"].to_numpy())
        figures["energy"] = chains.draw_energy(energy, bfmi.tolist())
    return figures


def _pick_worst(
    posterior: xr.Dataset, parameters: pd.DataFrame
) -> dict[str, npt.NDArray[np.float64]]:
    """Take the parameters with the largest R-hat that can be drawn, the worst first."""
    finite = parameters[~parameters["is_broken"]]
    order = finite.sort_values(["rhat", "ess_bulk"], ascending=[False, True], na_position="first")
    wanted = list(order["parameter"].iloc[: chains.SHOWN])
    draws = list_draws(posterior)
    return {name: draws[name] for name in wanted}
