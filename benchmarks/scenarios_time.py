"""How long plans take, and how good they are, beside PyMC-Marketing's own optimiser.

Run: ``PYTHONPATH=. .venv/bin/python benchmarks/scenarios_time.py``. Ten channels and 1,000 draws;
the draws are nobody's fit: they stand for one, so that only the planning is measured.

First 20 budgets x 4 utilities are planned as the lineage plans them. Loading, that is reading
carry-over and curves from the fit once, is told apart. Then single plans are made by both, of the
same fit, window, budget and bounds (50 % either way). A risk is that of what the plan adds: of all
that a window brings, history included, it would be another question, so PyMC-Marketing is given the
utility of the difference to no spend. Sharpe's ratio is made a million times as large for it, or it
ends where it began. What both plans bring is evaluated by PyMC-Marketing's graph, draw by draw.

Writes ``scenarios_time.md`` beside itself.
"""

import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from pymc_marketing.mmm import utility as theirs
from pymc_marketing.mmm.budget_optimizer import BudgetOptimizer, MinimizeException
from pytensor.xtensor import as_xtensor

from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.decision.utilities import compute_utility
from mmm_pipeline.decision.window import Window
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.simulate import ChannelTruth
from mmm_pipeline.spec import ModelSpec, Scenario
from mmm_pipeline_tests.factories import make_features, make_spec, make_trace, make_world

N_CHANNELS, N_BUDGETS, BOUNDS = 10, 20, 0.5
UTILITIES: dict[str, Callable[[Any, Any], Any]] = {
    "mean": theirs.average_response,
    "var": theirs.value_at_risk(0.95),
    "cvar": theirs.conditional_value_at_risk(0.95),
    "sharpe": lambda samples, budgets: 1e6 * theirs.sharpe_ratio()(samples, budgets),
}
"""Of PyMC-Marketing, by our word."""
CHANGES = ("-20%", "current", "+20%")
"""Budgets of which both make a plan, against today's."""
HEAD = (
    *("utility", "budget", "PyMC-Marketing, s", "of it searching, s", "here, s"),
    *("gain of PyMC-Marketing's plan", "gain of the plan here", "here against PyMC-Marketing"),
)
TABLE = Path(__file__).with_suffix(".md")


@dataclass(frozen=True)
class Comparison:
    """One plan of each: how long they took, in seconds, and their utilities."""

    utility: str
    budget: str
    library_seconds: float
    library_searching: float
    own_seconds: float
    library: float
    own: float
    today: float

    def __str__(self) -> str:
        """Write a row of the table."""
        numbers = (self.library_seconds, self.library_searching, self.own_seconds)
        seconds = " | ".join(f"{one:.2f}" for one in numbers)
        values = [f"{100 * (one / self.today - 1):+.3f} %" for one in (self.library, self.own)]
        ahead = f"{round(100 * (self.own / self.library - 1), 4) + 0.0:+.4f} %"
        return f"| {self.utility} | {self.budget} | {seconds} | {' | '.join(values)} | {ahead} |"


def make_fit() -> ConvergedFit:
    """Make a fit of ten channels that differ in size, rhythm, carry-over, curve and return."""
    rng = np.random.default_rng(3)
    channels = {
        f"c{n}": ChannelTruth(
            float(rng.uniform(5e3, 5e4)),
            float(rng.uniform(0.3, 1)),
            int(rng.integers(1, 4)),
            float(rng.uniform(0.1, 0.7)),
            float(rng.uniform(1, 3)),
            float(rng.uniform(1, 3)),
        )
        for n in range(N_CHANNELS)
    }
    scenarios = {
        f"{utility}_{n}": {"budget": f"{n - 10:+d}%", "utility": utility, "bounds": BOUNDS}
        for utility in UTILITIES
        for n in range(N_BUDGETS)
    }
    spec = make_spec(media={name: {} for name in channels}, scenarios=scenarios)
    features = make_features(spec, make_world(channels=channels))
    trace = make_trace(spec, features)
    return admit(trace, spec)


def read_clocks() -> np.ndarray:
    """Read the clock, and the processor time that was taken, compilers included; seconds."""
    return np.array([time.perf_counter(), sum(os.times()[:4])])


def measure_plans(fit: ConvergedFit) -> str:
    """Plan twice, and say how long the second time took."""
    begun = read_clocks()
    read_response(fit)
    _, loaded = read_clocks() - begun
    summarize_scenarios(fit)
    begun = read_clocks()
    summary = summarize_scenarios(fit)
    seconds, cpu = read_clocks() - begun
    n_plans = summary.draws.sizes["scenario"]
    return (
        f"{n_plans} plans ({N_BUDGETS} budgets x {len(UTILITIES)} utilities) of {N_CHANNELS} "
        f"channels with {summary.draws.sizes['sample']:,} draws: {cpu:.2f} s of processor time "
        f"({seconds:.2f} s by the clock), {1000 * cpu / n_plans:.0f} ms each; loading took "
        f"{loaded:.1f} s before."
    )


def compare(fit: ConvergedFit) -> Iterator[Comparison]:
    """Make single plans with both."""
    window = Window(fit, Scenario())
    plain = _open(fit, window, theirs.average_response)
    nothing = xr.zeros_like(_label(window, window.current))
    before = plain.evaluate_response_distribution(nothing).to_numpy()

    def evaluate(money: np.ndarray, utility: str) -> float:
        added = plain.evaluate_response_distribution(_label(window, money)).to_numpy() - before
        return compute_utility(utility, added, 0.95)

    for utility, words in UTILITIES.items():
        begun = read_clocks()
        optimizer = _open(fit, window, _of_what_is_added(words, before))
        made = float((read_clocks() - begun)[1])
        for change in CHANGES:
            scenario = Scenario.model_validate(
                {"budget": change, "utility": utility, "bounds": BOUNDS}
            )
            begun = read_clocks()
            summary = summarize_scenarios(_ask(fit, scenario))
            own_seconds = float((read_clocks() - begun)[1])
            own = summary.table["spend"].to_numpy()
            library, seconds = _allocate(optimizer, window, own.sum())
            # The first call compiles; the second only searches.
            searching = _allocate(optimizer, window, own.sum())[1] if made else seconds
            yield Comparison(
                utility=utility,
                budget=change,
                library_seconds=made + seconds,
                library_searching=searching,
                own_seconds=own_seconds,
                library=evaluate(library, utility),
                own=evaluate(own, utility),
                today=evaluate(window.current, utility),
            )
            made = 0.0


def _ask(fit: ConvergedFit, scenario: Scenario) -> ConvergedFit:
    """Take one scenario in place of all."""
    said = fit.spec.model_dump() | {"scenarios": {"one": scenario.model_dump()}}
    return replace(fit, spec=ModelSpec.model_validate(said))


def _open(fit: ConvergedFit, window: Window, utility: Callable[[Any, Any], Any]) -> BudgetOptimizer:
    """Make PyMC-Marketing's optimiser of the same fit and window."""
    everything = xr.ones_like(_label(window, window.current), dtype=bool)
    optimizer: BudgetOptimizer = restore_model(fit).budget_optimizer(
        start_date=f"{window.dates[0]:%Y-%m-%d}",
        end_date=f"{window.dates[-1]:%Y-%m-%d}",
        budgets_to_optimize=everything,
        response_variable="total_media_contribution_original_scale",
        utility_function=utility,
    )
    return optimizer


def _of_what_is_added(
    utility: Callable[[Any, Any], Any], before: np.ndarray
) -> Callable[[Any, Any], Any]:
    """Take a utility of what a plan adds to what the window brings without it."""
    constant = as_xtensor(before, dims=("sample",))

    def measure_added(samples: Any, budgets: Any) -> Any:
        return utility(samples - constant, budgets)

    return measure_added


def _allocate(optimizer: BudgetOptimizer, window: Window, money: float) -> tuple[np.ndarray, float]:
    """Let PyMC-Marketing spend some money, and say how many seconds it took.

    Its search now and then gives up ("Positive directional derivative for linesearch"): then it
    starts again, from today's plan scaled.
    """
    n_periods = len(window.dates)
    bounds = {
        name: ((1 - BOUNDS) * now / n_periods, (1 + BOUNDS) * now / n_periods)
        for name, now in zip(window.channels, window.current, strict=True)
    }
    alike = _label(window, window.current * money / window.current.sum())
    begun = read_clocks()
    for start in (None, alike):
        try:
            result = optimizer.allocate_budget(
                total_budget=money / n_periods, budget_bounds=bounds, x0=start
            )
        except MinimizeException:
            continue
        found = result.budgets.sel(channel=window.channels).to_numpy() * n_periods
        return found, float((read_clocks() - begun)[1])
    return np.full(window.current.size, np.nan), float((read_clocks() - begun)[1])


def _label(window: Window, money: np.ndarray) -> xr.DataArray:
    """Label money per period as PyMC-Marketing takes it."""
    per_period = money / len(window.dates)
    return xr.DataArray(per_period, dims="channel", coords={"channel": window.channels})


def main() -> None:
    """Measure, print and write the table."""
    warnings.filterwarnings("ignore")
    with redirect_stdout(StringIO()):
        fit = make_fit()
    lines = [
        "# Plans: time, and what they bring",
        "",
        "Measured by `benchmarks/scenarios_time.py`.",
        "",
        measure_plans(fit),
        "",
        "Single plans, seconds of processor time. PyMC-Marketing compiles for the first plan of",
        "each utility; here carry-over and curves are read anew for every plan. Gains are of the",
        "utility, against today's plan. Where PyMC-Marketing's search gave up, it began again from",
        "today's plan scaled.",
        "",
        f"| {' | '.join(HEAD)} |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    print("\n".join(lines), flush=True)
    for row in compare(fit):
        print(row, flush=True)
        lines.append(str(row))
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
