"""Results that need not be made again: equal inputs and equal code give an equal result.

Which result follows from what is said by the assets.
"""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from mmm_pipeline.model.identity import digest_code, digest_text, list_versions

RESULT_PACKAGES = ("arviz", "matplotlib", "pandas", "scipy", "xarray")
"""What a result depends on, beside what a fit does."""


def name_origin(asset: str, **origins: Any) -> str:
    """Name all that a result follows from, this package's code and what it runs on included.

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
    versions = list_versions() | {package: version(package) for package in RESULT_PACKAGES}
    code = digest_code(Path(__file__).resolve().parents[1])
    return digest_text({"asset": asset, "code": code, "versions": versions, **origins})
