"""Words and tables of the page over several models, on numbers that leave no doubt."""

import numpy as np
import pandas as pd
import xarray as xr

from mmm_pipeline.insight.summary import Summary
from mmm_pipeline.report.joint import arrange_views, describe_conflicts, tabulate_outcomes
from mmm_pipeline.report.plans import group_plans

VIEWS = pd.DataFrame(
    [
        ("online", "Web shop", "tv", True, "INCREASE", True, 0.98),
        ("online", "Web shop", "social", False, "HOLD", False, np.nan),
        ("stores", "Stores", "tv", True, "REDUCE", True, 0.98),
        ("total", "total", "tv", True, "INCREASE", True, 0.98),
    ],
    columns=[
        *("view", "label", "channel", "is_common", "action"),
        *("is_conflict", "probability_conflict"),
    ],
)


def test_a_conflict_names_who_says_what() -> None:
    (words,) = describe_conflicts(VIEWS)

    assert words.startswith("tv: INCREASE by Web shop, total; REDUCE by Stores.")
    assert words.endswith("is 98.0% probable.")


def test_a_view_that_does_not_know_a_channel_has_no_cell() -> None:
    (tv, cells), (social, others) = arrange_views(VIEWS)

    assert (tv, social) == ("tv", "social")
    assert [cell and cell["action"] for cell in cells] == ["INCREASE", "REDUCE", "INCREASE"]
    assert [cell and cell["action"] for cell in others] == ["HOLD", None, None]


def test_what_each_target_gains_is_told_draw_by_draw() -> None:
    dims, sample = ("scenario", "model", "sample"), np.arange(101.0)
    draws = xr.Dataset(
        {
            "outcome": (dims, np.stack([sample + 10, 2 * sample])[None]),
            "outcome_current": (dims, np.stack([sample, sample])[None]),
        },
        coords={"scenario": ["more"], "model": ["online", "stores"]},
    )
    models = [{"model": "online", "label": "Web shop"}, {"model": "stores", "label": "Stores"}]

    first, second = tabulate_outcomes(Summary(pd.DataFrame(), draws), models).to_dict("records")

    assert (first["today"], first["plan"], first["gain_lower"]) == (50.0, 60.0, 10.0)
    assert (second["gain"], second["gain_lower"], second["gain_upper"]) == (50.0, 5.0, 95.0)


def test_plans_of_separate_money_are_drawn_by_model() -> None:
    labels = {"online": "Web shop", "stores": "Stores"}
    separate = pd.DataFrame({"channel": ["online.tv", "stores.tv"], "models": ["online", "stores"]})
    shared = pd.DataFrame({"channel": ["tv", "social"], "models": ["online, stores", "online"]})

    assert group_plans(separate, labels)["channel"].tolist() == ["Web shop", "Stores"]
    assert group_plans(shared, labels)["channel"].tolist() == ["tv", "social"]
