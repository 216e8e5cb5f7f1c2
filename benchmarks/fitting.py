"""A model of the benchmarks, from its YAML and its data through the gate."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import yaml

from mmm_pipeline.gate import ConvergedFit, require_converged
from mmm_pipeline.gate.diagnostics import examine
from mmm_pipeline.ingest.read import read_source
from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline.model.features import build_features
from mmm_pipeline.model.fit import fit_model
from mmm_pipeline.model.sample import Progress
from mmm_pipeline.spec import ModelSpec


def read_model(path: Path) -> ModelSpec:
    """Read the spec of a `defs.yaml`."""
    return ModelSpec.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))["attributes"])


def fit_through_gate(
    spec: ModelSpec, root: Path, tell: Callable[[Progress], None]
) -> tuple[ConvergedFit, pd.DataFrame]:
    """Fit a model as the lineage does: the fit, and what was measured of each parameter."""
    raw = read_source(root, spec.data.path, spec.data.csv).frame
    features = build_features(validate_source({"raw_data": raw}, spec).frame, spec)
    trace = fit_model(spec, features, tell)
    examination = examine(trace, spec.gate)
    return require_converged(trace, examination.numbers, spec), examination.parameters
