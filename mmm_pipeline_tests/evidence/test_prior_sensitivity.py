"""Power-scaling, where the answer is known, and on a fit nobody had to sample."""

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.evidence.prior_sensitivity import (
    ALL_MEDIA,
    CONFLICT,
    NEITHER,
    STRONG,
    THRESHOLD,
    compute_densities,
    diagnose,
    list_leanings,
    scale_powers,
    summarize_prior_sensitivity,
)
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.posterior import restore_model
from mmm_pipeline_tests.factories import (
    draw_fit,
    make_features,
    make_spec,
)
from mmm_pipeline_tests.model.test_any_spec import build_any_features


def conjugate(center: float, width: float, data: float, error: float) -> tuple[float, float]:
    """Sensitivity of a normal mean to its normal prior and to normal data, by exact draws."""
    precision = 1 / width**2 + 1 / error**2
    mean = (center / width**2 + data / error**2) / precision
    # Any independent draws would do; 4,000 put the Monte Carlo error far below the threshold.
    noise = np.random.default_rng(2).standard_normal((4, 1000))
    draws = xr.DataArray(mean + noise / precision**0.5, dims=("chain", "draw"))
    densities = xr.Dataset(
        {
            "returns": -(((draws - center) / width) ** 2) / 2,
            "likelihood": -(((draws - data) / error) ** 2) / 2,
        }
    )
    found = scale_powers(xr.Dataset({"roas|tv": draws}), densities).sel(label="roas|tv")
    return float(found["prior"]), float(found["likelihood"])


@pytest.mark.parametrize(
    ("center", "width", "data", "error", "diagnosis"),
    [
        (0.0, 10.0, 1.0, 0.5, NEITHER),  # A weak prior, and good data.
        (0.0, 1.0, 6.0, 1.0, CONFLICT),  # As strong as the data, and far from them.
        (0.0, 0.2, 1.0, 10.0, STRONG),  # Data that say next to nothing.
    ],
)
def test_a_conjugate_normal_is_diagnosed_as_it_is(
    center: float, width: float, data: float, error: float, diagnosis: str
) -> None:
    assert diagnose(*conjugate(center, width, data, error)) == diagnosis


def test_a_prior_counts_the_more_the_tighter_it_is() -> None:
    priors = [conjugate(0.0, width, 3.0, 1.0)[0] for width in (10.0, 3.0, 1.0)]

    assert priors == sorted(priors)
    assert priors[0] < THRESHOLD < priors[-1]


def test_densities_are_those_of_the_model(fit: ConvergedFit) -> None:
    model = restore_model(fit).model

    densities = compute_densities(model, fit.posterior.isel(draw=slice(10)))

    assert set(densities) == {"returns", "shapes", "baseline", "likelihood"}
    assert densities["likelihood"].dims == ("chain", "draw")
    roas = fit.posterior["roas"].isel(chain=1, draw=7).to_numpy()
    mu = np.log(0.3 * fit.features["target"].sum() / fit.features["spend"].sum()).item()
    by_hand = -np.log(roas * np.sqrt(2 * np.pi)) - (np.log(roas) - mu) ** 2 / 2
    np.testing.assert_allclose(densities["returns"][1, 7], by_hand.sum(), rtol=1e-9)


@pytest.mark.parametrize(
    "words",
    [
        {},
        pytest.param(
            {"trend": "spline", "time_varying_media": True, "likelihood": "student_t"},
            marks=pytest.mark.slow,
        ),
        {
            "controls": {"price": {}, "holiday": {"carryover": "short"}},
            "control_selection": "horseshoe",
            "media": {"tv": {"carryover": "weibull"}, "search": {"carryover": "none"}},
        },
        pytest.param(
            {
                "data": {"path": "a.csv", "date": "week", "target": "sales", "kpi": "count"},
                "media": {"tv": {}, "search": {"kind": "competitor"}},
            },
            marks=pytest.mark.slow,
        ),
        {"media": {"tv": {"carryover": "none", "saturation": "none"}}},
    ],
    ids=["plain", "curves", "selection", "count", "straight"],
)
def test_every_kind_of_model_can_be_asked(words: dict[str, object]) -> None:
    spec = make_spec(**words)

    table = summarize_prior_sensitivity(draw_fit(spec, build_any_features(spec)))

    lasting = [name for name, one in spec.media.items() if one.carryover.form != "none"]
    assert np.isfinite(table[["prior", "likelihood", "returns", "baseline"]]).all(axis=None)
    assert table["shapes"].notna().all() == bool(lasting)
    assert (table["channel"] == ALL_MEDIA).sum() == 1
    word = "cost_per_target" if spec.data.kpi == "count" else "roas"
    assert table.loc[table["quantity"] == word, "channel"].tolist() == spec.bought_media
    assert table.loc[table["quantity"] == "carryover", "channel"].tolist() == lasting


def test_draws_of_the_prior_hang_on_it_and_are_told() -> None:
    spec = make_spec()

    table = summarize_prior_sensitivity(draw_fit(spec, make_features(spec)))

    told = list_leanings(table)

    assert len(told) == 2
    assert told[0].startswith("ROAS of tv hangs on what was believed")
