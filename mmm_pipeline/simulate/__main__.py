"""Write the demo's data anew: ``python -m mmm_pipeline.simulate data``."""

import json
import sys
from pathlib import Path

from mmm_pipeline.simulate.world import demo_world, simulate_world


def write_demo(folder: Path) -> None:
    """Write ``demo.csv`` and ``demo_truth.json``.

    Parameters
    ----------
    folder : pathlib.Path
        An existing folder; files of these names are replaced.
    """
    frame, truth = simulate_world(demo_world())
    frame.to_csv(folder / "demo.csv", index=False, date_format="%Y-%m-%d")
    (folder / "demo_truth.json").write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_demo(Path(sys.argv[1]))
