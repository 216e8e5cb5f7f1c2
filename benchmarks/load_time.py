"""How long a code location of many models takes to load.

Run: ``.venv/bin/python benchmarks/load_time.py``. Each count is loaded in a process of its own,
as `dagster asset materialize` does, and the time of the interpreter and of Dagster's own import
is told beside it.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
COUNTS = (1, 50, 200)
SPEC = """\
type: mmm_pipeline.lineage.MarketingMixModel
attributes:
  name: {name}
  data: {{path: data/demo.csv, date: week, target: sales}}
  media: {{tv: {{}}, search: {{}}, social: {{}}}}
  refit: {{cron: "0 6 * * 1", on_new_data: true}}
"""
LOAD = """\
import time; start = time.perf_counter()
import dagster; imported = time.perf_counter()
import mmm_pipeline.definitions as d; d.defs().resolve_asset_graph()
print(imported - start, time.perf_counter() - imported)
"""


def make_project(root: Path, count: int) -> None:
    """Copy the package and give it a number of models."""
    shutil.copytree(ROOT / "mmm_pipeline", root / "mmm_pipeline")
    shutil.rmtree(root / "mmm_pipeline" / "defs" / "demo")
    shutil.copy(ROOT / "dg.toml", root)
    for number in range(count):
        folder = root / "mmm_pipeline" / "defs" / f"model_{number:03d}"
        folder.mkdir()
        (folder / "defs.yaml").write_text(SPEC.format(name=folder.name), encoding="utf-8")


def measure(count: int) -> tuple[float, float, float]:
    """Load a project: seconds for Dagster's import, for the definitions, and over all."""
    with tempfile.TemporaryDirectory() as name:
        make_project(Path(name), count)
        command = [sys.executable, "-W", "ignore", "-c", LOAD]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=name, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - started
    imported, loaded = map(float, done.stdout.split())
    return imported, loaded, seconds


if __name__ == "__main__":
    print("| models | assets | import dagster, s | load definitions, s | process, s |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    for n_models in COUNTS:
        imported, loaded, seconds = measure(n_models)
        print(f"| {n_models} | {12 * n_models} | {imported:.1f} | {loaded:.1f} | {seconds:.1f} |")
