"""What a model's YAML may say. Frozen Pydantic; knows neither Dagster nor PyMC."""

from mmm_pipeline.spec.gate import GateLimits
from mmm_pipeline.spec.location import SettingLocation
from mmm_pipeline.spec.model import (
    Carryover,
    Control,
    DataSource,
    EventWindow,
    ModelSpec,
    PaidMedia,
    Refit,
    RoasPrior,
    Sampling,
    SaturationSpeed,
    Seasonality,
    Sign,
    Trend,
)
from mmm_pipeline.spec.scenario import Scenario

__all__ = [
    "Carryover",
    "Control",
    "DataSource",
    "EventWindow",
    "GateLimits",
    "ModelSpec",
    "PaidMedia",
    "Refit",
    "RoasPrior",
    "Sampling",
    "SaturationSpeed",
    "Scenario",
    "Seasonality",
    "SettingLocation",
    "Sign",
    "Trend",
]
