"""Worlds by YAML: each has the truth that its data were made with."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmm_pipeline.errors import SpecError
from mmm_pipeline.simulate.mixed import CURVES, MixedWorld, simulate_mixed
from mmm_pipeline.simulate.monthly import MonthlyEffects, MonthlyWorld, simulate_monthly
from mmm_pipeline.simulate.panels import GeoWorld, StoreWorld, simulate_geos, simulate_stores
from mmm_pipeline.simulate.recipe import read_recipe, simulate


@pytest.mark.parametrize("world", ["stores", "geos", "mixed", "reach", "monthly", "hard"])
def test_a_recipe_gives_data_and_their_truth(world: str, tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(f"world: {world}")

    frame, truth = simulate(read_recipe(tmp_path / "world.yaml"))

    assert not frame.isna().to_numpy().any()
    for channel, roas in truth["roas"].items():
        assert truth["contribution"][channel] / frame[channel].sum() == pytest.approx(roas)


@pytest.mark.parametrize(
    "text",
    [
        *("world: moon", "[1, 2]", "world: geos\nweeks: many", "{"),
        "world: monthly\ndark: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]",
        "world: monthly\nmedia: {tv: {share: 0.9, roas: 1, alpha: 0, lam: 1}}",
    ],
)
def test_what_is_no_recipe_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "world.yaml").write_text(text)

    with pytest.raises(SpecError, match=r"world\.yaml must hold the recipe of a world"):
        read_recipe(tmp_path / "world.yaml")


def test_stores_have_the_size_that_is_said() -> None:
    frame, truth = simulate_stores(StoreWorld(world="stores", stores=7, weeks=60))

    assert frame["store"].nunique() == 7
    assert len(frame) == 7 * 60
    assert frame["sales"].min() >= 0
    assert truth["effect"] == {"price": -10.0, "competitor": -100.0}
    autumn = frame.loc[frame["week"].dt.isocalendar().week >= 45, "tv"].mean()
    assert autumn / frame.loc[frame["week"].dt.isocalendar().week < 35, "tv"].mean() > 1.2


def test_regions_share_the_countrys_media() -> None:
    frame, _ = simulate_geos(GeoWorld(world="geos", geos=5, weeks=60))

    by_geo = frame.pivot_table(index="week", columns="geo", values="tv")
    np.testing.assert_allclose(by_geo.to_numpy(), by_geo.iloc[:, :1].to_numpy() * np.ones((1, 5)))
    assert frame.groupby("geo")["sales"].mean().std() < 200


@pytest.mark.parametrize("multiplies", [False, True])
def test_what_a_channel_brings_is_what_would_be_lost_without_it(multiplies: bool) -> None:
    world = MixedWorld(world="mixed", multiplies=multiplies, noise=0.0)
    frame, truth = simulate_mixed(world)

    assert set(truth["roas"]) == {"tv", "radio", "social", "print"}
    assert truth["contribution"]["rival"] < 0
    assert all(truth["contribution"][name] > 0 for name in CURVES if name != "rival")
    total = sum(truth["contribution"].values()) / frame["sales"].sum()
    assert 0.1 < total < 0.3


def test_a_month_has_one_plan_and_every_group_its_share() -> None:
    world = MonthlyWorld(world="monthly")
    frame, _ = simulate_monthly(world)
    media = frame[list(world.media)]

    of_month = media.groupby(frame["week"].dt.to_period("M")).transform("first")
    pd.testing.assert_frame_equal(media, of_month)
    dark = frame["week"].dt.month == 8
    assert dark.sum() == 4
    assert (media[dark] == 0).all(axis=None)
    assert (media[~dark] > 0).all(axis=None)
    shares = media.sum() / media.to_numpy().sum()
    assert shares.round(3).to_dict() == {name: one.share for name, one in world.media.items()}


def test_a_shops_controls_are_of_very_different_sizes() -> None:
    frame, _ = simulate_monthly(MonthlyWorld(world="monthly"))

    assert frame["discount"].median() == pytest.approx(1e8, rel=0.2)
    assert frame["nps"].between(44, 60).all()
    assert frame["sale_days"].between(0, 7).all()


def test_what_media_and_controls_bring_is_what_would_be_lost_without_them() -> None:
    world = MonthlyWorld(world="monthly")
    useless = {name: one.model_copy(update={"roas": 0.0}) for name, one in world.media.items()}
    frame, truth = simulate_monthly(world)
    no_media, _ = simulate_monthly(world.model_copy(update={"media": useless}))
    nothing = MonthlyEffects(nps=0, discount=0, sale_days=0)
    no_controls, _ = simulate_monthly(world.model_copy(update={"effect": nothing}))

    lost = frame["gmv"].sum() - no_media["gmv"].sum()
    assert lost == pytest.approx(sum(truth["contribution"].values()))
    controls = frame[list(truth["effect"])]
    moved = ((controls - controls.mean()) * pd.Series(truth["effect"])).sum(axis=1)
    # Sales are rounded to cents.
    np.testing.assert_allclose(frame["gmv"] - no_controls["gmv"], moved, atol=0.02)
