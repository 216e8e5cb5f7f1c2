"""The recipe of a reference system, against the numbers that it published."""

import json
from pathlib import Path
from typing import Any

import pytest

from mmm_pipeline.errors import SpecError
from mmm_pipeline.simulate.__main__ import write_recipe
from mmm_pipeline.simulate.recipe import read_recipe
from mmm_pipeline.simulate.walk import WalkWorld, simulate_walk

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "benchmarks" / "headline_world.yaml").read_text()
CHANNELS = ["adwords", "facebook", "linkedin"]


@pytest.fixture
def recipe(tmp_path: Path) -> WalkWorld:
    (tmp_path / "world.yaml").write_text(RECIPE)
    world = read_recipe(tmp_path / "world.yaml")
    assert isinstance(world, WalkWorld)
    return world


def carry_over(recipe: WalkWorld, **words: Any) -> WalkWorld:
    """The recipe's later form: scaled by the maximum, every channel carried over."""
    alphas = dict(zip(CHANNELS, (0.15, 0.35, 0.6), strict=True))
    media = {
        name: channel.model_copy(update={"alpha": alphas[name]})
        for name, channel in recipe.media.items()
    }
    return recipe.model_copy(update={"scaling": "maxabs", "media": media} | words)


def test_the_published_numbers_come_out(recipe: WalkWorld) -> None:
    frame, _ = simulate_walk(recipe)

    assert len(frame) == 1461
    assert frame[CHANNELS].iloc[0].tolist() == [4253.21, 1132.50, 8912.37]
    assert frame["sales"].iloc[[0, -1]].tolist() == [347215.86, 662420.15]
    assert frame["sales"].sum() == pytest.approx(846_907_090.15, abs=0.005)
    assert frame[CHANNELS].sum().round(2).tolist() == [45_903_990.99, 56_267_485.10, 77_780_540.52]


@pytest.mark.parametrize(
    ("freq", "periods", "roas"),
    [("D", 1461, [3.323, 1.658, 1.463]), ("W", 208, [3.829, 1.676, 1.428])],
)
def test_the_published_returns_come_out(
    freq: str, periods: int, roas: list[float], recipe: WalkWorld
) -> None:
    frame, truth = simulate_walk(carry_over(recipe, freq=freq))

    assert len(frame) == periods
    assert [round(truth["roas"][name], 3) for name in CHANNELS] == roas


def test_a_world_without_noise_is_the_sum_of_its_parts(recipe: WalkWorld) -> None:
    quiet = recipe.outcome.model_copy(update={"sigma": 0.0})

    frame, truth = simulate_walk(recipe.model_copy(update={"outcome": quiet}))

    parts = truth["intercept"] * len(frame) + sum(truth["contribution"].values())
    # Sales are rounded to cents.
    assert frame["sales"].sum() == pytest.approx(parts, abs=0.005 * len(frame))


def test_a_recipe_is_written_as_a_table_and_its_truth(tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(RECIPE)

    write_recipe(tmp_path / "world.yaml", tmp_path)

    assert (tmp_path / "world.csv").read_text().startswith("date,adwords,facebook,linkedin,sales\n")
    assert json.loads((tmp_path / "world_truth.json").read_text())["lam"]["facebook"] == 4.2


@pytest.mark.parametrize(
    ("text", "words"),
    [("{", "must hold the recipe"), (RECIPE.replace("beta", "bta"), "Did you mean `beta`")],
)
def test_a_recipe_that_is_none_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(text)

    with pytest.raises(SpecError, match=words):
        read_recipe(tmp_path / "world.yaml")
