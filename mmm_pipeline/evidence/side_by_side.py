"""Two models, or two fits of one, side by side: how they fit, are built, and what they say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.evidence.overlap import compute_probability_higher
from mmm_pipeline.evidence.quality import assess_fit
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.contributions import compute_contributions
from mmm_pipeline.insight.pairing import pair_draws
from mmm_pipeline.insight.posterior import compute_channel_totals
from mmm_pipeline.insight.returns import compute_roas
from mmm_pipeline.insight.summary import LOWER, SAMPLE_DIMS, UPPER
from mmm_pipeline.spec import Media, ModelSpec

BOUNDS = ("", "_lower", "_upper")
COLUMNS = {
    **dict.fromkeys(("a", "b", "section", "name", "where", "told_a", "told_b"), "str"),
    **{f"{word}{bound}": "float64" for word in ("a_is", "b_is", "difference") for bound in BOUNDS},
    "probability_higher": "float64",
}
"""Columns of the table, and their types."""
BOTH, DIFFERENT, ONLY_A, ONLY_B = "both", "different", "only a", "only b"
MEASURES = {
    "r2": "R2",
    "mape": "mean absolute percentage error",
    "wmape": "absolute error over the sum of the target",
    "crps_ratio": "CRPS against repeating the last value",
    "coverage": "share of periods in the 90 % interval",
}
"""Numbers of the fit that are free of the target's unit, and what they are called."""


@dataclass(frozen=True, eq=False)
class Side:
    """What one fit says, as far as it is compared.

    Attributes
    ----------
    label, kpi : str
        What it is called; what its target is.
    measures : mapping of str to float
        See `MEASURES`.
    parts : mapping of str to str
        What it is built of: settings, and what is said of each.
    draws : mapping of str to mapping of str to numpy.ndarray
        Draws of ``roas`` by channel, ``share`` of the fitted target by component, and
        ``parameter`` by name, shape (samples,).
    facts : mapping of str to str
        `fit_id`, and `first` and `last` date of the window.
    """

    label: str
    kpi: str
    measures: Mapping[str, float]
    parts: Mapping[str, str]
    draws: Mapping[str, Mapping[str, np.ndarray]]
    facts: Mapping[str, str]


def read_side(fit: ConvergedFit, label: str) -> Side:
    """Read from a fit what it is compared by.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    label : str
        What it is called.

    Returns
    -------
    Side
    """
    quality, spec = assess_fit(summarize_fit(fit)), fit.spec
    parts = compute_contributions(fit)
    totals = parts.sum([dim for dim in parts.dims if dim not in {*SAMPLE_DIMS, "component"}])
    roas = compute_roas(compute_channel_totals(fit), fit.features["spend"])
    dates = pd.DatetimeIndex(fit.features["date"].to_numpy())
    return Side(
        label,
        spec.data.kpi,
        {word: float(getattr(quality, word)) for word in MEASURES},
        list_parts(spec),
        {
            "roas": _flatten(roas.sel(channel=spec.bought_media)),
            "share": _flatten(totals / totals.sum("component")),
            "parameter": {
                f"{variable}{f'[{label}]' if label else ''}": draws
                for variable, values in fit.posterior.data_vars.items()
                for label, draws in _flatten(values).items()
            },
        },
        {"fit_id": fit.fit_id, "first": f"{dates[0]:%Y-%m-%d}", "last": f"{dates[-1]:%Y-%m-%d}"},
    )


def list_parts(spec: ModelSpec) -> dict[str, str]:
    """List what a model is built of.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    dict of str to str
        What is said of each setting, by the words that lead to it.
    """
    parts = {f"media.{name}": _describe_media(media) for name, media in spec.media.items()}
    parts |= {f"controls.{name}": one.sign or "either way" for name, one in spec.controls.items()}
    parts |= {f"events.{name}": one.sign or "either way" for name, one in spec.events.items()}
    waves = spec.seasonality
    return parts | {
        "trend": spec.trend,
        "seasonality": f"{waves.yearly} a year, {waves.monthly} a month, {waves.weekly} a week",
        "link": spec.link,
        "likelihood": spec.likelihood,
        "l_max": str(spec.l_max),
        "time_varying_media": str(spec.time_varying_media).lower(),
        "panel": ", ".join(spec.data.panel) or "none",
    }


def compare_sides(a: Side, b: Side) -> pd.DataFrame:
    """Set two fits side by side.

    Parameters
    ----------
    a, b : Side
        The fits, each over its own window.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, a row per thing that is compared. ``section`` is ``fit``, ``structure``,
        ``roas``, ``share`` (of the fitted target) or ``parameter`` (on the model's scale);
        ``where`` says whether it is in both, in both and different (structure), or in one only;
        ``told_a, told_b`` what is said of a setting; ``a_is, b_is`` means with 5-95 % intervals,
        ``difference`` a less b, ``probability_higher`` that a is above b.

    Notes
    -----
    The fits are independent, so the probability is over all pairs of draws (Mann and Whitney's U),
    and the interval of the difference over pairs by `pair_draws`. Returns of a count and of money
    are not set against each other.
    """
    rows = [*_compare_measures(a, b), *_compare_parts(a, b)]
    for section in ("roas", "share", "parameter"):
        is_alike = section != "roas" or a.kpi == b.kpi
        rows += _compare_draws(section, a.draws[section], b.draws[section], is_alike=is_alike)
    table = pd.DataFrame(rows, columns=list(COLUMNS)).assign(a=a.label, b=b.label)
    text = [name for name, kind in COLUMNS.items() if kind == "str"]
    table[text] = table[text].fillna("")
    return table.astype(COLUMNS)


def _describe_media(media: Media) -> str:
    """Say how a channel acts."""
    curve = f"{media.saturation.form} curve" if media.saturation else "usual curve"
    return f"{media.kind}, {media.carryover.form} carry-over, {curve}"


def _flatten(values: xr.DataArray) -> dict[str, np.ndarray]:
    """Take draws apart by their labels, joined by commas; no label where there is one number."""
    dims = [str(dim) for dim in values.dims if dim not in SAMPLE_DIMS]
    ordered = values.transpose(*dims, *SAMPLE_DIMS).to_numpy()
    flat = ordered.reshape(-1, values.sizes["chain"] * values.sizes["draw"])
    index = pd.MultiIndex.from_product([values[dim].to_numpy() for dim in dims]) if dims else [()]
    return {", ".join(map(str, labels)): draws for labels, draws in zip(index, flat, strict=True)}


def _compare_measures(a: Side, b: Side) -> list[dict[str, Any]]:
    """Compare how close they come."""
    return [
        {
            "section": "fit",
            "name": words,
            "where": BOTH,
            "a_is": a.measures[word],
            "b_is": b.measures[word],
            "difference": a.measures[word] - b.measures[word],
        }
        for word, words in MEASURES.items()
    ]


def _compare_parts(a: Side, b: Side) -> list[dict[str, Any]]:
    """Compare what they are built of."""
    rows = []
    for name in dict.fromkeys((*a.parts, *b.parts)):
        told = {"told_a": a.parts.get(name, ""), "told_b": b.parts.get(name, "")}
        where = _place(name, a.parts, b.parts)
        if where == BOTH and told["told_a"] != told["told_b"]:
            where = DIFFERENT
        rows.append({"section": "structure", "name": name, "where": where, **told})
    return rows


def _compare_draws(
    section: str, a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray], *, is_alike: bool
) -> list[dict[str, Any]]:
    """Compare draws of the same name."""
    rows = []
    for name in dict.fromkeys((*a, *b)):
        row: dict[str, Any] = {"section": section, "name": name, "where": _place(name, a, b)}
        row |= _summarize("a_is", a.get(name)) | _summarize("b_is", b.get(name))
        if row["where"] == BOTH and is_alike:
            first, second = pair_draws([a[name].size, b[name].size])
            row |= _summarize("difference", a[name][first] - b[name][second])
            row["probability_higher"] = compute_probability_higher(b[name], a[name])
        rows.append(row)
    return rows


def _summarize(word: str, draws: np.ndarray | None) -> dict[str, float]:
    """Take the mean and the 5-95 % interval; nothing where there are no draws."""
    if draws is None:
        return {}
    lower, upper = np.quantile(draws, [LOWER, UPPER])
    return {word: float(draws.mean()), f"{word}_lower": lower, f"{word}_upper": upper}


def _place(name: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> str:
    """Say which of the two has it."""
    return BOTH if name in a and name in b else ONLY_A if name in a else ONLY_B
