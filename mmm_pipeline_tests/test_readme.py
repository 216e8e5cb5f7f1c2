"""The README says what there is, and all there is."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from mmm_pipeline.lineage import JointModels, MarketingMixModel
from mmm_pipeline.simulate import simulate_world
from mmm_pipeline.spec import Control, DataSource, JointSpec, Media, Member, ModelSpec, Thresholds
from mmm_pipeline.spec.presets import LIBRARY_PRIORS, PRESETS
from mmm_pipeline_tests.factories import make_world
from mmm_pipeline_tests.lineage.test_graph import EDGES
from mmm_pipeline_tests.lineage.test_joint import EDGES as JOINT_EDGES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


ASSETS = [*EDGES, "raw_media", "catalogue", *(one for one in JOINT_EDGES if one not in EDGES)]
"""Of a model, of media in a table of their own, of the project, of several models."""


@pytest.mark.parametrize("asset", ASSETS)
def test_every_asset_is_in_the_table_and_in_the_picture(asset: str) -> None:
    assert f"| `{asset}` |" in README
    assert asset in README.split("```mermaid")[1].split("```")[0]


def test_every_row_of_the_table_is_an_asset() -> None:
    table = README.split("## What comes out")[1].split("Every fit is kept")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == set(ASSETS)


@pytest.mark.parametrize("word", [word for word in ModelSpec.model_fields if word != "name"])
def test_every_setting_is_in_the_table(word: str) -> None:
    assert re.search(rf"^\| `{word}[.`]", README, flags=re.MULTILINE)


@pytest.mark.parametrize("word", DataSource.model_fields)
def test_every_setting_of_the_data_is_in_its_table(word: str) -> None:
    table = README.split("### The data")[1].split("| layout |")[0]

    assert re.search(rf"^\|[^|]*`{word}`[^|]*\|", table, flags=re.MULTILINE)


@pytest.mark.parametrize("part", [Control, Media])
def test_every_setting_of_a_column_is_named(part: type[Control] | type[Media]) -> None:
    section = "controls.<name>" if part is Control else "media.<channel>"
    rows = [line for line in README.splitlines() if line.startswith(f"| `{section}")]

    assert not [word for word in part.model_fields if word not in " ".join(rows)]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_told_as_it_is(preset: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `{preset}` |"))
    told = yaml.safe_load("{" + ", ".join(re.findall(r"`(\w+: [^`]+)`", row)) + "}")

    said = {word: value for word, value in PRESETS[preset].items() if word != "media"}
    priors = LIBRARY_PRIORS if preset == "databricks" else {}  # "The same" for dt_mart.
    assert told == said | priors


def test_the_example_is_a_model() -> None:
    example = yaml.safe_load(README.split("```yaml")[1].split("```")[0])

    assert example["type"].endswith(MarketingMixModel.__name__)
    assert ModelSpec.model_validate(example["attributes"]).name == "acme"


@pytest.mark.parametrize(
    ("part", "prefix"), [(JointSpec, ""), (Member, "models.<model>."), (Thresholds, "thresholds.")]
)
def test_every_setting_of_several_models_is_in_their_table(part: Any, prefix: str) -> None:
    section = README.split("### Several models")[1].split("## What comes out")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith(f"| `{prefix}")]

    named = set(re.findall(r"\b\w+\b", " ".join(rows)))
    assert not [word for word in part.model_fields if word != "name" and word not in named]


def test_the_example_of_several_models_is_one() -> None:
    example = yaml.safe_load(README.split("```yaml")[2].split("```")[0])

    assert example["type"].endswith(JointModels.__name__)
    assert len(JointSpec.model_validate(example["attributes"]).models) == 2


def _run_notebook(root: Path, monkeypatch: pytest.MonkeyPatch, until: str) -> dict[str, Any]:
    """Run the lines that are meant for a notebook on small data, up to one of them."""
    block = README.split("In a notebook")[1].split("```python\n")[1].split("```")[0]
    frame, _ = simulate_world(make_world())
    (root / "data").mkdir()
    frame.to_csv(root / "data" / "acme.csv", index=False)
    monkeypatch.chdir(root)
    namespace: dict[str, Any] = {}
    exec(block.split(until)[0], namespace)  # noqa: S102  # what the README says
    return namespace


def test_a_notebook_gets_to_the_features(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _run_notebook(tmp_path, monkeypatch, until="trace =")

    assert found["features"]["channel"].to_numpy().tolist() == ["tv", "search"]


@pytest.mark.slow
def test_a_notebook_gets_to_the_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = _run_notebook(tmp_path, monkeypatch, until="no such line")

    assert found["returns"]["channel"].tolist() == ["tv", "search"]


@pytest.mark.parametrize("path", re.findall(r"\]\(((?:mmm_pipeline|benchmarks)[^)]*)\)", README))
def test_every_link_into_the_project_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("target", re.findall(r"^make (\w+)", README, flags=re.MULTILINE))
def test_every_command_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
