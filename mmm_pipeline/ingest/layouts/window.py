"""The part of a history that is looked at."""

import pandas as pd

from mmm_pipeline.spec import ModelSpec


def is_used(days: pd.Series, spec: ModelSpec) -> pd.Series:
    """Select the rows that lie in the spec's window; a row without a date is one.

    Parameters
    ----------
    days : pandas.Series
        Date of each row.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.Series
        True for a row that is looked at.
    """
    window = spec.data.window
    used = pd.Series(data=True, index=days.index)
    if window.start:
        used &= ~(days < pd.Timestamp(window.start))
    if window.end:
        used &= ~(days > pd.Timestamp(window.end))
    known = days[used].dropna().drop_duplicates()
    # Two tables are counted once they are joined.
    if window.periods and known.size and spec.data.layout != "media_long":
        # Whole periods are counted later, once they are made; here no more than is sure to go.
        span = {"week": 7, "month": 31}.get(spec.data.grain or "", 0) * (window.periods + 1)
        last = known.nlargest(window.periods).min()
        used &= ~(days < min(last, known.max() - pd.Timedelta(days=span)))
    return used
