"""Write a world's data: ``python -m mmm_pipeline.simulate data``, or with a recipe before it."""

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

from mmm_pipeline.errors import SpecError
from mmm_pipeline.simulate.recipe import read_recipe, simulate
from mmm_pipeline.simulate.world import demo_world, simulate_world


def write_demo(folder: Path) -> None:
    """Write ``demo.csv`` and ``demo_truth.json``.

    Parameters
    ----------
    folder : pathlib.Path
        An existing folder; files of these names are replaced.
    """
    _write(*simulate_world(demo_world()), folder, "demo")


def write_recipe(recipe: Path, folder: Path) -> None:
    """Write the world of a recipe, under the recipe's name.

    Parameters
    ----------
    recipe : pathlib.Path
        A YAML file.
    folder : pathlib.Path
        An existing folder; files of these names are replaced.
    """
    _write(*simulate(read_recipe(recipe)), folder, recipe.stem)


def _write(frame: pd.DataFrame, truth: dict[str, Any], folder: Path, name: str) -> None:
    """Write a table and its truth."""
    frame.to_csv(folder / f"{name}.csv", index=False, date_format="%Y-%m-%d")
    text = json.dumps(truth, indent=2) + "\n"
    (folder / f"{name}_truth.json").write_text(text, encoding="utf-8")


def main() -> None:
    """Read the command line, and write what it asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m mmm_pipeline.simulate",
        description="Write the demo's data and its truth, or the worlds of recipes.",
    )
    parser.add_argument("recipes", nargs="*", type=Path, help="YAML files; the demo if none")
    parser.add_argument("folder", type=Path, help="where to write: an existing folder")
    asked = parser.parse_args()
    if not asked.folder.is_dir():
        parser.error(f"`folder` must be a folder that is there; got {str(asked.folder)!r}")
    try:
        for recipe in asked.recipes:
            write_recipe(recipe, asked.folder)
        if not asked.recipes:
            write_demo(asked.folder)
    except (SpecError, OSError) as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
