"""What a budget would bring: response curves and scenarios."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mmm_pipeline.report.style import (
    ACCENT,
    BASELINE,
    GRID,
    INK,
    MUTED,
    amounts,
    color_of,
    format_amount,
    new_figure,
    plain_axes,
)


def draw_response_curves(
    table: pd.DataFrame, channels: Sequence[str], breakevens: Mapping[str, float] | None = None
) -> Figure:
    """Draw how each channel's response bends, where today's spend stands, and what is beyond it.

    Parameters
    ----------
    table : pandas.DataFrame
        ``channel, spend, response, lower, upper, is_observed, spend_now``; ``exposure`` and
        ``exposure_now`` of channels whose spend is NaN.
    channels : sequence of str
        One panel each.
    breakevens : mapping of str to float, optional
        Spend per period up to which the next unit of money comes back, by channel; the headroom
        above today's is shaded.

    Returns
    -------
    matplotlib.figure.Figure
    """
    n_columns = min(3, len(channels))
    n_rows = -(-len(channels) // n_columns)
    figure = new_figure(3.2 * n_columns, 2.5 * n_rows + 0.2)
    panels = np.atleast_1d(figure.subplots(n_rows, n_columns)).ravel()
    for channel, axes in zip(channels, panels, strict=False):
        _draw_response_curve(axes, table[table["channel"] == channel], channel, channels)
        if breakevens and channel in breakevens:
            _draw_breakeven(axes, table[table["channel"] == channel], breakevens[channel])
    for axes in panels[len(channels) :]:
        axes.set_visible(False)
    figure.supxlabel("spend per period", color=MUTED, fontsize=10)
    figure.supylabel("response per period", color=MUTED, fontsize=10)
    return figure


def _draw_response_curve(
    axes: Axes, curve: pd.DataFrame, channel: str, channels: Sequence[str]
) -> None:
    """Draw one channel: solid where spend was seen, dashed beyond."""
    color = color_of(channel, channels)
    plain_axes(axes)
    unit = "exposure" if curve["spend"].isna().any() else "spend"
    seen = curve[curve["is_observed"]]
    axes.fill_between(curve[unit], curve["lower"], curve["upper"], color=color, alpha=0.18, lw=0)
    axes.plot(curve[unit], curve["response"], color=color, lw=1.4, ls=(0, (3, 2)))
    axes.plot(seen[unit], seen["response"], color=color, lw=2)
    now = float(curve[f"{unit}_now"].iloc[0])
    response_now = float(np.interp(now, curve[unit], curve["response"]))
    axes.plot([now], [response_now], "o", color=INK, ms=5)
    axes.annotate(
        f"today {format_amount(now)}",
        (now, response_now),
        xytext=(6, -11),
        textcoords="offset points",
        fontsize=8,
        color=INK,
    )
    title = channel if unit == "spend" else f"{channel} (exposure)"
    axes.set_title(title, color=INK, fontsize=10, loc="left")
    axes.set_xlim(0, None)
    takes_away = curve["response"].mean() < 0
    axes.set_ylim(None if takes_away else 0, 0 if takes_away else None)
    axes.locator_params(axis="x", nbins=4)
    amounts(axes, "x")
    amounts(axes, "y")


def _draw_breakeven(axes: Axes, curve: pd.DataFrame, breakeven: float) -> None:
    """Draw up to where the next unit of money comes back, as far as the curve goes."""
    now, end = float(curve["spend_now"].iloc[0]), float(curve["spend"].max())
    axes.set_xlim(0, end)
    if now < breakeven:
        axes.axvspan(now, min(breakeven, end), color=GRID, alpha=0.6, lw=0, zorder=0)
    if breakeven <= end:
        axes.axvline(breakeven, color=MUTED, lw=1, ls=(0, (4, 3)), zorder=1)


def draw_scenarios(
    table: pd.DataFrame, channels: Sequence[str], brings: str = "response"
) -> Figure:
    """Draw today's plan and every scenario's, and what each would bring.

    Parameters
    ----------
    table : pandas.DataFrame
        ``scenario, channel, spend_current, spend, response_current, response``.
    channels : sequence of str
        Stacked in this order.
    brings : str
        What the response is called.

    Returns
    -------
    matplotlib.figure.Figure
    """
    bars = _list_bars(table)
    labels = [label for label, _, _ in bars][::-1]
    figure = new_figure(9.5, 0.5 * len(labels) + 1.4)
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, quantity, words in ((left, "spend", "spend"), (right, "response", brings)):
        plain_axes(axes, grid="x")
        wide = pd.DataFrame(
            {
                label: plan.groupby("channel")[quantity + suffix].sum()
                for label, plan, suffix in bars
            }
        )
        start = np.zeros(len(labels))
        for channel in channels:
            widths = wide.loc[channel, labels].to_numpy(dtype=float)
            color = color_of(channel, channels)
            axes.barh(range(len(labels)), widths, left=start, color=color, height=0.6)
            start += widths
        for place, total in enumerate(start):
            axes.annotate(
                format_amount(float(total)),
                (float(total), place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=9,
                color=INK,
            )
        axes.margins(x=0.14)
        amounts(axes, "x")
        axes.set_xlabel(f"{words} over the window", color=MUTED)
    left.set_yticks(range(len(labels)), labels, color=INK)
    handles = [Patch(color=color_of(channel, channels)) for channel in channels]
    figure.legend(handles, list(channels), loc="outside upper left", ncols=6, frameon=False)
    return figure


def draw_frontier(table: pd.DataFrame) -> Figure:
    """Draw what every budget would bring, and what its next unit of money would.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.decision.frontier.summarize_frontier`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    figure = new_figure(9.5, 3.2)
    left, right = (plain_axes(axes, grid="y") for axes in figure.subplots(1, 2))
    if not len(table):
        return figure
    budget, seen = table["budget"], table["is_observed"]
    left.fill_between(
        budget, table["response_lower"], table["response_upper"], color=ACCENT, alpha=0.15, lw=0
    )
    left.plot(budget, table["response"], color=ACCENT, lw=1.5, ls="--")
    left.plot(budget.where(seen), table["response"], color=ACCENT, lw=2.2, label="best plan, 90 %")
    left.plot(budget, table["response_alike"], color=BASELINE, lw=1.8, label="spent as today")
    is_count = table.attrs.get("kpi") == "count"
    one = "target" if is_count else "unit"
    for word, color, width, label in (
        ("roas", BASELINE, 1.8, f"mean {one}"),
        ("marginal", ACCENT, 2.2, f"next {one}"),
    ):
        values = 1 / table[word].where(table[word] > 0) if is_count else table[word]
        right.plot(budget, values, color=color, lw=width, label=label)
    today = float(budget[table["share"] == 1.0].iloc[0])
    told = "cost of a target" if is_count else "return of a unit of money"
    for axes, words in ((left, "response over the window"), (right, told)):
        axes.axvline(today, color=MUTED, lw=0.8, ls=":")
        axes.set_ylim(0, None)
        axes.set_xlabel("budget of the window; dotted: today's", color=MUTED)
        axes.set_ylabel(words, color=MUTED)
        amounts(axes, "x")
        axes.legend(frameon=False, loc="best")
    amounts(left, "y")
    return figure


def _list_bars(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame, str]]:
    """List each plan, behind today's plan in its window: label, rows, suffix of columns."""
    bars: list[tuple[str, pd.DataFrame, str]] = []
    shown: list[np.ndarray] = []
    for name, plan in table.groupby("scenario", sort=False):
        today = plan[["spend_current", "response_current"]].sum().to_numpy()
        if not any(np.allclose(today, total) for total in shown):
            label = "today's plan" if not shown else f"today, in {name}'s window"
            shown.append(today)
            bars.append((label, plan, "_current"))
        bars.append((str(name), plan, ""))
    return bars
