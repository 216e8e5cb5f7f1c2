"""Two fits side by side: by hand, and against the results of each by itself."""

from typing import Any

import numpy as np
import pytest

from mmm_pipeline.evidence.fit import summarize_fit
from mmm_pipeline.evidence.quality import assess_fit
from mmm_pipeline.evidence.side_by_side import COLUMNS, Side, compare_sides, read_side
from mmm_pipeline.evidence.side_words import describe_sides
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline_tests.factories import make_features, make_posterior, make_spec, make_trace

N = 4000


def make_side(label: str, **words: Any) -> Side:
    """A side of which all draws are known."""
    settings: dict[str, Any] = {
        "kpi": "revenue",
        "measures": {"r2": 0.9, "mape": 0.05, "wmape": 0.05, "crps_ratio": 0.4, "coverage": 0.9},
        "parts": {"media.tv": "paid", "trend": "linear"},
        "draws": {"roas": {}, "share": {}, "parameter": {}},
        "facts": {"fit_id": label, "first": "2024-01-01", "last": "2025-12-29"},
    }
    return Side(label, **(settings | words))


def make_draws(center: float, seed: int) -> np.ndarray:
    draws: np.ndarray = np.random.default_rng(seed).normal(center, 0.3, N)
    return draws


def draw(**roas: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    return {"roas": roas, "share": {}, "parameter": {}}


def test_a_difference_is_that_of_independent_draws() -> None:
    a = make_side("A", draws=draw(tv=make_draws(2.0, 1), radio=make_draws(1.0, 2)))
    b = make_side("B", draws=draw(tv=make_draws(1.5, 3), print=make_draws(1.0, 4)))

    table = compare_sides(a, b)
    rows = table[table["section"] == "roas"].set_index("name")

    tv = rows.loc["tv"]
    # The difference of two normals is normal: 0.5, and 0.3 times the root of 2.
    assert tv["difference"] == pytest.approx(0.5, abs=0.02)
    assert tv["difference_lower"] == pytest.approx(0.5 - 1.645 * 0.3 * 2**0.5, abs=0.04)
    assert tv["probability_higher"] == pytest.approx(0.8807, abs=0.01)
    assert rows["where"].to_dict() == {"tv": "both", "radio": "only a", "print": "only b"}
    assert np.isnan(rows.loc["radio", "b_is"])
    assert np.isnan(rows.loc["radio", "difference"])
    assert table.dtypes.astype(str).to_dict() == COLUMNS


def test_a_side_against_itself_differs_by_nothing() -> None:
    a = make_side("A", draws=draw(tv=make_draws(2.0, 1)))

    table = compare_sides(a, a)

    tv = table[table["section"] == "roas"].iloc[0]
    assert tv["difference"] == pytest.approx(0.0, abs=1e-12)
    assert tv["probability_higher"] == pytest.approx(0.5)
    assert describe_sides(a, a, table)[1] == "Both are built alike."


def test_what_both_have_otherwise_is_told() -> None:
    a = make_side("A", parts={"media.tv": "paid", "trend": "linear", "events.sale": "either way"})
    b = make_side("B", parts={"media.tv": "paid", "trend": "none", "controls.price": "negative"})

    table = compare_sides(a, b)

    rows = table[table["section"] == "structure"].set_index("name")
    assert rows["where"].to_dict() == {
        "media.tv": "both",
        "trend": "different",
        "events.sale": "only a",
        "controls.price": "only b",
    }
    sentences = describe_sides(a, b, table)
    assert sentences[1:4] == [
        "Only A has events.sale.",
        "Only B has controls.price.",
        "Both have, but otherwise: trend (linear against none).",
    ]


def test_words_say_who_finds_more_only_where_it_is_sure() -> None:
    a = make_side("A", draws=draw(tv=make_draws(1.0, 1), radio=make_draws(1.0, 2)))
    b = make_side("B", draws=draw(tv=make_draws(3.0, 3), radio=make_draws(1.05, 4)))

    sentences = describe_sides(a, b, compare_sides(a, b))

    assert sentences[0] == (
        "A explains 90.0% of the variance of its target from 2024-01-01 to 2025-12-29; B explains "
        "90.0% of the variance of its target from 2024-01-01 to 2025-12-29."
    )
    assert sentences[2].startswith("B finds that tv returns more: 1.0")
    assert sentences[2].endswith("; more than 99.9% probable.")
    assert sentences[3] == "Whether radio returns more by one of them is open."


def test_a_count_is_not_set_against_money() -> None:
    a = make_side("A", draws=draw(tv=make_draws(1.0, 1)))
    b = make_side("B", kpi="count", draws=draw(tv=make_draws(3.0, 3)))

    table = compare_sides(a, b)

    assert table.loc[table["section"] == "roas", "difference"].isna().all()
    assert any("One target is money" in words for words in describe_sides(a, b, table))


def test_the_largest_shift_of_a_share_is_told() -> None:
    def share(**values: float) -> dict[str, dict[str, np.ndarray]]:
        return {
            "roas": {},
            "share": {k: np.full(50, v) for k, v in values.items()},
            "parameter": {},
        }

    a = make_side("A", draws=share(tv=0.30, intercept=0.70))
    near, far = (make_side("B", draws=share(tv=tv, intercept=0.71)) for tv in (0.29, 0.2))

    assert describe_sides(a, near, compare_sides(a, near))[-1].startswith("No component's share")
    assert describe_sides(a, far, compare_sides(a, far))[-1] == (
        "The share of tv in the target differs most: 30.0% by A, 20.0% by B."
    )


@pytest.fixture(scope="module")
def plain() -> ConvergedFit:
    """A model without trend and season."""
    spec = make_spec(name="plain", trend="none", seasonality={"yearly": 0}, media={"tv": {}})
    features = make_features(spec)
    trace = make_trace(spec, features, make_posterior(spec, features, seed=4))
    return admit(trace, spec)


@pytest.mark.slow
def test_real_fits_are_compared_by_what_each_says(fit: ConvergedFit, plain: ConvergedFit) -> None:
    a, b = read_side(fit, "A"), read_side(plain, "B")
    table = compare_sides(a, b)

    section = {name: rows.set_index("name") for name, rows in table.groupby("section")}
    own = summarize_returns(fit).table.set_index("channel")
    assert section["roas"].loc["tv", "a_is"] == pytest.approx(own.loc["tv", "roas"])
    assert section["roas"].loc["tv", "a_is_upper"] == pytest.approx(own.loc["tv", "roas_upper"])
    assert section["roas"].loc["search", "where"] == "only a"
    r2 = assess_fit(summarize_fit(fit)).r2 - assess_fit(summarize_fit(plain)).r2
    assert section["fit"].loc["R2", "difference"] == pytest.approx(r2)
    shares = section["share"]
    assert shares["a_is"].sum() == pytest.approx(1.0)
    assert shares["b_is"].sum() == pytest.approx(1.0)
    assert section["structure"].loc["trend", "where"] == "different"
    alpha = fit.posterior["adstock_alpha"].sel(channel="tv")
    assert section["parameter"].loc["adstock_alpha[tv]", "a_is"] == pytest.approx(
        float(alpha.mean())
    )
    assert section["parameter"].loc["trend_slope", "where"] == "only a"
