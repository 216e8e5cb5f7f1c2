"""The report's sections on evidence: one for each asset that gives some."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

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
    """

    title: str
    figures: Mapping[str, Callable[[pd.DataFrame], Figure]]


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
    facts : mapping of str to object
        The table's attributes: what is said of the whole.
    figures : mapping of str to str
        Images, as data addresses.
    """

    name: str
    title: str
    rows: list[dict[str, Any]]
    facts: Mapping[Any, Any]
    figures: Mapping[str, str]


KINDS = {
    "effect_evidence": Kind("Effects", {}),
    "calibration": Kind("Experiments", {"returns": figures.draw_calibration}),
    "response_backtest": Kind("Curves by period", {}),
    "predictive_checks": Kind("Predictive checks", {"replicates": figures.draw_replicates}),
    "leave_one_out": Kind("Leave one out", {"calibration": figures.draw_leave_one_out}),
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
            evidence[name].attrs,
            {one: encode_svg(draw(evidence[name])) for one, draw in kind.figures.items()},
        )
        for name, kind in KINDS.items()
        if name in evidence
    ]
