"""Samplers: whatever draws, the same is kept, and what drew is said."""

import logging
from dataclasses import dataclass
from functools import cache

import numpy as np
import pymc as pm
import pytest
import xarray as xr

from mmm_pipeline.gate import admit
from mmm_pipeline.gate.diagnostics import assess_parameters
from mmm_pipeline.model.fit import fit_model
from mmm_pipeline.model.identity import EXTRA_PACKAGES, digest_arrays, find_version
from mmm_pipeline.model.sample import Progress, list_free_parameters, sample_posterior
from mmm_pipeline.model.sample.statistics import KEPT_STATISTICS, MAX_TREE_DEPTH
from mmm_pipeline.spec import SamplerName, Sampling
from mmm_pipeline_tests.factories import make_features, make_spec

HAS_NUMPYRO = all(find_version(package) for package in EXTRA_PACKAGES["numpyro"])
SAMPLERS = [
    "nutpie",
    "pymc",
    pytest.param(
        "numpyro", marks=pytest.mark.skipif(not HAS_NUMPYRO, reason="numpyro is an extra")
    ),
]


def make_ridge(noise: float = 1e-3) -> pm.Model:
    """Two numbers of which the sum is known and the difference hardly: long trajectories."""
    with pm.Model(coords={"channel": ["tv", "search"]}) as model:
        roas = pm.Normal("roas", 0.0, 100.0, dims="channel")
        level = pm.Normal("level", 0.0, 1.0)
        pm.Normal("y", roas.sum() + level, noise, observed=1.0)
    return model


def make_sampling(sampler: SamplerName, **overrides: float) -> Sampling:
    return Sampling.model_validate(
        {"sampler": sampler, "chains": 2, "draws": 30, "tune": 30, "seed": 4} | overrides
    )


@dataclass
class Run:
    sampler: SamplerName
    posterior: xr.Dataset
    statistics: xr.Dataset
    told: list[Progress]


@cache
def draw(sampler: SamplerName) -> Run:
    told: list[Progress] = []
    drawn = sample_posterior(make_ridge(), make_sampling(sampler), told.append)
    return Run(sampler, *drawn, told)


@pytest.fixture(params=SAMPLERS)
def run(request: pytest.FixtureRequest) -> Run:
    return draw(request.param)


@pytest.mark.slow
def test_the_same_parameters_are_kept_whatever_draws(run: Run) -> None:
    assert list(run.posterior) == list_free_parameters(make_ridge())
    assert dict(run.posterior.sizes) == {"chain": 2, "draw": 30, "channel": 2}
    assert run.posterior["roas"].dims == ("chain", "draw", "channel")
    assert run.posterior["channel"].to_numpy().tolist() == ["tv", "search"]
    assert run.posterior["chain"].to_numpy().tolist() == [0, 1]
    assert all(isinstance(values.data, np.ndarray) for values in run.posterior.values())


@pytest.mark.slow
def test_the_same_statistics_are_kept_whatever_draws(run: Run) -> None:
    assert {name: str(kept.dtype) for name, kept in run.statistics.items()} == KEPT_STATISTICS
    assert all(kept.dims == ("chain", "draw") for kept in run.statistics.values())
    assert all(np.isfinite(kept).all() for kept in run.statistics.values())
    assert all(isinstance(kept.data, np.ndarray) for kept in run.statistics.values())
    assert run.statistics.attrs == {"sampler": run.sampler, "sampler_note": ""}


def test_statistics_mean_the_same_whatever_draws(run: Run) -> None:
    logp = make_ridge().compile_logp()
    one = run.posterior.isel(chain=1)
    points = zip(one["roas"].to_numpy(), one["level"].to_numpy(), strict=True)
    expected = [logp({"roas": roas, "level": level}) for roas, level in points]
    np.testing.assert_allclose(run.statistics["logp"].sel(chain=1), expected, rtol=1e-6)

    depth, steps = run.statistics["depth"], run.statistics["n_steps"]
    assert (steps < 2 ** (depth + 1)).all()
    # Trajectories that were cut short are all those that made every step of the deepest tree, but
    # for a few that turned at the very last.
    cut, most = run.statistics["maxdepth_reached"], 2**MAX_TREE_DEPTH - 1
    assert cut.any()
    assert not cut.all()
    assert (steps.where(cut, most) == most).all()


def test_progress_is_told_whatever_draws(run: Run) -> None:
    last = run.told[-1]
    assert (last.draws, last.total_draws) == (120, 120)
    assert last.divergences == run.statistics["diverging"].sum()
    if run.sampler != "nutpie":
        assert run.told[0].draws <= 1


@pytest.mark.parametrize("draws", [1, 100])
def test_an_interruption_leaves_no_draws(draws: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.draws >= draws:
            raise KeyboardInterrupt

    monkeypatch.setattr("mmm_pipeline.model.sample.with_pymc.PROGRESS_SECONDS", 0.0)

    # While tuning, and when some draws are there, which PyMC alone would return.
    with pytest.raises(KeyboardInterrupt):
        sample_posterior(make_ridge(), make_sampling("pymc"), interrupt)


@pytest.mark.skipif(HAS_NUMPYRO, reason="numpyro is installed")
def test_nutpie_draws_where_the_sampler_is_not_installed_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        fallen_back = draw("numpyro")

    note = fallen_back.statistics.attrs["sampler_note"]
    assert fallen_back.statistics.attrs["sampler"] == "nutpie"
    assert "asks for numpyro, for which numpyro, jax, jaxlib must be installed" in note
    assert note in caplog.messages
    assert digest_arrays(fallen_back.posterior) == digest_arrays(draw("nutpie").posterior)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", SAMPLERS[1:])
def test_samplers_agree_on_the_posterior(sampler: SamplerName) -> None:
    spec = make_spec(controls={"price": {"sign": "negative"}})
    features = make_features(spec)
    traces = [
        fit_model(
            spec.model_copy(update={"sampling": Sampling(sampler=drawn_by)}),
            features,
            lambda _: None,
        )
        for drawn_by in ("nutpie", sampler)
    ]

    for trace in traces:
        admit(trace, spec)
    tables = [assess_parameters(trace["/posterior"].to_dataset()) for trace in traces]
    one, other = (table.set_index("parameter") for table in tables)
    # The error of a mean is sd / sqrt(ESS), that of a difference of two the root of the sum of
    # squares. Of 14 differences one lies beyond 4 such errors once in 1,000 times; with the 400
    # effective draws that the gate asks for, 4 errors are 0.28 standard deviations at the most.
    error = np.sqrt(one["sd"] ** 2 / one["ess_bulk"] + other["sd"] ** 2 / other["ess_bulk"])
    assert len(one) == 14
    assert (abs(one["mean"] - other["mean"]) < 4 * error).all()
    assert [trace.attrs["sampler"] for trace in traces] == ["nutpie", sampler]


@pytest.mark.slow
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_settings_are_honoured_whatever_draws(sampler: SamplerName) -> None:
    def sample(**overrides: float) -> tuple[xr.Dataset, xr.Dataset]:
        settings = {"tune": 300, "draws": 50, "chains": 3} | overrides
        return sample_posterior(
            make_ridge(10.0), make_sampling(sampler, **settings), lambda _: None
        )

    bold, careful = (sample(target_accept=target) for target in (0.6, 0.95))
    again, other = (sample(target_accept=0.6, seed=seed) for seed in (4, 5))

    assert dict(bold[1].sizes) == {"chain": 3, "draw": 50}
    # A step that is to be accepted more often is a smaller one.
    assert bold[1]["step_size"].mean() > 1.5 * careful[1]["step_size"].mean()
    assert digest_arrays(bold[0]) == digest_arrays(again[0])
    assert digest_arrays(bold[0]) != digest_arrays(other[0])
