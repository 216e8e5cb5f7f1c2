"""What an asset's own page in the UI shows: key numbers, a table, a small figure.

The figures are those of the report; none is drawn here.
"""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg
import pandas as pd

from mmm_pipeline.exports.columns import describe_column
from mmm_pipeline.spec import EXPORT_NAMES

type Metadata = dict[str, Any]

MAX_ROWS = 40
"""Rows of a table on an asset's page."""


def show_table(table: pd.DataFrame, digits: int = 4) -> dg.MetadataValue[str]:
    """Write a frame as a table of the UI.

    Parameters
    ----------
    table : pandas.DataFrame
        Its first `MAX_ROWS` rows are shown.
    digits : int
        Significant digits of a number.

    Returns
    -------
    dagster.MetadataValue
        Markdown.
    """
    rows = [[_cell(value, digits) for value in row] for row in table.head(MAX_ROWS).to_numpy()]
    lines = [list(map(str, table.columns)), ["---"] * len(table.columns), *rows]
    return dg.MetadataValue.md("\n".join(f"| {' | '.join(line)} |" for line in lines))


def show_figure(name: str, **arguments: Any) -> dg.MetadataValue[str]:
    """Draw a figure of the report, small enough for the event log.

    Parameters
    ----------
    name : str
        A function of `mmm_pipeline.report.figures`.
    **arguments : object
        What it takes.

    Returns
    -------
    dagster.MetadataValue
        Markdown with the image in it.
    """
    from mmm_pipeline.report import figures

    draw: Callable[..., Any] = getattr(figures, name)
    return show_drawing(name, draw(**arguments))


def show_drawing(name: str, figure: Any) -> dg.MetadataValue[str]:
    """Show a figure that is drawn already.

    Parameters
    ----------
    name : str
        What it is called where images are not shown.
    figure : matplotlib.figure.Figure
        The figure.

    Returns
    -------
    dagster.MetadataValue
        Markdown with the image in it.
    """
    from mmm_pipeline.report.style import encode_png

    return dg.MetadataValue.md(f"![{name}]({encode_png(figure, dpi=64)})")


def show_columns(table: pd.DataFrame, asset: str = "") -> Metadata:
    """Describe a frame's columns and length in Dagster's own words.

    Parameters
    ----------
    table : pandas.DataFrame
        Any frame.
    asset : str
        Which result it is; of one that is exported, every column says what it holds.

    Returns
    -------
    dict
        ``dagster/row_count`` and ``dagster/column_schema``.
    """
    is_told = asset in EXPORT_NAMES
    columns = [
        dg.TableColumn(str(name), str(kind), describe_column(str(name), asset) if is_told else None)
        for name, kind in table.dtypes.items()
    ]
    return {
        "dagster/row_count": len(table),
        "dagster/column_schema": dg.TableSchema(columns=columns),
    }


def show_comparison(table: pd.DataFrame) -> Metadata:
    """Say how fits compare, in words and numbers.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.evidence.side_words.compare_with_first`.

    Returns
    -------
    dict
    """
    sentences = [f"* {words}" for words in table.attrs["sentences"]]
    section = {str(name): rows for name, rows in table.groupby("section")}
    structure = section["structure"][["a", "b", "name", "where", "told_a", "told_b"]]
    dropped = ["section", "told_a", "told_b"]
    return {
        "in_words": dg.MetadataValue.md("\n".join(sentences)),
        "fit": show_table(section["fit"].drop(columns=dropped)),
        "structure": show_table(structure),
        "returns": show_table(section["roas"].drop(columns=dropped)),
        "shares": show_table(section["share"].drop(columns=dropped)),
        **show_columns(table),
    }


def show_numbers(numbers: Mapping[str, float | None]) -> Metadata:
    """Pass on numbers that the UI plots over time; what cannot be computed is left out.

    Parameters
    ----------
    numbers : mapping of str to float or None
        By name.

    Returns
    -------
    dict
    """
    return {name: float(value) for name, value in numbers.items() if value is not None}


def _cell(value: object, digits: int) -> str:
    """Write one cell."""
    if isinstance(value, float):
        return f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}"
    if isinstance(value, pd.Timestamp):
        return value.isoformat()[:10]
    return str(value).replace("|", "\\|")
