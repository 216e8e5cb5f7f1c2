"""Which columns each exported table has, as far as a spec alone decides it."""

import re
from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mmm_pipeline.errors import suggest
from mmm_pipeline.spec.exports import ColumnChoice, ExportName

if TYPE_CHECKING:
    from mmm_pipeline.spec.model import ModelSpec

KPI = "kpi_"
"""What the name of a column with target units begins with."""
DATED = ("date", "wc_mon", "brand")
"""What every row of a dated table begins with."""
LEVELS = ("decomp_lvl1", "decomp_lvl2", "decomp")
"""What a component is counted under, from the coarsest."""
OWN = frozenset(
    {*DATED, *LEVELS, "series", "spend", "exposure", "exposure_of", "reach", "model", "kpi"}
    | {"kpi_value", "kpi_total", "fit_id", "target", "grain"}
)
"""Columns whose names no dim of a panel can have in a dated table, `brand` excepted."""
CELLS = "<cells>"
"""Stands for the dims of the panel in `KEYS` and `NUMBERS`."""
PERIOD = ("grain", "period", "start", "is_complete")
"""What a row of a calendar period begins with."""
BOUNDED = "+-"
"""Ends the name of a number that is followed by the bounds of its interval."""
KEYS = {
    "decomps_stacked": ("date", CELLS, "decomp"),
    "media_results": ("date", CELLS, "decomp"),
    "actual_vs_fitted": ("date", CELLS, "series"),
    "channel_returns": ("channel",),
    "returns_by_period": ("grain", "period", CELLS, "channel"),
    "contributions_by_period": ("grain", "period", CELLS, "level", "name"),
    "carryover_curves": ("channel", "lag"),
    "seasonal_indices": ("what", "channel", "season"),
    "recommendations": ("channel",),
    "response_curves": ("channel", "exposure"),
    "budget_scenarios": ("scenario", CELLS, "channel"),
    "scenario_comparison": ("scenario",),
    "budget_frontier": ("share",),
    "disaggregated_results": ("grain", "period", CELLS, "channel", "entity"),
}
"""Columns that tell the rows of each table apart."""
NUMBERS = {
    "contributions_by_period": (
        *(*PERIOD, CELLS, "level", "name", "kind"),
        *("contribution+-", "share+-", "carried_over+-"),
    ),
    "carryover_curves": ("channel", "form", "lag", "weight+-", "cumulative+-"),
    "seasonal_indices": ("what", "channel", "grain", "season", "index+-", "dates", "confidence"),
    "response_curves": (
        *("channel", "exposure", "spend", "response", "lower", "upper", "is_observed"),
        *("exposure_now", "spend_now"),
    ),
    "budget_scenarios": (
        *("scenario", CELLS, "channel", "spend_current", "spend", "response_current"),
        *("response+-", "roas+-", "marginal_current", "marginal+-", "is_observed"),
    ),
    "scenario_comparison": (
        *("scenario", "periods", "budget", "spend_current", "spend", "unallocated"),
        *("response_current", "response+-", "response_worst", "gain+-", "probability_better"),
        *("downside", "net+-", "probability_pays", "target+-", "roas_current", "roas+-"),
        *("utility_current", "utility", "confidence", "held", "unseen", "note"),
    ),
    "budget_frontier": (
        *("share", "budget", "response+-", "roas", "marginal", "response_alike", "roas_alike"),
        *("marginal_alike", "is_diminishing", "is_observed"),
    ),
    "disaggregated_results": (
        *(*PERIOD, CELLS, "channel", "entity", "measure", "spend", "amount"),
        *("contribution+-", "share", "roas+-"),
    ),
}
"""Columns of the tables that every model has alike, in their order, behind the brand."""


class UnknownColumn(NamedTuple):
    """A column that an export is asked for and cannot have, or cannot be without."""

    place: tuple[str, ...]
    message: str


def name_kpi(spec: "ModelSpec") -> str:
    """Name the column of target units.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    str
        ``kpi_`` and the target's column, letters, digits and underscores kept.
    """
    return KPI + re.sub(r"\W+", "_", "_x_".join(spec.data.target_columns)).strip("_")


def name_cells(spec: "ModelSpec") -> dict[str, str]:
    """Name the columns of a panel's dims in dated tables.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    dict of str to str
        By dim; `panel_` stands before one that means something else there.
    """
    return {dim: f"panel_{dim}" if dim in OWN - {"brand"} else dim for dim in spec.data.panel}


def list_columns(table: ExportName, spec: "ModelSpec") -> list[str]:
    """List every column that an exported table can have.

    Parameters
    ----------
    table : str
        The table.
    spec : ModelSpec
        The model.

    Returns
    -------
    list of str
        In their order. `budget_scenarios` has the dims of a panel where a scenario has
        `free_cells`.
    """
    is_dated = table in {"decomps_stacked", "media_results", "actual_vs_fitted"}
    brand = [] if "brand" in spec.data.panel else ["brand"]
    named = _list_dated(table, spec) if is_dated else [*brand, *_list_numbers(table, spec)]
    columns: list[str] = []
    for name in named:
        stem = name.removesuffix(BOUNDED)
        ends = ("", "_lower", "_upper") if stem != name else ("",)
        columns += [*spec.data.panel] if name == CELLS else [f"{stem}{end}" for end in ends]
    return columns


def list_keys(table: ExportName, spec: "ModelSpec", columns: Sequence[str]) -> list[str]:
    """List the columns that tell the rows of an exported table apart.

    Parameters
    ----------
    table : str
        The table.
    spec : ModelSpec
        The model.
    columns : sequence of str
        Those that it has.

    Returns
    -------
    list of str
    """
    cells = [*spec.data.panel, *name_cells(spec).values()]
    keys = [one for key in KEYS[table] for one in (cells if key == CELLS else [key])]
    return [one for one in dict.fromkeys(keys) if one in columns]


def find_unknown_columns(spec: "ModelSpec") -> list[UnknownColumn]:
    """Find what `exports.columns` says of columns that no table can have, or must have.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    list of UnknownColumn
        Where it stands, and what is wrong.
    """
    found = []
    for table, choice in spec.exports.columns.items():
        place = ("exports", "columns", table)
        if table == "disaggregated_results" and not spec.has_entities:
            message = f"`{table}` is honoured together with `entities` only"
            found.append(UnknownColumn(place, message))
            continue
        columns = list_columns(table, spec)
        kept = {*list_keys(table, spec, columns), name_kpi(spec)}
        found += [
            UnknownColumn((*place, word), f"`{word}` {message}")
            for word, message in refuse_columns(choice, columns, kept)
        ]
    return found


def refuse_columns(
    choice: ColumnChoice, columns: Sequence[str], kept: Container[str | None]
) -> Iterator[tuple[str, str]]:
    """Say which columns a choice cannot name.

    Parameters
    ----------
    choice : ColumnChoice
        What the spec says of a table.
    columns : sequence of str
        Those that the table has.
    kept : container of str
        Those that cannot be hidden.

    Yields
    ------
    tuple of str
        The word that names the column, and a sentence about it that lacks its subject.
    """
    for word in ("rename", "hide", "order"):
        for one in getattr(choice, word):
            if one not in columns:
                known = ", ".join(columns)
                near = suggest(one, columns)
                yield word, f"must name columns of the table, {known}; got {one!r}.{near}"
            elif word == "hide" and one in kept:
                yield word, f"must leave what tells rows apart and what they add up to; got {one!r}"


def _list_dated(table: ExportName, spec: "ModelSpec") -> list[str]:
    """List the columns of a table by date."""
    cells, kpi = name_cells(spec), name_kpi(spec)
    begin = [one for one in DATED if one not in cells] + [*cells.values()]
    if table == "actual_vs_fitted":
        return [*begin, "series", kpi]
    reach = ["reach"] if spec.reach_columns else []
    media = [] if table == "decomps_stacked" else ["spend", "exposure", *reach, "exposure_of"]
    return [*begin, *LEVELS, *media, kpi]


def _list_numbers(table: ExportName, spec: "ModelSpec") -> Sequence[str]:
    """List the columns of a table that is exported as its asset has it."""
    is_count = spec.data.kpi == "count"
    if table == "returns_by_period":
        rate = "cost_per_target+-" if is_count else "roas+-"
        return [*PERIOD, CELLS, "channel", "spend", "contribution+-", rate]
    if table == "channel_returns":
        return [
            *("channel", "kind", "spend", "contribution+-", "roas+-"),
            *(["cost_per_target+-"] if is_count else ["probability_above_1"]),
            *(["profit+-", "roi+-"] if spec.data.margin is not None else []),
            *("mroas_10pct+-", "spend_now", "marginal_roas+-"),
            *(["marginal_cost_per_target+-"] if is_count else []),
            "saturation+-",
            *(
                ["probability_profitable", "breakeven_spend+-", "headroom+-"]
                if spec.data.breakeven_roas is not None
                else []
            ),
            *("half_life+-", "confidence"),
        ]
    if table == "recommendations":
        costs = ["cost_per_target+-", "marginal_cost_per_target+-"] if is_count else []
        return [
            *("rank", "channel", "action", "reason", "needs_test", "is_reliable", "is_informed"),
            *("finding", "roas_width", "roas+-", "marginal_roas+-", "probability_profitable"),
            *("spend_now", "breakeven_spend", "headroom", "confidence", *costs),
            *("spend_largest", "steepness", "half", "change", "move_needs_test", "gain+-"),
        ]
    return NUMBERS[table]
