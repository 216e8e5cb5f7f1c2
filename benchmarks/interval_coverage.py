"""How often the intervals of a national model hold the truth, over a hundred simulated worlds.

Run: ``.venv/bin/python benchmarks/interval_coverage.py``, with a number of worlds behind it for
other than 100. Four channels, spends of two to three years from ``mmm_pipeline.simulate``, and the
spec that says nothing but name, data and media. Five such histories of spend; for each, worlds are
drawn from the spec's own priors, fitted, and taken through the gate, as the ``certify`` job does.
The central 50, 80 and 95 % intervals of ROAS and of contributions must hold the truth as often as
they say, within 5 points.

Beside it, without a bound: worlds of other recipes, whose truths are fixed by hand and were not
drawn from any prior of ours.

Writes ``interval_coverage.md`` beside itself.
"""

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from mmm_pipeline.errors import NotConvergedError
from mmm_pipeline.evidence.certification import certify, certify_world
from mmm_pipeline.evidence.ranks import (
    WIDTHS,
    assess_groups,
    assess_ranks,
    count_kept,
    name_coverage,
    rank_truths,
    thin,
)
from mmm_pipeline.gate import admit
from mmm_pipeline.gate.remedies import Witness, fit_until_it_holds, read_attempts
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline.insight.posterior import compute_channel_totals
from mmm_pipeline.insight.returns import compute_roas
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.worlds import Origin, draw_worlds
from mmm_pipeline.simulate import demo_world, simulate_world
from mmm_pipeline.simulate.mixed import MixedWorld, simulate_mixed
from mmm_pipeline.simulate.monthly import MonthlyWorld, simulate_monthly
from mmm_pipeline.simulate.reach import ReachWorld, simulate_reach
from mmm_pipeline.spec import ModelSpec

HERE = Path(__file__).parent
N_WORLDS = 100
WEEKS = (104, 117, 130, 143, 156)
"""Length of each history of spend."""
CHANNELS = ("tv", "search", "social", "display")
BOUND = 0.05
"""By how much a coverage may be off."""
BOUNDED = ("roas", "contribution")
N_EACH = 4
"""Worlds of each other recipe."""
SILENT = Witness(tell=lambda _: None, warn=print, keep=lambda *_: None)


def make_features(spec: ModelSpec, frame: pd.DataFrame) -> xr.Dataset:
    """Take a simulated table the way the pipeline takes a source."""
    raw = frame.assign(week=frame["week"].dt.strftime("%Y-%m-%d")).astype(str)
    return build_features(validate_source({"raw_data": raw}, spec).frame, spec)


def make_spec(target: str = "sales", **said: Any) -> ModelSpec:
    """Say what a model of a table needs, and no more."""
    data = {"path": "data/world.csv", "date": "week", "target": target}
    return ModelSpec.model_validate({"name": "coverage", "data": data} | said)


def measure_own_worlds(n_worlds: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Certify the default spec: ranks in all worlds, and what became of each."""
    spec = make_spec(media={name: {} for name in CHANNELS})
    ranks, outcomes = [], []
    for history, weeks in enumerate(WEEKS):
        demo = demo_world()
        channels = {name: demo.channels[name] for name in CHANNELS}
        recipe = replace(demo, channels=channels, weeks=weeks, seed=history)
        origin = Origin(spec, make_features(spec, simulate_world(recipe)[0]))
        some = draw_worlds(origin, -(-n_worlds // len(WEEKS)), seed=history)
        records = []
        for number in range(some.sizes["world"]):
            records.append(certify_world(origin, some.isel(world=number), SILENT))
            print(f"{weeks} weeks, world {number}: {dict(records[-1].attrs)}", flush=True)
        found = certify(origin, some, records)
        for parts, table in ((ranks, found.ranks), (outcomes, found.outcomes)):
            parts.append(table.assign(world=1000 * history + table["world"]))
    return pd.concat(ranks), pd.concat(outcomes)


@dataclass(frozen=True)
class Recipe:
    """Worlds whose truth was written by hand, and the spec that an analyst would give them."""

    name: str
    spec: ModelSpec

    def simulate(self, seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Draw one history."""
        if self.name == "demo":
            return simulate_world(replace(demo_world(), seed=seed))
        if self.name == "monthly":
            return simulate_monthly(MonthlyWorld(world="monthly", seed=seed))
        if self.name == "reach":
            return simulate_reach(ReachWorld(world="reach", seed=seed))
        multiplies = self.name == "mixed, multiplying"
        return simulate_mixed(MixedWorld(world="mixed", seed=seed, multiplies=multiplies))


def list_recipes() -> Iterator[Recipe]:
    """List the recipes."""
    demo = demo_world()
    yield Recipe(
        "demo",
        make_spec(
            media={name: {} for name in demo.channels},
            controls={"price": {}},
            events={
                "black_friday": ["2023-11-24", "2024-11-29", "2025-11-28"],
                "christmas": ["2023-12-20", "2024-12-18", "2025-12-17"],
            },
        ),
    )
    forms = {
        "tv": {"carryover": "delayed", "saturation": "hill"},
        "radio": {"carryover": "weibull", "saturation": "michaelis_menten"},
        "social": {"carryover": "binomial", "saturation": "exponential"},
        "print": {"carryover": "none", "saturation": "root"},
        "mail": {"kind": "owned"},
        "rival": {"kind": "competitor"},
    }
    mixed = {"media": forms, "controls": {"price": {"sign": "negative"}}, "trend": "none"}
    yield Recipe("mixed", make_spec(**mixed))
    yield Recipe("mixed, multiplying", make_spec(**mixed, link="log"))
    _, truth = simulate_monthly(MonthlyWorld(world="monthly"))
    named = {"media": truth["roas"], "controls": truth["effect"]}
    said = {word: {name: {} for name in names} for word, names in named.items()}
    yield Recipe("monthly", make_spec("gmv", **said))
    reached = {
        name: {"reach": f"{name}_reach", "frequency": f"{name}_frequency"}
        for name in ("video", "stream")
    }
    yield Recipe("reach", make_spec(media=reached | {"search": {}}, trend="none"))


def measure_recipe(recipe: Recipe) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fit worlds of a recipe: ranks of the true ROAS, and what became of each world."""
    ranks, outcomes = [], []
    for seed in range(N_EACH):
        frame, truth = recipe.simulate(seed)
        features = make_features(recipe.spec, frame)
        trace = fit_until_it_holds(recipe.spec, features, SILENT)
        outcome = {"world": seed, "passed": True, "attempts": len(read_attempts(trace))}
        try:
            fit = admit(trace, recipe.spec)
        except NotConvergedError as error:
            outcomes.append(outcome | {"passed": False, "why": "; ".join(error.failures)})
            continue
        outcomes.append(outcome | {"why": ""})
        roas = compute_roas(compute_channel_totals(fit), features["spend"])
        names = list(truth["roas"])
        kept = thin(roas.sel(channel=names).to_dataset(name="roas"), count_kept(recipe.spec.gate))
        true = xr.Dataset({"roas": ("channel", list(truth["roas"].values()))}, {"channel": names})
        ranks.append(rank_truths(true.expand_dims(world=[seed]), kept.expand_dims(world=[seed])))
    return pd.concat(ranks), pd.DataFrame(outcomes)


def tell_outcomes(outcomes: pd.DataFrame) -> str:
    """Say what became of worlds."""
    passed, attempts = outcomes["passed"], outcomes["attempts"]
    words = (
        f"{len(outcomes)} worlds: {(passed & (attempts == 1)).sum()} passed at once, "
        f"{(passed & (attempts > 1)).sum()} after remedies, {(~passed).sum()} were refused"
    )
    why = outcomes.loc[~passed, "why"].unique()
    return f"{words} ({'; '.join(why)})." if len(why) else f"{words}."


def write_coverage(table: pd.DataFrame) -> Iterator[str]:
    """Write coverages as a table, a row of text at a time; with an error where worlds are many."""
    words = [name_coverage(width) for width in WIDTHS]
    first = str(table.columns[0])
    yield f"| {first} | quantities | {' | '.join(f'{width:.0%}' for width in WIDTHS)} |"
    yield "| --- |" + " ---: |" * (len(WIDTHS) + 1)
    for _, row in table.iterrows():
        errors = [
            f" ± {row[f'{word}_error']:.1%}" if row["worlds"] > N_EACH else "" for word in words
        ]
        cells = [f"{row[word]:.1%}{error}" for word, error in zip(words, errors, strict=True)]
        yield f"| {row[first]} | {row['quantities']} | {' | '.join(cells)} |"


def tell_bound(groups: pd.DataFrame) -> str:
    """Say whether what is bounded stays within its bound."""
    shares = groups.set_index("group")
    off = {
        f"{group}, {width:.0%}": shares.loc[group, name_coverage(width)] - width
        for group in BOUNDED
        for width in WIDTHS
    }
    worst = max(off, key=lambda name: abs(off[name]))
    held = "hold" if abs(off[worst]) <= BOUND else "DO NOT HOLD"
    return (
        f"Intervals of ROAS and contributions {held} to within {100 * BOUND:.0f} points: "
        f"the worst, {worst}, is off by {100 * off[worst]:+.1f}."
    )


def tell_own_worlds(ranks: pd.DataFrame, outcomes: pd.DataFrame, n_kept: int) -> Iterator[str]:
    """Say what came of the default spec's own worlds."""
    table = assess_ranks(ranks, n_kept)
    uneven = table.loc[~table["is_uniform"], "quantity"].tolist()
    yield "## Worlds from the default spec's own priors\n"
    yield tell_outcomes(outcomes)
    yield f"Ranks of {len(table)} quantities; not evenly spread: {', '.join(uneven) or 'none'}."
    yield f"Smallest p-value: {table['rank_p_value'].min():.2g}."
    groups = assess_groups(ranks, n_kept)
    yield f"{tell_bound(groups)}\n"
    yield from write_coverage(groups)


def tell_recipes(n_kept: int) -> Iterator[str]:
    """Say what came of worlds of other recipes."""
    yield "\n## Worlds of other recipes: ROAS, without a bound\n"
    rows = []
    for recipe in list_recipes():
        ranks, outcomes = measure_recipe(recipe)
        groups = assess_groups(ranks, n_kept)
        groups.insert(0, "recipe", recipe.name)
        rows.append(groups)
        yield f"* {recipe.name}: {tell_outcomes(outcomes)}"
    yield ""
    yield from write_coverage(pd.concat(rows))


def main() -> None:
    """Measure, print the tables, and write them down as they come."""
    logging.getLogger("pymc").setLevel(logging.WARNING)
    n_worlds = int(sys.argv[1]) if len(sys.argv) > 1 else N_WORLDS
    n_kept = count_kept(make_spec(media={"tv": {}}).gate)
    own = measure_own_worlds(n_worlds)
    with (HERE / "interval_coverage.md").open("w", encoding="utf-8", buffering=1) as file:
        print("# Coverage of central intervals\n", file=file)
        print("Measured by `benchmarks/interval_coverage.py`; ± the standard error.\n", file=file)
        for line in chain(tell_own_worlds(*own, n_kept), tell_recipes(n_kept)):
            print(line, flush=True)
            print(line, file=file)


if __name__ == "__main__":
    main()
