"""What several test modules of the planner share."""

import pytest

from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.simulate import ChannelTruth
from mmm_pipeline_tests.factories import make_features, make_spec, make_trace, make_world


@pytest.fixture(scope="session")
def three() -> ConvergedFit:
    """Three channels: two that everybody knows, and one of which little is known."""
    channels = {
        "tv": ChannelTruth(42_000, 0.5, 4, 0.60, 1.8, 1.5),
        "search": ChannelTruth(18_000, 1.0, 1, 0.15, 2.6, 3.4),
        "radio": ChannelTruth(9_000, 0.8, 2, 0.30, 2.0, 2.0),
    }
    spec = make_spec(media={name: {} for name in channels})
    features = make_features(spec, make_world(channels=channels))
    trace = make_trace(spec, features)
    return admit(trace, spec)
