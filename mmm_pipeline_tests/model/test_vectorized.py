"""Many draws at once, against PyTensor's own function, one draw after the other."""

import numpy as np
import pymc as pm
import pytest
import xarray as xr

from mmm_pipeline.model import vectorized
from mmm_pipeline.model.build import CHANNEL_TOTAL, build_model
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.terms import list_terms
from mmm_pipeline_tests.factories import choose_fast, draw_posterior, make_spec
from mmm_pipeline_tests.model.test_any_spec import build_any_features

PANEL = {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]}
SPECS = {
    "plain": make_spec(),
    "log panel": make_spec(data=PANEL, link="log", trend="piecewise", pooling="partial"),
    "curves": make_spec(
        trend="spline",
        time_varying_media=True,
        media={"tv": {"carryover": "weibull", "saturation": "hill"}, "search": {}},
    ),
}


def compute_one_by_one(model: pm.Model, posterior: xr.Dataset, names: list[str]) -> list[list]:
    """Each draw by PyTensor's function, of the first chain, then of the next."""
    function = model.compile_fn(
        inputs=model.free_RVs,
        outs=[model[name] for name in names],
        on_unused_input="ignore",
        mode="FAST_COMPILE",
    )
    return [
        function(
            {
                one.name: posterior[one.name].isel(chain=chain, draw=draw).to_numpy()
                for one in model.free_RVs
            }
        )
        for chain in range(posterior.sizes["chain"])
        for draw in range(posterior.sizes["draw"])
    ]


@pytest.mark.parametrize("kind", choose_fast(SPECS, "plain", "log panel"))
def test_many_draws_at_once_are_those_of_one_after_the_other(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = SPECS[kind]
    features = build_any_features(spec)
    model = build_model(spec, features).model
    posterior = draw_posterior(spec, features, 5)
    names = [*list_terms(model), "mu", CHANNEL_TOTAL]
    # A few draws at a time, 7 at most: 20 come in parts of which the last is shorter.
    monkeypatch.setattr(vectorized, "MAX_NUMBERS", 7 * features["exposure"].size)

    found = compute_variables(model, posterior, names)

    assert found[names].dtypes == dict.fromkeys(names, np.dtype("float64"))
    by_draw = compute_one_by_one(model, posterior, names)
    for place, name in enumerate(names):
        assert found[name].dims == ("chain", "draw", *model.named_vars_to_dims.get(name, ()))
        flat = found[name].to_numpy().reshape(len(by_draw), *found[name].shape[2:])
        # The very same operations in the same order, but for sums, which NumPy pairs otherwise.
        np.testing.assert_allclose(
            flat, np.stack([one[place] for one in by_draw]), rtol=1e-12, atol=1e-14
        )
    np.testing.assert_array_equal(found["channel"], features["channel"])


def test_data_that_are_exchanged_are_seen() -> None:
    spec = SPECS["plain"]
    features = build_any_features(spec)
    model = build_model(spec, features).model
    posterior = draw_posterior(spec, features, 2)
    before = compute_variables(model, posterior, ["channel_contribution"])

    pm.set_data({"channel_data": 0 * features["exposure"].to_numpy()}, model=model)

    after = compute_variables(model, posterior, ["channel_contribution"])["channel_contribution"]
    assert (before["channel_contribution"] > 0).any()
    assert (after == 0).all()


def test_what_is_added_to_a_model_can_be_asked_for() -> None:
    spec = SPECS["plain"]
    features = build_any_features(spec)
    model = build_model(spec, features).model
    posterior = draw_posterior(spec, features, 2)
    mean = compute_variables(model, posterior, ["mu"])["mu"]

    with model:
        pm.dims.Deterministic("twice", 2 * model["mu"])

    np.testing.assert_array_equal(compute_variables(model, posterior, ["twice"])["twice"], 2 * mean)


def test_what_is_the_same_in_every_draw_is_told_of_each() -> None:
    spec = SPECS["plain"]
    features = build_any_features(spec)
    model = build_model(spec, features).model
    posterior = draw_posterior(spec, features, 2)
    with model:
        pm.dims.Deterministic("still", 2 * model["channel_data"])

    found = compute_variables(model, posterior, ["still", "mu"])

    assert found["still"].dims == ("chain", "draw", "date", "channel")
    expected = 2 * features["exposure"].transpose("date", "channel").to_numpy()
    np.testing.assert_array_equal(found["still"], np.broadcast_to(expected, found["still"].shape))
    xr.testing.assert_identical(found["mu"], compute_variables(model, posterior, ["mu"])["mu"])


def test_draws_that_lead_nowhere_are_no_numbers_and_no_warning() -> None:
    spec = SPECS["plain"]
    features = build_any_features(spec)
    posterior = draw_posterior(spec, features, 2)
    posterior["roas"] = posterior["roas"] * np.inf

    found = compute_variables(build_model(spec, features).model, posterior, ["mu"])["mu"]

    assert not np.isfinite(found).any()
