"""From the source to the features: every asset here refuses before it writes.

What makes data bad is said in `mmm_pipeline.ingest`, not here.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DataError
from mmm_pipeline.lineage.checks import (
    report_problems,
    report_requirement,
    report_warnings,
    specify,
)
from mmm_pipeline.lineage.failures import fail_on, told_clearly
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_columns, show_table

READABLE = {"readable": "The source can be read and holds rows."}
CONTRACT = {
    "schema": "Every column is there, typed, complete and in range.",
    "data_errors": "The calendar has no gap and no repeat, and the columns have something to tell.",
}
WARNINGS = {"data_warnings": "What makes a model hard to fit or hard to believe; never blocks."}
COMPLETE = {"nothing_lost": "The features give the validated data back, and nothing else."}


def build_data_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire source, validation and features of a model.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``raw_data``, ``validated_data``, ``features``.
    """
    return [_raw_data(model), _validated_data(model), _features(model)]


def _raw_data(model: Model) -> dg.AssetsDefinition:
    spec = model.spec

    @model.asset(
        "raw_data",
        form="table",
        kinds={"pandas", "parquet"},
        checks=specify(model.key("raw_data"), READABLE, blocking=True),
    )
    def raw_data() -> Iterator[Any]:
        """The source, as it was delivered."""
        from mmm_pipeline.ingest.read import digest_source, read_source, resolve_source

        try:
            file = resolve_source(model.project.data, spec.data.path)
            frame = read_source(file, spec.data.path)
        except DataError as error:
            yield report_problems("readable", error.problems)
            raise fail_on(error.problems, model.location) from None
        yield dg.Output(
            frame,
            metadata={
                **show_columns(frame),
                "source_sha256": digest_source(file),
                "preview": show_table(frame.head(5)),
            },
        )
        yield report_problems("readable", [])

    return raw_data


def _validated_data(model: Model) -> dg.AssetsDefinition:
    spec, key = model.spec, model.key("validated_data")

    @model.asset(
        "validated_data",
        form="table",
        kinds={"pandera", "parquet"},
        reads=["raw_data"],
        checks=[
            *specify(key, CONTRACT, blocking=True),
            *specify(key, WARNINGS, blocking=False),
        ],
    )
    def validated_data(raw_data: pd.DataFrame) -> Iterator[Any]:
        """One row per period, held against its contract: complete, typed, nothing repaired."""
        from mmm_pipeline.ingest.contract import DATA_CODES, SCHEMA_CODES
        from mmm_pipeline.ingest.quality import find_warnings
        from mmm_pipeline.ingest.validate import validate_source

        try:
            frame = validate_source(raw_data, spec, spec.data.path)
        except DataError as error:
            yield report_problems("schema", error.problems, SCHEMA_CODES)
            if all(problem.code != "missing_column" for problem in error.problems):
                yield report_problems("data_errors", error.problems, DATA_CODES)
            raise fail_on(error.problems, model.location) from None
        yield dg.Output(
            frame, metadata={**show_columns(frame), "preview": show_table(frame.head(5))}
        )
        yield report_problems("schema", [])
        yield report_problems("data_errors", [])
        warnings = [problem.message for problem in find_warnings(frame, spec)]
        yield report_warnings("data_warnings", warnings)

    return validated_data


def _features(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "features",
        form="arrays",
        kinds={"xarray", "netcdf"},
        reads=["validated_data"],
        checks=specify(model.key("features"), COMPLETE, blocking=True),
    )
    def features(validated_data: pd.DataFrame) -> Iterator[Any]:
        """What the model sees: channels, controls, events, with every scale that was applied."""
        from mmm_pipeline.ingest.read import read_truth
        from mmm_pipeline.model.features import build_features, find_lost_features

        with told_clearly(model.location):
            # The report needs it; a slip there should not cost a fit.
            read_truth(model.project.data, model.spec.truth)
            arrays = build_features(validated_data, model.spec)
        lost = find_lost_features(arrays, validated_data)
        yield report_requirement("nothing_lost", lost)
        if lost:
            raise dg.Failure("; ".join(lost), allow_retries=False)
        yield dg.Output(arrays, metadata={"scales": show_table(_list_scales(arrays))})

    return features


def _list_scales(features: xr.Dataset) -> pd.DataFrame:
    """Tabulate what every column is centred on and divided by."""
    rows = [("target", 0.0, float(features["target_scale"]))]
    scales = features["channel_scale"].to_series()
    rows += [(str(name), 0.0, float(scale)) for name, scale in scales.items()]
    if "control" in features.dims:
        frame = features[["control_center", "control_scale"]].to_dataframe()
        rows += [
            (str(name), float(row.iloc[0]), float(row.iloc[1])) for name, row in frame.iterrows()
        ]
    return pd.DataFrame(rows, columns=["column", "center", "scale"])
