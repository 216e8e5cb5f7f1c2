"""How the parts of a target are drawn, where channels are credited with more than they bring."""

import pandas as pd
import pytest

from mmm_pipeline.report.earnings import order_waterfall
from mmm_pipeline.report.figures.earnings import draw_waterfall
from mmm_pipeline.report.figures.history import draw_decomposition

PARTS = {"tv": 6.0, "radio": 2.0, "rival": -1.0, "overlap": -4.0, "price": 1.0, "intercept": 9.0}
KINDS = {"overlap": "overlap", "price": "control", "intercept": "intercept"}


@pytest.mark.parametrize(
    ("left_out", "bands"),
    [
        # 9 + 1 - 1 without media; 8 of media by themselves, 4 together.
        ([], {"baseline": (0.0, 9.0), "tv": (9.0, 12.0), "radio": (12.0, 13.0)}),
        (["overlap"], {"baseline": (0.0, 9.0), "tv": (9.0, 15.0), "radio": (15.0, 17.0)}),
    ],
)
def test_bands_are_as_high_as_what_media_bring_together(
    left_out: list[str], bands: dict[str, tuple[float, float]]
) -> None:
    dates = pd.date_range("2024-01-01", periods=3, freq="W-MON")
    rows = [(date, *part) for date in dates for part in PARTS.items() if part[0] not in left_out]
    table = pd.DataFrame(rows, columns=["date", "component", "contribution"])

    axes = draw_decomposition(table, ["tv", "radio"]).axes[0]

    drawn = {str(band.get_label()): band.get_paths()[0].get_extents() for band in axes.collections}
    assert {name: (box.y0, box.y1) for name, box in drawn.items()} == bands


def test_a_sum_ends_with_the_overlap_and_the_total() -> None:
    shares = pd.DataFrame(
        [
            {"component": name, "kind": KINDS.get(name, "media"), "total": PARTS[name]}
            for name in PARTS
        ]
    )

    rows = order_waterfall(shares)
    axes = draw_waterfall(rows, ["tv", "radio", "rival"]).axes[0]

    names = ["intercept", "price", "tv", "radio", "rival", "overlap"]
    assert rows["component"].tolist() == names
    bars = axes.patches
    assert [text.get_text() for text in axes.get_yticklabels()] == [*names, "total"]
    assert [bar.get_x() + bar.get_width() for bar in bars] == [
        9.0,
        10.0,
        16.0,
        18.0,
        17.0,
        13.0,
        13.0,
    ]
    assert len({bars[place].get_facecolor() for place in (0, 2, 5, 6)}) == 4
