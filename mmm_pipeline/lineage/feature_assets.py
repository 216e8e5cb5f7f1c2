"""What the model sees, made of validated data; it refuses before it writes."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.lineage.checks import report_requirement, specify
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_table
from mmm_pipeline.spec import ModelSpec

COMPLETE = {"nothing_lost": "The features give the validated data back, and nothing else."}


def build_feature_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire the features of a model.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``features``.
    """
    return [_features(model)]


def _features(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "features",
        form="arrays",
        kinds={"xarray", "netcdf"},
        reads=["validated_data", *(["raw_experiments"] if model.spec.experiments else [])],
        checks=specify(model.key("features"), COMPLETE, blocking=True),
    )
    def features(**tables: pd.DataFrame) -> Iterator[Any]:
        """What the model sees: channels, controls, events, with every scale that was applied.

        Scales and the trend's clock are those of the promoted fit, or else of the last that passed
        its gate, so that the parameters of a refit mean the same; where a column has grown or
        shrunk by more than a factor of 2, its own.
        """
        from mmm_pipeline.decision.today import require_plannable
        from mmm_pipeline.evidence.folds import plan_folds
        from mmm_pipeline.ingest.sources import read_truth
        from mmm_pipeline.model.features import build_features, find_lost_features

        validated_data, experiments = tables["validated_data"], tables.get("raw_experiments")
        with told_clearly(model.location):
            # What comes later needs them; a slip there should not cost a fit.
            read_truth(model.project.data, model.spec.truth)
            if model.spec.backtest:
                plan_folds(pd.DatetimeIndex(validated_data["date"]), model.spec)
            arrays = build_features(validated_data, model.spec)
            arrays, since = _hold_scales(model, arrays)
            if experiments is not None:
                arrays = _add_experiments(arrays, experiments, model.spec)
            require_plannable(model.spec, arrays)
        lost = find_lost_features(arrays, validated_data, model.spec)
        yield report_requirement("nothing_lost", lost)
        if lost:
            raise dg.Failure("; ".join(lost), allow_retries=False)
        yield dg.Output(
            arrays, metadata={"scales": show_table(_list_scales(arrays)), "scales_since": since}
        )

    return features


def _hold_scales(model: Model, arrays: xr.Dataset) -> tuple[xr.Dataset, str]:
    """Keep the scales of an earlier fit, and say since which one they are the same."""
    from mmm_pipeline.model.scales import find_new_scales, hold_scales

    earlier = model.fits.find_scales(model.spec.gate)
    if earlier is None:
        return arrays, "this delivery"
    inputs = earlier["/inputs"].to_dataset()
    held = hold_scales(arrays, inputs)
    words = f"fit {earlier.attrs['fit_id']}"
    if others := find_new_scales(held, inputs):
        words += f", but for {', '.join(others)}"
        dg.get_dagster_logger().warning(
            f"Scales of {', '.join(others)} are new: they are off by more than a factor of 2. "
            "Parameters that hang on them mean something else than before."
        )
    return held, words


def _add_experiments(arrays: xr.Dataset, experiments: pd.DataFrame, spec: ModelSpec) -> xr.Dataset:
    """Add what experiments found, checked."""
    from mmm_pipeline.ingest.lift_tests import validate_lift_tests
    from mmm_pipeline.model.lift_arrays import arrange_lift_tests

    tests = validate_lift_tests(experiments, spec, arrays)
    return arrays.merge(arrange_lift_tests(tests, arrays, spec))


def _list_scales(features: xr.Dataset) -> pd.DataFrame:
    """Tabulate what every column is centred on and divided by; in a panel, in the first cell."""
    cells = [dim for dim in features["target"].dims if dim != "date"]
    one = features.isel(dict.fromkeys(cells, 0))
    rows = [("target", 0.0, float(one["target_scale"]))]
    scales = one["channel_scale"].to_series()
    rows += [(str(name), 0.0, float(scale)) for name, scale in scales.items()]
    if "control" in one.dims:
        frame = one[["control_center", "control_scale"]].to_dataframe()
        centers, scales = frame["control_center"], frame["control_scale"]
        rows += [(str(name), float(centers[name]), float(scales[name])) for name in frame.index]
    return pd.DataFrame(rows, columns=["column", "center", "scale"])
