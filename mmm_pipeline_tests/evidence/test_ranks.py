"""Ranks and coverage of a posterior that is known: a normal mean, observed with unit noise."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.evidence.ranks import (
    GROUPS,
    NO_RANKS,
    WIDTHS,
    _find_group,
    assess_groups,
    assess_ranks,
    count_kept,
    is_held,
    name_coverage,
    rank_truths,
    thin,
)
from mmm_pipeline.evidence.uniformity import N_PARTS
from mmm_pipeline.spec import GateLimits

N_KEPT, N_WORLDS = 199, 300


def rank_normal_means(width: float = 1.0, shift: float = 0.0, seed: int = 1) -> pd.DataFrame:
    """Draws are the posterior's, but for a width and a shift in units of its spread."""
    rng = np.random.default_rng(seed)
    mean = rng.standard_normal((N_WORLDS, 3))
    seen = mean + rng.standard_normal((N_WORLDS, 3))
    noise = rng.standard_normal((N_WORLDS, N_KEPT, 3))
    draws = seen[:, None] / 2 + (width * noise + shift) * 0.5**0.5
    coords = {"world": range(N_WORLDS), "channel": ["tv", "search", "radio"]}
    truth = xr.Dataset({"roas": (("world", "channel"), mean)}, coords)
    kept = xr.Dataset({"roas": (("world", "draw", "channel"), draws)}, coords)
    return rank_truths(truth, kept)


@pytest.mark.parametrize("seed", range(5))
def test_a_right_posterior_is_even_and_covers_as_it_says(seed: int) -> None:
    ranks = rank_normal_means(seed=seed)

    table, groups = assess_ranks(ranks, N_KEPT), assess_groups(ranks, N_KEPT)

    assert table["is_uniform"].all()
    for width in WIDTHS:
        # 900 independent intervals: four standard errors are left once in 16,000 times.
        found, error = groups[name_coverage(width)].item(), (width * (1 - width) / 900) ** 0.5
        assert abs(found - width) < 4 * error


@pytest.mark.parametrize(("width", "shift"), [(0.6, 0.0), (1.6, 0.0), (1.0, 0.5), (1.0, -0.5)])
def test_a_wrong_posterior_is_called_uneven(width: float, shift: float) -> None:
    table = assess_ranks(rank_normal_means(width, shift), N_KEPT)

    assert not table["is_uniform"].any()


def test_a_narrow_posterior_covers_less_than_it_says() -> None:
    groups = assess_groups(rank_normal_means(width=0.6), N_KEPT)

    for width in WIDTHS:
        word = name_coverage(width)
        assert groups[word].item() < width - 5 * groups[f"{word}_error"].item()


def test_a_quantity_alone_has_the_error_of_its_worlds() -> None:
    row = assess_ranks(rank_normal_means(), N_KEPT).iloc[0]

    assert row["quantity"] == "roas[tv]"
    assert row["worlds"] == N_WORLDS
    assert row["coverage_80_error"] == pytest.approx((0.8 * 0.2 / N_WORLDS) ** 0.5)


@given(st.integers(1, 40), st.sampled_from(WIDTHS))
def test_an_interval_holds_exactly_its_share_of_ranks(parts: int, width: float) -> None:
    n_kept = parts * N_PARTS - 1

    held = is_held(pd.Series(range(n_kept + 1)), n_kept, width)

    assert held.sum() == pytest.approx(width * (n_kept + 1))
    assert held.tolist() == held.tolist()[::-1]


@given(st.floats(100, 5000))
def test_two_effective_draws_stand_behind_each_that_is_kept(min_ess: float) -> None:
    n_kept = count_kept(GateLimits(min_ess=min_ess))

    assert (n_kept + 1) % N_PARTS == 0
    assert 0 < n_kept + 1 <= min_ess / 2


def test_draws_are_kept_from_the_whole_of_every_chain() -> None:
    numbers = np.arange(4000.0).reshape(4, 1000, 1)
    coords = {"chain": range(4), "draw": range(1000), "channel": ["tv"]}
    posterior = xr.Dataset({"roas": (("chain", "draw", "channel"), numbers)}, coords)

    kept = thin(posterior, N_KEPT)["roas"]

    assert kept.dims == ("draw", "channel")
    steps = np.diff(kept.to_numpy().ravel())
    assert (kept.min(), kept.max()) == (0, 3999)
    assert set(steps) <= {20.0, 21.0}


def test_what_is_not_known_or_cannot_vary_is_left_out() -> None:
    shape = (2, 5)
    rng = np.random.default_rng(0)
    draws = {
        "share": (("world", "draw"), np.full(shape, np.nan)),
        "contribution": (("world", "draw"), np.zeros(shape)),
        "level": (("geo", "world", "draw"), rng.standard_normal((2, *shape))),
    }
    kept = xr.Dataset(draws, {"world": [3, 8], "geo": ["north", "south"]})

    ranks = rank_truths(kept.isel(draw=0) * 0.0 - 9.0, kept)

    assert ranks["quantity"].unique().tolist() == ["level[north]", "level[south]"]
    assert ranks["world"].tolist() == [3, 8, 3, 8]
    assert (ranks["rank"] == 0).all()


def test_no_world_is_said_in_tables_without_rows() -> None:
    table, groups = assess_ranks(NO_RANKS, N_KEPT), assess_groups(NO_RANKS, N_KEPT)

    assert table.empty
    assert {"quantity", "is_uniform", "coverage_95_error"} <= set(table.columns)
    assert groups.empty


@pytest.mark.parametrize(
    ("variable", "group"),
    [
        ("roas", "return"),
        ("cost_per_target", "return"),
        ("adstock_alpha", "carry-over"),
        ("frequency_slope", "saturation"),
        ("gamma_fourier", "season"),
        ("gamma_control_halfnormal", "controls"),
        ("control_shrinkage", "controls"),
        ("media_drift_spread", "drift of media"),
        ("implied_roas", "roas"),
        ("contribution_lately", "contribution"),
    ],
)
def test_a_quantity_is_told_with_its_like(variable: str, group: str) -> None:
    assert _find_group(variable) == group
    assert group in {*GROUPS.values(), "return"}
