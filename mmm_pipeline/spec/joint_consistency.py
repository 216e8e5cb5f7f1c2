"""What models must be to each other so that they can be looked at together."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from mmm_pipeline.errors import SpecError, shorten, suggest
from mmm_pipeline.spec.joint import JointSpec, list_lines
from mmm_pipeline.spec.location import SettingLocation
from mmm_pipeline.spec.model import ModelSpec


class Fault(NamedTuple):
    """What does not hold: the words of the spec where it lies, and a sentence."""

    setting: tuple[str, ...]
    message: str


def require_known(
    joint: JointSpec, known: Collection[str], location: SettingLocation | None = None
) -> None:
    """Refuse models that are not there.

    Parameters
    ----------
    joint : JointSpec
        The models together.
    known : collection of str
        Models that there are.
    location : SettingLocation, optional
        Lines of its YAML.

    Raises
    ------
    SpecError
        Naming every one of them, and what may be meant.
    """
    faults: list[Fault] = [
        Fault(
            ("models", name),
            f"`models.{name}` must be a model that there is, one of "
            f"{shorten(sorted(known)) or 'none'}.{suggest(name, known)}",
        )
        for name in joint.models
        if name not in known
    ]
    _refuse(faults, location)


def require_consistent(
    joint: JointSpec, specs: Mapping[str, ModelSpec], location: SettingLocation | None = None
) -> None:
    """Refuse models that cannot be looked at together.

    Parameters
    ----------
    joint : JointSpec
        The models together.
    specs : mapping of str to ModelSpec
        Each of them, by name.
    location : SettingLocation, optional
        Lines of its YAML.

    Raises
    ------
    SpecError
        Naming everything that does not fit.
    """
    rules = (_check_worth, _check_money, _check_periods, _check_channels, _check_scenarios)
    _refuse([fault for rule in rules for fault in rule(joint, specs)], location)


def _refuse(faults: list[Fault], location: SettingLocation | None) -> None:
    """Tell all faults at once, each with its line."""
    if faults:
        told = [f"{location.locate(at)}: {words}" if location else words for at, words in faults]
        raise SpecError("\n".join(told))


def _check_worth(joint: JointSpec, specs: Mapping[str, ModelSpec]) -> Iterator[Fault]:
    """Know what each target is worth, once."""
    for name, member in joint.models.items():
        data, at = specs[name].data, ("models", name)
        if data.kpi == "count" and member.value is None:
            yield Fault(
                at,
                f"`models.{name}.value` must say what a target unit is worth: the target of "
                f"{name} is a count, and cannot be added to money",
            )
        if data.kpi == "revenue" and member.value is not None:
            yield Fault(at, f"`models.{name}.value` is honoured with `data.kpi: count` only")
        if member.margin is None and data.margin is None:
            yield Fault(
                at,
                f"`models.{name}.margin` must say what share is left, 0 to 1: {name} itself has "
                "no `data.margin`",
            )
        if None not in {member.margin, data.margin} and member.margin != data.margin:
            yield Fault(
                at,
                f"`models.{name}.margin` must be that of the model, {data.margin:g}; got "
                f"{member.margin:g}. Say it once",
            )


def _check_money(joint: JointSpec, specs: Mapping[str, ModelSpec]) -> Iterator[Fault]:
    """Add up money of one currency."""
    said = {name: specs[name].data.currency for name in joint.models}
    if len(set(said.values())) > 1:
        told = ", ".join(f"{name} {currency or 'says none'}" for name, currency in said.items())
        yield Fault(
            ("models",),
            f"`models` must be in one currency; by their `data.currency`, {told}. Bring them to "
            "one by `data.factors`, and say it in each",
        )


def _check_periods(joint: JointSpec, specs: Mapping[str, ModelSpec]) -> Iterator[Fault]:
    """Add up periods of one length."""
    said = {name: specs[name].data.grain for name in joint.models}
    if len({grain for grain in said.values() if grain}) > 1:
        told = ", ".join(
            f"{name} has {grain or 'that of its source'}" for name, grain in said.items()
        )
        yield Fault(
            ("models",),
            f"`models` must have periods of one length; by their `data.grain`, {told}. Bring them "
            "to the longer one",
        )


def _check_channels(joint: JointSpec, specs: Mapping[str, ModelSpec]) -> Iterator[Fault]:
    """Look together at what is bought together."""
    for name in joint.models:
        if not specs[name].bought_media:
            words = f"`models.{name}` must have a channel that money is spent on"
            yield Fault(("models", name), words)
    if joint.spend == "shared" and not find_common(joint, specs):
        told = "; ".join(
            f"{name} has {', '.join(specs[name].bought_media)}" for name in joint.models
        )
        yield Fault(
            ("models",),
            "`models` must have a channel in common that money is spent on, named alike in each: "
            f"{told}. With budgets of their own, say `spend: separate`",
        )


def find_common(joint: JointSpec, specs: Mapping[str, ModelSpec]) -> list[str]:
    """Find the channels that money is spent on in every model.

    Parameters
    ----------
    joint : JointSpec
        The models together.
    specs : mapping of str to ModelSpec
        Each of them, by name.

    Returns
    -------
    list of str
        In the order of the first model.
    """
    first, *others = (specs[name].bought_media for name in joint.models)
    return [channel for channel in first if all(channel in other for other in others)]


def _check_scenarios(joint: JointSpec, specs: Mapping[str, ModelSpec]) -> Iterator[Fault]:
    """Plan the money that there is, by goals that several targets have."""
    known = [line.name for line in list_lines(joint, specs)]
    for name, scenario in joint.scenarios.items():
        at = ("scenarios", name)
        for unknown in sorted(scenario.named_channels - set(known)):
            yield Fault(
                at,
                f"`scenarios.{name}` must speak of what money is spent on, "
                f"{shorten(known, shown=10)}; got {unknown!r}.{suggest(unknown, known)}",
            )
        for group, limits in scenario.groups.items():
            if not limits.channels and not list_group(joint, specs, group):
                yield Fault(
                    at,
                    f"`scenarios.{name}.groups.{group}` must name `channels`, or be the `group` of "
                    "some",
                )
        yield from (
            Fault(at, f"`scenarios.{name}.{word}` is not honoured over several models")
            for word in ("free_cells", "controls")
            if getattr(scenario, word)
        )
        shapes = scenario.phasing if isinstance(scenario.phasing, dict) else {"": scenario.phasing}
        if joint.spend == "shared" and "seasonal" in shapes.values():
            yield Fault(
                at,
                f"`scenarios.{name}.phasing` must not be `seasonal` where money is shared: each "
                "model has seasons of its own. Say weights",
            )
        if scenario.goal and scenario.goal.marginal_roas is None:
            yield Fault(
                at,
                f"`scenarios.{name}.goal` must be `marginal_roas` over several models: the money "
                "that the next unit of money must bring, of what is left of all targets",
            )


def list_group(joint: JointSpec, specs: Mapping[str, ModelSpec], group: str) -> list[str]:
    """List what money is planned for under a group's name.

    Parameters
    ----------
    joint : JointSpec
        The models together.
    specs : mapping of str to ModelSpec
        Each of them, by name.
    group : str
        As the models call it.

    Returns
    -------
    list of str
        Names of lines of which any model says so.
    """
    return [
        line.name
        for line in list_lines(joint, specs)
        if any(specs[model].media[line.channel].group == group for model in line.models)
    ]
