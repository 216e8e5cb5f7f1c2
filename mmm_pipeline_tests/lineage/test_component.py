from pathlib import Path

import dagster as dg
import pytest

from mmm_pipeline.errors import SpecError
from mmm_pipeline.lineage import MarketingMixModel
from mmm_pipeline.lineage.project import Project, show_path
from mmm_pipeline_tests.factories import make_spec

ATTRIBUTES = {
    "name": "acme",
    "data": {"path": "data/acme.csv", "date": "week", "target": "sales"},
    "media": {"tv": {}, "search": {}},
}


def test_attributes_become_the_spec_they_state() -> None:
    component = MarketingMixModel.load(make_spec(**ATTRIBUTES), _context("acme"))

    assert component.spec == make_spec(**ATTRIBUTES)


def test_a_folder_of_another_name_is_refused() -> None:
    with pytest.raises(SpecError, match="must be the name of its folder, 'other'; got 'acme'"):
        MarketingMixModel.load(make_spec(**ATTRIBUTES), _context("other"))


def _context(folder: str) -> dg.ComponentLoadContext:
    class Context:
        path = Path("/project/mmm_pipeline/defs") / folder
        project_root = Path("/project")

    return Context()  # type: ignore[return-value]


def test_the_environment_moves_data_and_outputs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MMM_DATA_ROOT", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("MMM_OUTPUTS", "memory://outputs")

    project = Project.locate(tmp_path)

    assert project.data == tmp_path / "elsewhere"
    assert project.outputs.startswith("memory://")


def test_the_project_is_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MMM_DATA_ROOT", raising=False)
    monkeypatch.delenv("MMM_OUTPUTS", raising=False)

    project = Project.locate(tmp_path)

    assert project == Project(tmp_path, tmp_path, str(tmp_path / "outputs"))
    assert show_path(tmp_path / "a" / "b", tmp_path) == "a/b"
