"""Where a table is, and how it is written."""

from typing import Annotated, Literal, Self

from pydantic import Field, Tag, model_validator

from mmm_pipeline.spec.base import PART, TEXT, TEXT_OR_PART, Name, SpecPart


class CsvDialect(SpecPart):
    """How a CSV file is written."""

    delimiter: str = Field(default=",", min_length=1, max_length=1, description="Between cells.")
    quote: str = Field(default='"', min_length=1, max_length=1, description="Around cells.")
    encoding: str = Field(default="utf-8", description="Of the text, for example latin-1.")
    skip_lines: int = Field(default=0, ge=0, le=1000, description="Lines above the header.")
    decimal: Literal[".", ","] = Field(default=".", description="Between units and fractions.")
    thousands: Literal["", ",", ".", " ", "'"] = Field(
        default="", description="Between groups of three digits; nothing by default."
    )

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for word in ("delimiter", "quote"):
            sign = getattr(self, word)
            if not sign.isascii() or sign in "\0\r\n":
                message = f"`{word}` must be a sign of ASCII; got {sign!r}"
                raise ValueError(message)
        if self.decimal == self.thousands:
            message = f"`decimal` and `thousands` must differ; both are {self.decimal!r}"
            raise ValueError(message)
        try:
            is_known = "a,b\n".encode(self.encoding).decode(self.encoding) == "a,b\n"
        except (LookupError, UnicodeError):
            is_known = False
        if not is_known or self.encoding.lower() in {"punycode", "idna"}:
            message = f"`encoding` must be one that Python knows; got {self.encoding!r}"
            raise ValueError(message)
        return self


class Query(SpecPart):
    """A table of a DuckDB file, or the answer to one SELECT.

    The query sees the DuckDB file, which is opened for reading, and the files under `tables`,
    and nothing else: no other file, no network, no extension.
    """

    duckdb: str | None = Field(default=None, description="DuckDB file, relative to the data root.")
    table: str | None = Field(default=None, description="Table or view of it, read as a whole.")
    sql: str | None = Field(default=None, description="One SELECT.")
    tables: dict[Name, str] = Field(
        default={},
        description="Files that the SELECT may read, by the name it knows them by. Columns of a "
        "CSV file are text in it.",
    )

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> Self:
        if (self.table is None) == (self.sql is None):
            message = "`path` must name either a `table` or the `sql` of one SELECT"
            raise ValueError(message)
        if self.duckdb is None and (self.sql is None or not self.tables):
            message = "`path` must name a `duckdb` file, or `tables` for its `sql` to read"
            raise ValueError(message)
        if self.tables and self.sql is None:
            message = "`tables` is honoured together with `sql` only"
            raise ValueError(message)
        return self


type Place = Annotated[
    Annotated[str, Field(min_length=1), Tag(TEXT)] | Annotated[Query, Tag(PART)], TEXT_OR_PART
]
"""Where a table is: a file, a pattern, an address, or a query."""
