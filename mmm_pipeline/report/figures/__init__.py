"""Every figure of the report; the small ones in Dagster's UI are the same."""

from mmm_pipeline.report.figures.budgets import draw_response_curves, draw_scenarios
from mmm_pipeline.report.figures.calibration import draw_calibration
from mmm_pipeline.report.figures.history import draw_decomposition, draw_fit, draw_prior_target
from mmm_pipeline.report.figures.returns import draw_roas, draw_shares
from mmm_pipeline.report.figures.sensitivity import draw_sensitivity

__all__ = [
    "draw_calibration",
    "draw_decomposition",
    "draw_fit",
    "draw_prior_target",
    "draw_response_curves",
    "draw_roas",
    "draw_scenarios",
    "draw_sensitivity",
    "draw_shares",
]
