"""How evenly the ranks of simulated truths are spread."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmm_pipeline.evidence.certificate import Certificate
from mmm_pipeline.evidence.ranks import ALPHA
from mmm_pipeline.evidence.uniformity import N_PARTS, Band, count_below, find_band
from mmm_pipeline.report.style import ACCENT, BAND, GRID, INK, MUTED, TRUTH, new_figure, plain_axes

COLUMNS = 3
"""Groups beside each other."""
ONE_ALPHA = 0.05
"""Probability with which an even quantity, looked at by itself, leaves the inner band."""


def draw_certificate(certificate: Certificate) -> Figure:
    """Draw, group by group, how far the shares of ranks below each border are from even.

    Parameters
    ----------
    certificate : Certificate
        Of worlds of which some passed.

    Returns
    -------
    matplotlib.figure.Figure
        A line per quantity: above 0 where the draws lie too high, below where they lie too low; a
        wave that rises first where they are too narrow, that falls first where they are too wide.
        An even quantity leaves the inner band in 5 % of cases, and any quantity the outer one in
        1 %; those that do are red.

    References
    ----------
    Säilynoja, Bürkner and Vehtari (2022), section 2: the difference of the empirical distribution
    from the even one, and simultaneous bands about it.
    """
    groups = certificate.ranks.groupby("group", sort=False)
    n_rows = -(-groups.ngroups // COLUMNS)
    figure = new_figure(8.6, 2.2 * n_rows + 0.6)
    every = figure.subplots(n_rows, COLUMNS, squeeze=False, sharex=True, sharey=True).ravel()
    n_worlds = int(certificate.outcomes["passed"].sum())
    inner = find_band(n_worlds, ONE_ALPHA)
    outer = find_band(n_worlds, ALPHA / len(certificate.table))
    for axes, (group, ranks) in zip(every, groups, strict=False):
        plain_axes(axes)
        _fill(axes, outer, n_worlds, GRID)
        _fill(axes, inner, n_worlds, BAND)
        _draw_lines(axes, ranks, certificate)
        axes.set_title(str(group), loc="left", fontsize=9, color=INK)
    for axes in every[groups.ngroups :]:
        axes.set_axis_off()
    words = "rank of the truth, as a share (bands: one even quantity, 95 %; all together, 99 %)"
    figure.supxlabel(words, fontsize=9, color=MUTED)
    figure.supylabel("share of worlds below, less even", fontsize=9, color=MUTED)
    return figure


def _fill(axes: Axes, band: Band, n_worlds: int, color: str) -> None:
    """Shade a band."""
    even = _list_borders()
    bounds = (np.pad(one / n_worlds, 1, constant_values=(0, 1)) for one in (band.lower, band.upper))
    lower, upper = (one - even for one in bounds)
    axes.fill_between(even, lower, upper, color=color, lw=0)


def _draw_lines(axes: Axes, ranks: pd.DataFrame, certificate: Certificate) -> None:
    """Draw a line for each quantity, the uneven ones on top."""
    even, uneven = _list_borders(), set(certificate.uneven)
    for quantity, one in ranks.groupby("quantity", sort=False):
        below = count_below(one["rank"].to_numpy(), certificate.n_kept) / len(one)
        color, width = (TRUTH, 1.6) if quantity in uneven else (ACCENT, 0.9)
        axes.plot(
            even,
            np.pad(below, 1, constant_values=(0, 1)) - even,
            color=color,
            lw=width,
            alpha=0.8,
            zorder=3 if quantity in uneven else 2,
        )


def _list_borders() -> np.ndarray:
    """List the borders at which ranks are counted, and both ends."""
    return np.linspace(0, 1, N_PARTS + 1)
