"""A fit's results in the shapes that BI tools take: long, dated, labelled, adding up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from mmm_pipeline.decision.comparison import compare_scenarios
from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.insight.summary import OVERLAP
from mmm_pipeline.spec import ExportName, ModelSpec, list_keys, name_cells, name_kpi

ACTUAL, FITTED = "Actual", "Fitted"
WORDS: Mapping[ExportName, str] = {
    "channel_returns": "What each channel earned on its spend over the window, and what the next "
    "unit of money would; means with 90 % credible intervals.",
    "returns_by_period": "What each channel earned on its spend in every quarter and year, and "
    "in all; of a panel each cell, and all of them.",
    "contributions_by_period": "Where the target came from in every week, month, quarter and "
    "year: components, and groups of them.",
    "carryover_curves": "Which part of what an exposure brings comes in which period after it.",
    "seasonal_indices": "When in the year each channel earns more than usual, and the target is "
    "higher; 1 is the mean of the year.",
    "recommendations": "Whether to spend more, as much or less on each channel, and why.",
    "response_curves": "How each channel's response per period bends with its spend.",
    "budget_scenarios": "The plan of every scenario and what it would bring, in totals of its "
    "window.",
    "scenario_comparison": "The scenarios side by side: what each costs, brings and risks against "
    "today's plan.",
    "budget_frontier": "What budgets from a tenth to twice of today's would bring, best spent and "
    "spent as today.",
    "disaggregated_results": "Each channel's contribution, split over its campaigns, creatives or "
    "publishers.",
}
"""What a row is of the tables that stand behind the brand, in their order."""


@dataclass(frozen=True)
class Export:
    """One table that is exported, its columns as this package names them.

    Attributes
    ----------
    name : str
        Of the table and of its files.
    words : str
        What a row is, for whoever opens it.
    frame : pandas.DataFrame
        Its rows.
    keys : sequence of str
        Columns that tell its rows apart; they cannot be hidden.
    kpi : str or None
        Column of target units that the table is there for; it cannot be hidden.
    """

    name: ExportName
    words: str
    frame: pd.DataFrame
    keys: Sequence[str]
    kpi: str | None = None


def build_exports(inputs: ExportInputs) -> list[Export]:
    """Make every table that is exported.

    Parameters
    ----------
    inputs : ExportInputs
        All of one fit.

    Returns
    -------
    list of Export
        ``decomps_stacked`` and ``media_results`` (a row per date, cell and component, or channel),
        ``actual_vs_fitted`` (two per date and cell), and behind the brand those of `WORDS`: the
        assets of these names, and ``scenario_comparison``.
    """
    spec = inputs.fit.spec
    kpi, decomps = name_kpi(spec), stack_decomps(inputs)
    dated: dict[ExportName, tuple[str, pd.DataFrame]] = {
        "decomps_stacked": (
            "Where the target came from: target units per date and component. They add up to what "
            + ("was observed." if spec.exports.force_to_actuals else "was fitted."),
            decomps,
        ),
        "media_results": (
            "What each channel cost, showed and brought, per date.",
            tabulate_media(inputs, decomps),
        ),
        "actual_vs_fitted": (
            "The target as it was observed and as the model fits it, per date.",
            compare_with_actuals(inputs),
        ),
    }
    others = {
        "channel_returns": inputs.returns.table,
        "budget_scenarios": inputs.scenarios.table,
        "scenario_comparison": compare_scenarios(inputs.scenarios),
        **inputs.tables,
    }
    behind = {
        name: (words, _behind_brand(others[name], spec))
        for name, words in WORDS.items()
        if name in others
    }
    return [
        Export(
            name,
            words,
            frame,
            list_keys(name, spec, list(frame.columns)),
            kpi if name in dated else None,
        )
        for name, (words, frame) in (dated | behind).items()
    ]


def stack_decomps(inputs: ExportInputs) -> pd.DataFrame:
    """Stack the decomposition: a row per date, cell and component.

    Parameters
    ----------
    inputs : ExportInputs
        The exports'.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``wc_mon``, ``brand``, the panel's dims, ``decomp_lvl1`` (`media`, `baseline`),
        ``decomp_lvl2`` (group or kind), ``decomp`` and ``kpi_<target>`` (target units, posterior
        mean). Adds up, date by date, to the fitted mean; with `exports.force_to_actuals` to the
        observed target, what nothing explains being counted under the intercept. Where terms
        multiply, the `OVERLAP` is of media, so that `media` adds up to what they brought together.
    """
    spec, cells = inputs.fit.spec, list(inputs.fit.spec.data.panel)
    table = inputs.contributions.table
    values = table["contribution"]
    if spec.exports.force_to_actuals:
        rows = inputs.model_fit[["date", *cells, "residual"]]
        residual = table[["date", *cells]].merge(rows, "left", ["date", *cells])["residual"]
        values = values + residual.to_numpy() * (table["component"] == "intercept").to_numpy()
    is_channel = table["component"].isin(list(spec.media))
    is_media = is_channel | (table["component"] == OVERLAP)
    groups = {name: media.counted_under for name, media in spec.media.items()}
    columns = {
        "decomp_lvl1": is_media.map({True: "media", False: "baseline"}),
        "decomp_lvl2": table["component"].map(groups).where(is_channel, table["kind"]),
        "decomp": table["component"],
        name_kpi(spec): values,
    }
    return _date(table, spec, columns)


def tabulate_media(inputs: ExportInputs, decomps: pd.DataFrame) -> pd.DataFrame:
    """Set beside each channel's contribution what was spent and shown.

    Parameters
    ----------
    inputs : ExportInputs
        The exports'.
    decomps : pandas.DataFrame
        From `stack_decomps`.

    Returns
    -------
    pandas.DataFrame
        The rows of media of `decomps`, with ``spend`` (money; missing for what is not bought),
        ``exposure`` (missing where the data have none), ``exposure_of`` (the columns of the source
        it was read from) and ``reach`` before ``kpi_<target>``.
    """
    fit, spec, kpi = inputs.fit, inputs.fit.spec, name_kpi(inputs.fit.spec)
    known = fit.features[["spend", "exposure"]]
    if "frequency" in fit.features:
        known["reach"] = known["exposure"] / fit.features["frequency"]
    order = ["date", *spec.data.panel, "channel"]
    shown = known.to_dataframe(dim_order=order).reset_index()
    channels = shown["channel"]
    shown["spend"] = shown["spend"].where(channels.isin(spec.bought_media))
    sources = spec.exposure_columns | {
        name: (*spec.reach_columns[name], *columns)
        for name, columns in spec.frequency_columns.items()
    }
    shown["exposure"] = shown["exposure"].where(channels.isin(list(sources)))
    read_from = {name: " + ".join(columns) for name, columns in sources.items()}
    read_from |= {name: " x ".join(sources[name]) for name in spec.frequency_columns}
    shown["exposure_of"] = channels.map(read_from).astype("str")
    if "reach" in shown:
        shown["reach"] = shown["reach"].where(channels.isin(list(spec.reach_columns)))
    shown = shown.rename(columns={"channel": "decomp", **name_cells(spec)})
    keys = ["date", *name_cells(spec).values(), "decomp"]
    media = decomps[decomps["decomp"].isin(list(spec.media))]
    table = media.merge(shown, "left", keys, validate="one_to_one")
    return table[[*(column for column in table.columns if column != kpi), kpi]]


def compare_with_actuals(inputs: ExportInputs) -> pd.DataFrame:
    """Stack what was observed and what was fitted.

    Parameters
    ----------
    inputs : ExportInputs
        The exports'.

    Returns
    -------
    pandas.DataFrame
        ``date``, ``wc_mon``, ``brand``, the panel's dims, ``series`` (`Actual`, `Fitted`) and
        ``kpi_<target>`` in target units.
    """
    spec, table = inputs.fit.spec, inputs.model_fit
    parts = [
        _date(table, spec, {"series": name, name_kpi(spec): table[column]})
        for name, column in ((ACTUAL, "observed"), (FITTED, "fitted"))
    ]
    return pd.concat(parts, ignore_index=True)


def _date(
    table: pd.DataFrame, spec: ModelSpec, columns: Mapping[str, pd.Series | str]
) -> pd.DataFrame:
    """Put columns behind what a dated row begins with."""
    cells = name_cells(spec)
    monday = table["date"] - pd.to_timedelta(table["date"].dt.day_of_week, unit="D")
    begin: dict[str, Any] = {"date": table["date"], "wc_mon": monday}
    if "brand" not in cells:
        begin["brand"] = _name_brand(spec)
    named = {cells[dim]: table[dim] for dim in cells}
    return pd.DataFrame({**begin, **named, **columns}, index=table.index).reset_index(drop=True)


def _behind_brand(table: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Put the brand before an asset's table, unless the panel tells it."""
    whole = table.copy()
    whole.attrs = {}
    if "brand" not in spec.data.panel:
        whole.insert(0, "brand", _name_brand(spec))
    return whole


def _name_brand(spec: ModelSpec) -> str:
    """Say what stands in `brand`."""
    return spec.exports.brand or spec.name
