"""One world, written down in every layout, with the spec that reads it back."""

from typing import Any

import numpy as np
import pandas as pd

from mmm_pipeline.spec import ModelSpec
from mmm_pipeline_tests.factories import make_spec

GEOS = ("North", "South", "West")
MEDIA: dict[str, Any] = {"tv": {}, "search": {"exposure": "clicks"}, "news": {"kind": "owned"}}


def make_truth(geos: tuple[str, ...] = (), periods: int = 30) -> pd.DataFrame:
    """The validated frame all layouts must give. Quarters add up without rounding."""
    rng = np.random.default_rng(20_261_121)
    keys = [pd.date_range("2023-12-31", periods=periods, freq="7D", name="date")]
    keys += [pd.Index(geos, name="geo")] if geos else []
    frame = pd.MultiIndex.from_product(keys).to_frame(index=False)
    frame["date"] = frame["date"].astype("datetime64[us]")

    def draw(high: int) -> np.ndarray:
        return rng.integers(1, 4 * high, len(frame)) / 4

    tv = draw(500) * (rng.random(len(frame)) < 0.6)
    return frame.assign(
        target=draw(9000),
        spend_tv=tv,
        spend_search=draw(80),
        exposure_search=draw(2000),
        exposure_news=draw(70) * (rng.random(len(frame)) < 0.5),
        price=draw(20),
    )


def write_wide(truth: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], ModelSpec]:
    """One column per variable."""
    names = {
        "date": "week",
        "target": "sales",
        "spend_tv": "tv",
        "spend_search": "search",
        "exposure_search": "clicks",
        "exposure_news": "news",
    }
    data = {"path": "a.csv", "date": "week", "target": "sales", "panel": _panel(truth, "geo")}
    spec = make_spec(data=data, media=MEDIA, controls={"price": {}})
    return {"raw_data": _as_text(truth.rename(columns=names))}, spec


def write_mff(truth: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], ModelSpec]:
    """One record per period and variable; tv by campaign, absent where it was off."""
    names = {
        "target": "Sales",
        "spend_search": "search",
        "exposure_search": "clicks",
        "exposure_news": "news",
        "price": "Price",
    }
    wide = truth.rename(columns=names)
    records = []
    for share, campaign in ((0.25, "Brand"), (0.75, "Promo")):
        on_air = wide[wide["spend_tv"] > 0]
        records.append(_record(on_air, "tv", on_air["spend_tv"] * share, campaign))
    records += [_record(wide, name, wide[name], "") for name in names.values()]
    raw = pd.concat(records, ignore_index=True)
    data = {
        "path": "a.csv",
        "layout": "mff",
        "target": "Sales",
        "panel": _panel(truth, "geography"),
    }
    spec = make_spec(data=data, media=MEDIA, controls={"price": {"column": "Price"}})
    return {"raw_data": _as_text(raw)}, spec


def write_entity_panel(truth: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], ModelSpec]:
    """Two stores that add up to the national world, or a store for each geo."""
    names = {
        "date": "period_start",
        "target": "sales",
        "exposure_search": "act_search",
        "exposure_news": "act_news",
        "price": "ctrl_price",
        "geo": "entity_id",
    }
    wide = truth.rename(columns=names)
    data: dict[str, Any] = {"path": "a.csv", "layout": "entity_panel"}
    if "geo" in truth:
        data["panel"] = {"geo": "entity_id"}
        stores = [wide]
    else:
        amounts = ["sales", "spend_tv", "spend_search", "act_search", "act_news"]
        stores = [
            wide.assign(entity_id=name, **{column: wide[column] * share for column in amounts})
            for name, share in (("s1", 0.25), ("s2", 0.75))
        ]
    media = MEDIA | {"search": {"exposure": "act_search"}}
    spec = make_spec(data=data, media=media, controls={"price": {}})
    return {"raw_data": _as_text(pd.concat(stores, ignore_index=True))}, spec


def write_media_long(truth: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], ModelSpec]:
    """Media in a plan of their own, in two lines a channel, beside the rest."""
    rest = truth.rename(columns={"date": "week", "target": "sales"})
    keys = [column for column in ("week", "geo") if column in rest]
    lines = [
        ("TV", "Spot", rest["spend_tv"] * 0.5, 0 * rest["price"]),
        ("TV", "Sponsoring", rest["spend_tv"] * 0.5, 0 * rest["price"]),
        ("Digital", "Search", rest["spend_search"], rest["exposure_search"]),
        ("Own", "Newsletter", 0 * rest["price"], rest["exposure_news"]),
    ]
    media = pd.concat(
        [
            rest[keys].assign(lvl1=one, lvl2=two, cost=cost, impressions=views)
            for one, two, cost, views in lines
        ],
        ignore_index=True,
    )
    text = _as_text(media[(media["cost"] > 0) | (media["impressions"] > 0)])
    text["cost"] = text["cost"].map(lambda cell: f"{float(cell):,.3f}").replace("0.000", "-")
    data = {
        "path": "rest.csv",
        "layout": "media_long",
        "date": "week",
        "target": "sales",
        "panel": _panel(truth, "geo"),
        "media_long": {"path": "media.csv", "spend": "cost"},
    }
    channels = {
        "tv": {"where": {"lvl1": "TV"}},
        "search": {"where": {"lvl2": "Search"}, "exposure": "impressions"},
        "news": {"kind": "owned", "where": {"lvl1": "Own", "lvl2": ["Newsletter", "Letter"]}},
    }
    spec = make_spec(data=data, media=channels, controls={"price": {}})
    tables = {"raw_data": _as_text(rest[[*keys, "sales", "price"]]), "raw_media": text}
    return tables, spec


WRITERS = {
    "wide": write_wide,
    "mff": write_mff,
    "entity_panel": write_entity_panel,
    "media_long": write_media_long,
}


def _panel(truth: pd.DataFrame, column: str) -> dict[str, str]:
    return {"geo": column} if "geo" in truth else {}


def _record(wide: pd.DataFrame, name: str, values: pd.Series, campaign: str) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Period": wide["date"],
            "Geography": wide.get("geo", ""),
            "Product": "",
            "Campaign": campaign,
            "Outlet": "",
            "Creative": "",
            "VariableName": name,
            "VariableValue": values,
        }
    )


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """As a CSV file is read: rows in no order, every cell text."""
    shuffled = frame.sample(frac=1, random_state=7)
    return shuffled.astype(str).reset_index(drop=True)
