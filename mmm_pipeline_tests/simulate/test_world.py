import json
from pathlib import Path

import pandas as pd
import pytest

from mmm_pipeline.simulate import demo_world, simulate_world
from mmm_pipeline.simulate.__main__ import write_demo
from mmm_pipeline_tests.factories import make_world

DATA = Path(__file__).parents[2] / "data"


def test_the_shipped_demo_is_what_the_recipe_draws(tmp_path: Path) -> None:
    write_demo(tmp_path)

    for name in ("demo.csv", "demo_truth.json"):
        assert (tmp_path / name).read_text() == (DATA / name).read_text()


@pytest.mark.parametrize("channel", list(demo_world().channels))
def test_the_stated_roas_is_the_true_one(channel: str) -> None:
    frame = pd.read_csv(DATA / "demo.csv")
    truth = json.loads((DATA / "demo_truth.json").read_text())

    earned = truth["contribution"][channel] / frame[channel].sum()
    assert earned == pytest.approx(truth["roas"][channel], rel=1e-6)


def test_a_world_without_noise_is_the_sum_of_its_parts() -> None:
    frame, truth = simulate_world(make_world(noise=0.0))

    # Sales are rounded to cents.
    assert frame["sales"].sum() == pytest.approx(sum(truth["contribution"].values()), abs=1.0)


def test_a_holiday_lifts_the_week_that_holds_it() -> None:
    day = pd.Timestamp("2023-03-08").date()
    quiet, _ = simulate_world(make_world(noise=0.0))
    loud, _ = simulate_world(make_world(noise=0.0, holidays={day: 1000.0}))

    lifted = (loud["sales"] - quiet["sales"]).round(2)
    assert lifted[lifted != 0].to_dict() == {9: 1000.0}
