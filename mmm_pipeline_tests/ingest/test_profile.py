import numpy as np
import pandas as pd
import pytest
from scipy.stats import linregress, pearsonr

from mmm_pipeline.ingest.profile import profile_frame, summarize_frame
from mmm_pipeline.report.profile import draw_profile, render_profile, select_correlations
from mmm_pipeline_tests.factories import make_raw, make_spec, validate
from mmm_pipeline_tests.ingest.layouts.one_world import GEOS, make_truth, write_mff, write_wide
from mmm_pipeline_tests.report.pages import find_faults

SPEC = make_spec(controls={"price": {"fill": "forward"}})


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    price = [str(n) for n in range(40)]
    price[3] = ""
    off = ["0", "0", *make_raw(40)["tv"].tolist()[2:-1], "0"]
    return validate(make_raw(40, price=price, tv=off), SPEC)


@pytest.fixture(scope="module")
def profile(frame: pd.DataFrame) -> pd.DataFrame:
    return profile_frame(frame, SPEC).set_index("column")


def test_a_column_is_described_by_its_range_share_and_activity(
    profile: pd.DataFrame, frame: pd.DataFrame
) -> None:
    tv = profile.loc["spend_tv"]

    assert tv["kind"] == "spend"
    assert tv["source"] == "tv"
    assert tv["min"] == 0
    assert tv["total"] == pytest.approx(frame["spend_tv"].sum())
    assert tv["zero_share"] == 3 / 40
    assert tv["active_share"] == 37 / 40
    assert tv["first_active"] == frame["date"].iloc[2]
    assert tv["last_active"] == frame["date"].iloc[-2]
    spend = frame["spend_tv"].sum() + frame["spend_search"].sum()
    assert tv["spend_share"] == pytest.approx(frame["spend_tv"].sum() / spend)
    assert np.isnan(profile.loc["price", "total"])


def test_a_trend_is_a_straight_line_with_a_probability(
    profile: pd.DataFrame, frame: pd.DataFrame
) -> None:
    line = linregress(range(40), frame["price"])

    assert profile.loc["price", "trend"] == "up"
    assert profile.loc["price", "trend_slope"] == pytest.approx(line.slope)
    assert profile.loc["price", "trend_r2"] == pytest.approx(line.rvalue**2)
    assert profile.loc["spend_search", "trend"] == "none"


def test_what_was_filled_is_counted(profile: pd.DataFrame) -> None:
    assert profile["filled_share"].to_dict() == {
        "target": 0,
        "spend_tv": 0,
        "spend_search": 0,
        "price": 1 / 40,
    }


def test_correlations_are_pearsons(profile: pd.DataFrame, frame: pd.DataFrame) -> None:
    expected = pearsonr(frame["target"], frame["spend_tv"]).statistic

    assert profile.loc["spend_tv", "r_target"] == pytest.approx(expected)
    square = select_correlations(profile.reset_index())
    assert list(square.index) == list(square.columns)
    assert np.diag(square).tolist() == pytest.approx([1.0] * 4)


def test_a_frame_is_summed_up(frame: pd.DataFrame) -> None:
    whole = summarize_frame(frame, SPEC)

    assert whole["periods"] == 40
    assert whole["grain"] == "week"
    assert whole["first"] == "2024-01-01"
    assert whole["target_per_spend"] == pytest.approx(
        frame["target"].sum() / (frame["spend_tv"] + frame["spend_search"]).sum()
    )


def test_a_panel_is_profiled_over_its_periods() -> None:
    truth = make_truth(GEOS)
    tables, spec = write_wide(truth)

    profile = profile_frame(validate(tables["raw_data"], spec), spec).set_index("column")

    assert summarize_frame(truth, spec)["cells"] == 3
    assert profile.loc["spend_tv", "total"] == truth["spend_tv"].sum()
    periods = truth.groupby("date")["spend_tv"].sum()
    assert profile.loc["spend_tv", "active_share"] == (periods > 0).mean()


def test_what_a_flat_file_leaves_out_is_counted_as_filled() -> None:
    truth = make_truth()
    tables, spec = write_mff(truth)

    profile = profile_frame(validate(tables["raw_data"], spec), spec).set_index("column")

    assert profile.loc["spend_tv", "filled_share"] == (truth["spend_tv"] == 0).mean()


def test_the_page_says_it_all_and_asks_for_nothing(frame: pd.DataFrame) -> None:
    spec = SPEC.model_copy(update={"name": "acme"})
    profile = profile_frame(frame, spec)
    figures = draw_profile(frame, profile, spec)

    page = render_profile(frame, profile, spec, ["<b>look</b> here"], figures)

    assert "&lt;b&gt;look&lt;/b&gt; here" in page
    assert not find_faults(page)
    assert page.count("data:image/svg+xml;base64,") == 2
    for column in ("target", "spend_tv", "spend_search", "price"):
        assert f"<td>{column}</td>" in page
