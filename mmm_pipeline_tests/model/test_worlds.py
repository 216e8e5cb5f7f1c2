import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.gate.diagnostics import assess_parameters
from mmm_pipeline.ingest.lift_tests import validate_lift_tests
from mmm_pipeline.model.build import SIMULATED, build_model
from mmm_pipeline.model.fit import fit_model
from mmm_pipeline.model.lift_arrays import arrange_lift_tests
from mmm_pipeline.model.lift_tests import LIFT_DATA
from mmm_pipeline.model.sample import list_free_parameters
from mmm_pipeline.model.trace import has_own_identity
from mmm_pipeline.model.worlds import TARGET_DATA, Origin, draw_worlds, enter_world, fit_world
from mmm_pipeline_tests.factories import make_features, make_spec, make_world

pytestmark = pytest.mark.slow

SMALL = {"trend": "none", "seasonality": {"yearly": 0}}


@pytest.fixture(scope="module")
def origin() -> Origin:
    spec = make_spec(**SMALL)
    return Origin(spec, make_features(spec, make_world(weeks=60)))


@pytest.fixture(scope="module")
def worlds(origin: Origin) -> xr.Dataset:
    return draw_worlds(origin, 6, seed=1)


def test_the_first_worlds_are_the_same_however_many_are_drawn(
    origin: Origin, worlds: xr.Dataset
) -> None:
    xr.testing.assert_identical(draw_worlds(origin, 3, seed=1), worlds.isel(world=slice(3)))


def test_another_seed_draws_other_worlds(origin: Origin, worlds: xr.Dataset) -> None:
    other = draw_worlds(origin, 3, seed=2)

    assert (other["roas"] != worlds["roas"].isel(world=slice(3))).all()


def test_a_history_is_that_of_its_parameters(origin: Origin) -> None:
    worlds = draw_worlds(origin, 400, seed=3)

    scale = origin.features["target_scale"]
    mean = worlds[SIMULATED].mean("date") / scale
    error = worlds["y_sigma"] / origin.features.sizes["date"] ** 0.5

    # The level is the mean without noise; what is left is standard normal, 400 times.
    off = (mean - worlds["level"]) / error
    assert abs(float(off.mean())) < 4 / 20
    assert abs(float(off.std()) - 1) < 4 / 28


def test_a_world_is_fitted_with_the_priors_it_was_drawn_from(
    origin: Origin, worlds: xr.Dataset
) -> None:
    spec, features = enter_world(origin, worlds.isel(world=0))
    before, after = (build_model(origin.spec, one).model for one in (origin.features, features))
    point = before.initial_point(random_seed=1)

    priors = [
        model.compile_logp(vars=[model[name] for name in list_free_parameters(model)])(point)
        for model in (before, after)
    ]

    assert priors[0] == priors[1]
    seen = after[TARGET_DATA].get_value()
    np.testing.assert_array_equal(seen, worlds[SIMULATED].isel(world=0))
    assert spec.model_part() == origin.spec.model_part()
    assert spec.sampling.seed != origin.spec.sampling.seed


@pytest.mark.parametrize("link", ["log", "log1p"])
def test_worlds_of_terms_that_multiply_have_targets_that_do(link: str) -> None:
    spec = make_spec(**SMALL, link=link)
    origin = Origin(spec, make_features(spec, make_world(weeks=60)))

    world = draw_worlds(origin, 1, seed=1).isel(world=0)

    least = {"log": 0.0, "log1p": -1.0}[link]
    assert (world[SIMULATED] > least).all()
    _, features = enter_world(origin, world)
    seen = build_model(spec, features).model[TARGET_DATA].get_value()
    offset = 1.0 if link == "log1p" else 0.0
    scale = features["target_scale"] + offset
    np.testing.assert_allclose(seen, np.log((world[SIMULATED] + offset) / scale))


def test_experiments_find_what_a_world_would_have_them_find() -> None:
    spec = make_spec(**SMALL, experiments="data/tests.csv")
    plain = make_features(spec, make_world(weeks=60))
    test = {
        "channel": ["search"],
        "start": ["2023-03-06"],
        "end": ["2023-03-19"],
        "spend": ["100"],
        "lift": ["900"],
        "standard_error": ["200"],
    }
    checked = validate_lift_tests(pd.DataFrame(test), spec, plain)
    features = plain.merge(arrange_lift_tests(checked, plain, spec))
    origin = Origin(spec, features)

    world = draw_worlds(origin, 1, seed=1).isel(world=0)
    _, entered = enter_world(origin, world)

    assert float(entered["lift"].item()) != 900
    seen = build_model(spec, entered).model[LIFT_DATA].get_value()
    np.testing.assert_allclose(seen, world["lift"] / features["lift_error_used"])


def test_a_model_compiled_once_is_the_model_that_is_built_anew(
    origin: Origin, worlds: xr.Dataset
) -> None:
    fit_world(origin, *enter_world(origin, worlds.isel(world=0)), print, origin.spec.sampling)
    spec, features = enter_world(origin, worlds.isel(world=1))

    once = fit_world(origin, spec, features, lambda _: None, spec.sampling)
    anew = fit_model(spec, features, lambda _: None)

    assert once.attrs["request_id"] == anew.attrs["request_id"]
    assert has_own_identity(once)
    one, other = (assess_parameters(trace["/posterior"].to_dataset()) for trace in (once, anew))
    error = (one["mcse"] ** 2 + other["mcse"] ** 2) ** 0.5
    # Ten parameters: five standard errors are left once in 200,000 times.
    assert (abs(one["mean"] - other["mean"]) < 5 * error).all()
