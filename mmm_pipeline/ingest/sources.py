"""Find what a spec names as its source: a file, several, or an object on a store."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec
from botocore.exceptions import BotoCoreError

from mmm_pipeline.errors import PathError, Problem, SourceError
from mmm_pipeline.paths import resolve_below

STORES = ("s3", "gs", "abfs")
"""Protocols of object stores: Amazon (and what speaks its language), Google, Azure."""
PATTERN = frozenset("*?")
"""What makes a path a pattern."""

type Setting = tuple[str, ...]


def resolve_source(root: Path, path: str, setting: Setting) -> Path:
    """Find the one file below the data root that the spec names.

    Parameters
    ----------
    root : pathlib.Path
        The data root.
    path : str
        Relative to it.
    setting : tuple of str
        The words of the spec that name it.

    Returns
    -------
    pathlib.Path
        An existing file.

    Raises
    ------
    SourceError
        If the path leaves the data root, or no file is there.
    """
    with _told_of_files(path, setting):
        file = _resolve(root, path, setting)
        is_there = file.is_file()
    if not is_there:
        message = (
            f"`{'.'.join(setting)}` must name a file below the data root; there is no {path!r}."
        )
        raise refuse("source_missing", message, setting)
    return file


def load_files(root: Path, path: str, setting: Setting) -> dict[str, bytes]:
    """Load every file that a path, a pattern or an address names.

    Parameters
    ----------
    root : pathlib.Path
        The data root.
    path : str
        Relative to it; ``*`` and ``?`` stand for any text and any letter of a name, ``**`` for
        any folders. Or ``s3://bucket/key``, or a pattern of keys.
    setting : tuple of str
        The words of the spec that name it.

    Returns
    -------
    dict of str to bytes
        Content by name, in the order of the names; at least one.

    Raises
    ------
    SourceError
        If nothing is there, it cannot be reached, or a path leaves the data root.
    """
    if "://" in path:
        return _load_objects(path, setting)
    if not PATTERN & set(path):
        return {path: _read_bytes(root, path, setting)}
    with _told_of_files(path, setting):
        _resolve(root, path, setting)
        found = sorted(file for file in root.glob(path.replace("[", "[[]")) if file.is_file())
    if not found:
        message = f"`{'.'.join(setting)}` must match a file below the data root; {path!r} has none."
        raise refuse("source_missing", message, setting)
    names = [str(file.relative_to(root)) for file in found]
    return {name: _read_bytes(root, name, setting) for name in names}


def digest_files(files: dict[str, bytes]) -> str:
    """Fingerprint the content of a delivery, whatever its files are called.

    Parameters
    ----------
    files : dict of str to bytes
        As of `load_files`.

    Returns
    -------
    str
        SHA-256 as 64 hexadecimal digits: of the bytes of one file, or of the digests of several.
    """
    return join_digests(sorted(hashlib.sha256(content).hexdigest() for content in files.values()))


def join_digests(digests: Sequence[str]) -> str:
    """Name several contents together.

    Parameters
    ----------
    digests : sequence of str
        In an order that counts; at least one.

    Returns
    -------
    str
        That of a single one as it is.
    """
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def read_truth(root: Path, path: str | None) -> dict[str, Any] | None:
    """Read the known truth of a simulated world.

    Parameters
    ----------
    root : pathlib.Path
        The data root.
    path : str or None
        The spec's `truth`.

    Returns
    -------
    dict or None
        What is true, by quantity; None where the spec names no file.

    Raises
    ------
    SourceError
        If the file is not there, or holds no JSON object.
    """
    if path is None:
        return None
    setting = ("truth",)
    file = resolve_source(root, path, setting)
    try:
        truth = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_constant)
    except ValueError as error:
        message = f"`truth` must name a JSON file; {path!r} is none: {first_line(error)}."
        raise refuse("source_unreadable", message, setting) from None
    quantities = ("roas", "alpha", "lam")
    if not isinstance(truth, dict) or not all(
        isinstance(truth.get(name, {}), dict) for name in quantities
    ):
        message = (
            f"`truth` must hold numbers by channel under {', '.join(quantities)}; see {path!r}."
        )
        raise refuse("source_unreadable", message, setting)
    return truth


def refuse(code: str, message: str, setting: Setting) -> SourceError:
    """Wrap one message about a source as a whole.

    Parameters
    ----------
    code : str
        The rule that is broken.
    message : str
        What must hold, and what was found.
    setting : tuple of str
        The words of the spec that name the source.

    Returns
    -------
    SourceError
    """
    return SourceError([Problem(code=code, message=message, setting=setting, is_of_spec=True)])


def first_line(error: Exception) -> str:
    """Keep of a library's message what a reader can act on.

    Parameters
    ----------
    error : Exception
        Whatever it raised.

    Returns
    -------
    str
        Its first line, without a full stop; the name of the error where it says nothing.
    """
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")


def _load_objects(address: str, setting: Setting) -> dict[str, bytes]:
    """Load the objects of a store that an address or a pattern names."""
    protocol = address.split("://", maxsplit=1)[0]
    if protocol not in STORES:
        message = (
            f"`{'.'.join(setting)}` must be a path below the data root, or an address on an object "
            f"store ({', '.join(f'{store}://' for store in STORES)}); got {address!r}."
        )
        raise refuse("source_kind", message, setting)
    with _told_of_stores(address, setting):
        store, path = fsspec.core.url_to_fs(address, use_listings_cache=False)
        keys = sorted(store.glob(path)) if PATTERN & set(path) else [path]
        files = {f"{protocol}://{key}": bytes(store.cat_file(key)) for key in keys}
    if not files:
        message = f"`{'.'.join(setting)}` must match an object; {address!r} has none."
        raise refuse("source_missing", message, setting)
    return files


def _read_bytes(root: Path, path: str, setting: Setting) -> bytes:
    """Read one file below the data root."""
    file = resolve_source(root, path, setting)
    with _told_of_files(path, setting):
        return file.read_bytes()


@contextmanager
def _told_of_files(path: str, setting: Setting) -> Iterator[None]:
    """Say in our own words what the file system answered."""
    try:
        yield
    except SourceError:
        raise
    except (OSError, ValueError, RuntimeError) as error:
        message = (
            f"`{'.'.join(setting)}` must name a file that can be read; {path!r} cannot: "
            f"{first_line(error)}."
        )
        raise refuse("source_unreadable", message, setting) from None


@contextmanager
def _told_of_stores(address: str, setting: Setting) -> Iterator[None]:
    """Say in our own words what a store answered."""
    shown = f"`{'.'.join(setting)}` must name an object that can be read"
    try:
        yield
    except FileNotFoundError:
        message = f"{shown}; there is no {address!r}."
        raise refuse("source_missing", message, setting) from None
    except ImportError as error:
        message = f"{shown}; {address!r} needs a package: {first_line(error)}."
        raise refuse("source_unreadable", message, setting) from None
    except (OSError, BotoCoreError, ValueError) as error:
        message = f"{shown}; {address!r} cannot: {first_line(error)}."
        raise refuse("source_unreadable", message, setting) from None


def _resolve(root: Path, path: str, setting: Setting) -> Path:
    """Keep a path below the data root."""
    try:
        return resolve_below(root, path)
    except PathError as error:
        message = f"`{'.'.join(setting)}`: {error}."
        raise refuse("path_leaves_root", message, setting) from None


def _no_constant(name: str) -> float:
    """Refuse NaN and infinity, which are no JSON."""
    message = f"{name} is no JSON number"
    raise ValueError(message)
