"""The only room that knows Dagster: component, assets, checks, storage, automation.

No statistics belong here: an asset reads as wiring, and the verb behind it lives in its room.
"""

from mmm_pipeline.lineage.catalogue_assets import add_catalogue
from mmm_pipeline.lineage.component import MarketingMixModel, build_model_defs
from mmm_pipeline.lineage.joint_component import JointModels, build_joint_defs

__all__ = [
    "JointModels",
    "MarketingMixModel",
    "add_catalogue",
    "build_joint_defs",
    "build_model_defs",
]
