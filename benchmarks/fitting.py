"""A model of the benchmarks, from its spec and its data through the gate."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from mmm_pipeline.gate import ConvergedFit, require_converged
from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.ingest.load import load_frame
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.fit import fit_model
from mmm_pipeline.model.sample import Progress
from mmm_pipeline.spec import ModelSpec


def fit_through_gate(
    spec: ModelSpec, root: Path, tell: Callable[[Progress], None]
) -> tuple[ConvergedFit, pd.DataFrame]:
    """Fit a model as the lineage does: the fit, and what was measured of each parameter."""
    trace = fit_model(spec, build_features(load_frame(spec, root), spec), tell)
    examination = examine(trace, spec.gate)
    return require_converged(trace, examination.numbers, spec), examination.parameters
