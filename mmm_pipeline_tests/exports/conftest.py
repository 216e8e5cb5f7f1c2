"""What the tests of exports share: small fits and all that exports are made from."""

import pytest

from mmm_pipeline.decision.scenarios import summarize_scenarios
from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.exports.inputs import ExportInputs
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.insight.by_period import summarize_returns_by_period
from mmm_pipeline.insight.contributions import summarize_contributions
from mmm_pipeline.insight.curves import summarize_response_curves
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.model.features import build_features
from mmm_pipeline_tests.factories import draw_fit, make_panel, make_spec


def gather(fit: ConvergedFit) -> ExportInputs:
    """Everything exports are made from, of one fit."""
    return ExportInputs(
        fit,
        summarize_fit(fit),
        summarize_contributions(fit),
        summarize_returns(fit),
        summarize_returns_by_period(fit),
        summarize_response_curves(fit),
        summarize_scenarios(fit),
    )


@pytest.fixture(scope="session")
def inputs(fit: ConvergedFit) -> ExportInputs:
    """Of two channels by week."""
    return gather(fit)


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
