"""One fit and all it rests on, in one folder, under the names of a run's artefacts."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from upath import UPath

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.evidence.quality import assess_fit
from mmm_pipeline.exports.artefacts import STATUS, TAKEN_FROM, RunFolder
from mmm_pipeline.exports.writers import list_rows
from mmm_pipeline.gate import ConvergedFit, require_one_fit
from mmm_pipeline.ingest.roles import list_roles
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.model.features import find_lost_features
from mmm_pipeline.model.trace import read_sampling, read_versions


@dataclass(frozen=True)
class RunInputs:
    """Everything a run folder is made from.

    Attributes
    ----------
    fit : ConvergedFit
        The fit.
    validated : pandas.DataFrame
        The frame its features were built from.
    findings : tuple of str
        What was found odd about it.
    parameters, model_fit : pandas.DataFrame
        From `assess_parameters` and `summarize_fit`.
    contributions, returns : Summary
        From the functions of these names.

    Raises
    ------
    StaleFitError
        If they are of several fits, or the frame is not what was fitted.
    """

    fit: ConvergedFit
    validated: pd.DataFrame
    findings: tuple[str, ...]
    parameters: pd.DataFrame
    model_fit: pd.DataFrame
    contributions: Summary
    returns: Summary

    def __post_init__(self) -> None:
        """Refuse what does not belong together."""
        tables = {
            "diagnostics": self.parameters,
            "model_fit": self.model_fit,
            "contributions": self.contributions.table,
            "channel_returns": self.returns.table,
        }
        require_one_fit(self.fit, tables, "A run folder")
        if other := find_lost_features(self.fit.features, self.validated, self.fit.spec):
            name = self.fit.spec.name
            message = (
                f"A run folder must hold the data that fit {self.fit.fit_id} was made from; of "
                f"{name}/validated_data, {other[0]}. Materialise {name}/features and what follows."
            )
            raise StaleFitError(message)


def build_run_folder(inputs: RunInputs, source: UPath) -> RunFolder:
    """Put together the artefacts of a run.

    Parameters
    ----------
    inputs : RunInputs
        All of one fit.
    source : UPath
        Folder of the model's results.

    Returns
    -------
    RunFolder
    """
    fit, spec = inputs.fit, inputs.fit.spec
    part = spec.model_part()
    records = {
        "run_spec": {"fit_id": fit.fit_id, **spec.model_dump(mode="json")},
        "column_info": _describe_columns(inputs),
        "validation_summary": _summarize_validation(inputs),
        "feature_metadata": {
            "grain": fit.features.attrs["grain"],
            **{word: part[word] for word in ("l_max", "trend", "seasonality", "events")},
            "media": {
                name: {word: said[word] for word in ("kind", "carryover", "saturation")}
                for name, said in part["media"].items()
            },
        },
        "feature_scaler": _list_scales(fit.features),
        "posterior_summary": _list_records(inputs.parameters),
        "model_metadata": _describe_model(fit),
        "contribution_summary": _summarize_contributions(inputs),
        "roi_metrics": list_returns(inputs.returns.table),
        "fit_metrics": _measure_fit(inputs.model_fit),
    }
    tables = {"features": _tabulate_features(fit.features)}
    files = [*TAKEN_FROM, *(f"{name}.json" for name in records), "features.parquet"]
    records[STATUS] = {
        "state": "OUTPUTS_READY",
        "progress": 100,
        "model": spec.name,
        "fit_id": fit.fit_id,
        "fitted_at": str(fit.trace.attrs["fitted_at"]),
        "verdict": fit.verdict.word,
        "warnings": list(fit.warnings),
        "files": sorted(files),
    }
    return RunFolder(records, tables, source)


def list_returns(table: pd.DataFrame) -> list[dict[str, Any]]:
    """List what each channel earned; of one without spend, that there is no return.

    Parameters
    ----------
    table : pandas.DataFrame
        From `summarize_returns`.

    Returns
    -------
    list of dict
        Its rows as plain data, each with a ``note``, or None where there is nothing to say.
    """
    note = table["roas"].isna().map({True: "nothing was spent, so there is no return"})
    return _list_records(table.assign(note=note))


def _describe_columns(inputs: RunInputs) -> dict[str, Any]:
    """Say what each column of the canonical data is, and what of the source it was made from."""
    data = inputs.fit.spec.data
    columns = [
        {"column": role.column, "kind": role.kind, "source": role.name, "aggregate": role.aggregate}
        for role in list_roles(inputs.fit.spec)
    ]
    return {"date": data.date, "panel": data.panel, "kpi": data.kpi, "columns": columns}


def _summarize_validation(inputs: RunInputs) -> dict[str, Any]:
    """Say what was validated, and what was odd."""
    frame = inputs.validated
    return {
        "rows": len(frame),
        "columns": [str(name) for name in frame.columns],
        "first_date": f"{frame['date'].min():%Y-%m-%d}",
        "last_date": f"{frame['date'].max():%Y-%m-%d}",
        "warnings": list(inputs.findings),
    }


def _tabulate_features(features: xr.Dataset) -> pd.DataFrame:
    """Tabulate what the model sees, scaled: a row per date and cell."""
    cells = [str(dim) for dim in features["target"].dims]
    columns = {"target_scaled": features["target"] / features["target_scale"]}
    exposure = features["exposure"] / features["channel_scale"]
    for name in features["channel"].to_numpy():
        columns[f"exposure_{name}_scaled"] = exposure.sel(channel=name, drop=True)
    if "control" in features.dims:
        for name in features["control"].to_numpy():
            columns[f"{name}_scaled"] = features["control_scaled"].sel(control=name, drop=True)
    table: pd.DataFrame = xr.Dataset(columns).to_dataframe(dim_order=cells)
    return table.reset_index()


def _list_scales(features: xr.Dataset) -> dict[str, Any]:
    """List every scale: source = scaled x scale + center."""
    found: dict[str, Any] = {
        "target": _list_along(features[["target_scale"]]),
        "exposure": _list_along(features[["channel_scale"]]),
    }
    if "control" in features.dims:
        found["control"] = _list_along(features[["control_center", "control_scale"]])
    return found


def _list_along(scales: xr.Dataset) -> list[dict[str, Any]]:
    """List scales by what they are of."""
    if not scales.dims:
        return [{str(name): float(value) for name, value in scales.data_vars.items()}]
    return _list_records(scales.reset_coords(drop=True).to_dataframe().reset_index())


def _describe_model(fit: ConvergedFit) -> dict[str, Any]:
    """Say what was fitted, with what, and how long it took."""
    names = ("fit_id", "request_id", "fitted_at", "sampler", "seconds")
    part = fit.spec.model_part()
    return {
        "model": fit.spec.name,
        **{name: fit.trace.attrs[name] for name in names},
        **{word: part[word] for word in ("link", "likelihood", "trend", "l_max")},
        "sampling": read_sampling(fit.trace).model_dump(mode="json"),
        "versions": read_versions(fit.trace),
        "parameters": {name: list(one.dims[2:]) for name, one in fit.posterior.items()},
    }


def _summarize_contributions(inputs: RunInputs) -> list[dict[str, Any]]:
    """Add up each component over the window and all cells."""
    table = inputs.contributions.table
    totals = table.groupby(["component", "kind"], sort=False)["contribution"].sum().reset_index()
    whole = float(inputs.model_fit["fitted"].sum())
    return _list_records(totals.assign(share=totals["contribution"] / whole))


def _measure_fit(table: pd.DataFrame) -> dict[str, Any]:
    """Measure how close the fit comes, in numbers that JSON has a word for."""
    quality = assess_fit(table)
    numbers = {
        "r2": quality.r2,
        "mape": quality.mape,
        "wmape": quality.wmape,
        "rmse": float(np.sqrt((table["residual"] ** 2).mean())),
        "crps": quality.crps,
        **{f"coverage_{band}": share for band, share in quality.coverages.items()},
    }
    return {name: float(one) if np.isfinite(one) else None for name, one in numbers.items()}


def _list_records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """List the rows of a table as plain data."""
    rows = [dict(zip(map(str, table.columns), row, strict=True)) for row in list_rows(table)]
    plain: list[dict[str, Any]] = json.loads(json.dumps(rows, default=str, allow_nan=False))
    return plain
