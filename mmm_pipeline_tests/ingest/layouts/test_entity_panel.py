import pandas as pd

from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline_tests.factories import make_raw, make_spec

STORES = pd.concat(
    [
        pd.DataFrame(
            {
                "entity_id": store,
                "period_start": make_raw()["week"],
                "sales": [str(level + n) for n in range(30)],
                "spend_tv": "2",
                "act_tv": [str(n % 5 + 1) for n in range(30)],
                "ctrl_price": [str(level * n) for n in range(30)],
            }
        )
        for store, level in (("s1", 10), ("s2", 30))
    ]
)
DATA = {"path": "a.csv", "layout": "entity_panel"}
MEDIA = {"tv": {"exposure": "act_tv"}}


def test_stores_are_brought_together() -> None:
    spec = make_spec(data=DATA, media=MEDIA, controls={"price": {}})

    frame = validate_source({"raw_data": STORES}, spec).frame

    assert frame["target"].tolist() == [40.0 + 2 * n for n in range(30)]
    assert frame["spend_tv"].unique().tolist() == [4.0]
    assert frame["exposure_tv"].tolist() == [2.0 * (n % 5 + 1) for n in range(30)]
    assert frame["price"].tolist() == [20.0 * n for n in range(30)]


def test_stores_may_be_kept_as_a_panel() -> None:
    spec = make_spec(data=DATA | {"panel": {"store": "entity_id"}}, media=MEDIA)

    frame = validate_source({"raw_data": STORES}, spec).frame

    assert frame.columns.tolist() == ["date", "store", "target", "spend_tv", "exposure_tv"]
    assert frame["store"].tolist() == ["s1", "s2"] * 30


def test_owned_media_take_their_activity_by_their_name() -> None:
    spec = make_spec(data=DATA, media={"tv": {"kind": "owned"}})

    assert spec.exposure_columns == {"tv": ("act_tv",)}
    assert spec.spend_columns == {}
    frame = validate_source({"raw_data": STORES}, spec).frame
    assert frame.columns.tolist() == ["date", "target", "exposure_tv"]
