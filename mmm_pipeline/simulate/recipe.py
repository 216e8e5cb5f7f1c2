"""Worlds whose recipe is a YAML file."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import yaml
from pydantic import Discriminator, Tag, TypeAdapter, ValidationError

from mmm_pipeline.errors import SpecError
from mmm_pipeline.simulate.hard import HardWorld, simulate_hard
from mmm_pipeline.simulate.mixed import MixedWorld, simulate_mixed
from mmm_pipeline.simulate.monthly import MonthlyWorld, simulate_monthly
from mmm_pipeline.simulate.panels import GeoWorld, StoreWorld, simulate_geos, simulate_stores
from mmm_pipeline.simulate.reach import ReachWorld, simulate_reach
from mmm_pipeline.simulate.walk import WalkWorld, simulate_walk


def _name_world(recipe: Any) -> str | None:
    """Read which world a recipe is of; a walk where it does not say."""
    return recipe.get("world", "walk") if isinstance(recipe, dict) else None


type Recipe = Annotated[
    Annotated[WalkWorld, Tag("walk")]
    | Annotated[StoreWorld, Tag("stores")]
    | Annotated[GeoWorld, Tag("geos")]
    | Annotated[MixedWorld, Tag("mixed")]
    | Annotated[ReachWorld, Tag("reach")]
    | Annotated[MonthlyWorld, Tag("monthly")]
    | Annotated[HardWorld, Tag("hard")],
    Discriminator(_name_world),
]
"""What a file may hold: ``world: walk``, or nothing; ``stores``, ``geos``, ``mixed``, ``reach``,
``monthly``, ``hard``."""
type World = WalkWorld | StoreWorld | GeoWorld | MixedWorld | ReachWorld | MonthlyWorld | HardWorld
"""Any of them, read."""
SIMULATORS: dict[type, Callable[[Any], tuple[pd.DataFrame, dict[str, Any]]]] = {
    WalkWorld: simulate_walk,
    StoreWorld: simulate_stores,
    GeoWorld: simulate_geos,
    MixedWorld: simulate_mixed,
    ReachWorld: simulate_reach,
    MonthlyWorld: simulate_monthly,
    HardWorld: simulate_hard,
}
"""What draws a history of each."""


def read_recipe(path: Path) -> World:
    """Read the recipe of a world.

    Parameters
    ----------
    path : pathlib.Path
        A YAML file.

    Returns
    -------
    World

    Raises
    ------
    SpecError
        If it is no YAML, or no recipe.
    """
    adapter: TypeAdapter[World] = TypeAdapter(Recipe)
    try:
        return adapter.validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        message = f"{path.name} must hold the recipe of a world: {error}"
        raise SpecError(message) from None


def simulate(world: World) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Draw one history of a world.

    Parameters
    ----------
    world : World
        The recipe.

    Returns
    -------
    pandas.DataFrame
        Its data.
    dict
        Its truth.
    """
    return SIMULATORS[type(world)](world)
