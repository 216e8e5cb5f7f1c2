"""Pydantic's refusals in the words of this house: what must hold, what was found."""

import re
from typing import Any

from pydantic_core import ErrorDetails

from mmm_pipeline.errors import suggest

NAME = r"^[A-Za-z][A-Za-z0-9_]*$"
LINE_NAME = r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)?$"
CURRENCY = r"^[A-Z]{3}$"
PATTERNS = {
    NAME: "must be letters, digits and underscores, a letter first",
    LINE_NAME: "must be a channel's name, or over several models `model.channel`",
    CURRENCY: "must be the three capital letters of ISO 4217, such as EUR",
}
"""What a text must look like, in words."""
_WORD = re.compile(r"'([^']*)'")


def word_refusal(kind: str, context: dict[str, Any], value: object) -> str | None:
    """Say what a setting must be.

    Parameters
    ----------
    kind : str
        Pydantic's name of the refusal.
    context : dict
        What Pydantic says of it.
    value : object
        What was found.

    Returns
    -------
    str or None
        None where Pydantic's own words do, or are ours already.

    Examples
    --------
    >>> word_refusal("literal_error", {"expected": "'mean', 'var' or 'cvar'"}, "cvarr")
    "must be one of mean, var, cvar; got 'cvarr'. Did you mean 'cvar'?"
    >>> word_refusal("greater_than", {"gt": 0.0}, -1)
    'must be above 0; got -1'
    """
    if kind == "literal_error":
        return word_choice(_WORD.findall(str(context["expected"])), value)
    if kind == "string_pattern_mismatch" and context["pattern"] in PATTERNS:
        return f"{PATTERNS[context['pattern']]}; got {value!r}"
    for limit, words in _LIMITS.items():
        if limit in context and isinstance(context[limit], int | float):
            return f"must be {words} {context[limit]:g}; got {value!r}"
    return f"{_KINDS[kind]}; got {value!r}" if kind in _KINDS else None


_LIMITS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
_NUMBER, _WHOLE = "must be a number", "must be a whole number"
_DAY, _PARTS = "must be a day such as 2026-04-06", "must say `word: value` pairs"
_KINDS = {
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), _NUMBER),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), _WHOLE),
    **dict.fromkeys(("bool_type", "bool_parsing"), "must be true or false"),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), _DAY),
    "date_from_datetime_inexact": _DAY,
    **dict.fromkeys(("model_type", "dict_type"), _PARTS),
    **dict.fromkeys(("tuple_type", "list_type"), "must be a list"),
    "string_type": "must be a text",
}
"""What must hold, by the kind of refusal."""


def word_choice(known: list[str], value: object) -> str:
    """Name the words there are, and the one that may be meant.

    Parameters
    ----------
    known : list of str
        The words.
    value : object
        What was found.

    Returns
    -------
    str
    """
    hint = suggest(str(value), known)
    return f"must be one of {', '.join(known)}; got {value!r}{f'.{hint}' if hint else ''}"


def tell_error(error: ErrorDetails) -> str:
    """Tell a refusal, naming the setting if its words do not.

    Parameters
    ----------
    error : ErrorDetails
        One of a `ValidationError`.

    Returns
    -------
    str

    Examples
    --------
    >>> tell_error(
    ...     {"type": "missing", "loc": ("data", "path"), "msg": "Field required", "input": 1}
    ... )
    '`data.path`: Field required'
    """
    what, words = ".".join(map(str, error["loc"])), error["msg"].removeprefix("Value error, ")
    return words if not what or words.startswith(f"`{what}") else f"`{what}`: {words}"
