"""What the tests of exports share: small fits and all that exports are made from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmm_pipeline.decision.frontier import summarize_frontier
from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.by_period import (
    summarize_contributions_by_period,
    summarize_returns_by_period,
)
from mmm_pipeline.insight.carryover import summarize_carryover_curves
from mmm_pipeline.insight.contributions import summarize_contributions
from mmm_pipeline.insight.curves import summarize_response_curves
from mmm_pipeline.insight.disaggregation import summarize_disaggregation
from mmm_pipeline.insight.recommendations import recommend
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.seasonality import summarize_seasonal_indices
from mmm_pipeline.model.features import build_features
from mmm_pipeline_tests.factories import (
    draw_fit,
    make_frame,
    make_panel,
    make_posterior,
    make_spec,
    make_trace,
)


def gather(fit: ConvergedFit) -> ExportInputs:
    """Everything exports are made from, of one fit."""
    tables = {
        "returns_by_period": summarize_returns_by_period(fit),
        "contributions_by_period": summarize_contributions_by_period(fit),
        "carryover_curves": summarize_carryover_curves(fit),
        "seasonal_indices": summarize_seasonal_indices(fit),
        "recommendations": recommend(fit).table,
        "response_curves": summarize_response_curves(fit),
        "budget_frontier": summarize_frontier(fit),
    }
    return ExportInputs(
        fit,
        summarize_fit(fit),
        summarize_contributions(fit),
        summarize_returns(fit),
        summarize_scenarios(fit),
        tables,
    )


@pytest.fixture(scope="session")
def inputs(fit: ConvergedFit) -> ExportInputs:
    """Of two channels by week."""
    return gather(fit)


@pytest.fixture(scope="session")
def split(inputs: ExportInputs) -> ExportInputs:
    """The same, a channel of it split over two campaigns."""
    spend = inputs.fit.features["spend"].sel(channel="tv", drop=True).to_series().reset_index()
    parts = [
        spend.assign(channel="tv", entity=name, exposure=np.nan, spend=part * spend["spend"])
        for name, part in (("spring", 0.25), ("autumn", 0.75))
    ]
    table = summarize_disaggregation(inputs.fit, pd.concat(parts, ignore_index=True))
    return replace(inputs, tables={**inputs.tables, "disaggregated_results": table})


@pytest.fixture(scope="session")
def panel() -> ExportInputs:
    """Of a panel with every sort of channel, whose terms multiply."""
    spec = make_spec(
        data={
            "path": "a.csv",
            "date": "week",
            "target": "sales",
            "panel": {"brand": "brand", "decomp": "place"},
        },
        media={
            "tv": {"exposure": ["grp", "spots"], "group": "Screens"},
            "video": {"reach": "people", "frequency": "often"},
            "mail": {"kind": "owned"},
            "rival": {"kind": "competitor"},
        },
        link="log",
        trend="none",
        seasonality={"yearly": 0},
        pooling="complete",
        scenarios={},
    )
    frame = make_panel(spec, {"brand": ["=A1", "b"], "place": ["n", "s"]}, grp=3.0, spots=1.5)
    features = build_features(frame, spec)
    return gather(draw_fit(spec, features, 75))


@pytest.fixture(scope="session")
def counted() -> ExportInputs:
    """Of a target that is a count, and what it may cost."""
    spec = make_spec(
        data={
            "path": "a.csv",
            "date": "week",
            "target": "sales",
            "kpi": "count",
            "target_cost": 0.5,
        },
        trend="none",
        seasonality={"yearly": 0},
        scenarios={},
    )
    features = build_features(make_frame(spec), spec)
    posterior = make_posterior(spec, features).rename(roas="cost_per_target")
    return gather(admit(make_trace(spec, features, posterior), spec))
