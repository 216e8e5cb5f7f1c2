"""How the chains ran: traces, ranks, energy, and pairs of parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmm_pipeline.report.style import (
    ACCENT,
    BASELINE,
    CHANNEL_COLORS,
    INK,
    MUTED,
    TRUTH,
    legend_above,
    new_figure,
    plain_axes,
)

type Draws = Mapping[str, npt.NDArray[np.float64]]
"""Draws of single numbers, (chains, draws), by name."""

SHOWN = 4
"""Parameters that are drawn: those that mix worst."""
RANK_BINS = 20
"""Bins that the ranks of all draws fall into."""
ENERGY_BINS = 60
"""Bins of the energy."""
MOST_POINTS = 2000
"""Draws that a scatter shows."""


def draw_traces(draws: Draws, parameters: pd.DataFrame) -> Figure:
    """Draw the path of every chain, for the parameters that mix worst.

    Parameters
    ----------
    draws : mapping of str to array
        Those parameters, by name.
    parameters : pandas.DataFrame
        ``parameter, rhat, ess_bulk``.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(8.0, 1.35 * len(draws) + 0.3)
    numbers = parameters.set_index("parameter")
    for axes, (name, chains) in zip(_rows(figure, len(draws)), draws.items(), strict=True):
        for color, chain in zip(_colors(len(chains)), chains, strict=True):
            axes.plot(chain, color=color, lw=0.5, alpha=0.8)
        found = numbers.loc[name, ["rhat", "ess_bulk"]].astype(float)
        words = f"{name}: R-hat {found.iloc[0]:.4f}, {found.iloc[1]:,.0f} effective draws"
        axes.set_title(words, loc="left", fontsize=9, color=INK)
        axes.margins(x=0)
    return figure


def draw_ranks(draws: Draws) -> Figure:
    """Draw how the ranks of each chain's draws are spread among those of all.

    Parameters
    ----------
    draws : mapping of str to array
        The parameters, by name.

    Returns
    -------
    matplotlib.figure.Figure

    References
    ----------
    Vehtari, Gelman, Simpson, Carpenter and Bürkner (2021), section 4.3: chains that agree have
    ranks spread evenly.
    """
    figure = new_figure(8.0, 1.35 * len(draws) + 0.3)
    for axes, (name, chains) in zip(_rows(figure, len(draws)), draws.items(), strict=True):
        ranks = np.argsort(np.argsort(chains.ravel())).reshape(chains.shape) / chains.size
        edges = np.linspace(0, 1, RANK_BINS + 1)
        for color, chain in zip(_colors(len(chains)), ranks, strict=True):
            counts, _ = np.histogram(chain, edges)
            axes.stairs(counts / chain.size * RANK_BINS, edges, color=color, lw=1.4)
        axes.axhline(1, color=MUTED, lw=1, ls=(0, (4, 3)))
        axes.set_ylim(bottom=0)
        axes.set_title(f"{name}: ranks, each chain (even: 1)", loc="left", fontsize=9, color=INK)
        axes.margins(x=0)
    return figure


def draw_energy(energy: npt.NDArray[np.float64], bfmi: Sequence[float]) -> Figure:
    """Draw the energy of the draws against its changes from one to the next.

    Parameters
    ----------
    energy : array
        (chains, draws).
    bfmi : sequence of float
        Of each chain.

    Returns
    -------
    matplotlib.figure.Figure

    References
    ----------
    Betancourt (2016), section 3: where the changes are narrower than the energy itself, the
    sampler does not reach the tails.
    """
    figure = new_figure(8.0, 2.6)
    axes = plain_axes(figure.subplots())
    around = (energy - energy.mean(axis=1, keepdims=True)).ravel()
    steps = np.diff(energy, axis=1).ravel()
    edges = np.histogram_bin_edges(np.concatenate([around, steps]), ENERGY_BINS).tolist()
    axes.hist(around, edges, density=True, color=BASELINE, label="energy, from its mean")
    axes.hist(
        steps, edges, density=True, histtype="step", color=ACCENT, lw=1.6, label="change by step"
    )
    axes.set_yticks([])
    words = ", ".join(f"{one:.2f}" for one in bfmi)
    axes.set_xlabel(f"BFMI of each chain: {words}", color=MUTED)
    legend_above(axes)
    return figure


def draw_pairs(draws: Draws, is_divergent: npt.NDArray[np.bool_]) -> Figure:
    """Draw the parameters that mix worst against each other, divergences on top.

    Parameters
    ----------
    draws : mapping of str to array
        The parameters, by name.
    is_divergent : array
        (chains, draws).

    Returns
    -------
    matplotlib.figure.Figure
    """
    names = list(draws)
    size = max(len(names) - 1, 1)
    figure = new_figure(2.2 * size + 0.8, 2.0 * size + 0.6)
    grid: Any = figure.subplots(size, size, squeeze=False)
    step = max(1, is_divergent.size // MOST_POINTS)
    for row, column in np.ndindex(size, size):
        axes: Axes = grid[row, column]
        if column > row or len(names) == 1:
            axes.set_axis_off()
            continue
        plain_axes(axes)
        x, y = draws[names[column]].ravel(), draws[names[row + 1]].ravel()
        axes.plot(x[::step], y[::step], ".", color=ACCENT, ms=2, alpha=0.35)
        bad = is_divergent.ravel()
        axes.plot(x[bad], y[bad], "x", color=TRUTH, ms=5, mew=1.5)
        if row == size - 1:
            axes.set_xlabel(names[column], color=INK, fontsize=9)
        if column == 0:
            axes.set_ylabel(names[row + 1], color=INK, fontsize=9)
    return figure


def _rows(figure: Figure, count: int) -> list[Axes]:
    """Set axes under each other."""
    return [plain_axes(axes) for axes in figure.subplots(count, 1, squeeze=False)[:, 0]]


def _colors(count: int) -> list[str]:
    """Give each chain a colour."""
    return [CHANNEL_COLORS[number % len(CHANNEL_COLORS)] for number in range(count)]
