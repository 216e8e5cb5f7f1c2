"""A budget to be planned for the periods after the data."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from mmm_pipeline.spec.base import SpecPart

CURRENT = "current"
_CHANGE = re.compile(r"^(?P<sign>[+-])(?P<percent>\d+(\.\d+)?)%$")


def _readable(budget: str | float) -> str | float:
    """Refuse a budget that is neither money, nor `current`, nor a change in per cent."""
    if isinstance(budget, str):
        change = _CHANGE.match(budget)
        if budget != CURRENT and change is None:
            message = (
                f"`budget` must be 'current', a change such as '-20%' or '+30%', or an amount of "
                f"money for the whole window; got {budget!r}"
            )
            raise ValueError(message)
        if change is not None and float(f"{change['sign']}{change['percent']}") <= -100:
            message = f"`budget` must leave something to spend; got {budget!r}"
            raise ValueError(message)
    elif budget <= 0:
        message = f"`budget` must be above 0; got {budget!r}"
        raise ValueError(message)
    return budget


def _no_boolean(budget: object) -> object:
    """Refuse `true`, which would be read as 1."""
    if isinstance(budget, bool):
        message = f"`budget` must be 'current', a change in per cent, or money; got {budget!r}"
        raise ValueError(message)  # noqa: TRY004  # Pydantic tells value errors
    return budget


class Scenario(SpecPart):
    """One plan: how much is spent, over how many periods, within which bounds."""

    budget: Annotated[float | str, BeforeValidator(_no_boolean), AfterValidator(_readable)] = Field(
        default=CURRENT,
        description="Money for the whole window, or 'current', or a change: '-20%', '+30%'.",
    )
    periods: int = Field(
        default=13,
        ge=1,
        le=366,
        description="Length of the window: periods that follow the last one of the data.",
    )
    bounds: float = Field(
        default=0.8,
        gt=0,
        le=10,
        description="How far a channel may move from today's plan: 0.8 is 80 % either way, and "
        "never below nothing.",
    )

    def resolve_budget(self, current: float) -> float:
        """Turn the budget into money.

        Parameters
        ----------
        current : float
            What today's plan spends over the window, in currency.

        Returns
        -------
        float
            The window's total, in currency.

        Examples
        --------
        >>> Scenario(budget="-20%").resolve_budget(1000.0)
        800.0
        >>> Scenario(budget=250).resolve_budget(1000.0)
        250.0
        """
        if not isinstance(self.budget, str):
            return self.budget
        if self.budget == CURRENT:
            return current
        change = _CHANGE.match(self.budget)
        assert change is not None  # noqa: S101  # the validator saw to it
        return current * (1 + float(f"{change['sign']}{change['percent']}") / 100)


def default_scenarios() -> dict[str, Scenario]:
    """Return the three plans made where the spec names none.

    Returns
    -------
    dict of str to Scenario
        A fifth less, today's money, and 30 % more.
    """
    return {
        "cut_20": Scenario(budget="-20%"),
        "current": Scenario(),
        "grow_30": Scenario(budget="+30%"),
    }
