import pytest
from pydantic import ValidationError

from mmm_pipeline_tests.factories import make_spec


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"columns": {"decomps": {}}}, "decomps_stacked"),
        ({"columns": {"media_results": {"names": []}}}, "`names` is no setting"),
        ({"brands": "x"}, "Did you mean `brand`"),
        ({"brand": ""}, "at least 1 character"),
        (
            {"columns": {"media_results": {"hide": ["reach"], "order": ["reach"]}}},
            "a column must be hidden, or renamed and ordered; 'reach' is both",
        ),
        ({"columns": {"media_results": {"order": ["a", "a"]}}}, "'a' is named again"),
        (
            {"columns": {"media_results": {"rename": {"a": "x", "b": "x"}}}},
            "'x' is given twice",
        ),
    ],
)
def test_what_cannot_be_exported_is_refused(words: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_spec(exports=words)


PANEL = {"path": "a.csv", "date": "week", "target": "sales", "panel": ["geo"]}


@pytest.mark.parametrize(
    ("table", "choice", "word", "message"),
    [
        ("media_results", {"hide": ["spent"]}, "hide", "Did you mean 'spend'?"),
        ("recommendations", {"rename": {"raos": "x"}}, "rename", "Did you mean 'roas'?"),
        ("channel_returns", {"order": ["roi"]}, "order", "must name columns of the table"),
        ("channel_returns", {"hide": ["cost_per_target"]}, "hide", "got 'cost_per_target'"),
        ("decomps_stacked", {"hide": ["kpi_sales"]}, "hide", "what they add up to"),
        ("budget_scenarios", {"hide": ["geo"]}, "hide", "must leave what tells rows apart"),
        ("contributions_by_period", {"hide": ["name"]}, "hide", "what tells rows apart"),
        ("disaggregated_results", {}, None, "together with `entities` only"),
    ],
)
def test_a_column_that_no_table_has_is_refused_at_its_place(
    table: str, choice: dict[str, object], word: str | None, message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        make_spec(data=PANEL, exports={"columns": {table: choice}})

    (found,) = caught.value.errors()
    assert found["loc"] == ("exports", "columns", table, *([word] if word else []))
    assert message in found["msg"]


def test_columns_that_a_table_has_are_taken() -> None:
    columns = {
        "budget_scenarios": {"order": ["geo"]},
        "channel_returns": {"hide": ["roi", "profit_lower"], "rename": {"headroom": "room"}},
        "disaggregated_results": {"hide": ["measure"]},
        "media_results": {"order": ["geo", "kpi_sales"], "hide": ["wc_mon"]},
    }

    spec = make_spec(
        data={**PANEL, "margin": 0.4}, entities="data/e.csv", exports={"columns": columns}
    )

    assert set(spec.exports.columns) == set(columns)


def test_exports_do_not_decide_the_posterior() -> None:
    assert make_spec(exports={"brand": "x"}).model_part() == make_spec().model_part()
