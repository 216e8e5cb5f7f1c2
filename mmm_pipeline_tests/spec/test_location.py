from pathlib import Path

import pytest

from mmm_pipeline.errors import SpecError
from mmm_pipeline.spec import SettingLocation

YAML = """\
type: mmm_pipeline.lineage.MarketingMixModel
attributes:
  name: acme
  data:
    path: data/acme.csv
    target: slaes
  media: {tv: {spend: tv_eur}}
---
type: mmm_pipeline.lineage.MarketingMixModel
attributes:
  name: other
  data: {target: x}
"""


def test_a_setting_that_is_written_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text("attributes:\n  name: acme\n  media:\n    tv: {}\n    tv: {}\n")

    with pytest.raises(SpecError, match=r"defs\.yaml, line 5: `attributes\.media\.tv`.*on line 4"):
        SettingLocation.from_yaml(file, "defs.yaml", "acme")


@pytest.mark.parametrize(
    ("name", "setting", "place"),
    [
        ("acme", ("data", "target"), "defs.yaml:6"),
        ("acme", ("media", "tv", "spend"), "defs.yaml:7"),
        ("acme", ("data", "date"), "defs.yaml:4"),
        ("acme", ("controls",), "defs.yaml"),
        ("other", ("data", "target"), "defs.yaml:12"),
        ("nobody", ("data", "target"), "defs.yaml"),
    ],
)
def test_a_setting_is_found_on_its_line(
    name: str, setting: tuple[str, ...], place: str, tmp_path: Path
) -> None:
    file = tmp_path / "defs.yaml"
    file.write_text(YAML)

    location = SettingLocation.from_yaml(file, "defs.yaml", name)

    assert location.locate(setting) == place
