"""A spec read from its file, without Dagster."""

from pathlib import Path

import pytest

from mmm_pipeline.errors import SpecError
from mmm_pipeline.spec import read_spec
from mmm_pipeline_tests.factories import make_spec

HEAD = "type: mmm_pipeline.lineage.MarketingMixModel\nattributes:\n  name: acme\n"
REST = "  data: {path: data/acme.csv, date: week, target: sales}\n  media: {tv: {}, search: {}}\n"


def test_a_file_says_what_python_says(tmp_path: Path) -> None:
    (tmp_path / "defs.yaml").write_text(HEAD + REST)

    assert read_spec(tmp_path / "defs.yaml") == make_spec()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must be YAML"),
        ("- tv", "must hold a model"),
        ("attributes: tv", "must hold a model"),
        (HEAD + REST + "  trend: wavy\n", r"defs\.yaml:6: `trend`: must be one of none"),
        (HEAD + REST + "  sampling:\n    drews: 5\n", r"defs\.yaml:7: .*Did you mean `draws`"),
        (HEAD + REST + "  pooling: complete\n", r"defs\.yaml:6: `pooling` is honoured together"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "defs.yaml").write_text(text)

    with pytest.raises(SpecError, match=message):
        read_spec(tmp_path / "defs.yaml")
