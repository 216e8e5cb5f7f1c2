"""Whether totals are the same wherever they are told: in the assets and in every file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mmm_pipeline.exports.bundle import WORKBOOK, Bundle
from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.exports.tables import ACTUAL, FITTED
from mmm_pipeline.exports.workbook import fits_a_sheet
from mmm_pipeline.insight.periods import pick_whole
from mmm_pipeline.insight.summary import SAMPLE_DIMS
from mmm_pipeline.spec import name_kpi

SAME = 1e-9
"""Largest relative difference of two totals of the same numbers, added up in another order."""
SAME_DRAWS = 1e-6
"""The same of totals that the model computes in two ways from the same draws; as `ADDS_UP_TO`."""
type Totals = Mapping[tuple[str, str, str], float]
"""Sums by table, measure (`kpi` or `spend`) and what they are of."""
ONLY_EMPTY: dict[str, Any] = {"keep_default_na": False, "na_values": [""]}
"""So that a channel called NA is not taken for nothing."""
RECONCILED = {
    "decomps_stacked": "decomp",
    "media_results": "decomp",
    "actual_vs_fitted": "series",
    "contributions_by_period": "name",
}
"""Tables whose rows add up to something, and the column that says to what."""


@dataclass(frozen=True)
class Reconciliation:
    """Totals beside each other.

    Attributes
    ----------
    table : pandas.DataFrame
        A row per total: ``table``, ``measure``, ``of``, ``expected``, and a column per format.
    broken : sequence of str
        A sentence for each total that is another somewhere.
    """

    table: pd.DataFrame
    broken: Sequence[str]


def compute_expected(inputs: ExportInputs) -> Totals:
    """Add up what the assets say.

    Parameters
    ----------
    inputs : ExportInputs
        The exports'.

    Returns
    -------
    mapping
        Target units of each component, channel and series; money of each channel.
    """
    fit = inputs.fit
    brought = inputs.contributions.table.groupby("component")["contribution"].sum()
    totals = {
        ("contributions_by_period", "kpi", str(name)): float(brought[name])
        for name in brought.index
    }
    if fit.spec.exports.force_to_actuals:
        brought["intercept"] += inputs.model_fit["residual"].sum()
    spent = fit.features["spend"].sum([*_over(inputs)]).to_series()
    totals |= {
        ("decomps_stacked", "kpi", str(name)): float(brought[name]) for name in brought.index
    }
    for name in fit.spec.media:
        totals["media_results", "kpi", name] = float(brought[name])
        if name in fit.spec.bought_media:
            totals["media_results", "spend", name] = float(spent[name])
    totals["actual_vs_fitted", "kpi", ACTUAL] = float(fit.features["target"].sum())
    totals["actual_vs_fitted", "kpi", FITTED] = float(inputs.model_fit["fitted"].sum())
    return totals


def find_disagreements(inputs: ExportInputs) -> list[str]:
    """Hold the assets against each other before anything is written.

    Parameters
    ----------
    inputs : ExportInputs
        The exports'.

    Returns
    -------
    list of str
        A sentence for each pair of totals that differ: contributions and the fitted mean (or the
        observed target), contributions and returns, spend in features and returns.
    """
    expected = compute_expected(inputs)
    whole = sum(total for (table, *_), total in expected.items() if table == "decomps_stacked")
    series = ACTUAL if inputs.fit.spec.exports.force_to_actuals else FITTED
    pairs = [("the decomposition", whole, expected["actual_vs_fitted", "kpi", series], SAME_DRAWS)]
    drawn = inputs.contributions.draws
    same = inputs.returns.draws["contribution"].sel({dim: drawn[dim] for dim in SAMPLE_DIMS})
    paid = inputs.returns.table.set_index("channel")["spend"].to_dict()
    for name in inputs.fit.spec.media:
        brought = float(same.sel(channel=name).mean())
        pair = (expected["media_results", "kpi", name], brought, SAME_DRAWS)
        pairs.append((f"contribution of {name}", *pair))
        if name in inputs.fit.spec.bought_media:
            spent = expected["media_results", "spend", name]
            pairs.append((f"spend of {name}", spent, float(paid[name]), SAME))
    return [
        f"{what}: {one!r} in one asset, {other!r} in another"
        for what, one, other, tolerance in pairs
        if not math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance * abs(whole))
    ]


def reconcile(inputs: ExportInputs, bundle: Bundle, files: Mapping[str, Path]) -> Reconciliation:
    """Add up what every file says, read back from where it lies, and compare.

    Parameters
    ----------
    inputs : ExportInputs
        What the exports were made from.
    bundle : Bundle
        The exports.
    files : mapping of str to pathlib.Path
        Every file, by its name.

    Returns
    -------
    Reconciliation
    """
    expected, kpi = compute_expected(inputs), name_kpi(inputs.fit.spec)
    cells = list(inputs.fit.spec.data.panel)
    kinds = ("parquet", "csv", "json", "xlsx")
    found = {kind: _add_up_files(bundle, files, kind, (kpi, cells)) for kind in kinds}
    size = math.fsum(abs(total) for (_, measure, _), total in expected.items() if measure == "kpi")
    rows, broken = [], find_disagreements(inputs)
    for key, total in expected.items():
        told = {kind: totals[key] for kind, totals in found.items() if key in totals}
        rows.append({**dict(zip(("table", "measure", "of"), key, strict=True)), "expected": total})
        rows[-1] |= told
        broken += [
            f"{key[1]} of {key[2]} in {key[0]}.{kind} adds up to {one!r}, not to {total!r}"
            for kind, one in told.items()
            if not math.isclose(one, total, rel_tol=SAME, abs_tol=SAME * size)
        ]
    return Reconciliation(pd.DataFrame(rows), broken)


def read_file(files: Mapping[str, Path], table: str, kind: str) -> pd.DataFrame:
    """Read one table of an export from one of its files.

    Parameters
    ----------
    files : mapping of str to pathlib.Path
        Every file, by its name.
    table : str
        The table.
    kind : {"parquet", "csv", "json", "xlsx"}
        The format.

    Returns
    -------
    pandas.DataFrame
    """
    frame: pd.DataFrame
    if kind == "parquet":
        frame = pd.read_parquet(files[f"{table}.parquet"])
    elif kind == "csv":
        frame = pd.read_csv(files[f"{table}.csv"], **ONLY_EMPTY)
    elif kind == "json":
        frame = pd.read_json(files[f"{table}.json"], orient="records", precise_float=True)
    else:
        frame = pd.read_excel(files[WORKBOOK], sheet_name=table, **ONLY_EMPTY)
    return frame


def _add_up_files(
    bundle: Bundle, files: Mapping[str, Path], kind: str, spec: tuple[str, Sequence[str]]
) -> Totals:
    """Add up what the files of one format say."""
    totals: dict[tuple[str, str, str], float] = {}
    kpi, cells = spec
    for table, by in RECONCILED.items():
        one = bundle.tables[table]
        if kind == "xlsx" and not fits_a_sheet(one):
            continue
        frame = read_file(files, table, kind).set_axis(list(one.names), axis=1)
        if table == "contributions_by_period":
            frame = _pick_years(frame, cells)
        for measure, column in (("kpi", kpi), ("spend", "spend"), ("kpi", "contribution")):
            if column in frame:
                sums = frame.groupby(by)[column].sum()
                totals |= {(table, measure, str(of)): float(sums[of]) for of in sums.index}
    return totals


def _pick_years(table: pd.DataFrame, cells: Sequence[str]) -> pd.DataFrame:
    """Pick the components' totals of the years, all cells together: every date counts once."""
    is_year = (table["grain"] == "year") & (table["level"] == "component")
    return pick_whole(table[is_year], cells)


def _over(inputs: ExportInputs) -> list[str]:
    """List the dims that totals are over."""
    return ["date", *inputs.fit.spec.data.panel]
