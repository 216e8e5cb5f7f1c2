"""What every page of ours is made with."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from mmm_pipeline.report.style import format_amount, format_probability, format_share


def open_template(name: str) -> Template:
    """Open a template, with the ways in which numbers are written.

    Parameters
    ----------
    name : str
        A file of ``templates/``.

    Returns
    -------
    jinja2.Template
        Refuses names that it is not given; escapes what it is.
    """
    environment = Environment(
        loader=PackageLoader("mmm_pipeline.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "amount": _known(format_amount),
        "change": _known(_change),
        "code": _code,
        "number": write_number,
        "probability": format_probability,
        "share": _known(format_share),
    }
    return environment.get_template(name)


def list_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn rows into what a template can walk.

    Parameters
    ----------
    table : pandas.DataFrame
        Any table.

    Returns
    -------
    list of dict
    """
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def _code(words: str) -> Markup:
    """Set what stands between backticks as code."""
    parts = words.split("`")
    pieces = [
        Markup("<code>{}</code>").format(part) if n % 2 else escape(part)
        for n, part in enumerate(parts)
    ]
    return Markup("").join(pieces)


def _change(value: float) -> str:
    """Write an amount with its sign; nothing has none."""
    return f"{'+' if value > 0 else ''}{format_amount(value)}"


def _known(write: Any) -> Any:
    """Write a dash where there is no number."""
    return lambda value: "–" if math.isnan(value) else write(value)


def write_number(value: float | None, digits: int = 2) -> str:
    """Write a number, or a dash where there is none.

    Parameters
    ----------
    value : float or None
        The number.
    digits : int
        Behind the point.

    Returns
    -------
    str
    """
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def label_cells(table: pd.DataFrame, dims: Sequence[str]) -> pd.Series:
    """Label each cell of a panel by what it is in every dim.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column per dim.
    dims : sequence of str
        The panel's.

    Returns
    -------
    pandas.Series
    """
    labels: pd.Series = table[list(dims)].astype("str").agg(" / ".join, axis=1)
    return labels
