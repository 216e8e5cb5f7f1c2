import pandas as pd
import pytest

from mmm_pipeline.evidence.folds import Fold
from mmm_pipeline.evidence.stability import WHOLE, find_unstable, summarize_stability
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline_tests.factories import make_posterior, make_trace


def make_fold(fit: ConvergedFit, factor: float) -> tuple[Fold, ConvergedFit]:
    """A fit to the first periods alone, with other returns."""
    features = fit.features.isel(date=slice(80))
    posterior = make_posterior(fit.spec, features)
    posterior["roas"] = posterior["roas"] * factor
    trace = make_trace(fit.spec, features, posterior)
    one = admit(trace, fit.spec)
    dates = pd.DatetimeIndex(fit.features["date"].to_numpy())
    return Fold(1, dates[:80], dates[80:90]), one


@pytest.fixture(scope="module")
def table(fit: ConvergedFit) -> pd.DataFrame:
    return summarize_stability(fit, [make_fold(fit, 1.1)])


def test_each_fold_is_set_beside_the_whole(fit: ConvergedFit, table: pd.DataFrame) -> None:
    whole = table[table["fold"] == WHOLE]
    returns = summarize_returns(fit).table

    assert table["fold"].tolist() == [1, 1, 0, 0]
    assert table["n_known"].tolist() == [80, 80, 104, 104]
    assert whole["roas"].tolist() == pytest.approx(returns["roas"].tolist())
    assert whole["roas_lower"].tolist() == pytest.approx(returns["roas_lower"].tolist())
    assert table.attrs["fit_id"] == fit.fit_id


def test_what_is_carried_is_what_comes_later(table: pd.DataFrame) -> None:
    # Geometric, with 0.3 surviving a period, over eight: all but 1 / (1 + 0.3 + ... + 0.3^7).
    assert table["carried"].tolist() == pytest.approx([0.3] * 4, rel=0.03)


@pytest.mark.parametrize(("factor", "agrees"), [(1.1, True), (2.0, False)])
def test_a_channel_that_was_seen_otherwise_is_named(
    fit: ConvergedFit, factor: float, agrees: bool
) -> None:
    table = summarize_stability(fit, [make_fold(fit, factor)])

    assert table["agrees"].tolist() == [agrees, agrees, True, True]
    assert [words.split()[4] for words in find_unstable(table)] == (
        [] if agrees else ["tv", "search"]
    )
