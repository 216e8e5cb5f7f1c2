"""What is tried when a fit fails: settings of the sampler, a bounded number of times."""

from typing import Any

import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.errors import NotConvergedError
from mmm_pipeline.gate import Examination, admit
from mmm_pipeline.gate.remedies import (
    Witness,
    fit_until_it_holds,
    mend,
    read_attempts,
    tabulate_attempts,
)
from mmm_pipeline.spec import ModelSpec, Sampling
from mmm_pipeline_tests.factories import make_features, make_spec, make_world

CHECKS = ["rhat", "ess", "divergences", "bfmi", "treedepth", "draws"]


@given(
    failures=st.lists(st.sampled_from(CHECKS), min_size=1, unique=True),
    settings=st.fixed_dictionaries(
        {
            "target_accept": st.floats(0.5, 0.99),
            "tune": st.integers(1, 10_000),
            "draws": st.integers(1, 10_000),
            "sampler": st.sampled_from(["nutpie", "pymc"]),
        }
    ),
)
def test_settings_only_ever_grow_more_careful_and_come_to_an_end(
    failures: list[str], settings: dict[str, Any]
) -> None:
    sampling: Sampling | None = Sampling(**settings)
    for n_failed in range(1, 40):
        before = sampling
        assert before is not None
        sampling = mend(before, failures, n_failed)
        if sampling is None:
            return
        Sampling.model_validate(sampling.model_dump())
        for word in ("tune", "draws", "target_accept"):
            assert getattr(sampling, word) >= getattr(before, word) - 1e-3
        assert (sampling.chains, sampling.seed) == (before.chains, before.seed)
    pytest.fail("it never ends")


@pytest.mark.parametrize(
    ("failures", "changed"),
    [
        (["divergences"], {"tune": 2000, "target_accept": 0.975}),
        (["rhat", "ess"], {"tune": 2000, "draws": 2000}),
        (["ess", "bfmi"], {"tune": 2000, "draws": 2000, "target_accept": 0.975}),
    ],
)
def test_what_fails_decides_what_is_changed(failures: list[str], changed: dict[str, Any]) -> None:
    assert mend(Sampling(), failures, 1) == Sampling(**changed)


def test_a_second_failure_takes_another_mass_matrix() -> None:
    mended = mend(Sampling(), ["ess"], 2)

    assert mended is not None
    assert mended.adaptation == "diag"


def test_a_single_chain_cannot_be_mended() -> None:
    assert mend(Sampling(chains=1), ["rhat"], 1) is None


class Heard:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self.kept: list[tuple[xr.DataTree, Examination]] = []

    def as_witness(self) -> Witness:
        return Witness(
            tell=lambda _: None,
            warn=self.warnings.append,
            keep=lambda trace, examination: self.kept.append((trace, examination)),
        )


def make_hasty(**sampling: Any) -> tuple[ModelSpec, xr.Dataset]:
    settings = {"draws": 150, "tune": 300, "chains": 2} | sampling
    spec = make_spec(trend="none", seasonality={"yearly": 0}, sampling=settings)
    return spec, make_features(spec, make_world(weeks=60))


@pytest.mark.slow
def test_a_fit_of_few_draws_is_rescued_by_more() -> None:
    spec, features = make_hasty()
    heard = Heard()

    trace = fit_until_it_holds(spec, features, heard.as_witness())

    attempts = read_attempts(trace)
    assert len(attempts) > 1
    assert all(one.failures for one in attempts[:-1])
    assert not attempts[-1].failures
    assert [kept.attrs["fit_id"] for kept, _ in heard.kept] == [one.fit_id for one in attempts]
    assert "`draws` 300 instead of 150" in heard.warnings[0]
    assert "effective sample size" in heard.warnings[0]
    admit(trace, spec)
    assert tabulate_attempts(trace)["outcome"].iloc[-1] == "all limits hold"


@pytest.mark.slow
def test_a_fit_that_cannot_be_rescued_is_refused_and_goes_on_where_it_was() -> None:
    spec, features = make_hasty(draws=20, attempts=2)
    heard = Heard()

    trace = fit_until_it_holds(spec, features, heard.as_witness())

    assert len(read_attempts(trace)) == 2
    with pytest.raises(NotConvergedError):
        admit(trace, spec)
    # Asked again it does nothing more; allowed one more attempt, it makes that one.
    assert fit_until_it_holds(spec, features, heard.as_witness(), trace) is trace
    more = spec.model_copy(update={"sampling": spec.sampling.model_copy(update={"attempts": 3})})
    third = fit_until_it_holds(more, features, heard.as_witness(), trace)
    assert [one.sampling.draws for one in read_attempts(third)] == [20, 40, 80]
    assert third.attrs["request_id"] == trace.attrs["request_id"]
