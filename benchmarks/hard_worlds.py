"""Worlds that are hard to model: what the gate says, and whether what passes holds the truth.

Run: ``.venv/bin/python benchmarks/hard_worlds.py``. Every world is fitted with a spec of default
settings, as often as the remedies allow. The table is printed and written to ``hard_worlds.md``.

The rule: of the 90 % intervals of ROAS of worlds that pass, no more miss the truth than chance
would have it, in each world and over all of them, where the model can be right. Where it cannot
be (what moves both spend and target, a jump that no column holds), misses are honest, and the table
says which of our checks speak.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from scipy.stats import binom

from mmm_pipeline.errors import NotConvergedError
from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.evidence.quality import assess_fit
from mmm_pipeline.gate import ConvergedFit, require_converged
from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.gate.remedies import Witness, fit_until_it_holds, read_attempts
from mmm_pipeline.ingest.quality import find_warnings
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.model.features import build_features
from mmm_pipeline.simulate.hard import HardWorld
from mmm_pipeline.simulate.monthly import MonthlyWorld
from mmm_pipeline.simulate.recipe import World, simulate
from mmm_pipeline.spec import ModelSpec

TABLE = Path(__file__).with_suffix(".md")
INSIDE = 0.9
"""Share of the true values that should lie inside their intervals."""
UNLIKELY = 0.01
"""Probability below which as many misses are not put down to chance."""


def make_hard(**words: Any) -> HardWorld:
    """Word a recipe."""
    return HardWorld(world="hard", **words)


FAIR: dict[str, World] = {
    "nothing hard": make_hard(),
    "spends correlate at 0.95": make_hard(together=0.95),
    "twelve plans, a dark month": MonthlyWorld(world="monthly"),
    "weak signal": make_hard(media_share=0.05, noise=0.1),
    "30 channels, 104 weeks": make_hard(channels=30, weeks=104),
    "a control of 1e8": make_hard(price_unit=1e8),
    "eight outliers": make_hard(outliers=8),
    "a channel of 0.3 % of spend": make_hard(smallest=0.003),
    "one channel the same every week": make_hard(pattern="constant"),
    "always on": make_hard(pattern="steady"),
    "season moves spend too": make_hard(season=0.2, follows_season=1.0),
    "noise grows fivefold": make_hard(noise_grows=True, noise=0.04),
    "falls nearly to zero": make_hard(trend=-0.9, media_share=0.1),
    "52 weeks": make_hard(weeks=52),
    "one week on in eight": make_hard(pattern="pulses"),
}
"""Worlds of which the model can be right."""
UNFAIR: dict[str, World] = {
    "spend follows a demand nobody sees": make_hard(demand=0.1, follows_demand=0.6),
    "a jump nobody sees": make_hard(step=0.3),
    "a demand nobody sees": make_hard(demand=0.1),
}
"""Worlds in which something is missing from the model."""


@dataclass(frozen=True)
class Outcome:
    """What became of a world.

    Attributes
    ----------
    name : str
        The world.
    is_fair : bool
        Whether the model can be right.
    first, last : str
        Verdict of the first attempt, and of the last.
    attempts : int
        How many there were.
    seconds : float
        Over all of them.
    held, n_intervals : int
        True returns inside their 90 % intervals, and how many there are; 0 of 0 where refused.
    said : str
        What checks of ours say of it: of the data, the posterior, the fit; why it was refused.
    """

    name: str
    is_fair: bool
    first: str
    last: str
    attempts: int
    seconds: float
    held: int
    n_intervals: int
    said: str

    @property
    def chance(self) -> float:
        """Probability that a right model misses as many."""
        return tell_chance(self.n_intervals - self.held, self.n_intervals)

    def __str__(self) -> str:
        """Write a row of the table."""
        held = f"{self.held} of {self.n_intervals}" if self.n_intervals else "refused"
        chance = f"{self.chance:.2f}" if self.n_intervals and self.is_fair else ""
        cells = (self.name, self.first, self.last, f"{self.attempts}", f"{self.seconds:.0f}")
        return f"| {' | '.join((*cells, held, chance, self.said))} |"


def tell_chance(missed: int, n_intervals: int) -> float:
    """Compute how likely a right model misses as many, or more."""
    return float(binom.sf(missed - 1, n_intervals, 1 - INSIDE))


def word_spec(frame: pd.DataFrame, truth: dict[str, Any]) -> ModelSpec:
    """State nothing but which column is what."""
    date, target, channels = frame.columns[0], frame.columns[1], list(truth["roas"])
    controls = [name for name in frame.columns[2:] if name not in channels]
    return ModelSpec.model_validate(
        {
            "name": "hard",
            "data": {"path": "data/hard.csv", "date": date, "target": target},
            "media": {name: {} for name in channels},
            "controls": {name: {} for name in controls},
        }
    )


def try_world(name: str, world: World, *, is_fair: bool) -> Outcome:
    """Simulate a world, fit it, and hold it against its truth."""
    frame, truth = simulate(world)
    spec = word_spec(frame, truth)
    raw = frame.astype({frame.columns[0]: str}).astype(str)
    checked = validate_source({"raw_data": raw}, spec).frame
    warnings = sorted({problem.code for problem in find_warnings(checked, spec)})
    started = time.perf_counter()
    witness = Witness(tell=lambda _: None, warn=lambda _: None, keep=lambda *_: None)
    trace = fit_until_it_holds(spec, build_features(checked, spec), witness)
    seconds = time.perf_counter() - started
    attempts, examination = read_attempts(trace), examine(trace, spec.gate)
    kinds = sorted({finding.kind for finding in examination.pathologies})
    said = [f"data: {', '.join(warnings)}"] if warnings else []
    said += [f"posterior: {', '.join(kinds)}"] if kinds else []
    held, n_intervals, last = 0, 0, examination.verdict.word
    try:
        fit = require_converged(trace, examination.numbers, spec)
    except NotConvergedError as error:
        said.append(f"gate: {', '.join(error.failures)}")
    else:
        held, n_intervals = count_held(fit, truth["roas"])
        said += [f"fit: {words}" for words in assess_fit(summarize_fit(fit)).shortcomings]
    return Outcome(
        *(name, is_fair, "FAIL" if attempts[0].failures else last, last, len(attempts), seconds),
        *(held, n_intervals, "; ".join(said)),
    )


def count_held(fit: ConvergedFit, roas: dict[str, float]) -> tuple[int, int]:
    """Count the true returns that lie inside their 90 % intervals."""
    table = summarize_returns(fit).table.set_index("channel")
    is_inside = [
        table.loc[name, "roas_lower"] <= value <= table.loc[name, "roas_upper"]
        for name, value in roas.items()
    ]
    return sum(is_inside), len(is_inside)


def conclude(outcomes: list[Outcome]) -> Iterator[str]:
    """Hold all worlds against the rule."""
    passed = [one for one in outcomes if one.n_intervals]
    for words, some in (
        ("of which the model can be right", [one for one in passed if one.is_fair]),
        ("in which something is missing", [one for one in passed if not one.is_fair]),
    ):
        held, n_intervals = sum(one.held for one in some), sum(one.n_intervals for one in some)
        looked_at = sum(one.last == "REVIEW" for one in some)
        yield (
            f"Worlds {words}: {len(some)} passed, {looked_at} of them as REVIEW; {held} of "
            f"{n_intervals} intervals hold."
        )
    fair = [one for one in passed if one.is_fair]
    missed = sum(one.n_intervals - one.held for one in fair)
    chance = tell_chance(missed, sum(one.n_intervals for one in fair))
    broken = [one.name for one in fair if one.chance < UNLIKELY]
    yield f"A right model misses {missed} or more with probability {chance:.2f}."
    yield f"Single worlds that break the rule: {', '.join(broken) or 'none'}."
    silent = [one.name for one in passed if not one.is_fair and not one.said]
    yield f"Something is missing, and nothing says so: {', '.join(silent) or 'none'}."


def main() -> None:
    """Try every world, print the table, and write it."""
    lines = [
        "| world | first | last | attempts | seconds | ROAS inside 90 % | chance | said |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    print("\n".join(lines), flush=True)
    outcomes = []
    for is_fair, worlds in ((True, FAIR), (False, UNFAIR)):
        for name, world in worlds.items():
            outcomes.append(try_world(name, world, is_fair=is_fair))
            print(outcomes[-1], flush=True)
    conclusion = ["", *conclude(outcomes)]
    print("\n".join(conclusion))
    TABLE.write_text("\n".join([*lines, *map(str, outcomes), *conclusion]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
