"""What the parts of a spec must be to each other."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mmm_pipeline.spec.gate import MAX_DIVERGENT_SHARE
from mmm_pipeline.spec.structure import Pooling

if TYPE_CHECKING:
    from mmm_pipeline.spec.model import ModelSpec

RESERVED = frozenset(
    {
        *("date", "target", "channel", "control", "chain", "draw", "sample", "population"),
        *("intercept", "trend", "trend_effect", "seasonality", "yearly_seasonality"),
        *("monthly_seasonality", "weekly_seasonality", "level", "media_drift", "cell", "overlap"),
    }
)
"""Names of columns, components and dims that no channel, control or event may take."""
BESIDE_CELLS = frozenset(
    {
        *("component", "kind", "contribution", "lower", "upper", "share", "carried_over"),
        *("grain", "period", "start", "is_complete", "name", "scenario", "spend", "exposure"),
        *("roas", "cost_per_target", "response", "marginal", "is_observed", "budget"),
        *("entity", "measure", "amount", "observed", "fitted", "residual", "crps"),
        *("elpd", "pareto_k", "pit", "is_influential", "fold", "method", "predicted"),
        *("quantity", "planned", "actual", "event"),
    }
)
"""Columns beside which results have the dims of a panel."""


def find_inconsistencies(spec: "ModelSpec") -> list[str]:
    """Find what one part of a spec says and another does not allow.

    Parameters
    ----------
    spec : ModelSpec
        Whose parts are valid by themselves.

    Returns
    -------
    list of str
        One sentence each, without a full stop; empty if they fit together.
    """
    rules = (
        _check_names,
        _check_columns,
        _check_factors,
        _check_layout,
        _check_returns,
        _check_tightening,
        _check_experiments,
        _check_entities,
        _check_backtest,
        _check_selection,
        _check_pooling,
        _check_divergences,
        _check_scenarios,
    )
    return [problem for rule in rules for problem in rule(spec)]


def _check_names(spec: "ModelSpec") -> Iterator[str]:
    """Give no two things one name."""
    seen: dict[str, str] = dict.fromkeys(RESERVED, "a reserved word")
    for name in spec.media:
        own = (f"spend_{name}", f"exposure_{name}", f"reach_{name}")
        seen |= dict.fromkeys(own, f"a column of `media.{name}`")
    for section, names in (
        ("data.panel", spec.data.panel),
        ("media", spec.media),
        ("controls", spec.controls),
        ("events", spec.events),
    ):
        for name in names:
            if section == "data.panel" and name in BESIDE_CELLS:
                yield (
                    f"`data.panel.{name}` must not share its name with a column of the results; "
                    f"call the dim otherwise: `panel: {{panel_{name}: {spec.data.panel[name]}}}`"
                )
            if name in seen:
                yield f"`{section}.{name}` must not share its name with {seen[name]}"
            seen[name] = f"`{section}.{name}`"


def _check_columns(spec: "ModelSpec") -> Iterator[str]:
    """Give each column one role."""
    data, named = spec.data, _name_series(spec)
    taken = {"date", *data.panel} - {data.date, *data.panel.values(), *data.sum_over}
    for one in dict.fromkeys(named):
        if named.count(one) > 1:
            yield f"column {one[0]!r} must have one role only; it is named more than once"
        if one[0] in taken:
            yield f"column {one[0]!r} must not bear the name of the date or of a panel's dim"


def _check_factors(spec: "ModelSpec") -> Iterator[str]:
    """Multiply what is used."""
    used = dict(_name_series(spec))
    for column in spec.data.factors:
        if column not in used:
            known = ", ".join(used)
            yield f"`data.factors` must name columns that are used; {column!r} is none of {known}"


def _check_layout(spec: "ModelSpec") -> Iterator[str]:
    """Say of a layout what it has."""
    layout = spec.data.layout
    for name, media in spec.media.items():
        if media.where and layout not in {"mff", "media_long"}:
            yield f"`media.{name}.where` is honoured with `layout: mff` or `media_long` only"
        if media.frequency and layout in {"mff", "media_long"}:
            yield (
                f"`media.{name}.frequency` is not honoured with `layout: {layout}`, whose records "
                "are added up; deliver the contacts as `exposure`"
            )
    for name, control in spec.controls.items():
        if control.equals and layout == "mff":
            yield f"`controls.{name}.equals` is not honoured with `layout: mff`"


def _check_returns(spec: "ModelSpec") -> Iterator[str]:
    """Believe in returns of the kind that the target has."""
    is_count = spec.data.kpi == "count"
    for name, media in spec.media.items():
        if media.cost_per_target is not None and not is_count:
            yield f"`media.{name}.cost_per_target` is honoured with `data.kpi: count` only"
        if is_count and (media.roas or media.marginal_roas):
            yield (
                f"`media.{name}` must state `cost_per_target` or `share`: with `data.kpi: "
                "count` there is no return in money"
            )


def _check_tightening(spec: "ModelSpec") -> Iterator[str]:
    """Tighten what there is."""
    if spec.tighten_low_spend and not any(one.can_tighten for one in spec.media.values()):
        yield "`tighten_low_spend` needs a channel with spend and a prior it may tighten"


def _check_experiments(spec: "ModelSpec") -> Iterator[str]:
    """Try what money is spent on."""
    if spec.experiments and not spec.bought_media:
        yield "`experiments` needs media that money is spent on: they say what it brought"


def _check_entities(spec: "ModelSpec") -> Iterator[str]:
    """Split a channel in one way."""
    long = spec.data.media_long
    if spec.entities and long and long.entity:
        yield "`entities` is in place of `data.media_long.entity`; say one of them"


def _check_backtest(spec: "ModelSpec") -> Iterator[str]:
    """Leave something to learn from."""
    backtest, data = spec.backtest, spec.data
    limits = [most for most in (data.window.periods, data.expect.max_periods) if most]
    if backtest is None or backtest.horizon is None or not limits:
        return
    ahead = backtest.folds * backtest.horizon
    if ahead >= min(limits):
        yield (
            f"`backtest` must leave periods to learn from; its {backtest.folds} x "
            f"{backtest.horizon} predicted ones are all of the {min(limits)} that `data` allows"
        )


def _check_selection(spec: "ModelSpec") -> Iterator[str]:
    """Select from what there is."""
    selection, n_controls = spec.control_selection, len(spec.selectable_controls)
    if selection is None:
        return
    if n_controls < 2:
        yield (
            "`control_selection` needs at least two controls that are no confounders and have "
            f"no `sign`; got {n_controls}"
        )
    elif selection.expected is not None and selection.expected > n_controls - 1:
        yield (
            f"`control_selection.expected` must not exceed {n_controls - 1}, one less than the "
            f"controls to select from; got {selection.expected}"
        )


def _check_pooling(spec: "ModelSpec") -> Iterator[str]:
    """Pool what there are several of."""
    if spec.pooling != Pooling() and not spec.data.panel:
        yield "`pooling` is honoured together with `data.panel` only"


def _check_divergences(spec: "ModelSpec") -> Iterator[str]:
    """Let divergences stay rare."""
    allowed = int(MAX_DIVERGENT_SHARE * spec.sampling.chains * spec.sampling.draws)
    if spec.gate.max_divergences > allowed:
        yield (
            f"`gate.max_divergences` must not exceed 1 % of the draws, which is {allowed} "
            f"here; got {spec.gate.max_divergences}"
        )


def _check_scenarios(spec: "ModelSpec") -> Iterator[str]:
    """Plan what is bought, for the target that there is."""
    is_count = spec.data.kpi == "count"
    for name, scenario in spec.scenarios.items():
        for unknown in sorted(scenario.named_channels - set(spec.bought_media)):
            known = ", ".join(spec.bought_media) or "none"
            yield (
                f"`scenarios.{name}` must speak of channels that money is spent on, {known}; got "
                f"{unknown!r}"
            )
        for group, limits in scenario.groups.items():
            if not limits.channels and all(one.group != group for one in spec.media.values()):
                yield (
                    f"`scenarios.{name}.groups.{group}` must name `channels`, or be the `group` "
                    "of some"
                )
        for unknown in sorted(set(scenario.controls) - set(spec.controls)):
            known = ", ".join(spec.controls) or "none"
            yield f"`scenarios.{name}.controls` must name controls, {known}; got {unknown!r}"
        if scenario.free_cells and not spec.data.panel:
            yield f"`scenarios.{name}.free_cells` is honoured together with `data.panel` only"
        goal = scenario.goal
        if goal and is_count and (goal.roas or goal.marginal_roas):
            yield (
                f"`scenarios.{name}.goal` must state `cost_per_target` or `marginal_cost`: with "
                "`data.kpi: count` there is no return in money"
            )


def _name_series(spec: "ModelSpec") -> list[tuple[str, tuple[Any, ...]]]:
    """List every column that the spec names, with what its cells must say."""
    data, media = spec.data, spec.media
    columns = (data.date, *data.target_columns, *data.panel.values(), *data.sum_over)
    named: list[tuple[str, tuple[Any, ...]]] = [(column, ()) for column in columns]
    named += [(data.population, ())] if data.population else []
    # Channels of a long table pick their records by their own names.
    own = data.layout == "media_long"
    for by_channel in (
        spec.spend_columns,
        spec.exposure_columns,
        spec.reach_columns,
        spec.frequency_columns,
    ):
        for name, several in by_channel.items():
            where = tuple(sorted(media[name].where.items())) or ((name,) if own else ())
            named += [(column, where) for column in several]
    for name, column in spec.control_columns.items():
        named.append((column, spec.controls[name].equals or ()))
    return named
