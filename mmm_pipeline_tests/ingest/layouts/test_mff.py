from typing import Any

import pandas as pd
import pytest

from mmm_pipeline.errors import DataError
from mmm_pipeline.ingest.layouts import Arranged, arrange
from mmm_pipeline_tests.factories import make_spec

COLUMNS = ["Period", "Geography", "Campaign", "VariableName", "VariableValue"]
SALES = [
    ("2024-01-01", "North", "", "Sales", "10"),
    ("2024-01-01", "South", "", "Sales", "30"),
    ("2024-01-08", "North", "", "Sales", "12"),
    ("2024-01-08", "South", "", "Sales", "28"),
]


def read(records: list[tuple[str, ...]], **words: Any) -> Arranged:
    """Arrange records by geography, with one channel called tv."""
    data = {"path": "a.csv", "layout": "mff", "target": "Sales"}
    settings = {"panel": {"geo": "geography"}, **words.pop("data", {})}
    spec = make_spec(data=data | settings, media=words.pop("media", {"tv": {}}), **words)
    return arrange({"raw_data": pd.DataFrame(records, columns=COLUMNS)}, spec)


def grid(arranged: Arranged, column: str) -> dict[tuple[str, str], float]:
    """Values by day of January and place."""
    rows = zip(arranged.frame["date"], arranged.frame["geo"], strict=True)
    return dict(zip([(f"{d:%d}", geo) for d, geo in rows], arranged.frame[column], strict=True))


def test_media_without_a_record_spent_nothing() -> None:
    arranged = read([*SALES, ("2024-01-08", "South", "", "tv", "5")])

    assert grid(arranged, "tv") == {
        ("01", "North"): 0.0,
        ("01", "South"): 0.0,
        ("08", "North"): 0.0,
        ("08", "South"): 5.0,
    }
    assert arranged.filled == {"tv": 3}


def test_a_record_that_says_nan_is_kept() -> None:
    arranged = read(
        [*SALES, ("2024-01-01", "South", "", "tv", "NaN"), ("2024-01-08", "South", "", "tv", "5")]
    )

    assert arranged.frame["tv"].isna().tolist() == [False, True, False, False]
    assert arranged.says_nan["tv"].tolist() == [False, True, False, False]


def test_finer_records_are_added_up() -> None:
    records = [
        ("2024-01-08", "South", name, "tv", value) for name, value in (("a", "5"), ("b", "2"))
    ]

    assert grid(read([*SALES, *records]), "tv")["08", "South"] == 7.0


def test_nan_in_one_of_the_finer_records_is_nan_in_their_sum() -> None:
    records = [
        ("2024-01-08", "South", name, "tv", value) for name, value in (("a", "5"), ("b", ""))
    ]

    assert read([*SALES, *records]).frame["tv"].isna().sum() == 1


WEIGHTS = {
    "equal": (50.0, 50.0),
    "population": (20.0, 80.0),
    "sales": (100 * 22 / 80, 100 * 58 / 80),
    "Stores": (75.0, 25.0),
}


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_national_amount_is_split_by_weights(weights: str) -> None:
    people = [("2024-01-01", geo, "", "People", n) for geo, n in (("North", "1"), ("South", "4"))]
    stores = [("2024-01-01", geo, "", "Stores", n) for geo, n in (("North", "6"), ("South", "2"))]
    records = [*SALES, *people, *stores, ("2024-01-08", "", "", "tv", "100")]
    words = {"mff": {"weights": weights}}
    if weights == "population":
        words["population"] = "People"  # type: ignore[assignment]

    arranged = read(records, data=words)

    north, south = WEIGHTS[weights]
    assert grid(arranged, "tv")["08", "North"] == pytest.approx(north)
    assert grid(arranged, "tv")["08", "South"] == pytest.approx(south)
    assert grid(arranged, "tv")["01", "South"] == 0.0


def test_two_lacking_dims_are_split_by_the_product_of_their_weights() -> None:
    sales = [
        ("2024-01-01", geo, brand, "Sales", value)
        for (geo, brand), value in {
            ("North", "a"): "1",
            ("North", "b"): "2",
            ("South", "a"): "3",
            ("South", "b"): "4",
        }.items()
    ]
    panel = {"geo": "geography", "brand": "campaign"}

    arranged = read(
        [*sales, ("2024-01-01", "", "", "tv", "100")],
        data={"panel": panel, "mff": {"weights": "sales"}},
    )

    expected = [100 * geo * brand for geo in (0.3, 0.7) for brand in (0.4, 0.6)]
    assert arranged.frame["tv"].tolist() == pytest.approx(expected)


def test_a_national_control_is_repeated_and_an_amount_is_split() -> None:
    records = [
        *SALES,
        ("2024-01-08", "South", "", "tv", "5"),
        *[(day, "", "", "Price", "9") for day in ("2024-01-01", "2024-01-08")],
        *[(day, "", "", "Leaflets", "8") for day in ("2024-01-01", "2024-01-08")],
    ]
    controls = {
        "price": {"column": "Price"},
        "leaflets": {"column": "Leaflets", "aggregate": "sum"},
    }

    arranged = read(records, controls=controls)

    assert arranged.frame["Price"].tolist() == [9.0] * 4
    assert arranged.frame["Leaflets"].tolist() == [4.0] * 4


def test_weights_that_are_none_are_told() -> None:
    stores = [("2024-01-01", geo, "", "Stores", n) for geo, n in (("North", "0"), ("South", "0"))]

    arranged = read(
        [*SALES, *stores, ("2024-01-08", "", "", "tv", "100")], data={"mff": {"weights": "Stores"}}
    )

    assert [problem.code for problem in arranged.problems] == ["bad_weights"]


def test_copies_of_a_value_count_once_where_a_variable_is_said_to_lack_the_dim() -> None:
    prices = [
        (day, geo, "", "Price", "9")
        for day in ("2024-01-01", "2024-01-08")
        for geo in ("North", "South")
    ]
    words = {"mff": {"dimensions": {"Price": []}}}

    arranged = read(
        [*SALES, *prices, ("2024-01-08", "South", "", "tv", "5")],
        data=words,
        controls={"price": {"column": "Price"}},
    )

    assert arranged.frame["Price"].tolist() == [9.0] * 4


def test_columns_may_have_other_names() -> None:
    names = {"variable": "what", "value": "how much", "geography": "place"}
    records = pd.DataFrame([*SALES, ("2024-01-08", "South", "", "tv", "5")], columns=COLUMNS)
    renamed = records.rename(
        columns={"Period": "day", "VariableName": "what", "VariableValue": "how much"}
    ).rename(columns={"Geography": "place"})
    data = {"path": "a.csv", "layout": "mff", "target": "Sales", "date": "day", "mff": names}
    spec = make_spec(data=data | {"panel": ["geography"]}, media={"tv": {}})

    assert arrange({"raw_data": renamed}, spec).frame["tv"].sum() == 5.0


def test_a_channel_takes_the_records_that_its_dims_name() -> None:
    records = [
        ("2024-01-08", "South", name, "tv", value)
        for name, value in (("Brand", "5"), ("Promo", "2"), ("Test", "1"))
    ]
    media = {
        "brand": {"spend": "tv", "where": {"campaign": "Brand"}},
        "rest": {"spend": "tv", "where": {"campaign": ["Promo", "Test"]}},
    }

    arranged = read([*SALES, *records], media=media)

    assert arranged.frame["tv [campaign=Brand]"].sum() == 5.0
    assert arranged.frame["tv [campaign=Promo|Test]"].sum() == 3.0


def test_a_channel_whose_dims_nothing_meets_is_refused() -> None:
    media = {"brand": {"spend": "tv", "where": {"campaign": "Brnad"}}}

    with pytest.raises(DataError, match="Did you mean 'Brand'"):
        read([*SALES, ("2024-01-08", "South", "Brand", "tv", "5")], media=media)


def test_variables_that_nobody_asked_for_are_said() -> None:
    arranged = read(
        [*SALES, ("2024-01-08", "South", "", "tv", "5"), ("2024-01-08", "", "", "x", "5")]
    )

    assert [note.code for note in arranged.notes] == ["unused_variables"]
    assert "does not name: x" in arranged.notes[0].message


def test_people_weigh_by_default_where_they_are_known() -> None:
    people = [("2024-01-01", geo, "", "People", n) for geo, n in (("North", "1"), ("South", "4"))]

    arranged = read(
        [*SALES, *people, ("2024-01-08", "", "", "tv", "100")], data={"population": "People"}
    )

    assert grid(arranged, "tv")["08", "North"] == 20.0
    assert [note.code for note in arranged.notes] == ["split_amount"]


def test_sales_that_are_a_product_weigh_as_such() -> None:
    worth = [
        (day, geo, "", "Worth", value)
        for day in ("2024-01-01", "2024-01-08")
        for geo, value in (("North", "3"), ("South", "1"))
    ]
    data = {"target": {"count": "Sales", "value": "Worth"}, "mff": {"weights": "sales"}}

    arranged = read([*SALES, *worth, ("2024-01-08", "", "", "tv", "100")], data=data)

    assert grid(arranged, "tv")["08", "North"] == pytest.approx(100 * 66 / (66 + 58))


def test_copies_of_a_weight_weigh_once() -> None:
    people = [
        ("2024-01-01", geo, copy, "People", "5")
        for geo, copy in (("North", "a"), ("North", "b"), ("South", ""))
    ]
    words = {"mff": {"weights": "People", "dimensions": {"People": ["geography"]}}}

    arranged = read([*SALES, *people, ("2024-01-08", "", "", "tv", "100")], data=words)

    assert grid(arranged, "tv")["08", "North"] == 50.0


def test_records_that_no_channel_takes_are_said() -> None:
    records = [("2024-01-08", "South", name, "tv", "5") for name in ("Brand", "Promo")]
    media = {"brand": {"spend": "tv", "where": {"campaign": "Brand"}}}

    notes = read([*SALES, *records], media=media).notes

    assert [note.code for note in notes] == ["unmapped_records"]
    assert "50.0% of its total" in notes[0].message


def test_a_finer_count_may_be_multiplied_by_one_value_per_cell() -> None:
    orders = [("2024-01-01", "North", name, "Orders", "2") for name in ("a", "b")]
    basket = [("2024-01-01", "North", "", "Basket", "10")]
    data = {"target": {"count": "Orders", "value": "Basket"}}

    frame = read([*orders, *basket, ("2024-01-01", "North", "", "tv", "1")], data=data).frame

    assert (frame["Orders"] * frame["Basket"]).tolist() == [40.0]


def test_a_weight_that_is_a_control_still_says_nan() -> None:
    stores = [
        (day, geo, "", "Stores", value)
        for day, geo, value in (
            ("2024-01-01", "North", "6"),
            ("2024-01-01", "South", "2"),
            ("2024-01-08", "North", "NaN"),
            ("2024-01-08", "South", "2"),
        )
    ]

    arranged = read(
        [
            *SALES,
            *stores,
            ("2024-01-08", "South", "", "tv", "100"),
            ("2024-01-08", "", "", "Leaflets", "8"),
        ],
        data={"mff": {"weights": "Stores"}},
        controls={
            "stores": {"column": "Stores", "fill": 1},
            "leaflets": {"column": "Leaflets", "aggregate": "sum"},
        },
    )

    assert arranged.says_nan["Stores"].tolist() == [False, False, True, False]
