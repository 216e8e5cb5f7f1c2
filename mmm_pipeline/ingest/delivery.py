"""What a source delivered. Loads nothing that reads one."""

from dataclasses import dataclass, field

import pandas as pd

from mmm_pipeline.errors import Problem


@dataclass(frozen=True)
class Delivery:
    """A table as it was delivered.

    Attributes
    ----------
    frame : pandas.DataFrame
        Columns and rows in the order of the source. All columns of a CSV file are text.
    digest : str
        Name of the content, 64 hexadecimal digits: equal content, equal name.
    name : str
        Name of the content as it was read: in another dialect, the same bytes are other cells.
    notes : list of Problem
        ``cut_off``, for each file that may have lost its end.
    """

    frame: pd.DataFrame
    digest: str
    name: str
    notes: list[Problem] = field(default_factory=list)
