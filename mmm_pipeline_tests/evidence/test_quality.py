import numpy as np
import pandas as pd
import pytest

from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.evidence.quality import FitQuality, assess_fit
from mmm_pipeline.gate import ConvergedFit


def make_table(**columns: object) -> pd.DataFrame:
    observed = np.array([10.0, 12.0, 11.0, 13.0])
    table = pd.DataFrame({"observed": observed, "fitted": observed, "lower": 0.0, "upper": 20.0})
    table = table.assign(**columns)
    return table.assign(residual=table["observed"] - table["fitted"])


def test_a_perfect_fit_explains_everything() -> None:
    quality = assess_fit(make_table())

    assert (quality.r2, quality.mape, quality.coverage) == (1.0, 0.0, 1.0)


def test_the_numbers_are_those_of_their_definitions() -> None:
    quality = assess_fit(make_table(fitted=[11.0, 12.0, 11.0, 13.0], upper=[5.0, 20.0, 20.0, 20.0]))

    assert quality.r2 == pytest.approx(1 - 1 / 5)
    assert quality.mape == pytest.approx(0.1 / 4)
    assert quality.coverage == 0.75


def test_a_target_of_nothing_has_no_percentage_error() -> None:
    assert np.isnan(assess_fit(make_table(observed=[0.0, 1.0, 2.0, 3.0])).mape)


def test_what_falls_short_is_said() -> None:
    quality = FitQuality(r2=0.5, mape=0.3, coverage=0.5, autocorrelation=0.9)

    assert len(quality.shortcomings) == 4
    assert FitQuality(r2=0.9, mape=0.1, coverage=0.9, autocorrelation=0.1).shortcomings == ()


def test_the_fit_is_set_beside_the_data(fit: ConvergedFit) -> None:
    table = summarize_fit(fit)

    assert table["observed"].tolist() == fit.features["target"].to_numpy().tolist()
    # The interval is that of a new observation: 3.29 standard deviations wide, and a little more.
    noise = float(fit.posterior["y_sigma"].mean() * fit.features["target_scale"])
    assert (table["upper"] - table["lower"]).mean() > 3.29 * noise
    pd.testing.assert_frame_equal(summarize_fit(fit), table)
