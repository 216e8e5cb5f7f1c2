"""The same world, whatever layout it is delivered in."""

import pandas as pd
import pytest

from mmm_pipeline.ingest.validate import validate_source
from mmm_pipeline_tests.ingest.layouts.one_world import GEOS, WRITERS, make_truth


@pytest.mark.parametrize("geos", [(), GEOS], ids=["national", "panel"])
@pytest.mark.parametrize("layout", WRITERS)
def test_a_world_is_the_same_in_every_layout(layout: str, geos: tuple[str, ...]) -> None:
    truth = make_truth(geos)
    tables, spec = WRITERS[layout](truth)

    validated = validate_source(tables, spec)

    pd.testing.assert_frame_equal(validated.frame, truth, check_exact=True)
    assert validated.notes == []
