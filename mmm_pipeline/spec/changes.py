"""What was said once and is said otherwise now, in sentences."""

from collections.abc import Mapping
from typing import Any

BY_NAME = frozenset({"media", "controls", "events", "scenarios"})
"""Sections whose parts have names that the analyst gives."""


def list_changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Say what is said otherwise, setting by setting.

    Parameters
    ----------
    then, now : mapping of str to object
        Sections of a spec as plain JSON values, by name.

    Returns
    -------
    list of str
        A sentence for each setting that changed, and for each channel, control, event or scenario
        that was added or taken out. What is not stated and what is null are the same.

    Examples
    --------
    >>> list_changes({"trend": "linear"}, {"trend": "none"})
    ["`trend` was 'linear' and is 'none'"]
    >>> list_changes({"media": {"tv": {}}}, {"media": {"tv": {"roas": {"median": 2}}, "radio": {}}})
    ['`media.tv.roas` was not stated and is {median: 2}', '`media.radio` was added']
    """
    return _compare_parts((), then, now)


def _compare_parts(
    path: tuple[str, ...], then: Mapping[str, Any], now: Mapping[str, Any]
) -> list[str]:
    """Compare two parts word by word, in the order of the earlier one."""
    words = dict.fromkeys((*then, *now))
    return [one for word in words for one in _compare_word((*path, word), then, now)]


def _compare_word(
    path: tuple[str, ...], then: Mapping[str, Any], now: Mapping[str, Any]
) -> list[str]:
    """Compare one word of two parts; a setting is compared as a whole."""
    place, word, has_names = f"`{'.'.join(path)}`", path[-1], path[0] in BY_NAME
    before, after = then.get(word), now.get(word)
    if has_names and len(path) == 1:
        return _compare_parts(path, before or {}, after or {})
    if has_names and len(path) == 2 and (word in then) != (word in now):
        return [f"{place} was {'added' if word in now else 'taken out'}"]
    is_part = len(path) == (2 if has_names else 1)
    if is_part and isinstance(before, dict) and isinstance(after, dict):
        return _compare_parts(path, before, after)
    if _strip(before) == _strip(after):
        return []
    return [f"{place} was {_say(before)} and is {_say(after)}"]


def _strip(value: Any) -> Any:
    """Leave out what is not stated."""
    if not isinstance(value, dict):
        return value
    return {word: _strip(one) for word, one in value.items() if one is not None}


def _say(value: Any) -> str:
    """Write a value as YAML would, without what is not stated."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        stated = (f"{word}: {_say(one)}" for word, one in _strip(value).items())
        return f"{{{', '.join(stated)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_say, value))}]"
    return repr(value)
