"""What is advised, in sentences: each with its number, and each with what it hangs on."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from mmm_pipeline.gate import ConvergedFit, require_converged
from mmm_pipeline.insight.advice import Recommendations, judge_channels
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.model.features import build_features
from mmm_pipeline.report.advice import Words, write_advice
from mmm_pipeline.report.advice_text import write_text
from mmm_pipeline.report.page import open_template
from mmm_pipeline.spec import DataSource
from mmm_pipeline_tests.factories import draw_fit, make_raw, make_spec, validate
from mmm_pipeline_tests.insight.test_advice import make_row

NOTHING: dict[str, Any] = {
    "level": 1.0,
    "spend": 9000.0,
    "contribution": 18000.0,
    "probability_profitable": 0.8,
    "spend_now": 200.0,
    "headroom": 0.0,
    "moved": 0.0,
}


def say(*rows: dict[str, Any], kpi: str = "revenue", **data: Any) -> Words:
    """The words on channels whose numbers are given, of which no money is moved."""
    source = DataSource(path="a.csv", date="week", target="orders", kpi=kpi, **data)
    table = judge_channels(pd.DataFrame(rows), source.breakeven_roas)
    table = table.assign(change=0.0, move_needs_test=False)
    for word in ("roas", "marginal_roas"):
        cost = word.replace("roas", "cost_per_target")
        table[cost] = 1 / table[word]
        table[f"{cost}_lower"] = 1 / table[f"{word}_upper"]
        table[f"{cost}_upper"] = 1 / table[f"{word}_lower"]
    told = {"roas": 2.0, "roas_lower": 1.5, "roas_upper": 2.5}
    told |= {"cost_per_target": 0.5, "cost_per_target_lower": 0.4, "cost_per_target_upper": 2 / 3}
    headroom = float(table.loc[table["action"] == "INCREASE", "headroom"].sum())
    portfolio = NOTHING | told | {"headroom": headroom}
    return write_advice(Recommendations(table, portfolio), source, "week")


def list_sentences(words: Words) -> list[str]:
    texts = [*words.summary, *(text for _, _, text in words.channels)]
    return [one for text in texts for one in re.split(r"(?<=\.)\s+(?=[A-Z])", text)]


ROWS = {
    "well": make_row("tv", 3.0),
    "open": make_row("tv", 1.2, marginal_roas_lower=0.8),
    "past": make_row("tv", 3.0, roas_lower=0.5),
    "poor": make_row("tv", 0.5, breakeven_spend=40.0, headroom=0.0),
    "never": make_row("tv", 0.5, breakeven_spend=0.0, headroom=0.0),
    "split": make_row("tv", 0.9, breakeven_spend=140.0),
    "far": make_row("tv", 3.0, breakeven_spend=40_000.0),
    "off": make_row("tv", 3.0, spend_now=0.0),
    "prior": make_row("tv", 3.0, is_informed=False),
    "steep": make_row("tv", 3.0, half=0.01),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
@pytest.mark.parametrize(
    "data", [{}, {"margin": 0.6}, {"kpi": "count"}, {"kpi": "count", "target_cost": 1.0}]
)
def test_every_sentence_has_its_number(row: dict[str, Any], data: dict[str, Any]) -> None:
    sentences = list_sentences(say(row, **data))

    assert len(sentences) >= 4
    assert [one for one in sentences if not re.search(r"\d", one)] == []


def test_what_is_to_be_reduced_is_told_up_to_where_it_pays() -> None:
    ((action, _, text),) = say(ROWS["poor"]).channels

    assert action == "REDUCE"
    assert "The next unit stops paying back beyond 40 a week; today it is 100." in text


def test_what_nobody_stated_is_not_blamed_on_the_data() -> None:
    words = say(ROWS["open"], kpi="count")
    text = words.channels[0][2]

    assert "say it in `data.target_cost`" in words.summary[1]
    assert text.startswith("What a target may cost is not stated; the next target costs 0.83")
    assert not [one for one in list_sentences(words) if "the data leave open" in one]


def test_what_the_data_leave_open_is_told_with_the_interval_that_holds_it() -> None:
    (open_one, past, well) = (say(ROWS[name]).channels[0][2] for name in ("open", "past", "well"))

    assert "whether its marginal ROAS, 0.80 to 1.32, is above 1.00" in open_one
    assert "whether its ROAS, 0.50 to 2.20, is above 1.00" in past
    assert "leave open" not in well
    cost = say(ROWS["open"], kpi="count", target_cost=1.0).channels[0][2]
    assert "whether its marginal cost per orders, 0.76 to 1.25, is below 1.00" in cost


def test_the_median_and_the_mean_may_disagree_and_it_is_said() -> None:
    ((action, _, text),) = say(ROWS["split"]).channels

    assert action == "REDUCE"
    assert "By half of the draws it pays back up to 140 a week or more; today it is 100." in text


def test_findings_are_told_with_their_width() -> None:
    loose = make_row("search", 3.0, roas=4.0, roas_lower=1.2, roas_upper=6.0)
    believed = make_row("mail", 3.0, is_informed=False)

    strong, more = say(ROWS["well"], loose, believed).summary[2:4]

    assert strong.startswith("Strong findings, with a ROAS above 1.00")
    assert strong.endswith("less than 50% as wide as the return: tv 2.00 (20%).")
    assert more.startswith("To be tested more, with a ROAS above 1.00")
    assert more.endswith("or wider: search 4.00 (120%), mail 2.00 (20%, by belief alone).")
    (best,) = say(ROWS["well"], margin=0.4).summary[2:3]
    assert best == "No channel has a ROAS above 2.50; the best, tv, has 2.00."


def move(fit: ConvergedFit, trace: xr.DataTree, margin: float) -> tuple[Recommendations, Words]:
    """What is advised at a margin, on draws near the truth."""
    data = fit.spec.data.model_copy(update={"margin": margin})
    spec = fit.spec.model_copy(update={"data": data})
    advice = recommend(require_converged(trace, fit.diagnostics, spec))
    return advice, write_advice(advice, data, "week")


def test_a_move_says_what_must_be_tested_before(fit: ConvergedFit, trace: xr.DataTree) -> None:
    advice, words = move(fit, trace, 0.6)

    table = advice.table.set_index("channel")
    moved = [one for one in words.summary if one.startswith("Moving")]
    asked = [one for one in words.summary if "before this money is moved" in one]
    assert len(moved) == 1
    open_ones = [name for name in table.index if table.loc[name, "needs_test"]]
    assert open_ones == ["tv"]
    assert [one.split()[1] for one in asked] == open_ones
    np.testing.assert_array_equal(
        table["move_needs_test"], table["needs_test"] & (table["change"] != 0)
    )
    assert not recommend(fit).table["move_needs_test"].any()


def test_a_year_without_any_spend_has_its_page() -> None:
    data = {"path": "a.csv", "date": "week", "target": "sales", "kpi": "count", "target_cost": 5}
    spec = make_spec(data=data, trend="none", seasonality={"yearly": 0}, l_max=2)
    spend = np.where(np.arange(70) < 18, 50 * np.random.default_rng(1).random(70) + 1, 0.0)
    raw = make_raw(70, tv=spend.astype(str), search=(1.3 * spend).astype(str))
    fit = draw_fit(spec, build_features(validate(raw, spec), spec))
    advice = recommend(fit)
    words = write_advice(advice, spec.data, "week")

    page = open_template("recommendations.html").render(
        advice=words, portfolio=advice.portfolio, spec=spec, fit=fit, scenarios=[]
    )

    assert advice.portfolio["marginal_cost_per_target"] is None
    assert "<b>–</b><span>marginal cost per sales, all channels as today</span>" in page
    assert "0 was spent on media in the last 52 weeks" in page
    assert page.count("Nothing was spent on it in the last 52 weeks") == 2


def test_the_text_has_the_sentences_of_the_page(fit: ConvergedFit, trace: xr.DataTree) -> None:
    _, words = move(fit, trace, 0.6)

    text = write_text(words, fit)

    sections = text.split("\n\n")
    assert sections[0] == "# acme: what to do"
    assert sections[1 : len(words.summary) + 1] == words.summary
    assert [line for line in sections if line.startswith("## ")] == [
        "## Increase",
        "## Reduce",
        "## Ranking",
    ]
    for _, name, sentence in words.channels:
        assert f"- **{name}**: {sentence}" in text.splitlines()
    ranked = [line.split(" | ")[1] for line in text.splitlines() if re.match(r"\| \d", line)]
    assert ranked == [row["channel"] for row in words.rows]
    assert fit.fit_id in sections[-1]
