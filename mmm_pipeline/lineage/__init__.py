"""The only room that knows Dagster: component, assets, checks, storage, automation.

No statistics belong here: an asset reads as wiring, and the verb behind it lives in its room.
"""

from mmm_pipeline.lineage.catalogue_assets import add_catalogue
from mmm_pipeline.lineage.component import MarketingMixModel, build_model_defs

__all__ = ["MarketingMixModel", "add_catalogue", "build_model_defs"]
