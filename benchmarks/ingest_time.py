"""How long a large panel takes to be read, validated and profiled, and how much memory.

200 weeks x 500 cells x 20 channels, as CSV and as Parquet: `python benchmarks/ingest_time.py`.
Each file is measured in a process of its own, imports included.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

WEEKS, CELLS, CHANNELS = 200, 500, 20


def write_panel(folder: Path) -> None:
    """Write the same random panel in both formats."""
    rng = np.random.default_rng(1)
    keys = [
        pd.date_range("2021-01-04", periods=WEEKS, freq="7D", name="week"),
        pd.Index([f"cell_{n:03d}" for n in range(CELLS)], name="geo"),
    ]
    frame = pd.MultiIndex.from_product(keys).to_frame(index=False)
    for n in range(CHANNELS):
        frame[f"ch{n:02d}"] = np.round(rng.gamma(2, 500, len(frame)), 2)
    frame["sales"] = np.round(rng.gamma(9, 9000, len(frame)), 2)
    frame.to_parquet(folder / "panel.parquet", index=False)
    frame.assign(week=frame["week"].dt.strftime("%Y-%m-%d")).to_csv(
        folder / "panel.csv", index=False
    )


def ingest(folder: Path, name: str) -> None:
    """Read, validate and profile one file, and say what it took."""
    started = time.perf_counter()
    from mmm_pipeline.ingest.profile import profile_frame
    from mmm_pipeline.ingest.quality import find_warnings
    from mmm_pipeline.ingest.read import read_source
    from mmm_pipeline.ingest.validate import validate_source
    from mmm_pipeline.spec import CsvDialect, ModelSpec

    spec = ModelSpec.model_validate(
        {
            "name": "panel",
            "data": {"path": name, "date": "week", "target": "sales", "panel": ["geo"]},
            "media": {f"ch{n:02d}": {} for n in range(CHANNELS)},
        }
    )
    marks = [("imports", time.perf_counter())]
    raw = read_source(folder, name, CsvDialect()).frame
    marks.append(("read", time.perf_counter()))
    frame = validate_source({"raw_data": raw}, spec).frame
    marks.append(("validate", time.perf_counter()))
    find_warnings(frame, spec)
    marks.append(("look for warnings", time.perf_counter()))
    profile_frame(frame, spec)
    marks.append(("profile", time.perf_counter()))
    for words, mark in marks:
        print(f"{name:14} {words:18} {mark - started:6.2f} s")
        started = mark
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    total = marks[-1][1] - marks[0][1]
    print(f"{name:14} {'all but imports':18} {total:6.2f} s   peak memory {peak:.0f} MB")


def main() -> None:
    """Measure both formats."""
    if len(sys.argv) == 3:
        ingest(Path(sys.argv[1]), sys.argv[2])
        return
    with TemporaryDirectory() as name:
        write_panel(Path(name))
        for file in ("panel.csv", "panel.parquet"):
            subprocess.run([sys.executable, __file__, name, file], check=True)


if __name__ == "__main__":
    main()
