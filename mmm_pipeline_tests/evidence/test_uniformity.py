from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_pipeline.evidence.uniformity import N_PARTS, count_below, find_band, measure_evenness

N_KEPT = N_PARTS - 1


@pytest.mark.slow
def test_a_p_value_is_how_often_even_ranks_stray_as_far() -> None:
    # Of two worlds, all pairs of ranks can be listed, and are equally likely.
    pairs = list(product(range(N_PARTS), repeat=2))

    p_values = np.array([measure_evenness(count_below(pair, N_KEPT), 2) for pair in pairs])

    shares = np.array([(p_values <= p_value + 1e-9).mean() for p_value in p_values])
    np.testing.assert_allclose(p_values, shares, atol=1e-9)


@pytest.mark.slow
@given(
    ranks=st.lists(st.integers(0, N_KEPT), min_size=1, max_size=60),
    alpha=st.sampled_from([0.2, 0.05, 0.01, 0.0005]),
)
@settings(max_examples=25)
def test_ranks_leave_a_band_exactly_where_their_p_value_says_so(
    ranks: list[int], alpha: float
) -> None:
    below, band = count_below(ranks, N_KEPT), find_band(len(ranks), alpha)

    leaves = bool(((below < band.lower) | (below > band.upper)).any())

    assert leaves == (measure_evenness(below, len(ranks)) <= alpha)


def test_more_draws_change_the_ranks_and_not_their_evenness() -> None:
    ranks = np.random.default_rng(1).integers(0, N_PARTS, 50)

    finer = 5 * ranks + 2

    assert (count_below(finer, 5 * N_PARTS - 1) == count_below(ranks, N_KEPT)).all()


@pytest.mark.parametrize("n_ranks", [20, 100, 400])
def test_ranks_that_are_all_in_the_middle_are_uneven(n_ranks: int) -> None:
    below = count_below(np.full(n_ranks, N_KEPT // 2), N_KEPT)

    # The chance that none of 20 lies in the lower 19 parts of 40 is below 3 in a million.
    assert measure_evenness(below, n_ranks) < 1e-4
