"""Names that content gives itself: equal content, equal name."""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

ID_LENGTH = 16
"""Hexadecimal digits of an identity: 64 bits."""
PACKAGES = ("pymc-marketing", "pymc", "pytensor", "nutpie", "numpy")
"""What a draw depends on, beside data, spec, seed and our own code."""
EXTRA_PACKAGES = {"numpyro": ("numpyro", "jax", "jaxlib")}
"""What a draw depends on as well, by the sampler that is asked for: extras, maybe not there."""
OUR_MODEL = "mmm_pipeline.model"
"""Name under which the code that builds the model is listed."""


def list_versions(sampler: str = "nutpie") -> dict[str, str]:
    """Read the versions that a fit depends on, without importing anything.

    Parameters
    ----------
    sampler : str
        The one that is asked for.

    Returns
    -------
    dict of str to str
        Version by package, of what the sampler needs too, or that it is not installed; for our
        own model, the digest of its code, which says more.
    """
    packages = (*PACKAGES, *EXTRA_PACKAGES.get(sampler, ()))
    versions = {package: find_version(package) or "not installed" for package in packages}
    return {OUR_MODEL: digest_code(Path(__file__).parent), **versions}


@cache
def find_version(package: str) -> str | None:
    """Read the version of a package, without importing it.

    Parameters
    ----------
    package : str
        Its name.

    Returns
    -------
    str or None
        None where it is not installed.
    """
    try:
        return version(package)
    except PackageNotFoundError:
        return None


@cache
def digest_code(folder: Path) -> str:
    """Name code by its content.

    Parameters
    ----------
    folder : pathlib.Path
        Its Python modules and templates count, and those of the folders below.

    Returns
    -------
    str
    """
    files = sorted(file for kind in ("*.py", "*.html", "*.css") for file in folder.rglob(kind))
    return digest_bytes(
        part
        for file in files
        for part in (str(file.relative_to(folder)).encode(), file.read_bytes())
    )


def digest_bytes(parts: Iterable[bytes]) -> str:
    """Name a sequence of byte strings.

    Parameters
    ----------
    parts : iterable of bytes
        In order; where one ends and the next begins counts.

    Returns
    -------
    str
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:ID_LENGTH]


def digest_text(value: Any) -> str:
    """Name plain data by its content.

    Parameters
    ----------
    value : object
        What JSON can hold; the order of keys does not matter.

    Returns
    -------
    str

    Examples
    --------
    >>> digest_text({"a": 1, "b": 2}) == digest_text({"b": 2, "a": 1})
    True
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def digest_arrays(dataset: xr.Dataset) -> str:
    """Name labelled arrays by their values, labels and dims; attributes do not count.

    Parameters
    ----------
    dataset : xarray.Dataset
        Numbers, booleans, dates and text.

    Returns
    -------
    str

    Examples
    --------
    >>> one = xr.Dataset({"a": ("x", [1.0, 2.0])})
    >>> digest_arrays(one) == digest_arrays(one.assign_attrs(note="x"))
    True
    >>> digest_arrays(one) == digest_arrays(one + 1e-12)
    False
    """
    digest = hashlib.sha256()
    for name in sorted(dataset.variables, key=str):
        variable = dataset.variables[name]
        digest.update(f"{name}|{','.join(map(str, variable.dims))}|{variable.shape}|".encode())
        digest.update(_canonical_bytes(variable.to_numpy()))
    return digest.hexdigest()[:ID_LENGTH]


def digest_table(table: pd.DataFrame) -> str:
    """Name a table by its columns and values; its index and attributes do not count.

    Parameters
    ----------
    table : pandas.DataFrame
        Numbers, booleans, dates and text.

    Returns
    -------
    str

    Examples
    --------
    >>> one = pd.DataFrame({"a": [1.0, 2.0]})
    >>> digest_table(one) == digest_table(one.set_axis([5, 6]))
    True
    >>> digest_table(one) == digest_table(one[::-1])
    False
    """
    columns = {str(name): ("row", values.to_numpy()) for name, values in table.items()}
    return digest_arrays(xr.Dataset(columns))


def _canonical_bytes(values: np.ndarray) -> bytes:
    """Write values such that the file format they came from does not show."""
    if values.dtype.kind == "M":
        values = values.astype("datetime64[us]").astype("int64")
    elif values.dtype.kind in "biu":
        values = values.astype("int64")
    elif values.dtype.kind not in "f":
        return json.dumps([str(value) for value in values.ravel()]).encode()
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<"))).tobytes()
