"""The data on one page, before anybody models them."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from mmm_pipeline.ingest.calendar import mark_events
from mmm_pipeline.ingest.profile import profile_cells, summarize_frame
from mmm_pipeline.ingest.query import show_place
from mmm_pipeline.ingest.read import list_places
from mmm_pipeline.report.figures.profile import draw_correlations, draw_series
from mmm_pipeline.report.money import say_currency
from mmm_pipeline.report.page import label_cells, list_records, open_template
from mmm_pipeline.report.style import encode_svg
from mmm_pipeline.spec import ModelSpec

CORRELATION = "r_"
"""What the columns of a profile that hold correlations begin with."""
MAX_CELLS = 20
"""Cells of a panel that the page lists."""


def draw_profile(frame: pd.DataFrame, profile: pd.DataFrame, spec: ModelSpec) -> dict[str, Figure]:
    """Draw the figures of a data profile.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    profile : pandas.DataFrame
        What was computed of it.
    spec : ModelSpec
        The model.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        ``series`` and ``correlations``.
    """
    return {
        "series": draw_series(*add_up_periods(frame, profile, spec)),
        "correlations": draw_correlations(select_correlations(profile)),
    }


def render_profile(
    frame: pd.DataFrame,
    profile: pd.DataFrame,
    spec: ModelSpec,
    warnings: Sequence[str],
    figures: Mapping[str, Figure],
) -> str:
    """Write the page of a data profile.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    profile : pandas.DataFrame
        What was computed of it.
    spec : ModelSpec
        The model.
    warnings : sequence of str
        What should be looked at.
    figures : mapping of str to matplotlib.figure.Figure
        As of `draw_profile`.

    Returns
    -------
    str
        HTML without any request to elsewhere.
    """
    page = open_template("profile.html").render(
        spec=spec,
        source=" and ".join(show_place(place) for place in list_places(spec).values()),
        whole=summarize_frame(frame, spec),
        rows=list_records(profile),
        groups=_share_groups(profile),
        cells=list_records(_name_cells(frame, spec)) if spec.data.panel else [],
        warnings=warnings,
        figures={name: encode_svg(figure) for name, figure in figures.items()},
        correlations_width=12 + 3 * len(select_correlations(profile)),
    )
    return say_currency(page, spec.data.currency)


def _share_groups(profile: pd.DataFrame) -> dict[str, float]:
    """Add up the share of spend of each group of channels."""
    shares = profile.dropna(subset=["group", "spend_share"]).groupby("group")["spend_share"].sum()
    return {str(group): float(share) for group, share in shares.items()}


def _name_cells(frame: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Describe the largest cells, their labels in one column."""
    table = profile_cells(frame, spec).head(MAX_CELLS)
    return table.assign(cell=label_cells(table, list(spec.data.panel)))


def add_up_periods(
    frame: pd.DataFrame, profile: pd.DataFrame, spec: ModelSpec
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Bring the cells of a panel together.

    Parameters
    ----------
    frame : pandas.DataFrame
        A validated frame.
    profile : pandas.DataFrame
        What was computed of it.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame
        Index ``date``: totals of what can be added up, means of what cannot, then the events.
    dict of str to str
        Kind by column.
    """
    rows = profile.set_index("column")
    how = {str(name): "mean" if pd.isna(total) else "sum" for name, total in rows["total"].items()}
    periods = frame.groupby("date").agg(how)
    events = mark_events(spec, pd.DatetimeIndex(periods.index))
    kinds = {str(column): str(kind) for column, kind in rows["kind"].items()}
    return periods.assign(**events), kinds | dict.fromkeys(events, "event")


def select_correlations(profile: pd.DataFrame) -> pd.DataFrame:
    """Take the correlations out of a profile.

    Parameters
    ----------
    profile : pandas.DataFrame
        A profile.

    Returns
    -------
    pandas.DataFrame
        By column and column.
    """
    columns = [name for name in profile.columns if name.startswith(CORRELATION)]
    names = [name.removeprefix(CORRELATION) for name in columns]
    square = profile.set_index("column").loc[names, columns]
    return square.set_axis(names, axis="columns")
