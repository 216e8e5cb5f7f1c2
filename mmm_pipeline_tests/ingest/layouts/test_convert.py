import pandas as pd
import pytest

from mmm_pipeline.ingest.layouts.convert import HEADER, write_flat_file
from mmm_pipeline.ingest.roles import list_roles
from mmm_pipeline_tests.factories import make_spec, validate
from mmm_pipeline_tests.ingest.layouts.one_world import GEOS, MEDIA, make_truth, write_wide


@pytest.mark.parametrize("geos", [(), GEOS], ids=["national", "panel"])
def test_a_frame_survives_the_way_through_a_flat_file(geos: tuple[str, ...]) -> None:
    truth = make_truth(geos)
    _, spec = write_wide(truth)

    flat = write_flat_file(truth, spec)

    assert tuple(flat.columns) == HEADER
    panel = {"geo": "geography"} if geos else {}
    data = {"path": "a.csv", "layout": "mff", "target": "target", "panel": panel}
    media = {
        name: words
        | {
            role.kind: role.column
            for role in list_roles(spec)
            if role.is_media and role.setting[1] == name
        }
        for name, words in MEDIA.items()
    }
    back = make_spec(data=data, media=media, controls={"price": {}})
    pd.testing.assert_frame_equal(validate(flat, back), truth, check_exact=True)


def test_a_dim_that_a_flat_file_does_not_have_is_refused() -> None:
    data = {"path": "a", "date": "d", "target": "t", "panel": ["geography", "store"]}

    with pytest.raises(ValueError, match="got 'store'"):
        write_flat_file(make_truth(), make_spec(data=data))
