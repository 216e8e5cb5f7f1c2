"""Two posteriors with a known area in common."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from mmm_pipeline.evidence.overlap import (
    compute_overlap,
    compute_probability_higher,
    compute_rank_agreement,
    find_turned,
)

N_DRAWS = 4000


def draw(center: float, spread: float = 1.0, seed: int = 1) -> np.ndarray:
    return center + spread * np.random.default_rng(seed).standard_normal(N_DRAWS)


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0, 2.0, 6.0])
def test_the_overlap_of_two_normals_is_the_known_one(shift: float) -> None:
    expected = 2 * norm.cdf(-shift / 2)

    # Kernels widen both densities by 2 %; two samples of 4,000 differ by about 0.02.
    found = compute_overlap(draw(0, seed=1), draw(shift, seed=2))
    assert found == pytest.approx(expected, abs=0.03)


def test_a_posterior_that_only_narrowed_overlaps_as_two_normals_do() -> None:
    # The densities of N(0, 1) and N(0, 1/2) cross at +-sqrt(2 ln 2 / 3).
    crossing = np.sqrt(2 * np.log(2) / 3)
    expected = 2 * (norm.cdf(-2 * crossing) + norm.cdf(crossing) - 0.5)

    assert compute_overlap(draw(0), draw(0, 0.5, 2)) == pytest.approx(expected, abs=0.03)


@settings(max_examples=25)  # Six densities are estimated for each.
@given(shift=st.floats(-5, 5), scale=st.floats(1e-6, 1e6))
def test_the_overlap_knows_neither_units_nor_order(shift: float, scale: float) -> None:
    one, other = draw(0)[:400], draw(shift, 1.5, 2)[:400]
    found = compute_overlap(one, other)

    assert 0 <= found <= 1 + 1e-9
    assert compute_overlap(other, one) == pytest.approx(found, rel=1e-9)
    assert compute_overlap(scale * one, scale * other) == pytest.approx(found, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 1.0), (1.0, 0.0)])
def test_what_is_constant_overlaps_wholly_or_not_at_all(value: float, expected: float) -> None:
    assert compute_overlap(np.zeros(9), np.full(9, value)) == expected


def test_the_probability_of_being_higher_is_the_known_one() -> None:
    # The standard error of a probability from 4,000 pairs of draws is below 0.01.
    found = compute_probability_higher(draw(0, seed=1), draw(1, seed=2))
    assert found == pytest.approx(norm.cdf(1 / np.sqrt(2)), abs=0.03)


def test_two_orders_agree_wholly_or_not_at_all() -> None:
    order = np.array([3.0, 2.0, 1.0])

    assert compute_rank_agreement(order, order) == 1
    assert compute_rank_agreement(order, order[::-1]) == -1
    assert compute_rank_agreement(order[:1], order[:1]) is None


def test_only_an_order_that_both_fits_are_sure_of_has_turned() -> None:
    apart = np.column_stack([draw(0, seed=1), draw(3, seed=2)])
    close = np.column_stack([draw(0.1, seed=3), draw(0, seed=4)])

    assert find_turned(apart, apart[:, ::-1]) == [(1, 0)]
    assert find_turned(apart, close) == []
    assert find_turned(close, close[:, ::-1]) == []
