import numpy as np
import pandas as pd
import pytest

from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.evidence.quality import FitQuality, assess_fit
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline_tests.evidence.series import make_noise, make_table


def find_broken(quality: FitQuality) -> list[str]:
    return [one.name for one in quality.findings if not one.is_kept]


def test_a_perfect_fit_explains_everything_and_is_silent() -> None:
    quality = assess_fit(make_table(np.zeros(156)))

    assert (quality.r2, quality.mape, quality.wmape, quality.coverage) == (1.0, 0.0, 0.0, 1.0)
    # An interval that is never missed is too wide, and that alone can be held against it.
    assert find_broken(quality) == ["Share of periods inside the 90 % interval"]


def test_a_fit_whose_noise_is_noise_is_silent() -> None:
    quality = assess_fit(make_table())

    assert quality.shortcomings == ()
    # Twice the half: the scores are made up as half of each error.
    assert quality.crps == pytest.approx(quality.wmape * 1000 / 2, rel=0.05)


def test_the_numbers_are_those_of_their_definitions() -> None:
    fitted = np.array([11.0, 12.0, 11.0, 13.0])
    table = make_table(np.array([-1.0, 0.0, 0.0, 0.0]), fitted)
    table["upper"] = [5.0, 20.0, 20.0, 20.0]

    quality = assess_fit(table)

    assert quality.r2 == pytest.approx(1 - 1 / 5)
    assert quality.mape == pytest.approx(0.1 / 4)
    assert quality.wmape == pytest.approx(1 / 46)
    assert quality.coverages == {50: 1.0, 80: 1.0, 90: 0.75, 95: 1.0}
    assert quality.crps_naive == pytest.approx((2 + 1 + 2) / 3)
    assert quality.crps_ratio == pytest.approx((0.5 / 4) / (5 / 3))


def test_a_target_of_nothing_has_no_percentage_error() -> None:
    table = make_table(np.array([0.0, 1.0, 2.0, 3.0]), np.zeros(4))

    assert np.isnan(assess_fit(table).mape)


def test_what_falls_short_is_said() -> None:
    # Errors as large as the target moves, that follow each other and grow.
    errors = 300 * np.sin(np.arange(156) / 8) + np.arange(156) * 2.0

    sentences = assess_fit(make_table(errors)).shortcomings

    assert sentences[0].startswith("R² is -")
    words = "".join(sentences)
    for word in ("MAPE", "50 %", "80 %", "90 %", "95 %", "autocorrelation", "time", "Longest run"):
        assert word in words


def test_an_interval_that_holds_more_than_promised_is_forgiven_to_data_that_were_seen() -> None:
    table = make_table(0.8 * make_noise())

    coverages = assess_fit(table).coverages

    assert coverages[50] > 0.55
    assert coverages[80] > 0.85
    assert find_broken(assess_fit(table)) == []


def test_the_cell_of_a_panel_that_is_worst_is_named() -> None:
    follows = np.repeat(make_noise(39), 4)
    cells = {
        "north": make_table(),
        "south": make_table(follows),
        "west": make_table(make_noise(156, 3)),
    }
    table = pd.concat([cell.assign(geo=name) for name, cell in cells.items()])

    quality = assess_fit(table)

    finding = next(one for one in quality.findings if "autocorrelation" in one.name)
    assert finding.where.startswith("south: 0.7")
    assert finding.found == pytest.approx(quality.patterns["autocorrelation"].mean())


def test_the_fit_is_set_beside_the_data(fit: ConvergedFit) -> None:
    table = summarize_fit(fit)

    assert table["observed"].tolist() == fit.features["target"].to_numpy().tolist()
    # The interval is that of a new observation: 3.29 standard deviations wide, and a little more.
    noise = float(fit.posterior["y_sigma"].mean() * fit.features["target_scale"])
    assert (table["upper"] - table["lower"]).mean() > 3.29 * noise
    pd.testing.assert_frame_equal(summarize_fit(fit), table)


def test_wider_intervals_hold_narrower_ones(fit: ConvergedFit) -> None:
    table = summarize_fit(fit)

    lower = table[["lower_95", "lower", "lower_80", "lower_50"]].diff(axis=1).iloc[:, 1:]
    upper = table[["upper_95", "upper", "upper_80", "upper_50"]].diff(axis=1).iloc[:, 1:]
    assert (lower > 0).all(axis=None)
    assert (upper < 0).all(axis=None)
