"""The report's sections on evidence: one for each asset that gives some."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from mmm_pipeline.evidence.prior_sensitivity import list_leanings
from mmm_pipeline.evidence.sensitivity import list_fragilities
from mmm_pipeline.report import figures
from mmm_pipeline.report.page import list_records
from mmm_pipeline.report.style import encode_svg


@dataclass(frozen=True)
class Kind:
    """How the evidence of one asset is shown; its words stand in ``templates/evidence/``.

    Attributes
    ----------
    title : str
        In the table of contents.
    figures : mapping of str to callable
        Draws of the asset's table, by the name the template calls them.
    find : callable
        Says what a reader should look at, in sentences.
    """

    title: str
    figures: Mapping[str, Callable[[pd.DataFrame], Figure]] = field(default_factory=dict)
    find: Callable[[pd.DataFrame], Sequence[str]] = lambda _: ()


@dataclass(frozen=True)
class Section:
    """A section of the report, ready for its template.

    Attributes
    ----------
    name : str
        Of the asset, of the template and of the anchor.
    title : str
        In the table of contents.
    rows : list of dict
        The asset's table.
    figures : mapping of str to str
        Images, as data addresses.
    findings : sequence of str
        What to look at, a sentence each.
    """

    name: str
    title: str
    rows: list[dict[str, Any]]
    figures: Mapping[str, str]
    findings: Sequence[str]


KINDS = {
    "calibration": Kind("Experiments", {"returns": figures.draw_calibration}),
    "prior_sensitivity": Kind("Belief or data", find=list_leanings),
    "sensitivity": Kind(
        "Told otherwise", {"returns": figures.draw_sensitivity}, find=list_fragilities
    ),
}
"""All evidence that a report shows, in its order."""


def build_sections(evidence: Mapping[str, pd.DataFrame]) -> list[Section]:
    """Make the sections on evidence.

    Parameters
    ----------
    evidence : mapping of str to pandas.DataFrame
        By the name of the asset.

    Returns
    -------
    list of Section
    """
    return [
        Section(
            name,
            kind.title,
            list_records(evidence[name]),
            {one: encode_svg(draw(evidence[name])) for one, draw in kind.figures.items()},
            kind.find(evidence[name]),
        )
        for name, kind in KINDS.items()
        if name in evidence
    ]
