"""How numbers and figures look, everywhere alike."""

import base64
import io
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mmm_pipeline.insight.summary import OVERLAP

INK, MUTED, GRID = "#1f2933", "#6b7785", "#e4e7eb"
ACCENT, BAND, TRUTH = "#1d5f8a", "#a9c9de", "#c8501e"
BASELINE = "#c9ced6"
CHANNEL_COLORS = (
    "#1d5f8a",
    "#e08e2b",
    "#3f8f6b",
    "#b0486b",
    "#7a64b0",
    "#5aa7c7",
    "#a3793d",
    "#7f9b3a",
    "#d46a55",
    "#4b5b8c",
)
"""Told apart by most readers with a colour deficiency, and in print."""


def format_amount(value: float) -> str:
    """Write an amount with a thousand's letter.

    Parameters
    ----------
    value : float
        Currency or target units.

    Returns
    -------
    str

    Examples
    --------
    >>> [format_amount(value) for value in (950, 12_345, -3_400_000, 2.5e9, 0.42)]
    ['950', '12.3K', '-3.40M', '2.50B', '0.42']
    """
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= size:
            scaled = value / size
            digits = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
            return f"{scaled:.{digits}f}{letter}"
    return f"{value:.3g}"


def format_share(value: float) -> str:
    """Write a fraction as a percentage.

    Parameters
    ----------
    value : float
        1 is all.

    Returns
    -------
    str

    Examples
    --------
    >>> format_share(0.0456), format_share(0.3)
    ('4.6%', '30.0%')
    """
    return f"{100 * value:.1f}%"


def format_probability(value: float) -> str:
    """Write a probability that draws were counted for: never as certainty.

    Parameters
    ----------
    value : float
        0 to 1.

    Returns
    -------
    str

    Examples
    --------
    >>> [format_probability(value) for value in (0.0, 0.42, 0.9995, 1.0)]
    ['<0.1%', '42.0%', '>99.9%', '>99.9%']
    """
    if value < 0.001:
        return "<0.1%"
    return ">99.9%" if value > 0.999 else format_share(value)


def color_of(channel: str, channels: Sequence[str]) -> str:
    """Give each channel one colour in all figures of a report.

    Parameters
    ----------
    channel : str
        Whose colour.
    channels : sequence of str
        All channels, in the order of the spec.

    Returns
    -------
    str
        Hexadecimal; colours repeat after ten channels.
    """
    return CHANNEL_COLORS[list(channels).index(channel) % len(CHANNEL_COLORS)]


def color_part(component: str, channels: Sequence[str]) -> str:
    """Give a component its colour: a channel its own, the baseline one, the overlap another.

    Parameters
    ----------
    component : str
        Whose colour.
    channels : sequence of str
        All channels, in the order of the spec.

    Returns
    -------
    str
        Hexadecimal.
    """
    if component in channels:
        return color_of(component, channels)
    return MUTED if component == OVERLAP else BASELINE


def new_figure(width: float, height: float) -> Figure:
    """Open a figure that belongs to no window and no global state.

    Parameters
    ----------
    width, height : float
        Inches.

    Returns
    -------
    matplotlib.figure.Figure
    """
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def plain_axes(axes: Axes, *, grid: str = "y") -> Axes:
    """Take away what carries no information.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Changed in place.
    grid : {"x", "y"}
        Which lines help reading.

    Returns
    -------
    matplotlib.axes.Axes
    """
    for side in ("top", "right", "left" if grid == "y" else "bottom"):
        axes.spines[side].set_visible(False)
    for spine in axes.spines.values():
        spine.set_color(GRID)
    axes.grid(visible=True, axis="y" if grid == "y" else "x", color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors=MUTED, labelsize=9, length=0)
    return axes


def amounts(axes: Axes, which: str) -> None:
    """Write the ticks of an axis as amounts.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Changed in place.
    which : {"x", "y"}
        The axis.
    """
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(FuncFormatter(lambda value, _: format_amount(value)))


def date_axes(figure: Figure) -> Axes:
    """Open axes whose x is time.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Changed in place.

    Returns
    -------
    matplotlib.axes.Axes
    """
    return time_axis(plain_axes(figure.subplots()))


def time_axis(axes: Axes) -> Axes:
    """Write the ticks of x as dates.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Changed in place.

    Returns
    -------
    matplotlib.axes.Axes
    """
    locator = AutoDateLocator(minticks=4, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.margins(x=0.01)
    return axes


def legend_above(axes: Axes) -> None:
    """Put the legend where no data are.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Changed in place.
    """
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=7,
        frameon=False,
        fontsize=9,
        labelcolor=INK,
        borderaxespad=0.2,
        handlelength=1.4,
        columnspacing=1.2,
    )


def encode_png(figure: Figure, dpi: int = 80) -> str:
    """Write a figure as text that a page or the event log can hold.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Any figure.
    dpi : int
        Dots per inch; 80 keeps an image of the event log below 100 KB.

    Returns
    -------
    str
        A ``data:image/png;base64,...`` address.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def encode_svg(figure: Figure) -> str:
    """Write a figure as a drawing that stays sharp on paper and on a phone.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Any figure.

    Returns
    -------
    str
        A ``data:image/svg+xml;base64,...`` address, the same bytes for the same figure.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
