"""Where a model's data come from, how they are laid out, and what is done to them on the way."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, Tag, model_validator

from mmm_pipeline.spec.base import PART, TEXT, TEXT_OR_PART, Name, Number, SpecPart
from mmm_pipeline.spec.source import CsvDialect, Place
from mmm_pipeline.spec.wording import CURRENCY

type Column = Annotated[str, StringConstraints(min_length=1)]
type Columns = Annotated[
    tuple[Column, ...],
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    Field(min_length=1),
]
"""One column, or several that are added up."""
type Layout = Literal["wide", "mff", "entity_panel", "media_long"]
type Grain = Literal["day", "week", "month"]
type Aggregate = Literal["sum", "mean", "max", "last"]
type Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

MFF_DIMENSIONS = ("geography", "product", "campaign", "outlet", "creative")
"""What tells the records of a Master Flat File apart, beside the period and the variable."""


class CountTimesValue(SpecPart):
    """An outcome that is delivered as a count and what each is worth."""

    count: Column = Field(description="Column with the count, for example of conversions.")
    value: Column = Field(description="Column with target units per count.")


type Target = Annotated[
    Annotated[Column, Tag(TEXT)] | Annotated[CountTimesValue, Tag(PART)], TEXT_OR_PART
]
"""An outcome: a column, or a count and a value."""


class Window(SpecPart):
    """The part of the history that is used. What lies outside is not looked at."""

    start: dt.date | None = Field(default=None, description="First day, included.")
    end: dt.date | None = Field(default=None, description="Last day, included.")
    periods: int | None = Field(
        default=None, ge=1, description="How many periods are kept, the last ones."
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.start and self.end and self.end < self.start:
            message = f"`window` must not end before it starts; got {self.start} to {self.end}"
            raise ValueError(message)
        return self


class Expectation(SpecPart):
    """How much is expected to be there."""

    min_periods: int | None = Field(default=None, ge=1, description="Fewest periods.")
    max_periods: int | None = Field(default=None, ge=1, description="Most periods.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_periods and self.max_periods and self.min_periods > self.max_periods:
            message = (
                f"`min_periods` must not exceed `max_periods`; got {self.min_periods} and "
                f"{self.max_periods}"
            )
            raise ValueError(message)
        return self


class MasterFlatFile(SpecPart):
    """Names and dims of a Master Flat File: one record per period, variable and dims."""

    variable: Column = Field(default="VariableName", description="Column with the variable.")
    value: Column = Field(default="VariableValue", description="Column with its value.")
    geography: Column = Field(default="Geography", description="Column with the place.")
    product: Column = Field(default="Product", description="Column with the product.")
    campaign: Column = Field(default="Campaign", description="Column with the campaign.")
    outlet: Column = Field(default="Outlet", description="Column with the outlet.")
    creative: Column = Field(default="Creative", description="Column with the creative.")
    dimensions: dict[Column, tuple[Literal[MFF_DIMENSIONS], ...]] = Field(  # type: ignore[valid-type]
        default={},
        description="Dims of a variable, beside the period. Default: those its records fill in.",
    )
    weights: Column | None = Field(
        default=None,
        description="How an amount without a panel's dim is split over it: equal, population, "
        "sales (totals of the target), or a variable of the file. Default: population where there "
        "is one, else equal.",
    )


class MediaTable(SpecPart):
    """A long table of media, beside a wide one with the rest."""

    path: Place = Field(description="The table; as `data.path`.")
    date: Column | None = Field(default=None, description="Its date. Default: `data.date`.")
    levels: Annotated[Columns | None, Field()] = Field(
        default=None,
        description="Columns that say which channel a record is of. Default: lvl1, lvl2, ... or "
        "level1, level2, ..., as many as there are.",
    )
    spend: Column = Field(default="spend", description="Column with money.")
    exposure: Column = Field(
        default="impressions", description="Column with exposure of owned media and competitors."
    )
    entity: Columns | None = Field(default=None, description="What a channel is split over.")


def _telling(date_format: str) -> str:
    """Refuse a format of which the day, or the month alone, cannot be read back."""
    day = dt.datetime(2024, 10, 31)  # noqa: DTZ001  # a day, nowhere
    try:
        read = dt.datetime.strptime(day.strftime(date_format), date_format)  # noqa: DTZ007
    except ValueError:
        read = None
    if read not in {day, day.replace(day=1)}:
        message = f"`date_format` must tell a day in strptime's words; got {date_format!r}"
        raise ValueError(message)
    return date_format


def _named(value: Any) -> Any:
    """Let a dim be written by its column alone."""
    if isinstance(value, str):
        return {value: value}
    if isinstance(value, list | tuple) and all(isinstance(column, str) for column in value):
        return {column: column for column in value}
    return value


def _name_dim(dim: Any) -> Any:
    """Write a dim of a flat file in small letters."""
    return dim.lower() if isinstance(dim, str) and dim.lower() in MFF_DIMENSIONS else dim


def _usable(factors: dict[str, float]) -> dict[str, float]:
    for column, factor in factors.items():
        if factor <= 0:
            message = f"the factor of {column!r} must be above 0; got {factor}"
            raise ValueError(message)
    return factors


class DataSource(SpecPart):
    """The table a model is fitted to, and how it becomes one row per period and cell."""

    path: Place = Field(
        description="CSV or Parquet file below the data root, several by a pattern (`*`), an "
        "address on an object store (`s3://`), or a query.",
    )
    layout: Layout = Field(default="wide", description="How the table is laid out.")
    date: Column = Field(description="Column with the first day of each period.")
    target: Target = Field(
        description="Column with the outcome, in its own units; or a count and a value."
    )
    dayfirst: bool = Field(default=False, description="Dates are written 31/01/2024.")
    date_format: Annotated[str, AfterValidator(_telling)] | None = Field(
        default=None, description="Dates in strptime's words. Default: ISO 8601."
    )
    kpi: Literal["revenue", "count"] = Field(
        default="revenue",
        description="What the target is: money, whose return is ROAS, or a count, whose return is "
        "cost per target.",
    )
    margin: Annotated[Number, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="Share of revenue that is left when what was sold is paid for, with `kpi: "
        "revenue`. Default: 1, and no profit is told.",
    )
    target_cost: Annotated[Number, Field(gt=0)] | None = Field(
        default=None, description="Money that a target may cost, with `kpi: count`."
    )
    currency: Annotated[str, StringConstraints(pattern=CURRENCY)] | None = Field(
        default=None,
        description="Of all money, by its three letters: EUR. Models of different ones are not "
        "put together.",
    )
    csv: CsvDialect = Field(default=CsvDialect(), description="How CSV files are written.")
    panel: Annotated[dict[Name, Column], BeforeValidator(_named)] = Field(
        default={}, description="Dims that are kept, such as geo; names, or names and columns."
    )
    sum_over: Annotated[
        tuple[Column, ...],
        BeforeValidator(lambda value: (value,) if isinstance(value, str) else value),
    ] = Field(default=(), description="Columns that tell rows apart, over which they are added up.")
    population: Column | None = Field(default=None, description="Column with people per cell.")
    factors: Annotated[dict[Column, Number], AfterValidator(_usable)] = Field(
        default={}, description="What a column is multiplied by, by column."
    )
    grain: Grain | None = Field(
        default=None,
        description="Length of a period. A finer source is brought to it: amounts added up, "
        "controls by their `aggregate`, periods begun but not finished left out.",
    )
    week_start: Weekday | None = Field(
        default=None, description="First day of a week made of days. Default: monday."
    )
    window: Window = Field(default=Window(), description="The part that is used.")
    expect: Expectation = Field(default=Expectation(), description="How much must be there.")
    mff: MasterFlatFile | None = Field(
        default=None, description="With `layout: mff`: names and dims, where they are others."
    )
    media_long: MediaTable | None = Field(
        default=None, description="With `layout: media_long`: the long table of media."
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in_the_layout(cls, values: Any) -> Any:
        """Name the columns that a layout fixes."""
        if not isinstance(values, Mapping):
            return values
        if values.get("layout") == "mff":
            panel = _named(values.get("panel", {}))
            if isinstance(panel, Mapping):  # A dim may be written as the file's own header is.
                panel = {name: _name_dim(dim) for name, dim in panel.items()}
            return {"date": "Period", "mff": {}, **values, "panel": panel}
        if values.get("layout") == "entity_panel":
            panel = _named(values.get("panel", ()))
            is_kept = isinstance(panel, Mapping) and "entity_id" in panel.values()
            over = () if is_kept else ("entity_id",)
            return {"date": "period_start", "target": "sales", "sum_over": over, **values}
        return values

    @model_validator(mode="after")
    def _words_fit_the_layout(self) -> Self:
        if self.layout == "mff" and self.mff is None:
            message = "`data.mff` must be left out, or hold names of columns"
            raise ValueError(message)
        if self.layout == "media_long" and self.media_long is None:
            message = "`data.media_long` must name the table of media, with `layout: media_long`"
            raise ValueError(message)
        for word in ("mff", "media_long"):
            if getattr(self, word) is not None and self.layout != word:
                message = f"`data.{word}` is honoured with `layout: {word}` only"
                raise ValueError(message)
        if self.mff is not None:
            self._check_mff(self.mff)
        if self.dayfirst and self.date_format:
            message = "`data` must say `dayfirst` or `date_format`, not both"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _money_fits_the_kpi(self) -> Self:
        for word, kpi in (("margin", "revenue"), ("target_cost", "count")):
            if getattr(self, word) is not None and self.kpi != kpi:
                message = f"`data.{word}` is honoured with `kpi: {kpi}` only"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _dims_are_distinct(self) -> Self:
        columns = [*self.panel.values(), *self.sum_over, *([self.population or ()])]
        for column in columns:
            if column and columns.count(column) > 1:
                message = f"column {column!r} must have one role only; it is named more than once"
                raise ValueError(message)
        if self.population and not self.panel:
            message = "`data.population` is honoured together with `data.panel` only"
            raise ValueError(message)
        return self

    def _check_mff(self, mff: MasterFlatFile) -> None:
        """Hold the dims against those a Master Flat File has."""
        for dim in self.panel.values():
            if dim not in MFF_DIMENSIONS:
                known = ", ".join(MFF_DIMENSIONS)
                message = f"`data.panel` must name dims of the file ({known}); got {dim!r}"
                raise ValueError(message)
        if self.sum_over:
            message = "`data.sum_over` is not honoured with `layout: mff`, which adds up by itself"
            raise ValueError(message)
        if mff.weights == "population" and self.population is None:
            message = "`data.mff.weights: population` needs `data.population`"
            raise ValueError(message)

    @property
    def target_columns(self) -> tuple[str, ...]:
        """Columns that make the outcome; where there are two, they are multiplied."""
        if isinstance(self.target, CountTimesValue):
            return (self.target.count, self.target.value)
        return (self.target,)

    @property
    def breakeven_roas(self) -> float | None:
        """Return at which money comes back, target units per money; None where nobody said."""
        if self.kpi == "count":
            return 1 / self.target_cost if self.target_cost else None
        return 1 / (self.margin or 1.0)
