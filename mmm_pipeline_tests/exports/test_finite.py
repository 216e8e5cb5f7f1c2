"""No table holds an infinite number, whatever was spent where nothing came of it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.exports.tables import build_exports
from mmm_pipeline.exports.writers import write_json
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.lineage.forms import RecordForm
from mmm_pipeline.model.features import build_features
from mmm_pipeline_tests.exports.conftest import gather
from mmm_pipeline_tests.factories import draw_fit, make_raw, make_spec, validate

pytestmark = pytest.mark.slow

PERIODS = 80
BEFORE = 27
"""Weeks that money was booked in before the first spot was aired: two quarters and a week."""


@pytest.fixture(scope="module")
def odd() -> ExportInputs:
    """A count; money without exposure, and a channel that is off for a year and rises upright."""
    spec = make_spec(
        data={"path": "a.csv", "date": "week", "target": "sales", "kpi": "count"},
        media={
            "tv": {"spend": "tv", "exposure": "grp"},
            "radio": {"saturation": "hill"},
            "search": {},
        },
        trend="none",
        seasonality={"yearly": 0},
        scenarios={"now": {}},
    )
    week, on = np.arange(PERIODS), np.random.default_rng(3).random(PERIODS) + 1
    columns = {
        "grp": np.where(week < BEFORE, 0.0, 50 * on),
        "radio": np.where(week < PERIODS - 52, 20 * on, 0.0),
    }
    raw = make_raw(PERIODS, **{name: values.astype(str) for name, values in columns.items()})
    return gather(draw_fit(spec, build_features(validate(raw, spec), spec)))


def test_no_table_holds_an_infinite_number(odd: ExportInputs, tmp_path: Path) -> None:
    fit = odd.fit
    tables = {one.name: one.frame for one in build_exports(odd)}

    for name, table in tables.items():
        numbers = table.select_dtypes("number")
        assert not np.isinf(numbers).any(axis=None), name
        write_json(table, tmp_path / f"{name}.json")
        assert len(json.loads((tmp_path / f"{name}.json").read_text())) == len(table)
    RecordForm().write(recommend(fit).portfolio, tmp_path / "portfolio")


def test_money_that_nothing_came_of_has_no_cost_per_target(odd: ExportInputs) -> None:
    periods = odd.tables["returns_by_period"]
    rows = periods[(periods["channel"] == "tv") & (periods["grain"] == "quarter")]

    first = rows.iloc[0]
    assert first["spend"] > 0
    assert first["contribution"] == 0
    assert pd.isna(
        first[["cost_per_target", "cost_per_target_lower", "cost_per_target_upper"]]
    ).all()
