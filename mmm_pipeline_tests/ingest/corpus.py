"""Bad inputs, each with the rule it breaks, the column, and the place."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mmm_pipeline_tests.factories import make_raw
from mmm_pipeline_tests.ingest.layouts.one_world import (
    GEOS,
    make_truth,
    write_entity_panel,
    write_media_long,
    write_mff,
    write_wide,
)

WEEKS = make_raw()["week"].tolist()


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes
    ----------
    name : str
        What is wrong with it.
    files : dict of str to bytes
        Content by path below the data root.
    code : str
        The rule it breaks.
    column : str or None
        Column of the source that breaks it; None where it is the file.
    date : str or None
        First offender's; None where no cell is to blame.
    spec : dict
        What the spec says beside the minimum.
    """

    name: str
    files: dict[str, bytes]
    code: str
    column: str | None = None
    date: str | None = None
    spec: dict[str, Any] = field(default_factory=dict)


def to_csv(frame: pd.DataFrame, **how: Any) -> bytes:
    """Write a table as a CSV file."""
    return frame.to_csv(index=False, **how).encode()


def wide(name: str, frame: pd.DataFrame, *expected: str | None, **spec: Any) -> Case:
    """A bad table with one row per week."""
    code, column, date = (*expected, None, None)[:3]
    return Case(name, {"data/acme.csv": to_csv(frame)}, str(code), column, date, spec)


def change(row: int, column: str, value: object, base: pd.DataFrame | None = None) -> pd.DataFrame:
    """A table with one other cell."""
    frame = (make_raw() if base is None else base).copy()
    frame[column] = frame[column].astype(object)
    frame.loc[row, column] = value
    return frame


def raw_bytes(name: str, content: bytes, code: str, path: str = "data/acme.csv") -> Case:
    """A bad file."""
    data = {"path": path, "date": "week", "target": "sales"}
    return Case(name, {path: content}, code, spec={"data": data})


def data(**words: Any) -> dict[str, Any]:
    """The minimal source, and more."""
    return {"path": "data/acme.csv", "date": "week", "target": "sales", **words}


def dates(values: list[str]) -> pd.DataFrame:
    """A table with other dates."""
    return make_raw(len(values), week=values)


FIRST = make_raw().to_csv(index=False).encode()

FILES = [
    raw_bytes("no byte", b"", "source_unreadable"),
    raw_bytes("a header and nothing below", b"week,sales,tv,search\n", "source_empty"),
    raw_bytes("rows of unequal length", FIRST + b"2024-08-01,1\n", "source_unreadable"),
    raw_bytes("cut off in a row", FIRST[: FIRST.rfind(b",")], "source_unreadable"),
    raw_bytes("latin-1", FIRST + "2024-08-01,1,1,é\n".encode("latin-1"), "source_unreadable"),
    raw_bytes("utf-16", FIRST.decode().encode("utf-16"), "source_unreadable"),
    raw_bytes("NUL bytes", FIRST.replace(b"2024-01-08", b"2024\x0001-08"), "source_unreadable"),
    raw_bytes("a workbook", b"PK\x03\x04" + bytes(range(256)), "source_unreadable"),
    raw_bytes("gzip", b"\x1f\x8b\x08" + bytes(range(256)), "source_unreadable"),
    raw_bytes("one line of 10 MB", b"week" * 2_500_000, "source_unreadable"),
    raw_bytes("a column twice", FIRST.replace(b"tv", b"search"), "column_repeated"),
    raw_bytes("an open quote", FIRST.replace(b"2024-01-08,", b'2024-01-08,"'), "source_unreadable"),
    raw_bytes("a continental file", FIRST.replace(b",", b";"), "source_unreadable"),
    raw_bytes("a picture", b"\x89PNG\r\n\x1a\n" + bytes(200), "source_unreadable"),
    raw_bytes("JSON", b'{"week": ["2024-01-01"], "sales": [1]}\n', "source_empty"),
    raw_bytes("text as Parquet", FIRST, "source_unreadable", "data/acme.parquet"),
    raw_bytes("half a Parquet", b"PAR1" + bytes(100), "source_unreadable", "data/acme.parquet"),
    raw_bytes("a spreadsheet", b"PK\x03\x04", "source_kind", "data/acme.xlsx"),
]
MISSING = [
    Case("no file", {}, "source_missing"),
    Case("a path that climbs", {}, "path_leaves_root", spec={"data": data(path="../acme.csv")}),
    Case("an absolute path", {}, "path_leaves_root", spec={"data": data(path="/etc/passwd")}),
    Case("a pattern without a match", {}, "source_missing", spec={"data": data(path="x/*.csv")}),
    Case("an address of the web", {}, "source_kind", spec={"data": data(path="http://x/a.csv")}),
    Case(
        "files with other columns",
        {"data/a1.csv": FIRST, "data/a2.csv": FIRST.replace(b"tv", b"TV")},
        "columns_differ",
        spec={"data": data(path="data/a*.csv")},
    ),
    Case(
        "text as DuckDB",
        {"data/acme.duckdb": FIRST},
        "query_failed",
        spec={"data": data(path={"duckdb": "data/acme.duckdb", "table": "sales"})},
    ),
    Case(
        "a query that writes",
        {"data/acme.csv": FIRST},
        "query_failed",
        spec={
            "data": data(
                path={"sql": "COPY t TO 'x.csv'", "tables": {"t": "data/acme.csv"}},
            )
        },
    ),
]
CELLS = [
    wide("no such column", make_raw().drop(columns="tv"), "missing_column", "tv"),
    wide("a column in capitals", make_raw().rename(columns={"tv": "TV"}), "missing_column", "tv"),
    wide("NaN in a spend", change(3, "tv", "NaN"), "missing_value", "tv", WEEKS[3]),
    wide("NA in a spend", change(3, "tv", "NA"), "missing_value", "tv", WEEKS[3]),
    wide("an empty spend", change(3, "tv", ""), "missing_value", "tv", WEEKS[3]),
    wide("an empty target", change(3, "sales", ""), "missing_value", "sales", WEEKS[3]),
    wide("an empty column", make_raw(tv=""), "missing_value", "tv", WEEKS[0]),
    wide("words", change(3, "tv", "a lot"), "not_a_number", "tv", WEEKS[3]),
    wide("a currency", change(3, "tv", "12 €"), "not_a_number", "tv", WEEKS[3]),
    wide("a percentage", change(3, "tv", "12%"), "not_a_number", "tv", WEEKS[3]),
    wide("thousands", change(3, "tv", "1,200"), "not_a_number", "tv", WEEKS[3]),
    wide("a decimal comma", change(3, "tv", "1,5"), "not_a_number", "tv", WEEKS[3]),
    wide("a formula", change(3, "tv", "=SUM(A1:A9)"), "not_a_number", "tv", WEEKS[3]),
    wide("a command", change(3, "tv", "@cmd|' /C calc'!A0"), "not_a_number", "tv", WEEKS[3]),
    wide("an Excel error", change(3, "tv", "#REF!"), "not_a_number", "tv", WEEKS[3]),
    wide("infinity in words", change(3, "tv", "inf"), "not_a_number", "tv", WEEKS[3]),
    wide("a number beyond all", change(3, "tv", "1e999"), "infinite_value", "tv", WEEKS[3]),
    wide("hexadecimal", change(3, "tv", "0x1F"), "not_a_number", "tv", WEEKS[3]),
    wide("a truth value", change(3, "tv", "TRUE"), "not_a_number", "tv", WEEKS[3]),
    wide("digits of another script", change(3, "tv", "١٢"), "not_a_number", "tv", WEEKS[3]),
    wide("a wrong group", change(3, "tv", "1.2000,5", make_raw().replace(r"\.", ",", regex=True)),
         "not_a_number", "tv", WEEKS[3], data=data(csv={"decimal": ",", "thousands": "."})),
    wide("a negative spend", change(3, "tv", "-1"), "negative_media", "tv", WEEKS[3]),
    wide("a channel that is off", make_raw(tv="0"), "idle_channel", "tv"),
    wide("a constant target", make_raw(sales="5"), "constant_column", "sales"),
    wide("a constant control", make_raw(price="5"), "constant_column", "price",
         controls={"price": {}}),
    wide("a negative temperature in kelvin", change(3, "kelvin", "-3", make_raw(kelvin=range(30))),
         "negative_control", "kelvin", WEEKS[3], controls={"kelvin": {"allow_negative": False}}),
    wide("an empty control", change(3, "price", "", make_raw(price=range(30))), "missing_value",
         "price", WEEKS[3], controls={"price": {}}),
    wide("NaN in a filled control", change(3, "price", "nan", make_raw(price=range(30))),
         "missing_value", "price", WEEKS[3], controls={"price": {"fill": "forward"}}),
    wide("nothing to fill from", change(0, "price", "", make_raw(price=range(30))),
         "missing_value", "price", WEEKS[0], controls={"price": {"fill": "forward"}}),
    wide("a text that never comes", make_raw(event="none"), "missing_text", "event",
         controls={"sale": {"column": "event", "equals": "sale"}}),
    wide("a text that is always there", make_raw(event="sale"), "constant_column",
         "event [=sale]", controls={"sale": {"column": "event", "equals": "sale"}}),
    wide("a country that is none", make_raw(), "unknown_holiday",
         events={"x": {"country": "Atlantis"}}),
    wide("a holiday that is none", make_raw(), "unknown_holiday",
         events={"x": {"country": "US", "only": "Boxing Day"}}),
    wide("an event in another year", make_raw(), "idle_event", events={"x": ["2030-01-01"]}),
    wide("weeks from another day", make_raw(), "grain_mismatch", "week",
         data=data(week_start="sunday")),
    wide("a count without a value", change(3, "worth", "", make_raw(worth=range(1, 31))),
         "missing_value", "worth", WEEKS[3],
         data=data(target={"count": "sales", "value": "worth"})),
    wide("a hole in a group", change(3, "search", ""), "missing_value", "search", WEEKS[3],
         media={"digital": {"spend": ["tv", "search"]}}),
    wide("a negative exposure", change(3, "search", "-5"), "negative_media", "search", WEEKS[3],
         media={"tv": {"exposure": "search"}}),
    wide("contacts that reached nobody", change(3, "search", "0", make_raw(sent="5")),
         "contacts_without_reach", "search", WEEKS[3],
         media={"tv": {"exposure": "tv", "spend": "sent", "reach": "search"}}),
]  # fmt: skip
CALENDAR = [
    wide("no date", change(3, "week", ""), "not_a_date", "week", "row 4"),
    wide("a day that is none", change(3, "week", "2024-02-30"), "not_a_date", "week", "row 4"),
    wide("the day first", change(3, "week", "22/01/2024"), "not_a_date", "week", "row 4"),
    wide("a number of a sheet", change(3, "week", "45313"), "not_a_date", "week", "row 4"),
    wide("a week's name", change(3, "week", "2024-W04"), "not_a_date", "week", "row 4"),
    wide("the month first", change(3, "week", "01/22/2024"), "not_a_date", "week", "row 1",
         data=data(dayfirst=True)),
    wide("another format", change(3, "week", "2024.01.22"), "not_a_date", "week", "row 4",
         data=data(date_format="%Y-%m-%d")),
    wide("a week twice", change(3, "week", WEEKS[2]), "duplicate_period", "week", WEEKS[2]),
    wide("a whole copy", pd.concat([make_raw()] * 2), "duplicate_period", "week", WEEKS[0]),
    wide("a gap", make_raw().drop(index=3), "missing_period", "week", WEEKS[3]),
    wide("two gaps", make_raw().drop(index=[3, 9, 10]), "missing_period", "week", WEEKS[3]),
    wide("an odd day", change(3, "week", "2024-01-23"), "irregular_calendar", "week", "2024-01-23"),
    wide("a far future", change(29, "week", "9999-12-01"), "irregular_calendar", "week",
         "9999-12-01"),
    wide("every tenth day", dates([f"{day:%Y-%m-%d}" for day in
         pd.date_range("2024-01-01", periods=30, freq="10D")]), "irregular_calendar", "week",
         "2024-01-01"),
    wide("ends of months", dates([f"{day:%Y-%m-%d}" for day in
         pd.date_range("2022-01-31", periods=30, freq="ME")]), "irregular_calendar", "week",
         "2022-01-31"),
    wide("too short", make_raw(19), "too_few_periods", "week"),
    wide("shorter than expected", make_raw(40), "too_few_periods", "week",
         data=data(expect={"min_periods": 50, "max_periods": 53})),
    wide("longer than expected", make_raw(60), "too_many_periods", "week",
         data=data(expect={"min_periods": 50, "max_periods": 53})),
    wide("nothing in the window", make_raw(), "too_few_periods", "week",
         data=data(window={"start": "2030-01-01"})),
    wide("weeks to days", make_raw(), "grain_mismatch", "week", data=data(grain="day")),
    wide("weeks to months", make_raw(90), "grain_mismatch", "week", data=data(grain="month")),
]  # fmt: skip


def _written(layout: Any, geos: tuple[str, ...] = ()) -> tuple[dict[str, pd.DataFrame], Any]:
    tables, spec = layout(make_truth(geos))
    plain = spec.model_dump(mode="json", include={"data", "media", "controls"})
    plain["data"]["path"] = "data/acme.csv"
    return {name: frame.sort_values(list(frame)[:2]) for name, frame in tables.items()}, plain


def other(
    name: str, frame: pd.DataFrame, spec: dict[str, Any], *expected: str | None,
    media: pd.DataFrame | None = None,
) -> Case:  # fmt: skip
    """A bad table of another layout."""
    code, column, date = (*expected, None, None)[:3]
    files = {"data/acme.csv": to_csv(frame)}
    if media is not None:
        files["data/media.csv"] = to_csv(media)
        long = spec["data"]["media_long"] | {"path": "data/media.csv"}
        spec = spec | {"data": spec["data"] | {"media_long": long}}
    return Case(name, files, str(code), column, date, spec)


def _panels() -> list[Case]:
    tables, spec = _written(write_wide, GEOS)
    frame = tables["raw_data"].reset_index(drop=True)
    first = frame["week"].iloc[0]
    national = spec | {"data": spec["data"] | {"panel": {}}}
    people = spec | {"data": spec["data"] | {"population": "people"}}
    stores, store_spec = _written(write_entity_panel)
    entities = stores["raw_data"].reset_index(drop=True)
    return [
        other("a panel as a nation", frame, national, "duplicate_period", "week", first),
        other("a cell left out", frame.drop(index=0), spec, "missing_period", "week", first),
        other("a cell twice", pd.concat([frame, frame.iloc[:1]]), spec, "duplicate_period",
              "week", first),
        other("a row without a cell", change(0, "geo", "", frame), spec, "missing_label",
              "geo", first),
        other("a cell without people", frame.assign(people=np.where(frame["geo"] == "North", 0, 9)),
              people, "bad_population", "people", first),
        other("no such dim", frame, spec | {"data": spec["data"] | {"panel": {"geo": "place"}}},
              "missing_column", "place"),
        other("a store left out", entities.drop(index=0), store_spec, "missing_period",
              "period_start", entities["period_start"].iloc[0]),
        other("a store twice", pd.concat([entities, entities.iloc[:1]]), store_spec,
              "duplicate_period", "period_start", entities["period_start"].iloc[0]),
        other("sales that are words", change(0, "sales", "n.n.", entities), store_spec,
              "not_a_number", "sales", entities["period_start"].iloc[0]),
        other("no entity", entities.drop(columns="entity_id"), store_spec, "missing_column",
              "entity_id"),
    ]  # fmt: skip


def _flat_files() -> list[Case]:
    tables, spec = _written(write_mff)
    frame = tables["raw_data"].sort_values(["VariableName", "Period"]).reset_index(drop=True)
    price = int(frame.index[frame["VariableName"] == "Price"][0])
    day = frame["Period"].iloc[price]
    geo_tables, geo_spec = _written(write_mff, GEOS)
    geo = geo_tables["raw_data"].sort_values(["VariableName", "Period"]).reset_index(drop=True)
    geo_price = int(geo.index[geo["VariableName"] == "Price"][0])
    lacks_geo = geo.assign(Geography=geo["Geography"].mask(geo["VariableName"] == "Sales", ""))
    said = geo_spec | {
        "data": geo_spec["data"] | {"mff": geo_spec["data"]["mff"] | {"dimensions": {"Price": []}}}
    }
    late = spec | {"data": spec["data"] | {"window": {"start": "2024-02-01"}}}
    baskets = frame[frame["VariableName"] == "Sales"].assign(VariableName="basket")
    priced = pd.concat([frame, *(baskets.assign(Product=name) for name in ("a", "b"))])
    pricing = spec | {"data": spec["data"] | {"target": {"count": "Sales", "value": "basket"}}}
    weighted = spec | {"data": spec["data"] | {"mff": spec["data"]["mff"] | {"weights": "People"}}}
    return [
        other("no value column", frame.drop(columns="VariableValue"), spec, "missing_column",
              "VariableValue"),
        other("a variable left out", frame[frame["VariableName"] != "Price"], spec,
              "missing_variable", "Price"),
        other("no weights", frame, weighted, "missing_variable", "People"),
        other("a record twice", pd.concat([frame, frame.iloc[[price]]]), spec,
              "duplicate_record", "Price", day),
        other("a record that is words", change(price, "VariableValue", "high", frame), spec,
              "not_a_number", "Price", day),
        other("a record that is NaN", change(price, "VariableValue", "NaN", frame), spec,
              "missing_value", "Price", day),
        other("a record that is empty", change(price, "VariableValue", "", frame), spec,
              "missing_value", "Price", day),
        other("a control left out", frame.drop(index=price), spec, "missing_value", "Price", day),
        other("a bad period", change(price, "Period", "soon", frame), spec, "not_a_date", "Period"),
        other("a dim that is half there", change(geo_price, "Geography", "", geo), geo_spec,
              "mixed_dimension", "Price", day),
        other("a target without its dim", lacks_geo, geo_spec, "mixed_dimension", "Sales"),
        other("a record of two channels in a flat file", frame, spec | {"media": {
              "brand": {"spend": ["tv"], "where": {"campaign": ["Brand"]}},
              "all": {"spend": ["tv"], "where": {"campaign": ["Brand", "Promo"]}}}},
              "ambiguous_record", "tv", frame.loc[frame["Campaign"] == "Brand", "Period"].iloc[0]),
        other("a value per order and brand", priced, pricing, "varies_over_dimension", "basket",
              frame["Period"].min()),
        other("a window without tv", frame[(frame["VariableName"] != "tv")
              | (frame["Period"] < "2024-02-01")], late, "missing_variable", "tv"),
        other("a national variable that varies", geo, said, "varies_over_dimension", "Price", day),
    ]  # fmt: skip


def _media_plans() -> list[Case]:
    tables, spec = _written(write_media_long)
    rest = tables["raw_data"].sort_values("week").reset_index(drop=True)
    media = tables["raw_media"].sort_values(["week", "lvl2"]).reset_index(drop=True)
    tv = media["lvl1"] == "TV"
    geo_tables, geo_spec = _written(write_media_long, GEOS)
    geo_rest = geo_tables["raw_data"].sort_values(["week", "geo"]).reset_index(drop=True)
    geo_media = geo_tables["raw_media"].sort_values(["week", "geo", "lvl2"]).reset_index(drop=True)
    both = {"tv": {"where": {"lvl1": "TV"}}, "spot": {"where": {"lvl2": "Spot"}}}
    week = rest["week"].iloc[5]
    cost = int(media.index[tv][0])
    return [
        other("no cost column", rest, spec, "missing_column", "cost",
              media=media.drop(columns="cost")),
        other("no level", rest, spec, "missing_column", "lvl2", media=media.drop(columns="lvl2")),
        other("a channel without records", rest, spec, "missing_variable", "lvl1",
              media=media[~tv]),
        other("a record of two channels", rest, spec | {"media": both}, "ambiguous_record", None,
              media.loc[media["lvl2"] == "Spot", "week"].iloc[0], media=media),
        other("a cost that is words", rest, spec, "not_a_number", "cost",
              media["week"].iloc[cost], media=change(cost, "cost", "tbc", media)),
        other("a cost that is NaN", rest, spec, "missing_value", "cost [lvl1=TV]",
              media["week"].iloc[cost], media=change(cost, "cost", "NaN", media)),
        other("a week without a plan", rest, spec, "join_gap", "week", week,
              media=media[media["week"] != week]),
        other("a plan without a week", rest.drop(index=5), spec, "join_gap", "week", week,
              media=media),
        other("a cell that only the plan has", geo_rest, geo_spec, "join_gap", "week",
              media=geo_media.replace("West", "west")),
        other("a window without a plan", rest, spec | {"data": spec["data"] | {"window":
              {"start": "2024-02-01"}}}, "missing_variable", None,
              media=media[media["week"] < "2024-02-01"]),
        other("no week in common", rest.assign(week=make_raw()["week"]), spec, "join_gap", "week",
              media["week"].min(), media=media),
        other("a bad date in a plan", rest, spec, "not_a_date", "week", "row 1",
              media=change(0, "week", "soon", media)),
    ]  # fmt: skip


CORPUS = [*FILES, *MISSING, *CELLS, *CALENDAR, *_panels(), *_flat_files(), *_media_plans()]
