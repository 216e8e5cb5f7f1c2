"""Plans side by side, as pages show them."""

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import yaml

from mmm_pipeline.decision.comparison import compare_scenarios
from mmm_pipeline.decision.register import SCENARIOS
from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.report.page import list_records
from mmm_pipeline.report.rates import Rate
from mmm_pipeline.spec import ModelSpec, Scenario

NOTHING = 1e-9
"""Share of today's money below which a change of it is rounding."""


def list_scenarios(summary: Summary, spec: ModelSpec, rate: Rate) -> list[dict[str, Any]]:
    """List the scenarios, with what each asked for.

    Parameters
    ----------
    summary : Summary
        From `mmm_pipeline.decision.scenarios.summarize_scenarios`; where its table has the
        attribute `SCENARIOS`, that says what was asked for.
    spec : ModelSpec
        The model.
    rate : Rate
        How its returns are told.

    Returns
    -------
    list of dict
        As `compare_scenarios`, with ``spend_change``, spend beyond today's; ``rate``, response over
        spend or its inverse; ``asked``, in the words of the spec, and ``is_launched``, whether not
        by the spec.
    """
    said = {name: one.model_dump(mode="json") for name, one in spec.scenarios.items()}
    asked = summary.table.attrs.get(SCENARIOS, said)
    rows = list_records(compare_scenarios(summary))
    for row in rows:
        words = asked[row["scenario"]]
        short = Scenario.model_validate(words).model_dump(mode="json", exclude_defaults=True)
        flow = yaml.safe_dump(short, default_flow_style=True, sort_keys=False, width=math.inf)
        change = row["spend"] - row["spend_current"]
        row |= {
            "spend_change": change if abs(change) > NOTHING * row["spend_current"] else 0.0,
            "rate": rate.tell(row["roas"]) if row["roas"] > 0 else math.nan,
            "asked": flow.strip().removeprefix("{").removesuffix("}"),
            "is_launched": words != said.get(row["scenario"]),
        }
    return rows


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
            columns["today" if len(shown) == 1 else f"today, in {name}'s window"] = today
        columns[str(name)] = by_channel["spend"]
    return pd.DataFrame(columns)


def tabulate_next_units(table: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame | None:
    """Set beside each other what the next unit of money would bring in each plan.

    Parameters
    ----------
    table : pandas.DataFrame
        ``scenario, channel, marginal``.
    spec : ModelSpec
        The model.

    Returns
    -------
    pandas.DataFrame or None
        A row per channel, a column per plan: target units per unit of money, or money per target
        unit with `data.kpi: count`. None where some plan moves money between cells, or there is
        none.
    """
    if table.empty or table.duplicated(["scenario", "channel"]).any():
        return None
    wide = table.pivot_table(values="marginal", index="channel", columns="scenario", sort=False)
    return 1 / wide if spec.data.kpi == "count" else wide


def group_plans(table: pd.DataFrame, labels: Mapping[str, str]) -> pd.DataFrame:
    """Name the models in place of the lines where each model has lines of its own.

    Parameters
    ----------
    table : pandas.DataFrame
        From `mmm_pipeline.decision.joint.summarize_joint_budget`.
    labels : mapping of str to str
        What the models are called, by name.

    Returns
    -------
    pandas.DataFrame
        To be drawn: the same rows; of shared money as they are.
    """
    is_separate = table["channel"].str.contains(".", regex=False)
    names = table["models"].map(labels).where(is_separate, table["channel"])
    return table.assign(channel=names)
