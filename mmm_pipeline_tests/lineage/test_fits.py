from datetime import UTC, datetime, timedelta
from pathlib import Path

import fsspec
import numpy as np
import pytest
import xarray as xr

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate import Examination
from mmm_pipeline.lineage.fits import Fits, Promotion
from mmm_pipeline.lineage.forms import TraceForm

MOMENT = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture(params=["disk", "memory"])
def fits(request: pytest.FixtureRequest, tmp_path: Path) -> Fits:
    if request.param == "disk":
        return Fits(str(tmp_path / "outputs"), "acme")
    fsspec.filesystem("memory").rm("/", recursive=True)
    return Fits("memory://outputs", "acme")


def make_promotion(fit_id: str, days: int = 0) -> Promotion:
    moment = MOMENT + timedelta(days=days)
    return Promotion(fit_id=fit_id, promoted_at=moment, run_id=f"run {days}", note="seen")


def test_a_fit_is_kept_under_its_name_and_found_by_its_request(
    fits: Fits, trace: xr.DataTree, examination: Examination
) -> None:
    fits.keep(trace, {})
    fits.keep_examination(examination)

    found = fits.find(trace.attrs["request_id"])

    assert found is not None
    assert found.attrs["fit_id"] == trace.attrs["fit_id"]
    assert fits.find("another") is None
    folder = fits.folder / trace.attrs["fit_id"]
    assert {path.name for path in folder.iterdir()} >= {
        "trace.nc",
        "spec.json",
        "fit.json",
        "receipt.json",
        "diagnostics.json",
        "diagnostics.parquet",
    }


def test_a_fit_that_is_kept_is_never_overwritten(tmp_path: Path, trace: xr.DataTree) -> None:
    fits = Fits(str(tmp_path), "acme")
    fits.keep(trace, {})
    file = tmp_path / "acme" / "fits" / trace.attrs["fit_id"] / "trace.nc"
    before = file.stat().st_mtime_ns

    fits.keep(trace, {})

    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["fit.json", "trace.nc"])
def test_a_kept_fit_that_is_damaged_is_not_found(
    name: str, tmp_path: Path, trace: xr.DataTree
) -> None:
    fits = Fits(str(tmp_path), "acme")
    fits.keep(trace, {})
    file = tmp_path / "acme" / "fits" / trace.attrs["fit_id"] / name

    file.write_bytes(file.read_bytes()[:20])

    assert fits.find(trace.attrs["request_id"]) is None


def test_a_kept_fit_that_was_changed_is_not_found(tmp_path: Path, trace: xr.DataTree) -> None:
    fits = Fits(str(tmp_path), "acme")
    fits.keep(trace, {})
    stem = tmp_path / "acme" / "fits" / trace.attrs["fit_id"] / "trace"
    changed = TraceForm().read(stem)
    posterior = changed["/posterior"].to_dataset()
    changed["/posterior"] = xr.DataTree(posterior.assign(roas=posterior["roas"] + np.float64(1)))
    TraceForm().write(changed, stem)

    assert fits.find(trace.attrs["request_id"]) is None


def test_a_receipt_that_is_kept_is_never_overwritten(fits: Fits, trace: xr.DataTree) -> None:
    fits.keep(trace, {"machine": "first"})
    fits.keep(trace, {"machine": "second"})

    assert fits.read_receipt(trace.attrs["fit_id"]) == {"machine": "first"}


@pytest.mark.parametrize("fit_id", ["0123456789abcdef", "../fits", ""])
def test_only_a_fit_that_is_kept_can_be_read_by_name(
    fit_id: str, fits: Fits, trace: xr.DataTree
) -> None:
    fits.keep(trace, {})

    assert fits.read(trace.attrs["fit_id"]).attrs == trace.attrs
    with pytest.raises(
        StaleFitError, match=r"not among the 1 in acme/fits, the latest .* [0-9a-f]"
    ):
        fits.read(fit_id)


def test_every_promotion_stays_in_the_history(fits: Fits) -> None:
    assert fits.find_promotion() is None
    made = [make_promotion(fit_id, days) for days, fit_id in enumerate("aba")]

    for one in made:
        fits.promote(one)

    assert fits.find_promotion() == made[-1]
    assert fits.list_promotions() == made


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"fit_id": "a", "history": [1]}'])
def test_promotions_that_are_damaged_are_told_and_left(content: bytes, tmp_path: Path) -> None:
    fits = Fits(str(tmp_path), "acme")
    fits.promote(make_promotion("a"))
    file = tmp_path / "acme" / "promoted.json"
    file.write_bytes(content)

    with pytest.raises(StaleFitError, match=r"acme/promoted\.json must say .* start anew"):
        fits.promote(make_promotion("b"))

    assert file.read_bytes() == content
