"""How long plans take: 20 budgets x 4 utilities, for 10 channels and 1,000 draws.

    python benchmarks/scenarios_time.py

The draws are nobody's fit: they stand for one, so that only the planning is measured. Loading, that
is reading carry-over and curves from the fit once, is told apart.
"""

import time
from contextlib import redirect_stdout
from io import StringIO

import numpy as np

from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.gate import ConvergedFit, require_converged
from mmm_pipeline.gate.diagnostics import measure
from mmm_pipeline.insight.response import read_response
from mmm_pipeline.simulate import ChannelTruth
from mmm_pipeline_tests.factories import make_features, make_spec, make_trace, make_world

N_CHANNELS, N_BUDGETS = 10, 20
UTILITIES = ("mean", "var", "cvar", "sharpe")


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
        f"{utility}_{n}": {"budget": f"{n - 10:+d}%", "utility": utility, "bounds": 0.5}
        for utility in UTILITIES
        for n in range(N_BUDGETS)
    }
    spec = make_spec(media={name: {} for name in channels}, scenarios=scenarios)
    features = make_features(spec, make_world(channels=channels))
    trace = make_trace(spec, features)
    return require_converged(trace, measure(trace), spec)


def main() -> None:
    """Plan twice, and say how long the second time took."""
    with redirect_stdout(StringIO()):
        fit = make_fit()
        begun = time.perf_counter()
        read_response(fit)
        loaded = time.perf_counter() - begun
        summarize_scenarios(fit)
        begun, computed = time.perf_counter(), time.process_time()
        summary = summarize_scenarios(fit)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - computed
    n_plans = summary.draws.sizes["scenario"]
    n_draws = summary.draws.sizes["sample"]
    print(f"Loading {loaded:.1f} s; {n_plans} plans of {N_CHANNELS} channels, {n_draws:,} draws: ")
    print(f"{seconds:.2f} s, {cpu:.2f} s of CPU, {1000 * seconds / n_plans:.0f} ms each.")


if __name__ == "__main__":
    main()
