"""What a model's YAML may say. Frozen Pydantic; knows neither Dagster nor PyMC."""

from mmm_pipeline.spec.amount import Amount, resolve_amount
from mmm_pipeline.spec.beliefs import Belief, Distribution
from mmm_pipeline.spec.data import (
    MFF_DIMENSIONS,
    Aggregate,
    CountTimesValue,
    DataSource,
    Expectation,
    Grain,
    MasterFlatFile,
    MediaTable,
    Weekday,
    Window,
)
from mmm_pipeline.spec.drivers import Control, Event, EventWindow, Sign
from mmm_pipeline.spec.evidence import Backtest, Sensitivity, VariationKind
from mmm_pipeline.spec.export_columns import (
    DATED,
    KPI,
    LEVELS,
    list_columns,
    list_keys,
    name_cells,
    name_kpi,
    refuse_columns,
)
from mmm_pipeline.spec.exports import EXPORT_NAMES, ColumnChoice, ExportName, Exports
from mmm_pipeline.spec.gate import GateLimits
from mmm_pipeline.spec.joint import (
    PROFIT,
    TOTAL,
    JointSpec,
    Line,
    Member,
    Outcome,
    Thresholds,
    list_lines,
    list_outcomes,
)
from mmm_pipeline.spec.joint_consistency import (
    find_common,
    list_group,
    require_consistent,
    require_known,
)
from mmm_pipeline.spec.location import SettingLocation
from mmm_pipeline.spec.media import Media
from mmm_pipeline.spec.model import ModelSpec
from mmm_pipeline.spec.prespecification import Prespecification
from mmm_pipeline.spec.read import read_spec
from mmm_pipeline.spec.running import DriftLimits, Refit, SamplerName, Sampling
from mmm_pipeline.spec.scenario import (
    ChannelLimits,
    Goal,
    GroupLimits,
    RatioLimits,
    Scenario,
)
from mmm_pipeline.spec.shapes import (
    Carryover,
    CarryoverForm,
    CarryoverWord,
    Saturation,
    SaturationForm,
    SaturationWord,
)
from mmm_pipeline.spec.source import CsvDialect, Place, Query
from mmm_pipeline.spec.structure import Pooling, Seasonality, Selection, Trend
from mmm_pipeline.spec.wording import tell_error

__all__ = [
    "DATED",
    "EXPORT_NAMES",
    "KPI",
    "LEVELS",
    "MFF_DIMENSIONS",
    "PROFIT",
    "TOTAL",
    "Aggregate",
    "Amount",
    "Backtest",
    "Belief",
    "Carryover",
    "CarryoverForm",
    "CarryoverWord",
    "ChannelLimits",
    "ColumnChoice",
    "Control",
    "CountTimesValue",
    "CsvDialect",
    "DataSource",
    "Distribution",
    "DriftLimits",
    "Event",
    "EventWindow",
    "Expectation",
    "ExportName",
    "Exports",
    "GateLimits",
    "Goal",
    "Grain",
    "GroupLimits",
    "JointSpec",
    "Line",
    "MasterFlatFile",
    "Media",
    "MediaTable",
    "Member",
    "ModelSpec",
    "Outcome",
    "Place",
    "Pooling",
    "Prespecification",
    "Query",
    "RatioLimits",
    "Refit",
    "SamplerName",
    "Sampling",
    "Saturation",
    "SaturationForm",
    "SaturationWord",
    "Scenario",
    "Seasonality",
    "Selection",
    "Sensitivity",
    "SettingLocation",
    "Sign",
    "Thresholds",
    "Trend",
    "VariationKind",
    "Weekday",
    "Window",
    "find_common",
    "list_columns",
    "list_group",
    "list_keys",
    "list_lines",
    "list_outcomes",
    "name_cells",
    "name_kpi",
    "read_spec",
    "refuse_columns",
    "require_consistent",
    "require_known",
    "resolve_amount",
    "tell_error",
]
