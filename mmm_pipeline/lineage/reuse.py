"""Results that need not be made again: equal inputs and equal code give an equal result.

Which result follows from what is said by the assets.
"""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from mmm_pipeline.model.identity import ID_LENGTH, digest_text, list_versions


@cache
def digest_code() -> str:
    """Name the code of this package by its content, so that a change of it makes results anew.

    Returns
    -------
    str
    """
    package = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for file in sorted((*package.rglob("*.py"), *package.rglob("*.html"))):
        digest.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:ID_LENGTH]


def name_origin(asset: str, **origins: Any) -> str:
    """Name all that a result follows from.

    Parameters
    ----------
    asset : str
        The result.
    **origins : object
        What it follows from, as plain data: names of fits, specs, digests.

    Returns
    -------
    str
    """
    return digest_text(
        {"asset": asset, "code": digest_code(), "versions": list_versions(), **origins}
    )
