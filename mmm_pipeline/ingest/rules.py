"""Every rule that data are held against: its name, what it says, and what a breach does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mmm_pipeline.spec import ModelSpec

type Severity = Literal["error", "warning", "info"]


def _always(_: ModelSpec) -> bool:
    return True


def _in_layout(*layouts: str) -> Callable[[ModelSpec], bool]:
    return lambda spec: spec.data.layout in layouts


def _has_cells(spec: ModelSpec) -> bool:
    return bool(spec.data.panel or spec.data.sum_over)


def _has_both(spec: ModelSpec) -> bool:
    return bool(set(spec.spend_columns) & {*spec.exposure_columns, *spec.frequency_columns})


def _has_reach(spec: ModelSpec) -> bool:
    return bool(spec.reach_columns)


@dataclass(frozen=True)
class Rule:
    """One rule, which is one asset check.

    Attributes
    ----------
    code : str
        Name of the rule, of the check, and of the problems that break it.
    severity : {"error", "warning", "info"}
        An error blocks what lies downstream; a warning shows; an information shows quietly.
    description : str
        What must hold.
    applies : callable
        Whether a model with a given spec can break it.
    """

    code: str
    severity: Severity
    description: str
    applies: Callable[[ModelSpec], bool] = _always


RULES = (
    Rule("missing_column", "error", "Every column that the spec names is there."),
    Rule(
        "missing_variable",
        "error",
        "Every variable and every channel that the spec names has records.",
        _in_layout("mff", "media_long"),
    ),
    Rule("not_a_date", "error", "Every row has a date, written as the spec says."),
    Rule("not_a_number", "error", "Numbers are numbers."),
    Rule(
        "missing_text",
        "error",
        "Every text that makes a dummy comes in some row.",
        lambda spec: any(control.equals for control in spec.controls.values()),
    ),
    Rule("missing_label", "error", "Every row says which cell it is of.", _has_cells),
    Rule("missing_value", "error", "No number is missing where the spec does not fill it in."),
    Rule("infinite_value", "error", "Every number is finite."),
    Rule(
        "duplicate_record",
        "error",
        "A period, a variable and its dims have one record.",
        _in_layout("mff"),
    ),
    Rule(
        "mixed_dimension",
        "error",
        "A variable has a dim of the panel in all of its records, or in none.",
        _in_layout("mff"),
    ),
    Rule(
        "varies_over_dimension",
        "error",
        "A variable does not vary over dims that it is said not to have.",
        _in_layout("mff"),
    ),
    Rule("bad_weights", "error", "Weights can be shares.", _in_layout("mff")),
    Rule(
        "ambiguous_record",
        "error",
        "A record of media is of one channel.",
        _in_layout("mff", "media_long"),
    ),
    Rule(
        "join_gap",
        "error",
        "Between their ends, both tables have the same periods, and media no cell of their own.",
        _in_layout("media_long"),
    ),
    Rule("duplicate_period", "error", "A period and cell has one row."),
    Rule("irregular_calendar", "error", "Dates step by whole days, weeks or months."),
    Rule("missing_period", "error", "No period is absent between the first and the last."),
    Rule(
        "grain_mismatch",
        "error",
        "The source adds up to the grain that is asked for.",
        lambda spec: bool(spec.data.grain or spec.data.week_start),
    ),
    Rule("too_few_periods", "error", "There are enough periods to fit a model to."),
    Rule(
        "too_many_periods",
        "error",
        "There are no more periods than expected.",
        lambda spec: spec.data.expect.max_periods is not None,
    ),
    Rule("negative_media", "error", "Spend, exposure and reach are not negative."),
    Rule(
        "contacts_without_reach",
        "error",
        "Where there were contacts, somebody was reached.",
        _has_reach,
    ),
    Rule(
        "negative_control",
        "error",
        "Controls that must not be negative are not.",
        lambda spec: not all(control.allow_negative for control in spec.controls.values()),
    ),
    Rule("idle_channel", "error", "Every channel is on in some period."),
    Rule("constant_column", "error", "Target and controls vary."),
    Rule(
        "bad_population",
        "error",
        "Every cell has people.",
        lambda spec: spec.data.population is not None,
    ),
    Rule(
        "unknown_holiday",
        "error",
        "Countries and holidays that events name are known.",
        lambda spec: any(event.country for event in spec.events.values()),
    ),
    Rule(
        "idle_event",
        "error",
        "Every event is on in some periods, and off in others.",
        lambda spec: bool(spec.events),
    ),
    Rule(
        "thousands_or_decimals",
        "warning",
        "No decimal mark looks like one between thousands.",
    ),
    Rule(
        "repeated_records",
        "warning",
        "No record of media stands there twice.",
        _in_layout("media_long"),
    ),
    Rule("negative_target", "warning", "The target is not negative."),
    Rule("zero_target", "warning", "The target is 0 in few periods."),
    Rule("target_outlier", "warning", "The target has no value far outside its quartiles."),
    Rule("target_scale", "warning", "Target and spend are of comparable size."),
    Rule("rarely_active", "warning", "Every channel is on often enough to be learned from."),
    Rule("often_idle", "warning", "Every channel is on in half of the periods at least."),
    Rule("small_share", "warning", "Every channel has a share of spend that can be seen."),
    Rule("constant_spend", "warning", "Every channel's spend varies."),
    Rule("collinear_channels", "warning", "No two channels move together."),
    Rule("variance_inflation", "warning", "No channel is what the other columns add up to."),
    Rule("wide_prior", "warning", "Stated priors on return say something."),
    Rule(
        "spend_without_exposure",
        "warning",
        "Where money was spent, there was exposure.",
        _has_both,
    ),
    Rule(
        "exposure_without_spend",
        "warning",
        "Where there was exposure, money was spent.",
        _has_both,
    ),
    Rule(
        "frequency_below_one",
        "warning",
        "Nobody was reached less than once.",
        _has_reach,
    ),
    Rule("short_history", "warning", "The history covers a year."),
    Rule("partial_last_period", "warning", "The last period is complete."),
    Rule(
        "partial_periods",
        "warning",
        "No day was left out for lack of a whole period.",
        lambda spec: spec.data.grain is not None,
    ),
    Rule(
        "dropped_periods",
        "warning",
        "No period was left out for lack of the other table.",
        _in_layout("media_long"),
    ),
    Rule(
        "unmapped_records",
        "warning",
        "Every record of media is of a channel.",
        _in_layout("mff", "media_long"),
    ),
    Rule(
        "not_binary",
        "warning",
        "Controls that are said to hold 0 and 1 do.",
        lambda spec: any(control.binary for control in spec.controls.values()),
    ),
    Rule("restated_history", "warning", "What was ingested before still says the same."),
    Rule("erratic_spend", "info", "Spend does not jump from period to period."),
    Rule("loose_prior", "info", "Stated priors on return are not loose."),
    Rule(
        "unused_variables",
        "info",
        "Every variable of the file is used.",
        _in_layout("mff"),
    ),
    Rule(
        "split_amount",
        "info",
        "Every amount has the dims of the panel.",
        _in_layout("mff"),
    ),
    Rule(
        "no_exposure",
        "info",
        "Some channel has exposure.",
        _in_layout("entity_panel"),
    ),
)
"""Rules about the validated data, errors first."""


def list_rules(spec: ModelSpec) -> list[Rule]:
    """List the rules that a model's data are held against.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    list of Rule
        Errors first.
    """
    return [rule for rule in RULES if rule.applies(spec)]
