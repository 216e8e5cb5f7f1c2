import numpy as np
import pandas as pd
from matplotlib.colors import to_hex

from mmm_pipeline.evidence.certificate import Certificate
from mmm_pipeline.evidence.ranks import assess_groups, assess_ranks
from mmm_pipeline.report.figures import draw_certificate
from mmm_pipeline.report.style import ACCENT, TRUTH

N_KEPT, N_WORLDS = 199, 100


def make_certificate() -> Certificate:
    rng = np.random.default_rng(1)
    even = rng.integers(0, N_KEPT + 1, (3, N_WORLDS))
    ranks = {"roas[tv]": even[0], "roas[search]": even[1] // 2, "level": even[2]}
    groups = {"roas[tv]": "return", "roas[search]": "return", "level": "level"}
    table = pd.concat(
        pd.DataFrame(
            {"quantity": name, "group": groups[name], "world": range(N_WORLDS), "rank": one}
        )
        for name, one in ranks.items()
    )
    outcomes = pd.DataFrame({"world": range(N_WORLDS), "passed": True, "attempts": 1, "why": ""})
    return Certificate(
        assess_ranks(table, N_KEPT), assess_groups(table, N_KEPT), table, outcomes, N_KEPT
    )


def test_every_group_is_drawn_and_what_is_uneven_is_red() -> None:
    certificate = make_certificate()

    figure = draw_certificate(certificate)

    drawn = {axes.get_title(loc="left"): axes for axes in figure.axes if axes.axison}
    colors = {name: [to_hex(one.get_color()) for one in axes.lines] for name, axes in drawn.items()}
    assert certificate.uneven == ["roas[search]"]
    assert colors == {"return": [ACCENT, TRUTH], "level": [ACCENT]}
    for line in drawn["return"].lines:
        ends = np.asarray(line.get_ydata())[[0, -1]]
        np.testing.assert_allclose(ends, 0, atol=1e-12)
