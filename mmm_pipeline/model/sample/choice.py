"""Which sampler draws: the one that is asked for, or nutpie where that one is not installed."""

from dataclasses import dataclass

from mmm_pipeline.model.identity import EXTRA_PACKAGES, find_version
from mmm_pipeline.spec import SamplerName


@dataclass(frozen=True)
class Choice:
    """What draws, and why.

    Attributes
    ----------
    sampler : {"nutpie", "pymc", "numpyro"}
        What draws.
    note : str
        Why it is not what was asked for; empty where it is.
    """

    sampler: SamplerName
    note: str = ""


def choose_sampler(asked: SamplerName) -> Choice:
    """Choose what draws: what is asked for if it is installed, else nutpie.

    Parameters
    ----------
    asked : {"nutpie", "pymc", "numpyro"}
        What the spec says.

    Returns
    -------
    Choice
        A choice of another sampler than the one asked for bears a note.
    """
    missing = [name for name in EXTRA_PACKAGES.get(asked, ()) if find_version(name) is None]
    if not missing:
        return Choice(asked)
    note = (
        f"`sampling.sampler` asks for {asked}, for which {', '.join(missing)} must be installed; "
        f"missing here, so nutpie draws. Install this package with its extra {asked!r} and "
        "materialise fitted_trace again."
    )
    return Choice("nutpie", note)
