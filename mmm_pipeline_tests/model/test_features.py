import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_pipeline.errors import DataError
from mmm_pipeline.model.features import build_features, find_lost_features
from mmm_pipeline_tests.factories import make_raw, make_spec, validate


def make_frame(**columns: object) -> pd.DataFrame:
    spec = make_spec(controls={key: {} for key in columns})
    raw = make_raw(**{name: np.asarray(values).astype(str) for name, values in columns.items()})
    return validate(raw, spec)


def test_features_keep_spend_and_target_as_they_are() -> None:
    frame = make_frame()

    features = build_features(frame, make_spec())

    assert features["spend"].sel(channel="tv").to_numpy().tolist() == frame["spend_tv"].tolist()
    assert features["target"].to_numpy().tolist() == frame["target"].tolist()
    assert float(features["target_scale"]) == frame["target"].max()
    assert features.attrs["grain"] == "week"


@settings(max_examples=25)  # Features are built for each.
@given(center=st.floats(-1e6, 1e6), spread=st.floats(1e-3, 1e6))
def test_scaling_a_control_can_be_undone(center: float, spread: float) -> None:
    values = center + spread * np.linspace(-1, 1, 30)
    frame = make_frame().assign(price=values)

    spec = make_spec(controls={"price": {}})
    features = build_features(frame, spec)

    assert find_lost_features(features, frame, spec) == []
    assert float(features["control_scaled"].mean()) == pytest.approx(0, abs=1e-6)
    assert float(features["control_scaled"].std()) == pytest.approx(1, rel=1e-6)


def test_a_dummy_keeps_its_zeros_and_ones() -> None:
    values = [0.0, 1.0] * 15
    frame = make_frame(promo=values)

    features = build_features(frame, make_spec(controls={"promo": {}}))

    assert features["control_scaled"].sel(control="promo").to_numpy().tolist() == values


@pytest.mark.parametrize(
    ("window", "weeks"),
    [
        ("2024-01-08", [1]),
        ("2024-01-14", [1]),
        ({"start": "2024-01-14", "end": "2024-01-15"}, [1, 2]),
        ({"start": "2023-12-01", "end": "2024-01-01"}, [0]),
        ({"start": "2024-07-22", "end": "2024-12-31"}, [29]),
    ],
)
def test_an_event_is_on_in_every_period_it_touches(window: object, weeks: list[int]) -> None:
    features = build_features(make_frame(), make_spec(events={"fair": [window]}))

    column = features["control_scaled"].sel(control="fair").to_numpy()
    assert np.flatnonzero(column).tolist() == weeks


def test_an_event_outside_the_data_is_refused() -> None:
    with pytest.raises(DataError, match=r"`events\.fair` must be on in some periods") as caught:
        build_features(make_frame(), make_spec(events={"fair": ["2030-01-01"]}))

    assert caught.value.problems[0].setting == ("events", "fair")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda f: f.assign(spend=f["spend"] * 1.001),
        lambda f: f.assign(target=f["target"] + 1),
        lambda f: f.assign_coords(date=f["date"] + np.timedelta64(1, "D")),
        lambda f: f.sel(channel=["tv"]),
        lambda f: f.drop_dims("control"),
    ],
)
def test_what_was_lost_or_invented_is_found(spoil: object) -> None:
    frame = make_frame(price=np.linspace(1, 2, 30))
    spec = make_spec(controls={"price": {}})
    features = build_features(frame, spec)

    assert find_lost_features(spoil(features), frame, spec)  # type: ignore[operator]


def test_features_survive_their_file(tmp_path: object) -> None:
    from mmm_pipeline.lineage.forms import ArraysForm

    spec = make_spec(events={"fair": ["2024-01-08"]})
    features = build_features(make_frame(), spec)
    ArraysForm().write(features, tmp_path / "features")  # type: ignore[operator]

    xr.testing.assert_identical(ArraysForm().read(tmp_path / "features"), features)  # type: ignore[operator]
