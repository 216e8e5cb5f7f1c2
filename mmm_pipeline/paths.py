"""Paths that stay below their root."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from mmm_pipeline.errors import PathError


def resolve_below(root: Path, relative: str) -> Path:
    """Turn a path of the spec into one of the file system, or refuse it.

    Parameters
    ----------
    root : pathlib.Path
        The folder that must not be left.
    relative : str
        A path relative to it.

    Returns
    -------
    pathlib.Path
        Absolute, with links followed. Need not exist.

    Raises
    ------
    PathError
        If the path is absolute, has a ``..`` in it, or follows a link out of the root.

    Examples
    --------
    >>> resolve_below(Path("/srv"), "data/acme.csv")
    PosixPath('/srv/data/acme.csv')
    """
    posix, windows = PurePosixPath(relative), PureWindowsPath(relative)
    if posix.is_absolute() or windows.is_absolute() or windows.drive or relative.startswith("~"):
        message = f"a path must be relative to the data root; got {relative!r}"
        raise PathError(message)
    if ".." in posix.parts or ".." in windows.parts:
        message = f"a path must stay below the data root, without '..'; got {relative!r}"
        raise PathError(message)
    base = root.resolve()
    path = (base / relative).resolve()
    if not path.is_relative_to(base):
        message = f"a path must stay below the data root; {relative!r} is a link that leaves it"
        raise PathError(message)
    return path
