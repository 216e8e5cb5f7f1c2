import pytest

from mmm_pipeline.errors import SpecError
from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.exports.schema import choose_columns, compare_schemas
from mmm_pipeline.exports.tables import Export, build_exports
from mmm_pipeline.spec import ColumnChoice


@pytest.fixture(scope="module")
def export(inputs: ExportInputs) -> Export:
    return build_exports(inputs)[0]


def choose(export: Export, **words: object) -> dict[str, str]:
    return choose_columns(export, {export.name: ColumnChoice.model_validate(words)})


def test_columns_are_renamed_hidden_and_ordered(export: Export) -> None:
    found = choose(
        export,
        rename={"kpi_sales": "revenue"},
        hide=["brand", "decomp_lvl2"],
        order=["kpi_sales", "decomp"],
    )

    assert list(found.items()) == [
        ("kpi_sales", "revenue"),
        ("decomp", "decomp"),
        ("date", "date"),
        ("wc_mon", "wc_mon"),
        ("decomp_lvl1", "decomp_lvl1"),
    ]


def test_names_can_be_exchanged(export: Export) -> None:
    found = choose(export, rename={"date": "wc_mon", "wc_mon": "date"})

    assert found["date"] == "wc_mon"
    assert found["wc_mon"] == "date"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"rename": {"kpi_sale": "x"}}, "rename` must name columns.*Did you mean 'kpi_sales'"),
        ({"hide": ["spend"]}, "hide` must name columns of the table"),
        ({"order": ["x"]}, "order` must name columns of the table"),
        ({"hide": ["date"]}, "hide` must leave what tells rows apart"),
        ({"hide": ["kpi_sales"]}, "hide` must leave what tells rows apart"),
        ({"rename": {"brand": "date"}}, "'date' is taken"),
    ],
)
def test_columns_that_cannot_be_had_are_refused(
    export: Export, words: dict[str, object], message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        choose(export, **words)


BEFORE = {"t": [("a", "number"), ("b", "text")]}


@pytest.mark.parametrize(
    ("now", "word", "sentence"),
    [
        (BEFORE, "none", ""),
        ({"t": [("a", "number"), ("b", "text"), ("c", "date")]}, "minor", "`t.c` was added"),
        ({"t": [("b", "text"), ("a", "number")]}, "minor", "stand in another order"),
        ({**BEFORE, "u": []}, "minor", "`u` was added"),
        ({"t": [("a", "number")]}, "major", "`t.b` is gone"),
        ({"t": [("a", "text"), ("b", "text")]}, "major", "`t.a` was number and is text"),
        ({}, "major", "`t` is gone"),
        ({"t": [("b", "text"), ("c", "date")]}, "major", "`t.a` is gone"),
    ],
)
def test_drift_is_told_by_how_much_it_breaks(
    now: dict[str, list[tuple[str, str]]], word: str, sentence: str
) -> None:
    found, sentences = compare_schemas(BEFORE, now)

    assert found == word
    assert sentence in " ".join(sentences)
    assert bool(sentences) == (word != "none")
