"""How long the demo takes: the first run, and a second one on the same data.

Run: ``.venv/bin/python benchmarks/demo_time.py``. Both runs are in a copy of the project with an
empty history. The compiled caches of PyTensor are put into a folder of their own: first empty for
both runs ("cold"), then full for both ("warm").
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMAND = [str(Path(sys.executable).parent / "dagster"), "asset", "materialize"]
OPTIONS = ["-m", "mmm_pipeline.definitions", "--select", "group:demo or key:catalogue"]


def make_project(root: Path) -> None:
    """Copy what the demo needs."""
    for name in ("mmm_pipeline", "data"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "dg.toml", root)
    (root / ".dagster").mkdir()


def run(root: Path, cache: Path) -> float:
    """Materialise the demo; seconds over all."""
    environment = os.environ | {
        "DAGSTER_HOME": str(root / ".dagster"),
        "PYTHONPATH": str(root),
        "PYTHONWARNINGS": "ignore",
        "PYTENSOR_FLAGS": f"base_compiledir={cache}",
    }
    started = time.perf_counter()
    subprocess.run([*COMMAND, *OPTIONS], cwd=root, env=environment, capture_output=True, check=True)
    return time.perf_counter() - started


def measure(cache: Path, *, is_cold: bool) -> tuple[float, float]:
    """Time a first and a second run, with the cache in the same state before both."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        make_project(root)
        seconds = []
        for _ in range(2):
            if is_cold:
                shutil.rmtree(cache, ignore_errors=True)
            seconds.append(run(root, cache))
    return seconds[0], seconds[1]


if __name__ == "__main__":
    print("| compiled cache, before both | first run, s | second run, s | ratio |")
    print("| --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        for word, is_cold in (("empty", True), ("full", False)):
            if not is_cold:
                measure(Path(folder) / "cache", is_cold=False)
            first, second = measure(Path(folder) / "cache", is_cold=is_cold)
            print(f"| {word} | {first:.0f} | {second:.0f} | {second / first:.2f} |")
