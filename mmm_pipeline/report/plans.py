"""Plans side by side, as pages show them."""

import math

import pandas as pd


def tabulate_plans(table: pd.DataFrame) -> pd.DataFrame:
    """Set plans side by side, each behind today's plan of a window as long.

    Parameters
    ----------
    table : pandas.DataFrame
        ``scenario, channel, spend_current, spend``.

    Returns
    -------
    pandas.DataFrame
        A row per channel, a column per plan, currency over the window.
    """
    columns: dict[str, pd.Series] = {}
    shown: list[float] = []
    for name, plan in table.groupby("scenario", sort=False):
        by_channel = plan.groupby("channel", sort=False)[["spend_current", "spend"]].sum()
        today = by_channel["spend_current"]
        if not any(math.isclose(today.sum(), total) for total in shown):
            shown.append(float(today.sum()))
            columns["today" if len(shown) == 1 else f"today, as long as {name}"] = today
        columns[str(name)] = by_channel["spend"]
    return pd.DataFrame(columns)
