"""Settings that go together, under one word."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel

from mmm_pipeline.spec.media import STATEMENTS

type Preset = Literal["default", "fast", "production", "databricks", "dt_mart"]

LIBRARY_PRIORS: dict[str, Any] = {
    "carryover": {"form": "geometric", "alpha": "Beta(1, 3)"},
    "saturation": {"form": "logistic", "lam": "Gamma(3, 1)"},
    "effect": "HalfNormal(2)",
}
"""What PyMC-Marketing believes of a channel that it is told nothing of."""
PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "fast": {"sampling": {"chains": 2, "tune": 500, "draws": 500}},
    "production": {
        "sampling": {"chains": 4, "tune": 2000, "draws": 2000, "target_accept": 0.95},
        "backtest": {"folds": 3},
        "sensitivity": ["carryover", "priors", "placebo"],
    },
    "databricks": {
        "l_max": 12,
        "trend": "none",
        "seasonality": {"yearly": 0},
        "sampling": {"chains": 4, "tune": 1000, "draws": 1000, "seed": 8927},
        "media": LIBRARY_PRIORS,
    },
    "dt_mart": {
        "l_max": 4,
        "trend": "none",
        "seasonality": {"yearly": 0},
        "sampling": {"chains": 4, "tune": 2000, "draws": 1000, "target_accept": 0.95},
        "media": LIBRARY_PRIORS,
    },
}
"""What each preset says; under `media`, of every channel. The gate's limits are in none."""


def fill_in(values: Any) -> Any:
    """Let a preset say what a spec does not.

    Parameters
    ----------
    values : object
        A spec as it is written, before anything of it is checked.

    Returns
    -------
    object
        The same with the settings of its preset where it has none, word by word inside a section.
        What is no spec, or names no preset that there is, comes back as it is.

    Examples
    --------
    >>> fill_in({"preset": "fast", "sampling": {"draws": 800}})["sampling"]
    {'chains': 2, 'tune': 500, 'draws': 800}
    """
    preset = values.get("preset") if isinstance(values, dict) else None
    if not isinstance(preset, str) or preset not in PRESETS:
        return values
    filled = dict(values)
    for section, settings in PRESETS[preset].items():
        said = values.get(section, {})
        if section == "media":
            filled[section] = _fill_media(said, settings)
        elif isinstance(settings, dict):
            filled[section] = _fill_part(said, settings)
        else:
            filled.setdefault(section, settings)
    return filled


def _fill_media(said: Any, settings: Mapping[str, Any]) -> Any:
    """Fill in each channel; a fault is left for the spec to tell."""
    if not isinstance(said, dict):
        return said
    return {
        name: _fill_part(channel, _honoured(channel, settings)) for name, channel in said.items()
    }


def _honoured(channel: Any, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what a channel's kind, or its own statement of its return, does not take."""
    said = _read_words(channel) or {}
    is_other = said.get("kind") == "competitor" or said.get("reach")
    dropped = {"saturation"} if is_other else set()
    if any(said.get(word) is not None for word in STATEMENTS):
        dropped.add("effect")
    return {word: value for word, value in settings.items() if word not in dropped}


def _fill_part(said: Any, settings: Mapping[str, Any]) -> Any:
    """Put what is said over what is not."""
    words = _read_words(said)
    return said if words is None else {**settings, **words}


def _read_words(said: Any) -> dict[str, Any] | None:
    """List what a part says, whether written or built in Python; None for what is no part."""
    if isinstance(said, BaseModel):
        return {word: getattr(said, word) for word in said.model_fields_set}
    return said if isinstance(said, dict) else None
