from pathlib import Path

import pytest

from mmm_pipeline.errors import PathError
from mmm_pipeline.paths import resolve_below


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "../secret.csv",
        "data/../../secret.csv",
        "~/secret.csv",
        "C:\\secret.csv",
        "..\\x",
    ],
)
def test_resolve_below_refuses_what_leaves_the_root(path: str, tmp_path: Path) -> None:
    with pytest.raises(PathError):
        resolve_below(tmp_path, path)


def test_resolve_below_refuses_a_link_that_leaves_the_root(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside.csv"
    root.mkdir()
    outside.write_text("secret")
    (root / "inside.csv").symlink_to(outside)

    with pytest.raises(PathError, match="link"):
        resolve_below(root, "inside.csv")


def test_resolve_below_follows_a_link_that_stays(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("x")
    (tmp_path / "alias.csv").symlink_to(tmp_path / "real.csv")

    assert resolve_below(tmp_path, "alias.csv") == (tmp_path / "real.csv").resolve()
