"""Views over several models: a table by hand, the rules, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from mmm_pipeline.errors import SpecError
from mmm_pipeline.gate import ConvergedFit, admit
from mmm_pipeline.insight.joint import (
    COLUMNS,
    ModelReturns,
    judge_views,
    summarize_joint_view,
    view_draws,
)
from mmm_pipeline.insight.pairing import pair_draws
from mmm_pipeline.insight.returns import summarize_returns
from mmm_pipeline.insight.same_money import require_same_money
from mmm_pipeline.spec import JointSpec, Outcome, Thresholds
from mmm_pipeline_tests.factories import make_features, make_posterior, make_spec, make_trace

ONLINE = {"tv": (2.0, 1.6), "search": (4.0, 3.0), "radio": (1.0, 0.5), "social": (0.6, 0.4)}
OFFLINE = {"tv": (1.0, 0.8), "search": (0.5, 0.2), "radio": (0.9, 0.4), "print": (2.0, 1.2)}
"""Return of all money, and of the next unit."""
GOLDEN = [
    # view, channel, ROAS, marginal ROAS, action; by hand: margins 0.35 and 0.25, EQ7's thresholds
    ("online", "tv", 2.0, 1.6, "INCREASE"),
    ("online", "search", 4.0, 3.0, "INCREASE"),
    ("online", "radio", 1.0, 0.5, "REDUCE"),
    ("online", "social", 0.6, 0.4, "REDUCE"),
    ("offline", "tv", 1.0, 0.8, "REDUCE"),
    ("offline", "search", 0.5, 0.2, "REDUCE"),
    ("offline", "radio", 0.9, 0.4, "REDUCE"),
    ("offline", "print", 2.0, 1.2, "HOLD"),
    ("total", "tv", 3.0, 2.4, "INCREASE"),
    ("total", "search", 4.5, 3.2, "INCREASE"),
    ("total", "radio", 1.9, 0.9, "REDUCE"),
    ("profit", "tv", 0.95, 0.76, "INCREASE"),
    ("profit", "search", 1.525, 1.1, "INCREASE"),
    ("profit", "radio", 0.575, 0.275, "REDUCE"),
]
ORDER = {"online": 0, "offline": 1, "total": 2, "profit": 3}


def make_returns(
    model: str, numbers: dict[str, tuple[float, float]], margin: float, **facts: Any
) -> ModelReturns:
    """Returns that are known exactly, unless draws of them are given."""
    names = list(numbers)
    spread = facts.pop("spread", np.zeros(50))
    spend = facts.pop("spend", [100.0] * len(names))

    def draw(place: int) -> xr.DataArray:
        values = np.array([pair[place] for pair in numbers.values()]) + spread[:, None]
        return xr.DataArray(values, dims=("sample", "channel"), coords={"channel": names})

    money = xr.DataArray(spend, dims="channel", coords={"channel": names})
    told = {"fit_id": model, "first": "2024-01-01", "last": "2025-12-29", "today": "2025-01-06"}
    outcome = Outcome(model, model.title(), 1.0, margin)
    return ModelReturns(outcome, draw(0), draw(1), 10 * money, money, told | facts)


PUBLISHED = Thresholds(profit_increase=0.5, profit_reduce=0.3)
"""Those of the table by hand: our own ask of profit that the money comes back."""


def judge(*returns: ModelReturns, is_shared: bool = True) -> pd.DataFrame:
    return judge_views(returns, PUBLISHED, is_shared=is_shared)


def pick(table: pd.DataFrame, view: str, channel: str) -> pd.Series:
    return table[(table["view"] == view) & (table["channel"] == channel)].iloc[0]


@pytest.fixture(scope="module")
def pair() -> tuple[ModelReturns, ModelReturns]:
    return make_returns("online", ONLINE, 0.35), make_returns("offline", OFFLINE, 0.25)


def test_the_views_are_those_of_a_table_by_hand(pair: tuple[ModelReturns, ModelReturns]) -> None:
    table = judge(*pair)

    found = {(row.view, row.channel): row for row in table.itertuples()}
    assert list(table) == list(COLUMNS)
    assert set(found) == {row[:2] for row in GOLDEN}
    for view, channel, roas, marginal, action in GOLDEN:
        row = found[view, channel]
        assert row.roas == pytest.approx(roas)
        assert row.marginal_roas == pytest.approx(marginal)
        assert row.action == action
    assert table["view"].map(ORDER).is_monotonic_increasing


def test_a_conflict_is_a_channel_that_the_views_advise_differently_on(
    pair: tuple[ModelReturns, ModelReturns],
) -> None:
    table = judge(*pair)

    conflicts = table.groupby("channel")["is_conflict"].agg(["min", "max"])
    assert conflicts["max"].to_dict() == {
        "print": False,  # Known to one model only: nobody to differ with.
        "radio": False,
        "search": True,
        "social": False,
        "tv": True,
    }
    assert (conflicts["min"] == conflicts["max"]).all()
    assert table.set_index("channel").loc["tv", "probability_conflict"].eq(1.0).all()
    assert table.set_index("channel").loc["radio", "probability_conflict"].eq(0.0).all()
    assert table.set_index("channel")["probability_conflict"].isna()["print"]


@pytest.mark.parametrize(
    ("marginal", "total", "profit"),
    [
        (0.75, "HOLD", "HOLD"),
        (0.7501, "INCREASE", "HOLD"),
        (0.5, "HOLD", "HOLD"),
        (0.4999, "REDUCE", "REDUCE"),
    ],
)
def test_a_threshold_itself_is_held(marginal: float, total: str, profit: str) -> None:
    both = [make_returns(name, {"tv": (1.0, marginal)}, 0.3) for name in ("a", "b")]

    table = judge(*both)

    assert pick(table, "total", "tv")["action"] == total
    assert pick(table, "profit", "tv")["action"] == profit


def test_separate_money_goes_to_each_model_as_it_does_today() -> None:
    online = make_returns("online", {"tv": (2.0, 1.6)}, 0.35, spend=[300.0])
    offline = make_returns("offline", {"tv": (1.0, 0.8)}, 0.25, spend=[100.0])

    table = judge(online, offline, is_shared=False)

    total, profit = pick(table, "total", "tv"), pick(table, "profit", "tv")
    assert total["roas"] == pytest.approx((3000 * 2.0 + 1000 * 1.0) / 4000)
    assert total["marginal_roas"] == pytest.approx(0.75 * 1.6 + 0.25 * 0.8)
    assert profit["marginal_roas"] == pytest.approx(0.75 * 0.35 * 1.6 + 0.25 * 0.25 * 0.8)
    assert total["spend_now"] == 400.0


def test_a_model_that_spends_nothing_on_a_channel_adds_nothing_to_separate_money() -> None:
    online = make_returns("online", {"tv": (2.0, 1.6)}, 0.35)
    offline = make_returns("offline", {"tv": (np.nan, 0.8)}, 0.25, spend=[0.0])

    total = pick(judge(online, offline, is_shared=False), "total", "tv")

    assert total["roas"] == pytest.approx(2.0)
    assert total["marginal_roas"] == pytest.approx(1.6)


@pytest.mark.parametrize("is_shared", [True, False])
def test_a_channel_that_is_off_today_is_held_in_every_view(is_shared: bool) -> None:
    off = [make_returns(name, {"tv": (2.0, 9.0)}, 0.35, spend=[0.0]) for name in ("a", "b")]

    table = judge(*off, is_shared=is_shared)

    assert len(table) == 4
    assert set(table["action"]) == {"HOLD"}
    assert table["is_off"].all()
    assert (table["probability_increase"] == 0).all()
    assert not table["is_conflict"].any()


def test_what_is_spent_today_is_said_by_the_model_whose_data_end_last() -> None:
    online = make_returns("online", {"tv": (2.0, 1.6)}, 0.35, spend=[90.0], last="2025-06-30")
    offline = make_returns("offline", {"tv": (1.0, 0.8)}, 0.25, spend=[100.0])

    assert pick(judge(online, offline), "total", "tv")["spend_now"] == 100.0


def test_intervals_and_probabilities_are_of_the_sums_of_independent_draws() -> None:
    rng = np.random.default_rng(3)
    one, other = rng.normal(0, 0.3, 40_000), rng.normal(0, 0.4, 40_000)
    first = make_returns("online", {"tv": (1.0, 0.7)}, 0.35, spread=one)
    second = make_returns("offline", {"tv": (1.0, 0.8)}, 0.25, spread=other)

    total = pick(judge(first, second), "total", "tv")

    # Of normal draws: standard deviations add up in squares, 0.3² + 0.4² = 0.5².
    assert total["marginal_roas_upper"] == pytest.approx(1.5 + 1.645 * 0.5, abs=0.02)
    assert total["marginal_roas_lower"] == pytest.approx(1.5 - 1.645 * 0.5, abs=0.02)
    assert total["probability_increase"] == pytest.approx(0.5, abs=0.01)
    assert total["probability_reduce"] == pytest.approx(0.1587, abs=0.01)


def test_draws_that_run_alike_are_paired_at_random() -> None:
    ramp = np.linspace(0, 1, 4000)
    both = [make_returns(name, {"tv": (0.0, 0.0)}, 0.3, spread=ramp) for name in ("a", "b")]

    views = view_draws(both, "roas", is_shared=True).sel(channel="tv")

    # Independent: variances add up, 2 x 1/12. In the order of the draws it would be 4/12.
    assert float(views.sel(view="total").var()) == pytest.approx(2 / 12, rel=0.05)
    again = view_draws(both, "roas", is_shared=True).sel(channel="tv")
    np.testing.assert_array_equal(views, again)


@given(sizes=st.lists(st.integers(1, 60), min_size=2, max_size=4))
def test_no_draw_is_paired_twice(sizes: list[int]) -> None:
    places = pair_draws(sizes)

    assert [len(np.unique(one)) for one in places] == [min(sizes)] * len(sizes)
    assert all(one.max() < size for one, size in zip(places, sizes, strict=True))


@settings(max_examples=20)
@given(margins=st.tuples(st.floats(0, 1), st.floats(0, 1)), factor=st.floats(0.01, 100))
def test_profit_never_exceeds_the_total_and_money_has_no_unit(
    margins: tuple[float, float], factor: float
) -> None:
    one = make_returns("online", ONLINE, margins[0])
    other = make_returns("offline", OFFLINE, margins[1])
    scaled = [
        make_returns(name, numbers, margin, spend=[100.0 * factor] * 4)
        for name, numbers, margin in (
            ("online", ONLINE, margins[0]),
            ("offline", OFFLINE, margins[1]),
        )
    ]

    for is_shared in (True, False):
        views = view_draws([one, other], "roas", is_shared=is_shared).dropna("channel")
        again = view_draws(scaled, "roas", is_shared=is_shared).dropna("channel")
        assert (views.sel(view="profit") <= views.sel(view="total") + 1e-12).all()
        np.testing.assert_allclose(views, again)


def make_fit(name: str, seed: int, **words: Any) -> ConvergedFit:
    """A fit of a small world."""
    spec = make_spec(name=name, trend="none", seasonality={"yearly": 0}, **words)
    features = make_features(spec)
    posterior = make_posterior(spec, features, seed)
    if spec.data.kpi == "count":
        posterior = posterior.assign(cost_per_target=1 / posterior["roas"]).drop_vars("roas")
    trace = make_trace(spec, features, posterior)
    return admit(trace, spec)


@pytest.fixture(scope="module")
def fits() -> dict[str, ConvergedFit]:
    """Two models of the same money; the second knows television alone."""
    return {"online": make_fit("online", 3), "offline": make_fit("offline", 4, media={"tv": {}})}


def make_joint(**words: Any) -> JointSpec:
    models = {"online": {"margin": 0.35, "label": "Web shop"}, "offline": {"margin": 0.25}}
    return JointSpec.model_validate({"name": "all", "models": models} | words)


def test_fits_are_read_as_their_own_returns_say(fits: dict[str, ConvergedFit]) -> None:
    advice = summarize_joint_view(fits, make_joint())

    table = advice.table
    own = {name: summarize_returns(fit).table.set_index("channel") for name, fit in fits.items()}
    for name in fits:
        row = pick(table, name, "tv")
        for word in ("roas", "roas_lower", "marginal_roas", "marginal_roas_upper", "spend_now"):
            assert row[word] == pytest.approx(own[name].loc["tv", word])
    total = sum(own[name].loc["tv", "marginal_roas"] for name in fits)
    assert pick(table, "total", "tv")["marginal_roas"] == pytest.approx(total)
    assert table.loc[table["view"] == "online", "label"].unique().tolist() == ["Web shop"]


def test_the_record_says_what_was_put_together(fits: dict[str, ConvergedFit]) -> None:
    told = summarize_joint_view(fits, make_joint()).portfolio

    assert told["common"] == ["tv"]
    assert told["only_some"] == {"search": ["online"]}
    assert told["models"][0] == {
        "model": "online",
        "label": "Web shop",
        "value": 1.0,
        "margin": 0.35,
        "fit_id": fits["online"].fit_id,
        "first": "2023-01-02",
        "last": "2024-12-23",
        "today": "2024-01-01",
    }
    assert told["currency"] is None


def test_a_count_is_worth_what_is_said() -> None:
    fits = {
        "online": make_fit("online", 3),
        "leads": make_fit(
            "leads",
            4,
            data={"path": "a.csv", "date": "week", "target": "sales", "kpi": "count"},
        ),
    }
    models = {"online": {"margin": 0.35}, "leads": {"margin": 0.5, "value": 40}}
    table = summarize_joint_view(fits, make_joint(models=models)).table

    own = summarize_returns(fits["leads"]).table.set_index("channel").loc["tv", "roas"]
    web = pick(table, "online", "tv")["roas"]
    assert pick(table, "leads", "tv")["roas"] == pytest.approx(40 * own)
    assert pick(table, "profit", "tv")["roas"] == pytest.approx(0.35 * web + 0.5 * 40 * own)


def alter(fit: ConvergedFit, **changes: Any) -> ConvergedFit:
    """A fit whose inputs are others, as no gate would let through."""
    features = fit.features.assign(changes.get("values", {}))
    features = features.assign_attrs(changes.get("attrs", {})).assign_coords(
        changes.get("coords", {})
    )
    other = object.__new__(ConvergedFit)
    trace = fit.trace.copy()
    trace["/inputs"] = xr.DataTree(features)
    for name, value in (("trace", trace), ("diagnostics", fit.diagnostics), ("spec", fit.spec)):
        object.__setattr__(other, name, value)
    return other


def test_periods_of_two_lengths_are_refused(fits: dict[str, ConvergedFit]) -> None:
    months = alter(fits["offline"], attrs={"grain": "month"})

    with pytest.raises(SpecError, match="online has weeks, offline has months"):
        require_same_money({**fits, "offline": months}, make_joint())


def test_shared_money_that_is_booked_otherwise_is_refused(fits: dict[str, ConvergedFit]) -> None:
    half = alter(fits["offline"], values={"spend": 0.5 * fits["offline"].features["spend"]})

    with pytest.raises(SpecError, match=r"of tv since 2023-01-02 online has [\d,]+ and offline"):
        require_same_money({**fits, "offline": half}, make_joint())
    require_same_money({**fits, "offline": half}, make_joint(spend="separate"))


def test_a_correction_of_less_than_a_hundredth_is_not(fits: dict[str, ConvergedFit]) -> None:
    near = alter(fits["offline"], values={"spend": 1.005 * fits["offline"].features["spend"]})

    require_same_money({**fits, "offline": near}, make_joint())


def test_shared_money_of_other_years_is_refused(fits: dict[str, ConvergedFit]) -> None:
    dates = pd.date_range("2019-01-07", periods=104, freq="W-MON")
    before = alter(fits["offline"], coords={"date": dates})

    with pytest.raises(SpecError, match="online and offline have no date in common"):
        require_same_money({**fits, "offline": before}, make_joint())
