"""The planner beside PyMC-Marketing's optimiser, both judged by PyMC-Marketing's graph."""

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.decision.limits import limit_plan
from mmm_pipeline.decision.scenarios import build_planner
from mmm_pipeline.decision.window import Window
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline.spec import Scenario

EQUAL = 1e-3
"""Share of the library's response that a plan may fall short of it by; the spline's own error."""


@pytest.mark.slow
def test_the_library_finds_no_better_plan(three: ConvergedFit) -> None:
    scenario = Scenario(budget="+20%", bounds=0.5)
    window = Window(three, scenario)
    limits = limit_plan(scenario, window, three.spec)
    own, _ = build_planner(three, window, [limits]).plan(scenario, limits)
    per_period = dict(zip(window.channels, window.current / scenario.periods, strict=True))

    optimizer = restore_model(three).budget_optimizer(
        start_date=f"{window.dates[0]:%Y-%m-%d}",
        end_date=f"{window.dates[-1]:%Y-%m-%d}",
        budgets_to_optimize=_label(window, np.ones(3)).astype(bool),
        response_variable="total_media_contribution_original_scale",
    )
    found = optimizer.allocate_budget(
        total_budget=limits.budget / scenario.periods,
        budget_bounds={name: (0.5 * now, 1.5 * now) for name, now in per_period.items()},
    )
    library = found.budgets.sel(channel=window.channels).to_numpy() * scenario.periods

    before, by_library, by_us = (
        optimizer.evaluate_response_distribution(_label(window, money)).to_numpy()
        for money in (np.zeros(3), library, own)
    )
    # The same response, from a graph that is none of ours; rounding alone is between them.
    np.testing.assert_allclose(window.respond(own[None])[0].sum(axis=0), by_us - before, rtol=1e-6)
    assert (by_us - before).mean() >= (1 - EQUAL) * (by_library - before).mean()


def _label(window: Window, money: np.ndarray) -> xr.DataArray:
    """Money per period, as the library takes it."""
    return xr.DataArray(
        money / window.scenario.periods, dims="channel", coords={"channel": window.channels}
    )
