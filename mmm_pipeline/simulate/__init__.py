"""Worlds with known truth, for the demo, the tests, the benchmarks and certification."""

from mmm_pipeline.simulate.transforms import geometric_adstock, logistic_saturation
from mmm_pipeline.simulate.world import ChannelTruth, World, demo_world, simulate_world

__all__ = [
    "ChannelTruth",
    "World",
    "demo_world",
    "geometric_adstock",
    "logistic_saturation",
    "simulate_world",
]
