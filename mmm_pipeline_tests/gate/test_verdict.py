import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmm_pipeline.gate import Examination, judge
from mmm_pipeline.gate.verdict import CHECKS
from mmm_pipeline.lineage.fit_assets import CONVERGED
from mmm_pipeline.spec import GateLimits
from mmm_pipeline_tests.factories import make_numbers

FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "R-hat just above": ({"max_rhat": 1.0100001}, "rhat"),
    "R-hat unknown": ({"max_rhat": None}, "rhat"),
    "R-hat infinite": ({"max_rhat": float("inf")}, "rhat"),
    "one chain": ({"n_chains": 1, "max_rhat": 1.0}, "rhat"),
    "bulk ESS 399": ({"min_ess_bulk": 399.999}, "ess"),
    "tail ESS 399": ({"min_ess_tail": 399.0}, "ess"),
    "ESS unknown": ({"min_ess_tail": None}, "ess"),
    "ESS not a number": ({"min_ess_bulk": float("nan")}, "ess"),
    "one divergence": ({"divergences": 1}, "divergences"),
    "low BFMI": ({"min_bfmi": 0.299}, "bfmi"),
    "BFMI unknown": ({"min_bfmi": None}, "bfmi"),
    "tree depth": ({"treedepth_share": 0.0101}, "treedepth"),
    "tree depth unknown": ({"treedepth_share": None}, "treedepth"),
    "stuck parameter": ({"stuck": ("roas[tv]",)}, "draws"),
    "broken parameter": ({"broken": ("roas[tv]",)}, "draws"),
}


def test_a_fit_that_keeps_every_limit_passes() -> None:
    assert judge(make_numbers(), GateLimits()).word == "PASS"


def test_a_number_on_its_limit_passes() -> None:
    numbers = make_numbers(
        max_rhat=1.01, min_ess_bulk=400.0, min_ess_tail=400.0, min_bfmi=0.3, treedepth_share=0.01
    )

    assert judge(numbers, GateLimits()).word == "PASS"


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_fails_under_its_own_check(name: str) -> None:
    change, check = FAULTS[name]

    verdict = judge(make_numbers(**change), GateLimits())

    assert verdict.word == "FAIL"
    assert list(verdict.failures) == [check]
    assert verdict.advice


def test_a_loosened_limit_makes_review_at_best() -> None:
    verdict = judge(make_numbers(max_rhat=1.02), GateLimits(max_rhat=1.03))

    assert verdict.word == "REVIEW"
    assert verdict.reasons == ("`gate.max_rhat` is loosened to 1.03",)


@pytest.mark.parametrize(("found", "word"), [(0.3, "PASS"), (0.31, "REVIEW"), (-0.5, "PASS")])
def test_residuals_that_follow_themselves_are_to_be_looked_at(found: float, word: str) -> None:
    verdict = judge(make_numbers(residual_autocorrelation=found), GateLimits())

    assert verdict.word == word
    assert bool(verdict.reasons) == (word == "REVIEW")


def test_a_tightened_limit_blocks_what_the_default_lets_through() -> None:
    assert judge(make_numbers(), GateLimits(max_rhat=1.001)).word == "FAIL"


unknown = st.sampled_from([None, math.nan, math.inf, -math.inf])


@given(
    max_rhat=st.one_of(unknown, st.floats(0.9, 3)),
    min_ess_bulk=st.one_of(unknown, st.floats(0, 5000)),
    min_ess_tail=st.one_of(unknown, st.floats(0, 5000)),
    divergences=st.integers(0, 5),
    min_bfmi=st.one_of(unknown, st.floats(0, 1.5)),
    treedepth_share=st.one_of(unknown, st.floats(0, 1)),
    n_chains=st.integers(1, 4),
)
def test_nothing_passes_that_breaks_a_default_limit(**numbers: Any) -> None:
    known = {name: math.nan if value is None else value for name, value in numbers.items()}
    keeps = all(
        (
            known["n_chains"] >= 2,
            -math.inf < known["max_rhat"] <= 1.01,
            math.inf > known["min_ess_bulk"] >= 400,
            math.inf > known["min_ess_tail"] >= 400,
            known["divergences"] == 0,
            math.inf > known["min_bfmi"] >= 0.3,
            -math.inf < known["treedepth_share"] <= 0.01,
        )
    )

    assert (judge(make_numbers(**numbers), GateLimits()).word == "PASS") == keeps


def test_every_check_of_the_gate_has_an_asset_check() -> None:
    assert tuple(CONVERGED) == CHECKS


def test_a_forged_verdict_is_not_believed() -> None:
    import pandas as pd

    examination = Examination(make_numbers(max_rhat=1.5), GateLimits(), pd.DataFrame())
    forged = examination.to_json().replace('"verdict": "FAIL"', '"verdict": "PASS"')

    assert Examination.from_json(forged, pd.DataFrame()).verdict.word == "FAIL"
