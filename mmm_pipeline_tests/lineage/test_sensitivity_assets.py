"""Variations in the lineage: fits that are there are used again, those that failed are not read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.evidence.placebo import add_placebo
from mmm_pipeline.evidence.variations import Base, Variation, list_variations
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.lineage.fits import Fits
from mmm_pipeline.lineage.forms import ArraysForm
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.model.trace import name_request_now
from mmm_pipeline_tests.factories import make_features, make_posterior, make_spec, make_trace
from mmm_pipeline_tests.lineage.projects import make_project, materialize, store_fit

SPEC = make_spec(sensitivity=["seed", "noise", "controls"], sampling={"attempts": 1})


@pytest.fixture(scope="module")
def base() -> ConvergedFit:
    trace = make_trace(SPEC, make_features(SPEC))
    return admit(trace, SPEC)


def make_refit(one: Variation, *, mixes: bool) -> xr.DataTree:
    """A fit of a variation, whose chains agree or not."""
    posterior = make_posterior(one.spec, one.features)
    apart = 0.0 if mixes else xr.DataArray(np.arange(4.0), dims="chain")
    return make_trace(one.spec, one.features, posterior.assign(roas=posterior["roas"] + apart))


@pytest.mark.slow
def test_fits_of_variations_are_used_again_and_those_that_failed_are_told(
    base: ConvergedFit, tmp_path: Path
) -> None:
    project = make_project(tmp_path)
    store_fit(SPEC, project, base.trace)
    kept = Fits(project.outputs, "acme")
    for one in list_variations(Base.of(base)):
        assert isinstance(one, Variation)
        kept.keep(make_refit(one, mixes=one.name == "seed"), {})

    result = materialize(SPEC, project, 'key:"acme/sensitivity"')

    assert result.success
    table = pd.read_parquet(tmp_path / "outputs" / "acme" / "sensitivity.parquet")
    verdicts = {str(name): set(rows["verdict"]) for name, rows in table.groupby("variation")}
    assert verdicts == {"base": {""}, "seed": {"holds"}, "noise": {"failed"}}
    assert table.loc[table["variation"] == "noise", "roas"].isna().all()
    (check,) = result.get_asset_check_evaluations()
    assert not check.passed
    assert check.description is not None
    assert check.description.startswith("noise did not converge")
    # Scales of a variation must not be lent to the next fit of the model.
    assert kept.find_scales(SPEC.gate) is None


@pytest.mark.slow
def test_a_model_that_asks_for_no_variation_has_its_prior_sensitivity(
    base: ConvergedFit, tmp_path: Path
) -> None:
    spec = make_spec()
    project = make_project(tmp_path)
    store_fit(spec, project, make_trace(spec, base.features))

    result = materialize(spec, project, 'key:"acme/prior_sensitivity"')

    assert result.success
    (check,) = result.get_asset_check_evaluations()
    assert check.check_name == "data_speak"
    table = pd.read_parquet(tmp_path / "outputs" / "acme" / "prior_sensitivity.parquet")
    assert set(table["quantity"]) == {"roas", "share", "carryover"}


def test_a_fit_with_a_placebo_is_found_again(base: ConvergedFit, tmp_path: Path) -> None:
    """Features that come from a file remember how long its names were."""
    store = Store(str(tmp_path), "acme")
    store.write("features", ArraysForm(), base.features)
    features = store.read("features", ArraysForm())
    spec, seen, _ = add_placebo(SPEC, features, "tv")
    trace = make_trace(spec, seen)

    fits = Fits(str(tmp_path), "acme")
    fits.keep(trace, {})

    found = fits.find(name_request_now(spec, seen))
    assert found is not None
    assert found.attrs["fit_id"] == trace.attrs["fit_id"]
