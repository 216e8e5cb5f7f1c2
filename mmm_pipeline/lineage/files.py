"""How files get to their place whole or not at all, on disk and on an object store."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from upath import UPath

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.lineage.forms import Form


def put(folder: UPath, stem: str, form: Form, value: Any) -> None:
    """Write all files of a value, and only then move them to their place, the main one last.

    Parameters
    ----------
    folder : UPath
        Where they go.
    stem : str
        Their name without its ending. Where a form writes a folder of that name, what the folder
        held before and does not hold now is taken away.
    form : Form
        How the value is written.
    value : object
        What the form takes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _scratch(folder) as scratch:
        form.write(value, scratch / stem)
        main = f"{stem}{form.suffixes[0]}"
        found = (one.relative_to(scratch) for one in scratch.rglob("*") if one.is_file())
        written = sorted((one.as_posix() for one in found), key=lambda name: (name == main, name))
        if main.startswith(f"{stem}/"):  # It says that all others of the folder are there.
            (folder / main).unlink(missing_ok=True)
        for name in written:
            _move(scratch / name, folder / name)
        if (scratch / stem).is_dir():
            for old in list_files(folder / stem):
                if f"{stem}/{old.name}" not in written:
                    old.unlink()


def list_files(folder: UPath) -> list[UPath]:
    """List the files of a folder.

    Parameters
    ----------
    folder : UPath
        It need not be there.

    Returns
    -------
    list of UPath
        By name.
    """
    if not folder.exists():
        return []
    return sorted((one for one in folder.iterdir() if one.is_file()), key=lambda one: one.name)


@contextmanager
def borrow(folder: UPath) -> Iterator[dict[str, Path]]:
    """Lend the files of a folder for reading, as local copies where it lies on an object store.

    Parameters
    ----------
    folder : UPath
        The folder.

    Yields
    ------
    dict of str to pathlib.Path
        By name.
    """
    files = list_files(folder)
    if _is_local(folder):
        yield {one.name: Path(one.path) for one in files}
        return
    with TemporaryDirectory() as name:
        for one in files:
            one.fs.get_file(one.path, str(Path(name) / one.name))
        yield {one.name: Path(name) / one.name for one in files}


@contextmanager
def lend(file: UPath) -> Iterator[Path]:
    """Lend one file for reading, as a local copy where it lies on an object store.

    Parameters
    ----------
    file : UPath
        The file.

    Yields
    ------
    pathlib.Path
    """
    if _is_local(file):
        yield Path(file.path)
        return
    with TemporaryDirectory() as name:
        file.fs.get_file(file.path, str(Path(name) / file.name))
        yield Path(name) / file.name


def try_get(folder: UPath, stem: str, form: Form) -> Any | None:
    """Read a value, or None if it is damaged.

    Parameters
    ----------
    folder, stem, form
        As of `put`.

    Returns
    -------
    object or None
    """
    try:
        return get(folder, stem, form)
    except StaleFitError:
        return None


def get(folder: UPath, stem: str, form: Form) -> Any:
    """Read a value.

    Parameters
    ----------
    folder, stem, form
        As of `put`.

    Returns
    -------
    object

    Raises
    ------
    StaleFitError
        If its files are damaged, or some are missing.
    """
    try:
        return _fetch(folder, stem, form)
    except (OSError, ValueError, KeyError):
        message = (
            f"{folder.name}/{stem} must be readable; its files are damaged, or some are missing. "
            "Materialise it again."
        )
        raise StaleFitError(message) from None


def _fetch(folder: UPath, stem: str, form: Form) -> Any:
    """Read a value, through a local copy where it lies on an object store."""
    if _is_local(folder):
        return form.read(Path(folder.path) / stem)
    with TemporaryDirectory() as name:
        for suffix in form.suffixes:
            source = folder / f"{stem}{suffix}"
            source.fs.get_file(source.path, str(Path(name) / f"{stem}{suffix}"))
        return form.read(Path(name) / stem)


def _move(source: Path, target: UPath) -> None:
    """Put a file in its place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if _is_local(target):
        os.replace(source, target.path)  # noqa: PTH105  # two kinds of path
    else:
        target.fs.put_file(str(source), target.path)


@contextmanager
def _scratch(folder: UPath) -> Iterator[Path]:
    """Open a folder on the same disk as the target, and clear it away whatever happens."""
    if not _is_local(folder):
        with TemporaryDirectory() as name:
            yield Path(name)
        return
    scratch = Path(folder.path) / f".tmp-{uuid.uuid4().hex}"
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _is_local(path: UPath) -> bool:
    """Tell a disk from an object store."""
    return path.protocol in {"", "file", "local"}
