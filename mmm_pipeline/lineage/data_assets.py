"""From the source to validated data: every asset here refuses before it writes.

What makes data bad is said in `mmm_pipeline.ingest`, not here.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import pandas as pd

from mmm_pipeline.errors import DataError, Problem, StaleFitError
from mmm_pipeline.ingest.rules import list_rules
from mmm_pipeline.lineage.checks import (
    report_problems,
    report_rules,
    report_warnings,
    specify,
    specify_rules,
)
from mmm_pipeline.lineage.deliveries import Names
from mmm_pipeline.lineage.failures import fail_on
from mmm_pipeline.lineage.forms import Profile
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_drawing, show_table
from mmm_pipeline.spec import Place

READABLE = {"readable": "The source can be read and holds rows."}
UNCUT = {"uncut": "The end of the source is there: its last line is closed."}
DELIVERY, RECEIVED = "delivery", "received_at"
"""Attributes of a raw table: the name of its content, and when that first came."""
FINDINGS = "findings"
"""Attribute of validated data: what should be looked at, one sentence each."""


def build_data_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire source, validation and profile of a model.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``raw_data``, ``raw_media`` where media come in a table of their own, ``raw_experiments``
        and ``raw_entities`` where there are any, ``validated_data``, ``data_profile``.
    """
    return [*_list_raw(model), _validated_data(model), _data_profile(model)]


def _list_raw(model: Model) -> Iterator[dg.AssetsDefinition]:
    """Wire every table that the spec names."""
    data, experiments = model.spec.data, model.spec.experiments
    yield _raw(model, "raw_data", data.path, ("data", "path"), "The source, as it was delivered.")
    if data.media_long:
        words = "The long table of media, as it was delivered."
        setting = ("data", "media_long", "path")
        yield _raw(model, "raw_media", data.media_long.path, setting, words)
    if experiments:
        words = "The table of what experiments found, as it was delivered."
        yield _raw(model, "raw_experiments", experiments, ("experiments",), words)
    if model.spec.entities:
        words = "The table of what campaigns, creatives or publishers showed, as it was delivered."
        yield _raw(model, "raw_entities", model.spec.entities, ("entities",), words)


def _raw(
    model: Model, asset: str, place: Place, setting: tuple[str, ...], words: str
) -> dg.AssetsDefinition:
    """Wire one table."""

    def read() -> Iterator[Any]:
        yield from _read(model, asset, place, setting)

    read.__doc__ = words
    checks = _specify_raw(model, asset)
    return model.asset(asset, form="table", kinds={"pandas", "parquet"}, checks=checks)(read)


def _validated_data(model: Model) -> dg.AssetsDefinition:
    spec = model.spec
    raw = ["raw_data", *(["raw_media"] if spec.data.media_long else [])]

    @model.asset(
        "validated_data",
        form="table",
        kinds={"pandera", "parquet"},
        reads=raw,
        checks=specify_rules(model.key("validated_data"), list_rules(spec)),
    )
    def validated_data(**tables: pd.DataFrame) -> Iterator[Any]:
        """One row per period and cell, held against its contract: complete, typed, unrepaired."""
        from mmm_pipeline.ingest.quality import find_warnings
        from mmm_pipeline.ingest.validate import validate_source

        try:
            validated = validate_source(tables, spec)
        except DataError as error:
            yield from report_rules(error.problems)
            raise fail_on(error.problems, model.location) from None
        frame = validated.frame
        findings = [
            *validated.notes,
            *find_warnings(frame, spec, _received(tables)),
            *_find_restated(model, tables, frame),
        ]
        frame.attrs[FINDINGS] = [finding.message for finding in findings]
        yield dg.Output(
            frame, metadata={**show_columns(frame), "preview": show_table(frame.head(5))}
        )
        for words in frame.attrs[FINDINGS]:
            dg.get_dagster_logger().warning(words)
        yield from report_rules(findings, list_rules(spec))
        model.deliveries.note_ingested(_names(tables))

    return validated_data


def _data_profile(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "data_profile",
        form="profile",
        kinds={"pandas", "html"},
        reads=["validated_data"],
    )
    def data_profile(validated_data: pd.DataFrame) -> dg.Output[Profile]:
        """The data before anybody models them: ranges, shares, activity, trend, correlations."""
        from mmm_pipeline.ingest.profile import profile_frame, summarize_frame
        from mmm_pipeline.report.profile import draw_profile, render_profile

        table = profile_frame(validated_data, model.spec)
        figures = draw_profile(validated_data, table, model.spec)
        findings = validated_data.attrs[FINDINGS]
        page = render_profile(validated_data, table, model.spec, findings, figures)
        whole = summarize_frame(validated_data, model.spec)
        return dg.Output(
            Profile(table, page),
            metadata={
                **{name: value for name, value in whole.items() if value == value},
                "columns": show_table(table.iloc[:, : table.columns.get_loc("r_target")]),
                **{name: show_drawing(name, figure) for name, figure in figures.items()},
            },
        )

    return data_profile


def _specify_raw(model: Model, asset: str) -> list[dg.AssetCheckSpec]:
    """Declare the checks on a raw table."""
    key = model.key(asset)
    return [*specify(key, READABLE, blocking=True), *specify(key, UNCUT, blocking=False)]


def _read(model: Model, asset: str, place: Place, setting: tuple[str, ...]) -> Iterator[Any]:
    """Read a source, keep what was delivered, and hand it on."""
    from mmm_pipeline.ingest.read import read_source

    try:
        delivery = read_source(model.project.data, place, model.spec.data.csv, setting)
    except DataError as error:
        yield report_problems("readable", error.problems)
        raise fail_on(error.problems, model.location) from None
    receipt = model.deliveries.keep(asset, delivery, dt.datetime.now(dt.UTC))
    frame = delivery.frame
    frame.attrs |= {DELIVERY: receipt.delivery, RECEIVED: receipt.received_at}
    yield dg.Output(
        frame,
        metadata={
            **show_columns(frame),
            "source_sha256": delivery.digest,
            "received_at": receipt.received_at,
            "deliveries": len(model.deliveries.list_arrivals(asset)),
            "columns": show_table(_describe_columns(frame)),
            "preview": show_table(frame.head(5)),
        },
    )
    yield report_problems("readable", [])
    yield report_warnings("uncut", [note.message for note in delivery.notes])


def _describe_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Say of each column how much of it is missing, and how many values it has."""
    return pd.DataFrame(
        {
            "column": [str(name) for name in frame.columns],
            "missing_share": frame.isna().mean().to_numpy(),
            "distinct": frame.nunique().to_numpy(),
        }
    )


def _names(tables: Mapping[str, pd.DataFrame]) -> Names:
    """Name the deliveries that are at hand."""
    return {asset: str(table.attrs[DELIVERY]) for asset, table in tables.items()}


def _received(tables: Mapping[str, pd.DataFrame]) -> dt.date:
    """Find the day on which the last of the tables came."""
    return max(dt.datetime.fromisoformat(table.attrs[RECEIVED]).date() for table in tables.values())


def _find_restated(
    model: Model, tables: Mapping[str, pd.DataFrame], frame: pd.DataFrame
) -> list[Problem]:
    """Compare with what was ingested last, read by the spec as it stands now."""
    from mmm_pipeline.ingest.history import find_restated
    from mmm_pipeline.ingest.validate import validate_source

    names = model.deliveries.find_ingested_before(_names(tables))
    if names is None or set(names) != set(tables):
        return []
    try:
        earlier = {asset: model.deliveries.read(asset, name) for asset, name in names.items()}
        before = validate_source(earlier, model.spec).frame
    except (DataError, StaleFitError):
        return []  # It cannot be read by this spec: there is nothing to compare with.
    since = f"the delivery {names['raw_data']}, which was ingested before"
    return find_restated(before, frame, model.spec, since)
