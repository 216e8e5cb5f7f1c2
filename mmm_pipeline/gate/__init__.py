"""Whether a fit may be read. Nothing past this room takes a fit that did not come through it."""

from mmm_pipeline.gate.converged import (
    ConvergedFit,
    admit,
    require_converged,
    require_one_fit,
)
from mmm_pipeline.gate.examination import Examination
from mmm_pipeline.gate.verdict import Diagnostics, Verdict, judge

__all__ = [
    "ConvergedFit",
    "Diagnostics",
    "Examination",
    "Verdict",
    "admit",
    "judge",
    "require_converged",
    "require_one_fit",
]
