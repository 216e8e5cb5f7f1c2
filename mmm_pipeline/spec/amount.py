"""Amounts that an analyst may state by themselves, or against what is or was."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

CURRENT, FREE = "current", "free"
_CHANGE = re.compile(r"^(?P<sign>[+-])(?P<percent>\d+(\.\d+)?)%$")


def _no_boolean(amount: object) -> object:
    """Refuse `true`, which would be read as 1."""
    if isinstance(amount, bool):
        message = f"must be 'current', a change in per cent, or money; got {amount!r}"
        raise ValueError(message)  # noqa: TRY004  # Pydantic tells value errors
    return amount


def _readable(amount: str | float) -> str | float:
    """Refuse what is neither money, nor `current`, nor a change in per cent."""
    if isinstance(amount, str):
        change = _CHANGE.match(amount)
        if amount != CURRENT and change is None:
            message = (
                f"must be 'current', a change such as '-20%' or '+30%', or an amount of money for "
                f"the whole window; got {amount!r}"
            )
            raise ValueError(message)
        if change is not None and _read_share(change) < -1:
            message = f"must not take away more than there is; got {amount!r}"
            raise ValueError(message)
    elif amount < 0:
        message = f"must not be below 0; got {amount!r}"
        raise ValueError(message)
    return amount


def _read_share(change: re.Match[str]) -> float:
    """Read ``+30%`` as 0.3."""
    return float(f"{change['sign']}{change['percent']}") / 100


type Amount = Annotated[float | str, BeforeValidator(_no_boolean), AfterValidator(_readable)]
"""Money for the whole window, ``current``, or a change against today's plan: ``-20%``."""


def _readable_or_free(amount: str | float) -> str | float:
    """Let a budget be free."""
    return amount if amount == FREE else _readable(amount)


type Budget = Annotated[
    float | str, BeforeValidator(_no_boolean), AfterValidator(_readable_or_free)
]
"""An `Amount`, or ``free``."""


def resolve_amount(amount: float | str, current: float) -> float:
    """Turn an amount into money.

    Parameters
    ----------
    amount : float or str
        An `Amount`.
    current : float
        What today's plan spends over the window, currency.

    Returns
    -------
    float
        Currency, over the window.

    Examples
    --------
    >>> resolve_amount("-20%", 1000.0)
    800.0
    >>> resolve_amount(250, 1000.0)
    250.0
    """
    if not isinstance(amount, str):
        return float(amount)
    change = _CHANGE.match(amount)
    return current if change is None else current * (1 + _read_share(change))


def _readable_course(value: object) -> object:
    """Refuse what is neither a number, nor one for each period, nor a change in per cent."""
    parts = value if isinstance(value, list | tuple) else [value]
    is_change = isinstance(value, str) and _CHANGE.match(value)
    is_number = [isinstance(one, int | float) and not isinstance(one, bool) for one in parts]
    if not is_change and not (parts and all(is_number)):
        message = (
            "must be a number, a list with a number for each period, or a change such as '+5%' "
            f"against the year before; got {value!r}"
        )
        raise ValueError(message)
    return value


type Course = Annotated[float | tuple[float, ...] | str, BeforeValidator(_readable_course)]
"""What a control will be: in every period, in each, or against the same period a year before."""
