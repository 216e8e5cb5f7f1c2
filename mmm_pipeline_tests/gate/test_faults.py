"""The gate on traces with known faults: none passes, each is refused for what ails it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_pipeline.errors import NotConvergedError, StaleFitError
from mmm_pipeline.gate import Verdict, admit, judge, require_converged
from mmm_pipeline.gate.diagnostics import assess_parameters, diagnose, examine
from mmm_pipeline.model.trace import assemble_trace
from mmm_pipeline.spec import GateLimits
from mmm_pipeline_tests.factories import make_statistics, make_trace
from mmm_pipeline_tests.gate.faults import (
    FAULTS,
    FEATURES,
    SPEC,
    copy_chain,
    follow,
    list_places,
    make_draws,
    spoil_trace,
)

N_PLACES = len(list_places(make_draws()))


def judge_trace(trace: xr.DataTree) -> Verdict:
    """Measure and judge, as the gate does."""
    posterior = trace["/posterior"].to_dataset()
    return judge(diagnose(trace, assess_parameters(posterior)), GateLimits())


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_refused_for_what_it_is(name: str) -> None:
    trace = spoil_trace(FAULTS[name])

    with pytest.raises(NotConvergedError):
        admit(trace, SPEC)

    failures = set(judge_trace(trace).failures)
    assert failures
    assert failures <= FAULTS[name].checks


def test_tails_that_do_not_mix_are_told_where_the_middle_does() -> None:
    verdict = judge_trace(spoil_trace(FAULTS["tails that last"]))

    assert "tail effective sample size" in verdict.failures["ess"]


@settings(max_examples=30)
@given(
    name=st.sampled_from(sorted(FAULTS)),
    place=st.integers(0, N_PLACES - 1),
    seed=st.integers(0, 2**31),
)
def test_no_fault_passes_wherever_it_is(name: str, place: int, seed: int) -> None:
    verdict = judge_trace(spoil_trace(FAULTS[name], place, seed))

    assert verdict.word == "FAIL"
    assert FAULTS[name].checks & set(verdict.failures)


def shift_one_chain(draws: np.ndarray, amount: float) -> np.ndarray:
    return draws + amount * draws.std() * np.array([0.0, 0, 0, 1])[:, None]


def remember(draws: np.ndarray, amount: float) -> np.ndarray:
    return follow(draws, np.random.default_rng(6), amount)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**31), size=st.floats(0.6, 20), place=st.integers(0, N_PLACES - 1))
def test_a_chain_that_is_apart_never_passes_however_far(seed: int, size: float, place: int) -> None:
    posterior = make_draws(seed)
    name, at = list_places(posterior)[place]

    def spoil(draws: np.ndarray) -> np.ndarray:
        return shift_one_chain(draws, size)

    assert "rhat" in judge_trace(change(posterior, spoil, name, at)).failures


@settings(max_examples=8)
@given(seed=st.integers(0, 2**31))
def test_draws_that_are_well_pass(seed: int) -> None:
    # Of 13 numbers with independent draws R-hat is above 1.01 once in thousands of traces.
    assert judge_trace(make_trace(SPEC, FEATURES, make_draws(seed))).word == "PASS"


def change(
    posterior: xr.Dataset,
    spoil: Callable[[np.ndarray], np.ndarray],
    name: str = "level",
    at: tuple[int, ...] = (),
) -> xr.DataTree:
    values = posterior[name].to_numpy().copy()
    values[(..., *at)] = spoil(values[(..., *at)])
    return make_trace(SPEC, FEATURES, posterior.assign({name: (posterior[name].dims, values)}))


@pytest.mark.parametrize(
    ("spoil", "measure", "limit", "nearness", "check"),
    [
        (shift_one_chain, "max_rhat", 1.01, 1e-4, "rhat"),
        (remember, "min_ess_bulk", 400.0, 1.0, "ess"),
    ],
)
def test_the_limits_are_where_they_are_said_to_be(
    spoil: Callable[[np.ndarray, float], np.ndarray],
    measure: str,
    limit: float,
    nearness: float,
    check: str,
) -> None:
    posterior = make_draws()
    good, bad = 0.0, 0.95
    for _ in range(30):
        middle = (good + bad) / 2
        numbers = measure_one(spoil(posterior["level"].to_numpy(), middle), measure)
        is_good = numbers <= limit if measure == "max_rhat" else numbers >= limit
        good, bad = (middle, bad) if is_good else (good, middle)

    for amount, fails in ((good, False), (bad, True)):
        trace = change(posterior, lambda draws, amount=amount: spoil(draws, amount))
        number = measure_one(trace["/posterior/level"].to_numpy(), measure)
        assert number == pytest.approx(limit, abs=nearness)
        assert (check in judge_trace(trace).failures) == fails


def measure_one(draws: np.ndarray, measure: str) -> float:
    table = assess_parameters(xr.Dataset({"level": (("chain", "draw"), draws)}))
    return float(table["rhat" if measure == "max_rhat" else "ess_bulk"].iloc[0])


@pytest.mark.parametrize("words", [{}, {"shift": 1}, {"noise": 0.2}, {"noise": 0.2, "shift": 0}])
def test_a_chain_that_copies_another_is_no_second_witness(words: dict[str, Any]) -> None:
    copied = make_trace(SPEC, FEATURES, copy_chain(make_draws(), **words))

    verdict = judge_trace(copied)

    # All else is as it should be: R-hat and effective draws cannot tell.
    assert list(verdict.failures) == ["draws"]
    assert "chains 0 and 2 are not independent" in verdict.failures["draws"]


def test_one_chain_alone_is_refused() -> None:
    assert "rhat" in judge_trace(make_trace(SPEC, FEATURES, make_draws().isel(chain=[0]))).failures


def drop(name: str) -> Callable[[xr.DataTree], xr.DataTree]:
    """Take a part out of a trace that was well, and give it the name that fits."""

    def without(trace: xr.DataTree) -> xr.DataTree:
        return name_anew(
            trace["/posterior"].to_dataset().drop_vars(name, errors="ignore"),
            trace["/sample_stats"].to_dataset().drop_vars(name, errors="ignore"),
        )

    return without


def name_anew(posterior: xr.Dataset, statistics: xr.Dataset) -> xr.DataTree:
    attributes = {"sampler": "nutpie", "sampler_note": ""}
    return assemble_trace(SPEC, FEATURES, posterior, statistics.assign_attrs(attributes), 1.0)


def change_posterior(
    how: Callable[[xr.Dataset], xr.Dataset],
) -> Callable[[xr.DataTree], xr.DataTree]:
    def changed(trace: xr.DataTree) -> xr.DataTree:
        return name_anew(how(trace["/posterior"].to_dataset()), trace["/sample_stats"].to_dataset())

    return changed


def change_statistics(**values: Any) -> Callable[[xr.DataTree], xr.DataTree]:
    def changed(trace: xr.DataTree) -> xr.DataTree:
        posterior = trace["/posterior"].to_dataset()
        return name_anew(posterior, make_statistics(posterior, **values))

    return changed


def swap_channels(posterior: xr.Dataset) -> xr.Dataset:
    return posterior.isel(channel=[1, 0])


def without_group(name: str) -> Callable[[xr.DataTree], xr.DataTree]:
    def without(trace: xr.DataTree) -> xr.DataTree:
        less = trace.copy()
        del less[name]
        return less

    return without


INCOMPLETE: dict[str, tuple[Callable[[xr.DataTree], xr.DataTree], str]] = {
    "no free parameter of one name": (drop("roas"), "roas is missing"),
    "no noise": (drop("y_sigma"), "y_sigma is missing"),
    "no divergences counted": (drop("diverging"), "`diverging` is missing"),
    "no energy": (drop("energy"), "`energy` is missing"),
    "no tree depths": (drop("maxdepth_reached"), "`maxdepth_reached` is missing"),
    "an empty posterior": (change_posterior(lambda p: p[[]]), "is missing"),
    "no draws": (change_posterior(lambda p: p.isel(draw=slice(0))), "there are no draws of"),
    "a parameter too many": (
        change_posterior(lambda p: p.assign(ghost=p["level"])),
        "ghost is none of its parameters",
    ),
    "of another model": (
        change_posterior(lambda p: p.rename(roas="share", level="mean")),
        "mean, share is none of its parameters",
    ),
    "one channel of two": (
        change_posterior(lambda p: p.isel(channel=[0])),
        "has other labels",
    ),
    "channels in another order": (change_posterior(swap_channels), "another order"),
    "dims in another order": (
        change_posterior(lambda p: p.transpose("draw", "chain", ...)),
        "lies along draw, chain",
    ),
    "statistics of fewer draws": (
        lambda trace: name_anew(
            trace["/posterior"].to_dataset(),
            trace["/sample_stats"].to_dataset().isel(draw=slice(9)),
        ),
        "`energy` is not one float64 for each draw",
    ),
    "divergences not a number": (
        change_statistics(diverging=np.full((4, 500), np.nan)),
        "`diverging` is not one bool for each draw",
    ),
    "tree depths not a number": (
        change_statistics(maxdepth_reached=np.full((4, 500), np.nan)),
        "`maxdepth_reached` is not one bool for each draw",
    ),
    "no statistics": (without_group("sample_stats"), "/sample_stats is missing"),
    "no posterior": (without_group("posterior"), "/posterior is missing"),
    "no inputs": (without_group("inputs"), "/inputs is missing"),
}


@pytest.mark.parametrize("name", INCOMPLETE)
def test_what_is_not_whole_is_refused_before_it_is_measured(name: str) -> None:
    well = make_trace(SPEC, FEATURES, make_draws())
    numbers = examine_once(well)
    spoil, words = INCOMPLETE[name]
    trace = spoil(well)

    with pytest.raises(StaleFitError, match=words) as caught:
        examine(trace, SPEC.gate)
    assert "Materialise" in str(caught.value)
    theirs = numbers.model_copy(update={"fit_id": trace.attrs["fit_id"]})
    with pytest.raises(StaleFitError, match=words):
        require_converged(trace, theirs, SPEC)


def examine_once(trace: xr.DataTree) -> Any:
    return diagnose(trace, assess_parameters(trace["/posterior"].to_dataset()))


@pytest.mark.parametrize("name", ["diverging", "energy"])
def test_statistics_that_were_changed_after_the_fit_are_refused(name: str) -> None:
    trace = spoil_trace(FAULTS["one divergence"])
    well = make_trace(SPEC, FEATURES, make_draws(1))
    statistics = trace["/sample_stats"].to_dataset()
    trace["/sample_stats"] = xr.DataTree(
        statistics.assign({name: well[f"/sample_stats/{name}"] ^ True})
        if name == "diverging"
        else statistics.assign({name: 2 * well[f"/sample_stats/{name}"]})
    )

    with pytest.raises(StaleFitError, match="must be what its fit_id"):
        admit(trace, SPEC)


def test_a_name_that_is_missing_is_told() -> None:
    trace = make_trace(SPEC, FEATURES, make_draws())
    del trace.attrs["fit_id"]

    with pytest.raises(StaleFitError, match="fit_id is missing"):
        examine(trace, SPEC.gate)
