"""What a model's exports look like to whoever reads them elsewhere."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, StringConstraints, model_validator

from mmm_pipeline.spec.base import SpecPart

type ExportName = Literal[
    "decomps_stacked",
    "media_results",
    "actual_vs_fitted",
    "channel_returns",
    "returns_by_period",
    "contributions_by_period",
    "carryover_curves",
    "seasonal_indices",
    "recommendations",
    "response_curves",
    "budget_scenarios",
    "scenario_comparison",
    "budget_frontier",
    "disaggregated_results",
]
"""Tables that are exported."""
type Label = Annotated[str, StringConstraints(min_length=1, max_length=200)]

EXPORT_NAMES: tuple[ExportName, ...] = get_args(ExportName.__value__)


class ColumnChoice(SpecPart):
    """What the columns of one exported table are called, and which are there, in which order.

    Columns are named as the table has them by default.
    """

    rename: dict[str, Label] = Field(default={}, description="New names of columns, by column.")
    hide: tuple[str, ...] = Field(default=(), description="Columns that are left out.")
    order: tuple[str, ...] = Field(
        default=(), description="Columns that come first, in this order; the others follow."
    )

    @model_validator(mode="after")
    def _says_one_thing_of_each(self) -> Self:
        for word in ("hide", "order"):
            if again := _repeated(getattr(self, word)):
                message = f"`{word}` must name each column once; {again[0]!r} is named again"
                raise ValueError(message)
        if again := _repeated(tuple(self.rename.values())):
            message = (
                f"`rename` must give each column a name of its own; {again[0]!r} is given twice"
            )
            raise ValueError(message)
        if both := [one for one in self.hide if one in {*self.rename, *self.order}]:
            message = f"a column must be hidden, or renamed and ordered; {both[0]!r} is both"
            raise ValueError(message)
        return self


class Exports(SpecPart):
    """What the exported tables say, and how."""

    brand: Label | None = Field(
        default=None,
        description="What stands in `brand`. Default: the model's name; in a panel with a dim "
        "`brand`, that.",
    )
    force_to_actuals: bool = Field(
        default=False,
        description="Count what nothing explains under the intercept, so that a decomposition adds "
        "up to what was observed, not to what was fitted.",
    )
    columns: dict[ExportName, ColumnChoice] = Field(
        default={}, description="Names, choice and order of columns, by table."
    )


def _repeated(names: tuple[str, ...]) -> list[str]:
    """List what is there before."""
    return [name for place, name in enumerate(names) if name in names[:place]]
