"""Where things lie: the project's root, the data, the outputs.

Nothing about what lies there belongs here.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from upath import UPath


@dataclass(frozen=True)
class Project:
    """The three roots that no path leaves.

    Attributes
    ----------
    root : pathlib.Path
        The folder of ``workspace.yaml``.
    data : pathlib.Path
        What the spec's paths are relative to; ``MMM_DATA_ROOT`` moves it.
    outputs : str
        Where results go, a folder or the address of an object store; ``MMM_OUTPUTS`` moves it.
    """

    root: Path
    data: Path
    outputs: str

    @classmethod
    def locate(cls, root: Path) -> "Project":
        """Read the environment once, when definitions are loaded.

        Parameters
        ----------
        root : pathlib.Path
            The project's root.

        Returns
        -------
        Project
        """
        data = os.environ.get("MMM_DATA_ROOT")
        outputs = os.environ.get("MMM_OUTPUTS")
        return cls(
            root=root,
            data=Path(data).resolve() if data else root,
            outputs=str(UPath(outputs).absolute()) if outputs else str(root / "outputs"),
        )


@cache
def clone_root() -> Path:
    """Return the folder that holds this package: the root of a clone.

    Returns
    -------
    pathlib.Path
    """
    return Path(__file__).resolve().parents[2]


def show_path(path: Path, root: Path) -> str:
    """Write a path as a reader of the project knows it.

    Parameters
    ----------
    path, root : pathlib.Path
        A file, and the project's root.

    Returns
    -------
    str
        Relative to the root where it lies below.
    """
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
