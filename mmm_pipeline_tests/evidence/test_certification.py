"""What comes of worlds: of priors known to be right, since nothing was learnt from the data."""

import json

import pytest
import xarray as xr

from mmm_pipeline.evidence.certification import certify, certify_world, is_record_of
from mmm_pipeline.evidence.ranks import count_kept
from mmm_pipeline.gate.remedies import Witness
from mmm_pipeline.model.build import SIMULATED
from mmm_pipeline.model.worlds import Origin, draw_worlds
from mmm_pipeline_tests.factories import make_features, make_spec, make_world

SMALL = {"trend": "none", "seasonality": {"yearly": 0}}
N_WORLDS = 20


def make_origin(**said: object) -> Origin:
    spec = make_spec(**SMALL, **said)
    return Origin(spec, make_features(spec, make_world(weeks=60)))


@pytest.fixture(scope="module")
def origin() -> Origin:
    return make_origin(gate={"min_ess": 100})


@pytest.fixture(scope="module")
def worlds(origin: Origin) -> xr.Dataset:
    return draw_worlds(origin, N_WORLDS, seed=1)


@pytest.fixture(scope="module")
def records(origin: Origin) -> list[xr.Dataset]:
    """Other draws from the priors: a right posterior for who was told nothing."""
    n_kept = count_kept(origin.spec.gate)
    drawn = draw_worlds(origin, N_WORLDS * n_kept, seed=2).drop_vars(["world", SIMULATED])
    parts = [drawn.isel(world=slice(n, None, N_WORLDS)) for n in range(N_WORLDS)]
    return [make_record(part.rename(world="draw")) for part in parts]


def make_record(draws: xr.Dataset, *failures: str, attempts: int = 1) -> xr.Dataset:
    attributes = {"failures": json.dumps(failures), "n_attempts": attempts, "request_id": "x"}
    return draws.assign_attrs(attributes)


def test_a_right_posterior_is_certified(
    origin: Origin, worlds: xr.Dataset, records: list[xr.Dataset]
) -> None:
    found = certify(origin, worlds, records)

    assert found.uneven == []
    assert found.counts == {
        "worlds": N_WORLDS,
        "passed_at_once": N_WORLDS,
        "passed_after_remedies": 0,
        "refused": 0,
    }
    names = {
        f"{name}[{channel}]" for name in ("roas", "contribution") for channel in ("tv", "search")
    }
    assert names | {"level", "y_sigma", "intercept"} <= set(found.table["quantity"])
    json.dumps(found.to_record(), allow_nan=False)


def test_a_return_follows_from_its_parameter(
    origin: Origin, worlds: xr.Dataset, records: list[xr.Dataset]
) -> None:
    ranks = certify(origin, worlds, records).ranks.set_index(["quantity", "world"])["rank"]

    for channel in ("tv", "search"):
        for name in ("implied_roas", "contribution"):
            # The derivation rounds; no two of these draws lie closer than that.
            assert (ranks[f"{name}[{channel}]"] == ranks[f"roas[{channel}]"]).all()


def test_a_biased_posterior_is_not_certified(
    origin: Origin, worlds: xr.Dataset, records: list[xr.Dataset]
) -> None:
    biased = [record.assign(roas=10 * record["roas"]) for record in records]

    found = certify(origin, worlds, biased)

    assert {"roas[tv]", "implied_roas[search]"} <= set(found.uneven)
    assert "level" not in found.uneven


def test_worlds_that_were_refused_are_listed_and_not_used(
    origin: Origin, worlds: xr.Dataset, records: list[xr.Dataset]
) -> None:
    refused = make_record(xr.Dataset(), "R-hat reaches 1.3", "2 divergences", attempts=3)
    late = make_record(records[7], attempts=2)
    others = [*records[:3], refused, *records[4:7], late, *records[8:]]

    found = certify(origin, worlds, others)

    assert found.counts["refused"] == found.counts["passed_after_remedies"] == 1
    assert found.to_record()["refused_worlds"] == [
        {"world": 3, "attempts": 3, "why": "R-hat reaches 1.3; 2 divergences"}
    ]
    assert 3 not in found.ranks["world"].to_numpy()
    assert (found.table["worlds"] == N_WORLDS - 1).all()


def test_where_no_world_passed_nothing_is_claimed(origin: Origin, worlds: xr.Dataset) -> None:
    refused = [make_record(xr.Dataset(), "R-hat reaches 1.3")] * N_WORLDS

    found = certify(origin, worlds, refused)

    assert found.table.empty
    assert found.to_record()["refused"] == N_WORLDS


@pytest.mark.slow
def test_a_fit_that_fails_leaves_no_draws() -> None:
    origin = make_origin(sampling={"draws": 20, "tune": 50, "chains": 2, "attempts": 1})
    world = draw_worlds(origin, 1, seed=1).isel(world=0)

    record = certify_world(origin, world, Witness(lambda _: None, print, lambda *_: None))

    assert not record.data_vars
    assert json.loads(record.attrs["failures"])
    assert is_record_of(record, origin, world)


@pytest.mark.slow
def test_a_tiny_model_is_certified() -> None:
    origin = make_origin()
    worlds = draw_worlds(origin, 12, seed=1)
    witness = Witness(lambda _: None, print, lambda *_: None)
    records = [certify_world(origin, worlds.isel(world=n), witness) for n in range(12)]

    found = certify(origin, worlds, records)

    assert found.counts["worlds"] == 12
    assert found.counts["refused"] <= 2
    assert found.uneven == []
    # Draws of the fit, not of the prior: what is seen tells the level and the noise.
    known = xr.concat([record for record in records if record.data_vars], "world", join="override")
    for name in ("level", "y_sigma"):
        assert float(known[name].std("draw").mean()) < 0.5 * float(worlds[name].std())
    assert is_record_of(records[0], origin, worlds.isel(world=0))
    assert not is_record_of(records[0], origin, worlds.isel(world=1))
