"""Every figure of the report; the small ones in Dagster's UI are the same."""

from mmm_pipeline.report.figures.backtest import draw_forecasts, draw_scores, draw_stability
from mmm_pipeline.report.figures.budgets import (
    draw_frontier,
    draw_response_curves,
    draw_scenarios,
)
from mmm_pipeline.report.figures.calibration import draw_calibration
from mmm_pipeline.report.figures.certification import draw_certificate
from mmm_pipeline.report.figures.cuts import (
    draw_carried_over,
    draw_cells,
    draw_quarters,
    draw_seasons,
    draw_spend_shares,
)
from mmm_pipeline.report.figures.earnings import draw_carryover, draw_marginal, draw_waterfall
from mmm_pipeline.report.figures.fitness import (
    draw_leave_one_out,
    draw_replicates,
    draw_residuals,
)
from mmm_pipeline.report.figures.history import draw_decomposition, draw_fit, draw_prior_target
from mmm_pipeline.report.figures.joint import draw_views
from mmm_pipeline.report.figures.returns import draw_roas, draw_shares
from mmm_pipeline.report.figures.sensitivity import draw_sensitivity
from mmm_pipeline.report.figures.tracking import draw_tracking

__all__ = [
    "draw_calibration",
    "draw_carried_over",
    "draw_carryover",
    "draw_cells",
    "draw_certificate",
    "draw_decomposition",
    "draw_fit",
    "draw_forecasts",
    "draw_frontier",
    "draw_leave_one_out",
    "draw_marginal",
    "draw_prior_target",
    "draw_quarters",
    "draw_replicates",
    "draw_residuals",
    "draw_response_curves",
    "draw_roas",
    "draw_scenarios",
    "draw_scores",
    "draw_seasons",
    "draw_sensitivity",
    "draw_shares",
    "draw_spend_shares",
    "draw_stability",
    "draw_tracking",
    "draw_views",
    "draw_waterfall",
]
