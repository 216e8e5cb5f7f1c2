"""Figures of the chains: of any fit that can be drawn, and of the worst of it."""

import io

import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.gate.diagnostics import assess_parameters, list_draws
from mmm_pipeline.report.chains import draw_chains
from mmm_pipeline_tests.factories import (
    choose_fast,
    make_features,
    make_posterior,
    make_spec,
    make_trace,
)

SPEC = make_spec()
FEATURES = make_features(SPEC)


def draw(posterior: xr.Dataset) -> dict[str, object]:
    return dict(draw_chains(make_trace(SPEC, FEATURES, posterior), assess_parameters(posterior)))


def test_draws_are_listed_by_the_names_of_their_measures() -> None:
    posterior = make_posterior(SPEC, FEATURES)

    draws = list_draws(posterior)

    assert list(draws) == assess_parameters(posterior)["parameter"].tolist()
    np.testing.assert_array_equal(draws["roas[search]"], posterior["roas"].sel(channel="search"))
    np.testing.assert_array_equal(draws["y_sigma"], posterior["y_sigma"])


def test_the_worst_comes_first() -> None:
    posterior = make_posterior(SPEC, FEATURES)
    apart = posterior["roas"] + xr.DataArray(np.arange(4.0), dims="chain")
    posterior = posterior.assign(roas=apart)

    figures = draw_chains(make_trace(SPEC, FEATURES, posterior), assess_parameters(posterior))

    titles = [axes.get_title(loc="left") for axes in figures["traces"].axes]
    assert {title.split(":")[0] for title in titles[:2]} == {"roas[tv]", "roas[search]"}
    assert "R-hat" in titles[0]
    assert set(figures) == {"traces", "ranks", "pairs", "energy"}


FAILURES = ("one chain", "few draws", "stuck", "not a number")


@pytest.mark.parametrize("what", choose_fast(FAILURES, "one chain", "not a number"))
def test_a_fit_that_failed_can_be_drawn(what: str) -> None:
    posterior = make_posterior(SPEC, FEATURES)
    if what == "one chain":
        posterior = posterior.isel(chain=[0])
    elif what == "few draws":
        posterior = posterior.isel(draw=slice(3))
    else:
        roas = posterior["roas"].to_numpy().copy()
        roas[1] = 1.0 if what == "stuck" else np.nan
        posterior = posterior.assign(roas=(posterior["roas"].dims, roas))

    for figure in draw(posterior).values():
        figure.savefig(io.BytesIO(), format="png")  # type: ignore[attr-defined]
