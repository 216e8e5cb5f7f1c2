"""Public files with published numbers, by YAML alone."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from mmm_pipeline.ingest.calendar import mark_events
from mmm_pipeline.ingest.quality import find_warnings
from mmm_pipeline.ingest.read import read_source
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.clone import SHARED_DATA

FOLDER = Path(__file__).parents[1] / "shared_data" / "ingest"

pytestmark = pytest.mark.skipif(not SHARED_DATA.exists(), reason="the public datasets are absent")


def read(name: str) -> tuple[pd.DataFrame, ModelSpec]:
    spec = ModelSpec.model_validate(
        yaml.safe_load((FOLDER / f"{name}.yaml").read_text())["attributes"]
    )
    raw = read_source(SHARED_DATA, spec.data.path, spec.data.csv).frame
    return validate_source({"raw_data": raw}, spec).frame, spec


def test_meridians_panel_comes_in_with_its_published_spend() -> None:
    frame, spec = read("meridian_data")

    assert (frame["geo"].nunique(), frame["date"].nunique()) == (40, 156)
    spends = frame[[f"spend_ch{n}" for n in range(5)]].sum() / 1e6
    assert spends.round(2).tolist() == [40.50, 31.32, 12.08, 87.86, 47.73]
    assert frame["population"].gt(0).all()
    assert frame["exposure_organic"].sum() > 0
    # Roi x spend over contribution share: Ch0 earned 1.613 x 40.50 M, which was 4.95 %.
    assert frame["target"].sum() == pytest.approx(1.613 * 40.50e6 / 0.0495, rel=0.01)
    assert spec.data.panel == {"geo": "geo"}


def test_robyns_series_come_in_with_text_events_organic_media_and_a_competitor() -> None:
    frame, spec = read("robyn_data")

    assert len(frame) == 208
    assert frame.loc[frame["event_1"] == 1, "date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2018-05-21"
    ]
    assert frame.loc[frame["event_2"] == 1, "date"].dt.strftime("%Y-%m-%d").tolist() == [
        "2019-04-22"
    ]
    assert frame["exposure_newsletter"].iloc[0] == 19401.6538461538
    assert frame["exposure_competitor"].iloc[0] == 8125009
    events = mark_events(spec, pd.DatetimeIndex(frame["date"]))
    assert events["december"].sum() == 17
    assert {"often_idle", "exposure_without_spend"} == {
        problem.code for problem in find_warnings(frame, spec)
    }


def test_mmm_stan_comes_in_with_weeks_from_sunday_and_media_without_money() -> None:
    frame, spec = read("mmm_stan_data")

    assert len(frame) == 209
    assert frame["date"].dt.day_name().unique().tolist() == ["Sunday"]
    assert {"exposure_em", "exposure_sms", "exposure_aff"} <= set(frame.columns)
    assert "spend_em" not in frame
    events = mark_events(spec, pd.DatetimeIndex(frame["date"]))
    weeks = frame.loc[events["thanksgiving"] == 1, "date"].dt.strftime("%Y-%m-%d").tolist()
    assert weeks == ["2014-11-23", "2015-11-22", "2016-11-20", "2017-11-19"]
    # The file's own column marks the same weeks for Black Friday, the day after.
    assert (events["thanksgiving"] == frame["black_friday"]).all()
