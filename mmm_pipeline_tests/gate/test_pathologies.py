"""What ails a posterior is told in words, and nothing is told of one that is well."""

from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate import Examination
from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.gate.findings import Advice, Finding
from mmm_pipeline.model.build import build_model
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.fit import compute_variables
from mmm_pipeline.model.return_priors import state_returns
from mmm_pipeline.simulate.reach import ReachWorld, simulate_reach
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import (
    draw_posterior,
    make_features,
    make_posterior,
    make_spec,
    make_trace,
    validate,
)

SHARE = {"median": 0.1, "factor": 2}
SPEC = make_spec(media={"tv": {"roas": {"median": 1, "factor": 3}}, "search": {}})
FEATURES = make_features(SPEC)


def find(
    posterior: xr.Dataset,
    spec: ModelSpec = SPEC,
    features: xr.Dataset | None = None,
    **statistics: Any,
) -> dict[str, Finding]:
    """What is found, by its kind; and every line of advice can be written into the spec."""
    if features is None:
        features = FEATURES if spec is SPEC else make_features(spec)
    trace = make_trace(spec, features, posterior, **statistics)
    found = examine(trace, spec.gate).pathologies
    for advice in (advice for finding in found for advice in finding.advice):
        assert write(advice, spec) != spec
    assert all(np.isfinite(list(finding.evidence.values())).all() for finding in found)
    return {finding.kind: finding for finding in found}


def tell(posterior: xr.Dataset, spec: ModelSpec = SPEC) -> str:
    return "\n".join(map(str, find(posterior, spec).values()))


def write(advice: Advice, spec: ModelSpec) -> ModelSpec:
    """Do what an analyst does who follows an advice."""
    settings = spec.model_dump(mode="json", exclude_unset=True)
    for setting in advice.instead_of:
        section, name = setting.split(".")
        del settings[section][name]
    for line in advice.lines:
        merge(settings, yaml.safe_load(line))
    return ModelSpec.model_validate(settings)


def merge(settings: dict[str, Any], more: dict[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict) and isinstance(settings.get(name), dict):
            merge(settings[name], value)
        else:
            settings[name] = value


def change(name: str, channel: int, values: np.ndarray) -> xr.Dataset:
    posterior = make_posterior(SPEC, FEATURES)
    draws = posterior[name].to_numpy().copy()
    draws[..., channel] = values
    return posterior.assign({name: (posterior[name].dims, draws)})


def draw(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((4, 250))


def test_a_posterior_that_is_well_is_left_in_peace() -> None:
    assert tell(make_posterior(SPEC, FEATURES)) == ""


def test_two_parameters_that_are_one_are_told() -> None:
    lam = make_posterior(SPEC, FEATURES)["saturation_lam"].to_numpy()[..., 0]
    spoiled = change("roas", 0, 3 / lam + 0.01 * draw())

    told = tell(spoiled)
    assert "roas[tv] and saturation_lam[tv] cannot be told apart (correlation -0.99)" in told


def test_two_channels_that_share_one_effect_are_told() -> None:
    tv = make_posterior(SPEC, FEATURES)["roas"].to_numpy()[..., 0]

    told = tell(change("roas", 1, 5 - tv + 0.02 * draw()))

    assert "roas of tv and of search are known together, not apart" in told
    assert "merge the two" in told
    assert (
        "`media: {tv_search: {spend: [tv, search]}}`, instead of `media.tv` and `media.search`"
        in told
    )


@pytest.mark.parametrize(("alpha", "what"), [(0.01, "nothing lasts"), (0.99, "everything lasts")])
def test_carry_over_at_its_edge_is_told(alpha: float, what: str) -> None:
    told = tell(change("adstock_alpha", 0, alpha + 0.002 * draw()))

    assert f"The carry-over of tv is at its edge: {what}" in told
    assert ("Raise `l_max`" in told) == (alpha > 0.5)


def test_chains_that_settled_apart_are_told() -> None:
    apart = 2 + np.array([0.0, 0.0, 0.0, 1.0])[:, None] + 0.05 * draw()

    found = find(change("roas", 0, apart))

    assert "The chains have settled in different places on roas[tv]" in found["apart"].what
    assert found["apart"].advice[0].lines == ("media: {tv: {roas: {median: 1.0, factor: 2.0}}}",)
    assert "peaks" in found


def test_a_return_of_which_the_data_say_nothing_is_told() -> None:
    stated = state_returns(SPEC, FEATURES)["roas"].stated["tv"].parameters
    same = np.exp(stated["mu"] + stated["sigma"] * draw())

    assert "The data say nothing of the return on tv" in tell(change("roas", 0, same))
    assert "return on tv" not in tell(change("roas", 0, same * 3))


def test_nothing_is_said_of_draws_that_are_none() -> None:
    assert tell(change("roas", 0, np.full((4, 250), np.nan))) == ""


@pytest.mark.parametrize(
    "words",
    [
        {"media": {"tv": {"carryover": {"half_life": {"median": 2, "factor": 2}}}, "search": {}}},
        {"media": {"tv": {"carryover": "weibull"}, "search": {"saturation": "hill"}}},
        pytest.param(
            {
                "media": {
                    "tv": {"effect": "HalfNormal(1)"},
                    "search": {"share": {"median": 0.1, "factor": 2}},
                }
            },
            marks=pytest.mark.slow,
        ),
        {"media": {"tv": {"carryover": "none", "saturation": "none"}, "search": {}}},
    ],
)
def test_draws_of_the_prior_say_what_was_believed(words: dict[str, Any]) -> None:
    spec = make_spec(**words)

    told = tell(draw_posterior(spec, make_features(spec), 400), spec)

    assert "that was not believed before" in told
    assert "cannot be told apart" not in told


def test_two_peaks_between_which_all_chains_go_are_told() -> None:
    sides = np.random.default_rng(2).random((4, 250)) < 0.4
    found = find(change("saturation_lam", 1, 2 + 2 * sides + 0.2 * draw()))

    assert set(found) == {"peaks"}
    assert "The draws of saturation_lam[search] have two peaks" in found["peaks"].what
    assert found["peaks"].advice[0].lines == ("media: {search: {saturation: balanced}}",)


def test_the_end_at_which_divergences_lie_is_told() -> None:
    posterior = make_posterior(SPEC, FEATURES)
    lowest = posterior["adstock_alpha"].to_numpy()[..., 1]
    at_low = lowest < np.quantile(lowest, 0.03)
    anywhere = np.random.default_rng(3).random((4, 250)) < 0.03

    found = find(posterior, diverging=at_low)

    assert set(found) == {"divergent_place"}
    words = f"The {at_low.sum()} divergences lie where adstock_alpha[search] is low"
    assert words in found["divergent_place"].what
    assert found["divergent_place"].advice[0].lines == ("media: {search: {carryover: medium}}",)
    assert find(posterior, diverging=anywhere) == {}


def test_media_that_leave_nothing_are_told() -> None:
    posterior = make_posterior(SPEC, FEATURES)

    found = find(posterior.assign(roas=5 * posterior["roas"]))

    finding = found["negative_baseline"]
    assert finding.evidence["probability_over_all"] > 0.2
    assert finding.evidence["share_of_periods"] > 0.2
    assert ("link: log",) in [advice.lines for advice in finding.advice]


def test_a_baseline_below_zero_in_some_periods_only_is_told() -> None:
    posterior = make_posterior(SPEC, FEATURES)

    finding = find(posterior.assign(roas=4.4 * posterior["roas"]))["negative_baseline"]

    assert finding.evidence["probability_over_all"] < 0.2
    assert 0.05 < finding.evidence["share_of_periods"] < 0.5


def fit_exactly(noise: np.ndarray) -> xr.Dataset:
    """Features of which the draws' mean is the truth, and the noise is known."""
    model = build_model(SPEC, FEATURES).model
    center = make_posterior(SPEC, FEATURES).mean(("chain", "draw")).expand_dims(chain=1, draw=1)
    mean = compute_variables(model, center, ["mu"])["mu"].squeeze(drop=True)
    target = (mean + noise * mean) * FEATURES["target_scale"]
    return FEATURES.assign(target=target.drop_vars(["chain", "draw"], errors="ignore"))


def test_outliers_are_told_with_their_days() -> None:
    noise = 0.02 * np.random.default_rng(4).standard_normal(FEATURES.sizes["date"])
    odd = noise.copy()
    odd[[20, 70]] += 0.4
    day = np.datetime_as_string(FEATURES["date"].to_numpy()[20], "D")
    posterior = make_posterior(SPEC, FEATURES)

    finding = find(posterior, features=fit_exactly(odd))["outliers"]

    assert day in finding.what
    assert finding.evidence["periods"] == 2
    assert finding.advice[0].lines == ("likelihood: student_t",)
    assert find(posterior, features=fit_exactly(noise)) == {}


def test_noise_that_grows_with_the_target_is_told() -> None:
    rng = np.random.default_rng(5)
    level = fit_exactly(np.zeros(FEATURES.sizes["date"]))["target"].to_numpy()
    rank = level.argsort().argsort() / len(level)
    noise = 0.02 * (0.2 + 3 * rank) * rng.standard_normal(len(level))

    found = find(make_posterior(SPEC, FEATURES), features=fit_exactly(noise))

    assert found["growing_noise"].advice[0].lines == ("link: log",)


def test_a_control_that_is_told_together_with_a_channel_is_told() -> None:
    spec = make_spec(controls={"price": {}})
    features = make_features(spec)
    posterior = make_posterior(spec, features)
    roas = posterior["roas"].to_numpy()[..., 1]
    effect = 0.01 * (roas - roas.mean()) / roas.std() + 0.002 * draw()

    changed = posterior.assign(gamma_control=(("chain", "draw", "control"), effect[..., None]))
    found = find(changed, spec, features)

    assert "gamma_control[price] and roas[search] are known together" in found["confused"].what
    assert found["confused"].advice[0].instead_of == ("controls.price",)


def test_little_spend_of_which_nothing_is_learnt_can_be_held_tighter() -> None:
    few = FEATURES.assign(spend=FEATURES["spend"] * xr.DataArray([1.0, 0.01], dims="channel"))
    stated = state_returns(SPEC, few)["roas"].stated["search"].parameters
    same = np.exp(stated["mu"] + stated["sigma"] * draw())

    found = find(change("roas", 1, same), features=few)

    assert ("tighten_low_spend: true",) in [one.lines for one in found["unlearned"].advice]


def make_reached() -> tuple[ModelSpec, xr.Dataset]:
    frame, _ = simulate_reach(ReachWorld(world="reach", weeks=60))
    reach = {"reach": "video_reach", "frequency": "video_frequency"}
    spec = make_spec(media={"video": reach, "search": {}}, trend="none")
    raw = frame.assign(week=frame["week"].dt.strftime("%Y-%m-%d")).astype(str)
    return spec, build_features(validate(raw, spec), spec)


def test_a_frequency_that_was_never_seen_is_told() -> None:
    spec, features = make_reached()
    posterior = draw_posterior(spec, features, 250)
    half = posterior["frequency_half_saturation"]

    found = find(posterior.assign(frequency_half_saturation=half + 100), spec, features)

    assert "People were reached by video" in found["unseen_contacts"].what
    assert "unseen_contacts" not in find(posterior, spec, features)


def test_a_curve_of_contacts_that_is_one_with_the_return_is_told() -> None:
    spec, features = make_reached()
    posterior = draw_posterior(spec, features, 250)
    half = posterior["frequency_half_saturation"]
    roas = posterior["roas"].to_numpy().copy()
    roas[..., 0] = 2 * half.to_numpy()[..., 0] + 0.01 * draw()

    found = find(posterior.assign(roas=(posterior["roas"].dims, roas)), spec, features)

    assert "frequency_half_saturation[video] cannot be told apart" in found["ridge"].what
    assert found["ridge"].advice[0].lines == (
        "media: {video: {saturation: {form: hill, half: balanced}}}",
    )


def test_a_trend_with_several_peaks_is_advised_to_be_a_line() -> None:
    spec = make_spec(trend="piecewise")
    features = make_features(spec)
    posterior = draw_posterior(spec, features, 250)
    changed = posterior["trend_slope"] + 50 * xr.DataArray([0, 0, 1, 1], dims="chain")

    found = find(posterior.assign(trend_slope=changed), spec, features)

    assert ("trend: linear",) in [advice.lines for advice in found["apart"].advice]


def test_findings_are_kept_with_the_numbers() -> None:
    tv = make_posterior(SPEC, FEATURES)["roas"].to_numpy()[..., 0]
    trace = make_trace(SPEC, FEATURES, change("roas", 1, 5 - tv + 0.02 * draw()))
    examination = examine(trace, SPEC.gate)

    kept = Examination.from_json(examination.to_json(), examination.parameters)

    assert kept.pathologies == examination.pathologies
    assert kept.pathologies
    with pytest.raises(StaleFitError, match="Materialise diagnostics again"):
        Examination.from_json('{"verdict": "PASS", "pathologies": ["words"]}', kept.parameters)
