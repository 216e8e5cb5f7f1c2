"""What exists: every model under ``defs/``, and the catalogue of them all."""

from pathlib import Path

import dagster as dg

from mmm_pipeline.lineage import add_catalogue


@dg.definitions
def defs() -> dg.Definitions:
    """Load one lineage for each ``defs/<model>/defs.yaml``, and what they have in common."""
    return add_catalogue(dg.load_from_defs_folder(path_within_project=Path(__file__).parent))
