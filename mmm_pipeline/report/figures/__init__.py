"""Every figure of the report; the small ones in Dagster's UI are the same."""

from mmm_pipeline.report.figures.budgets import draw_response_curves, draw_scenarios
from mmm_pipeline.report.figures.calibration import draw_calibration
from mmm_pipeline.report.figures.earnings import draw_carryover, draw_marginal, draw_waterfall
from mmm_pipeline.report.figures.history import draw_decomposition, draw_fit, draw_prior_target
from mmm_pipeline.report.figures.returns import draw_roas, draw_shares

__all__ = [
    "draw_calibration",
    "draw_carryover",
    "draw_decomposition",
    "draw_fit",
    "draw_marginal",
    "draw_prior_target",
    "draw_response_curves",
    "draw_roas",
    "draw_scenarios",
    "draw_shares",
    "draw_waterfall",
]
