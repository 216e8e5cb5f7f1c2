"""The table that plans are searched on, against what it was made from; and the utilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mmm_pipeline.decision.landscape import Landscape
from mmm_pipeline.decision.utilities import LADDER, UTILITIES
from mmm_pipeline.decision.window import Window
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.model.features import build_features
from mmm_pipeline.spec import ModelSpec, Scenario
from mmm_pipeline_tests.factories import (
    choose_fast,
    draw_fit,
    make_features,
    make_panel,
    make_spec,
)


def converge(spec: ModelSpec, panel: dict[str, list[str]] | None = None) -> ConvergedFit:
    """A fit with draws from its priors."""
    features = build_features(make_panel(spec, panel), spec) if panel else make_features(spec)
    return draw_fit(spec, features)


PANEL = {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]}
FITS = {
    "forms": (
        make_spec(
            media={"tv": {"saturation": "hill", "carryover": "delayed"}, "search": {}},
        ),
        None,
    ),
    "log": (make_spec(link="log"), None),
    "panel": (
        make_spec(data=PANEL, pooling="complete"),
        {"geo": ["north", "south"]},
    ),
    "log panel": (
        make_spec(data=PANEL, pooling="complete", link="log"),
        {"geo": ["north", "south"]},
    ),
}


@pytest.mark.parametrize("free_cells", [False, True], ids=["as today", "free cells"])
@pytest.mark.parametrize("name", choose_fast(FITS, "forms", "log panel"))
def test_the_table_is_the_response(name: str, free_cells: bool) -> None:
    spec, cells = FITS[name]
    fit = converge(spec, cells)
    window = Window(fit, Scenario(free_cells=free_cells and bool(cells)), 200)
    landscape = Landscape(window, 3 * window.current)

    for share in (0.0, 0.013, 0.4, 1.0, 2.9):
        money = window.current * share
        found, weigh = landscape.measure(money)
        exact = window.respond(money[None])[0].sum(axis=0)
        # A cubic spline of 64 knots; priors reach curves that rise steeply from nothing.
        np.testing.assert_allclose(found.mean(), exact.mean(), rtol=1e-3, atol=1e-9)
        step = 1e-6 * window.current
        ahead, _ = landscape.measure(money + step)
        np.testing.assert_allclose(
            (ahead - found).mean(),
            weigh(np.full(found.size, 1 / found.size)) @ step,
            rtol=1e-2,
            atol=1e-9,
        )


def test_curves_that_flatten_are_called_concave(fit: ConvergedFit) -> None:
    window = Window(fit, Scenario(), 100)

    assert Landscape(window, 2 * window.current).is_concave


def test_curves_that_bend_both_ways_are_not() -> None:
    hill = {"form": "hill", "half_saturation": "LogNormal(0, 0.1)", "slope": "LogNormal(1.5, 0.1)"}
    spec = make_spec(media={"tv": {"saturation": hill}})
    window = Window(converge(spec), Scenario(), 100)

    assert not Landscape(window, 2 * window.current).is_concave


@given(draws=arrays(float, 200, elements=st.floats(1, 1e6)), shift=st.floats(0, 1e5))
@pytest.mark.parametrize("name", sorted(set(UTILITIES) - {"sharpe", "tightness"}))
def test_what_is_added_to_all_draws_is_added_to_the_utility(
    name: str, draws: np.ndarray, shift: float
) -> None:
    utility = UTILITIES[name]

    assert utility(draws + shift, 0.95)[0] == pytest.approx(utility(draws, 0.95)[0] + shift)


@given(draws=arrays(float, 200, elements=st.floats(1, 1e6)), factor=st.floats(0.1, 10))
def test_ratios_do_not_know_units(draws: np.ndarray, factor: float) -> None:
    for name in ("sharpe", "tightness"):
        if draws.std() > 1e-6 * draws.mean():
            assert UTILITIES[name](draws * factor, 0.95)[0] == pytest.approx(
                UTILITIES[name](draws, 0.95)[0], rel=1e-6
            )


@given(draws=arrays(float, 200, elements=st.floats(1, 1e6)))
def test_the_worst_draws_are_worse_than_their_quantile_and_that_than_the_mean(
    draws: np.ndarray,
) -> None:
    cvar, var, mean = (UTILITIES[name](draws, 0.95)[0] for name in ("cvar", "var", "mean"))

    assert cvar <= var * (1 + 1e-12)
    assert var <= mean * (1 + 1e-12) or draws.std() > 0
    assert var == pytest.approx(np.quantile(draws, 0.05))


@settings(max_examples=30)
@given(seed=st.integers(0, 1000))
@pytest.mark.parametrize("smooth", [0.0, *LADDER])
@pytest.mark.parametrize("name", sorted(UTILITIES))
def test_slopes_are_those_of_differences(name: str, smooth: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    draws, direction = 100 + 10 * rng.standard_normal(400), rng.random(400)

    value, slope = UTILITIES[name](draws, 0.95, smooth)

    ahead = UTILITIES[name](draws + 1e-5 * direction, 0.95, smooth)[0]
    assert (ahead - value) / 1e-5 == pytest.approx(float(slope @ direction), rel=1e-3)
