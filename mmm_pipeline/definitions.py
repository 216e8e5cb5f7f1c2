"""What exists: every model under ``defs/``, and nothing else."""

from pathlib import Path

import dagster as dg


@dg.definitions
def defs() -> dg.Definitions:
    """Load one lineage for each ``defs/<model>/defs.yaml``."""
    return dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
