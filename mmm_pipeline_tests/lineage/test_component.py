from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster.components.core.component_tree import ComponentTreeException
from dagster.components.testing import create_defs_folder_sandbox

from mmm_pipeline.errors import SpecError
from mmm_pipeline.lineage import MarketingMixModel
from mmm_pipeline.lineage.project import Project, show_path
from mmm_pipeline_tests.factories import make_spec

ATTRIBUTES = {
    "name": "acme",
    "data": {"path": "data/acme.csv", "date": "week", "target": "sales"},
    "media": {"tv": {}, "search": {}},
}


def make_context(root: Path, folder: str) -> dg.ComponentLoadContext:
    class Context:
        path = root / "defs" / folder
        project_root = root

    Context.path.mkdir(parents=True)
    text = yaml.safe_dump({"attributes": ATTRIBUTES}, sort_keys=False)
    (Context.path / "defs.yaml").write_text(text)
    return Context()  # type: ignore[return-value]


def test_attributes_become_the_spec_they_state(tmp_path: Path) -> None:
    component = MarketingMixModel.load(make_spec(**ATTRIBUTES), make_context(tmp_path, "acme"))

    assert component.spec == make_spec(**ATTRIBUTES)


def test_a_folder_of_another_name_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"^defs/other/defs\.yaml:2: .* 'other'; got 'acme'"):
        MarketingMixModel.load(make_spec(**ATTRIBUTES), make_context(tmp_path, "other"))


@pytest.mark.filterwarnings("ignore:`parse_obj_as` is deprecated")  # Dagster's own.
def test_a_word_that_is_unknown_is_told_with_file_and_line_beside_a_preset_too() -> None:
    typo = ATTRIBUTES | {"preset": "production", "sampling": {"drawss": 500}}
    text = yaml.safe_dump(
        {"type": "mmm_pipeline.lineage.MarketingMixModel", "attributes": typo}, sort_keys=False
    )

    with create_defs_folder_sandbox() as sandbox:
        file = sandbox.defs_folder_path / "acme" / "defs.yaml"
        file.parent.mkdir()
        file.write_text(text)
        with pytest.raises(ComponentTreeException) as caught, sandbox.build_all_defs():
            pass

    line = text[: text.index("drawss")].count("\n") + 1
    assert f"attributes.sampling.drawss at {file}:{line}" in str(caught.value.__cause__)
    assert "Did you mean `draws`?" in str(caught.value.__cause__)


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
