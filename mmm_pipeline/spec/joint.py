"""What is said of several models together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from mmm_pipeline.spec.base import Name, Number, SpecPart
from mmm_pipeline.spec.model import ModelSpec
from mmm_pipeline.spec.scenario import Scenario, default_scenarios

TOTAL, PROFIT = "total", "profit"
"""Views over all models; no model may bear their names."""


class Member(SpecPart):
    """One of the models, and what its target is worth."""

    label: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = Field(
        default=None, description="What it is called in tables and figures. Default: its name."
    )
    margin: Annotated[Number, Field(ge=0, le=1)] | None = Field(
        default=None,
        description="Share of the target's worth that is left when what was sold is paid for, 0 "
        "to 1. Default: the model's own `data.margin`.",
    )
    value: Annotated[Number, Field(gt=0)] | None = Field(
        default=None, description="Money that a target unit is worth, with `data.kpi: count`."
    )
    fit: Literal["current", "promoted"] = Field(
        default="current", description="Which of its fits is read; either goes through the gate."
    )


class Thresholds(SpecPart):
    """What the next unit of money must bring for an action, in money per unit of money."""

    increase: Number = Field(default=1.5, description="INCREASE above it, in all views but profit.")
    reduce: Number = Field(default=1.0, description="REDUCE below it, in all views but profit.")
    profit_increase: Number = Field(default=1.5, description="INCREASE above it, for profit.")
    profit_reduce: Number = Field(default=1.0, description="REDUCE below it, for profit.")

    @model_validator(mode="after")
    def _leave_room_to_hold(self) -> Self:
        for low, high in (("reduce", "increase"), ("profit_reduce", "profit_increase")):
            least, most = getattr(self, low), getattr(self, high)
            if not 0 <= least <= most:
                message = (
                    f"`{low}` must lie between 0 and `{high}`, which is {most:g}; got {least:g}"
                )
                raise ValueError(message)
        return self

    def of(self, view: str) -> tuple[float, float]:
        """Read the thresholds of a view.

        Parameters
        ----------
        view : str
            A model's name, or `TOTAL` or `PROFIT`.

        Returns
        -------
        reduce, increase : float
        """
        if view == PROFIT:
            return self.profit_reduce, self.profit_increase
        return self.reduce, self.increase


def _by_name(value: Any) -> Any:
    """Let models of which nothing is said be written as a list."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        if repeated := [name for name in dict.fromkeys(value) if value.count(name) > 1]:
            message = f"`models` must name each model once; {repeated[0]!r} is named again"
            raise ValueError(message)
        return {name: {} for name in value}
    return value


class JointSpec(SpecPart):
    """Several models that are looked at together."""

    name: Name = Field(description="Name of the whole and of its folder under `defs/`.")
    models: Annotated[dict[Name, Member], BeforeValidator(_by_name)] = Field(
        description="Models, by name; two at least. The first is the one others are compared with."
    )
    spend: Literal["shared", "separate"] = Field(
        default="shared",
        description="Whether a channel's money is the same money in all models, and acts on every "
        "target at once, or each model has budgets of its own.",
    )
    thresholds: Thresholds = Field(
        default=Thresholds(), description="From when on more, or less, is advised."
    )
    scenarios: dict[Name, Scenario] = Field(
        default_factory=default_scenarios, description="Budgets over all models, by name."
    )
    on_new_fits: bool = Field(
        default=False,
        description="Whether all of it is made again when a model has another fit that passes.",
    )

    @model_validator(mode="after")
    def _are_several(self) -> Self:
        if len(self.models) < 2:
            message = f"`models` must name two models at least; got {', '.join(self.models) or 0}"
            raise ValueError(message)
        if taken := sorted({TOTAL, PROFIT} & set(self.models)):
            message = f"`models` must not name one {taken[0]!r}, which a view over all is called"
            raise ValueError(message)
        return self


@dataclass(frozen=True)
class Line:
    """Money that is planned as one.

    Attributes
    ----------
    name : str
        The channel, or, where spend is separate, ``model.channel``.
    channel : str
        What it is called in the models.
    models : tuple of str
        Those it acts in.
    """

    name: str
    channel: str
    models: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What a unit of a model's target is worth.

    Attributes
    ----------
    model, label : str
        Whose, and what it is called.
    value : float
        Money per target unit; 1 where the target is money.
    margin : float
        Share of that which is left, 0 to 1.
    """

    model: str
    label: str
    value: float
    margin: float


def list_lines(joint: JointSpec, specs: Mapping[str, ModelSpec]) -> list[Line]:
    """List what money is planned for.

    Parameters
    ----------
    joint : JointSpec
        The models together.
    specs : mapping of str to ModelSpec
        Each of them, by name.

    Returns
    -------
    list of Line
        In the order of the models, and of their channels.
    """
    bought = {name: specs[name].bought_media for name in joint.models}
    if joint.spend == "separate":
        return [
            Line(f"{model}.{channel}", channel, (model,))
            for model, channels in bought.items()
            for channel in channels
        ]
    names = dict.fromkeys(channel for channels in bought.values() for channel in channels)
    return [
        Line(name, name, tuple(model for model, channels in bought.items() if name in channels))
        for name in names
    ]


def list_outcomes(joint: JointSpec, specs: Mapping[str, ModelSpec]) -> list[Outcome]:
    """Say what the targets of all models are worth.

    Parameters
    ----------
    joint : JointSpec
        The models together; consistent with each, see
        `mmm_pipeline.spec.joint_consistency.find_joint_inconsistencies`.
    specs : mapping of str to ModelSpec
        Each of them, by name.

    Returns
    -------
    list of Outcome
        In the order of the models.
    """
    found = []
    for name, member in joint.models.items():
        margin = specs[name].data.margin if member.margin is None else member.margin
        found.append(
            Outcome(
                name,
                member.label or name,
                1.0 if member.value is None else member.value,
                1.0 if margin is None else margin,
            )
        )
    return found
