"""All tables of an export in one Excel workbook, with a sheet that says what each is."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter

from mmm_pipeline.exports.bundle import Bundle, Delivered
from mmm_pipeline.exports.schema import list_types
from mmm_pipeline.exports.writers import FORMULA_STARTS, list_rows

MAX_ROWS = 1_048_575
"""Rows of a sheet below its header; a longer table is left to the other formats."""
MAX_TEXT = 32_767
"""Characters that a cell can hold."""
ABOUT = "about"
HEAD_FONT, HEAD_FILL = (
    Font(name="Calibri", size=11, bold=True, color="FFFFFF"),
    PatternFill("solid", fgColor="1D5F8A"),
)
NUMBER_FORMATS = {"amount": "#,##0.00", "small": "0.0000", "date": "yyyy-mm-dd"}
WIDEST, NARROWEST = 48, 9
"""Widths of a column, in characters."""


def write_workbook(bundle: Bundle, path: Path) -> None:
    """Write all tables of an export, a sheet each.

    Numbers and dates are such, formatted and not rounded. A text is written as a text, whatever
    it begins with: no cell is a formula.

    Parameters
    ----------
    bundle : Bundle
        The export.
    path : pathlib.Path
        Where to.
    """
    book = Workbook(write_only=True)
    _write_about(book, bundle)
    for name, table in bundle.tables.items():
        if fits_a_sheet(table):
            _write_sheet(book, name, list(table.frame.columns), list_rows(table.frame))
    book.save(path)


def fits_a_sheet(table: Delivered) -> bool:
    """Tell whether a sheet can hold a table.

    Parameters
    ----------
    table : Delivered
        As it is delivered.

    Returns
    -------
    bool
    """
    return len(table.frame) <= MAX_ROWS


def _write_about(book: Workbook, bundle: Bundle) -> None:
    """Say what the workbook is of, what each sheet is and what each column holds."""
    rows: list[tuple[object, ...]] = [(key, value) for key, value in bundle.facts.items()]
    rows += [(), ("sheet", "rows", "what a row is")]
    for name, table in bundle.tables.items():
        where = "" if fits_a_sheet(table) else " Too long for a sheet; see its other files."
        rows.append((name, len(table.frame), table.words + where))
    rows += [(), ("sheet", "column", "what it holds", "type")]
    for name, table in bundle.tables.items():
        for column, kind in list_types(table.frame):
            rows.append((name, column, table.meanings[column], kind))
    _write_sheet(book, ABOUT, ["what", "", "", ""], rows, widths=(24, 36, 90, 10))


def _write_sheet(
    book: Workbook,
    name: str,
    header: Sequence[str],
    rows: Iterable[tuple[object, ...]],
    widths: Sequence[float] = (),
) -> None:
    """Write one sheet: header frozen, columns as wide as what they hold.

    A row that follows an empty one is a header, too.
    """
    listed = list(rows)
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths or _measure_widths(header, listed), start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.append(list(_write_header(sheet, header)))
    for before, row in pairwise([header, *listed]):
        cells = _write_header(sheet, map(str, row)) if not before else _write_row(sheet, row)
        sheet.append(list(cells))


def _write_row(sheet: object, row: Iterable[object]) -> Iterator[WriteOnlyCell]:
    """Write what a row holds."""
    for value in row:
        yield _write_cell(sheet, value)


def _write_header(sheet: object, header: Iterable[str]) -> Iterator[WriteOnlyCell]:
    """Write the names of the columns."""
    for name in header:
        cell = _write_cell(sheet, name)
        cell.font, cell.fill = HEAD_FONT, HEAD_FILL
        yield cell


def _write_cell(sheet: object, value: object) -> WriteOnlyCell:
    """Write one cell; a text is never anything else."""
    if isinstance(value, str):
        text = ILLEGAL_CHARACTERS_RE.sub("", value)[:MAX_TEXT]
        cell = WriteOnlyCell(sheet, value=text)
        cell.data_type = "s"
        cell.quotePrefix = text.startswith(FORMULA_STARTS)
        return cell
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, dt.date):
        cell.number_format = NUMBER_FORMATS["date"]
    elif isinstance(value, float):
        cell.number_format = NUMBER_FORMATS["amount" if abs(value) >= 10 else "small"]
    return cell


def _measure_widths(header: Sequence[str], rows: Sequence[tuple[object, ...]]) -> list[float]:
    """Find how wide each column must be for its name and its first rows."""
    shown = [header, *rows[:200]]
    return [
        min(WIDEST, max(NARROWEST, *(len(_show(row[place])) + 2 for row in shown)))
        for place in range(len(header))
    ]


def _show(value: object) -> str:
    """Write a value about as wide as a sheet does."""
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
