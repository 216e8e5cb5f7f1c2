"""The house: which room knows which, and what loading the definitions may cost."""

import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest
import yaml

ROOT = Path(__file__).parents[1]
ROOMS = [
    "errors",
    "paths",
    "spec",
    "simulate",
    "ingest",
    "model",
    "gate",
    "insight",
    "evidence",
    "decision",
    "report",
    "exports",
]
GRAPH = grimp.build_graph("mmm_pipeline", include_external_packages=True)


@pytest.mark.parametrize("room", ROOMS)
def test_only_lineage_and_definitions_import_dagster(room: str) -> None:
    modules = {f"mmm_pipeline.{room}"} | GRAPH.find_descendants(f"mmm_pipeline.{room}")

    assert not [m for m in modules if "dagster" in GRAPH.find_modules_directly_imported_by(m)]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_rooms_above_it(room: str) -> None:
    below = [*ROOMS[ROOMS.index(room) + 1 :], "lineage", "definitions"]
    modules = {f"mmm_pipeline.{room}"} | GRAPH.find_descendants(f"mmm_pipeline.{room}")
    imported = {i for m in modules for i in GRAPH.find_modules_directly_imported_by(m)}

    assert not [i for i in imported for b in below if (i + ".").startswith(f"mmm_pipeline.{b}.")]


def test_every_room_is_known_to_this_test() -> None:
    children = {name.split(".")[1] for name in GRAPH.find_children("mmm_pipeline")}

    assert children == {*ROOMS, "lineage", "definitions"}


def test_loading_the_definitions_imports_no_sampler() -> None:
    code = (
        "import sys, mmm_pipeline.definitions as d; d.defs(); "
        "found = {'pymc', 'arviz', 'nutpie', 'pymc_marketing', 'matplotlib'} & set(sys.modules); "
        "sys.exit(' '.join(found) or 0)"
    )

    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, check=False)

    assert done.returncode == 0


@pytest.mark.parametrize(
    "path", sorted((ROOT / "mmm_pipeline").rglob("*.py")), ids=lambda p: p.name
)
def test_a_module_stays_readable(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


def test_workspace_and_dg_name_the_same_code_location() -> None:
    workspace = yaml.safe_load((ROOT / "workspace.yaml").read_text())
    dg = tomllib.loads((ROOT / "dg.toml").read_text())
    module = workspace["load_from"][0]["python_module"]

    assert module["location_name"] == dg["project"]["code_location_name"]
    assert module["module_name"] == f"{dg['project']['root_module']}.definitions"


def test_pyproject_leaves_the_workspace_in_force() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]

    assert not {"dagster", "dg"} & set(tools)


def test_the_lock_has_hashes_and_names_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pinned = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]

    assert "://" not in lock
    assert all("==" in line for line in pinned)
    assert lock.count("--hash=sha256:") >= len(pinned)
    assert not [line for line in pinned if line.startswith(("dagster-pandera", "dagster-dask"))]
