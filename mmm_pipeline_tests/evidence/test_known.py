"""Nothing that came after an origin decides anything of the fit that is made there."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mmm_pipeline.errors import SpecError, StaleFitError
from mmm_pipeline.evidence.folds import Fold, plan_folds
from mmm_pipeline.evidence.known import FoldInputs, prepare_fold, require_same_data
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.model.trace import name_request_now
from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_panel, make_raw, make_spec, validate

WEEKS = 60
WORDS: dict[str, Any] = {
    "controls": {"price": {}, "promo": {"scale": "max_abs"}},
    "events": {"fair": ["2024-03-05", "2025-01-07"]},
    "backtest": {"folds": 2, "horizon": 8},
}
PANEL = {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"], "population": "pop"}


def make_single(spec: ModelSpec, **columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    drivers = {name: rng.random(WEEKS) + 1 for name in spec.controls}
    return validate(make_raw(WEEKS, **(drivers | columns)).astype(str), spec)


def plan(spec: ModelSpec, frame: pd.DataFrame) -> list[Fold]:
    return plan_folds(pd.DatetimeIndex(frame["date"]), spec)


def prepare(
    spec: ModelSpec, frame: pd.DataFrame, experiments: pd.DataFrame | None = None, fold: int = 0
) -> FoldInputs:
    return prepare_fold(plan(spec, frame)[fold], frame, spec, experiments)


SINGLE_SPEC, PANEL_SPEC = make_spec(**WORDS), make_spec(**WORDS, data=PANEL)
SINGLE = make_single(SINGLE_SPEC)
PANEL_FRAME = make_panel(PANEL_SPEC, {"geo": ["north", "south"]}, WEEKS)


@given(
    factor=st.floats(0.01, 100),
    fold=st.integers(0, 1),
    case=st.sampled_from([(SINGLE_SPEC, SINGLE), (PANEL_SPEC, PANEL_FRAME)]),
)
@hypothesis_settings(max_examples=15)
def test_what_comes_later_changes_no_fit(
    factor: float, fold: int, case: tuple[ModelSpec, pd.DataFrame]
) -> None:
    spec, frame = case
    later = frame["date"] >= plan(spec, frame)[fold].origin
    numbers = frame.select_dtypes("float").columns
    other = frame.copy()
    other.loc[later, numbers] = frame.loc[later, numbers] * factor + 1

    inputs, others = (prepare(spec, one, fold=fold) for one in (frame, other))

    assert name_request_now(inputs.spec, inputs.features) == name_request_now(
        others.spec, others.features
    )


def test_a_fold_is_fitted_on_scales_of_its_own() -> None:
    sales = np.linspace(1000, 2000, WEEKS)
    inputs = prepare(SINGLE_SPEC, make_single(SINGLE_SPEC, sales=sales))

    assert float(inputs.features["target_scale"]) == pytest.approx(sales[43])
    assert inputs.features.sizes["date"] == 44
    assert inputs.ahead.sizes["date"] == 52
    assert inputs.left_out == ()


def test_what_has_shown_nothing_yet_is_left_out() -> None:
    spec = make_spec(**(WORDS | {"events": {"late": ["2025-02-10"]}}))
    starts = np.where(np.arange(WEEKS) < 45, 0.0, 5.0)

    inputs = prepare(spec, make_single(spec, tv=starts, promo=starts))

    assert inputs.left_out == ("tv", "promo", "late")
    assert list(inputs.spec.media) == ["search"]
    assert inputs.features["control"].to_numpy().tolist() == ["price"]
    assert ModelSpec.model_validate_json(inputs.spec.model_dump_json()) == inputs.spec


def test_a_fold_without_any_media_is_no_model() -> None:
    starts = np.where(np.arange(WEEKS) < 45, 0.0, 5.0)

    with pytest.raises(SpecError, match=r"Without tv, search, .* name at least one channel"):
        prepare(SINGLE_SPEC, make_single(SINGLE_SPEC, tv=starts, search=starts))


def test_only_experiments_that_were_over_are_known() -> None:
    spec = make_spec(**WORDS, experiments="data/tests.csv")
    frame = make_single(spec)
    origins = [fold.origin for fold in plan(spec, frame)]
    day = pd.Timedelta(days=1)
    tests = pd.DataFrame(
        {
            "channel": "tv",
            "start": [f"{origins[0] - 20 * day:%Y-%m-%d}", f"{origins[0] - 13 * day:%Y-%m-%d}"],
            "end": [f"{origins[0] - 7 * day:%Y-%m-%d}", f"{origins[0]:%Y-%m-%d}"],
            "spend": "4",
            "lift": "90",
            "standard_error": "20",
        }
    )

    first, second = (prepare(spec, frame, tests, fold) for fold in (0, 1))
    none = prepare(spec, frame, tests.iloc[1:])

    assert first.features.sizes["lift_test"] == 1
    assert second.features.sizes["lift_test"] == 2
    assert none.spec.experiments is None
    assert "lift" not in none.features


def test_a_fit_is_tested_on_its_own_data(fit: ConvergedFit) -> None:
    features = fit.features
    frame = pd.DataFrame(
        {
            "date": features["date"].to_numpy(),
            "target": features["target"].to_numpy(),
            **{
                f"spend_{name}": features["spend"].sel(channel=name).to_numpy()
                for name in fit.spec.media
            },
            "price": (
                features["control_scaled"] * features["control_scale"] + features["control_center"]
            )
            .sel(control="price")
            .to_numpy(),
        }
    )

    require_same_data(fit, frame)
    with pytest.raises(StaleFitError, match="column 'target' is not what was delivered"):
        require_same_data(fit, frame.assign(target=frame["target"] + 1))
