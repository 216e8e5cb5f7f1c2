"""A fit that is made again in another process, with compiled caches full and empty."""

import json
from pathlib import Path

import pandas as pd
import pytest

from mmm_pipeline.evidence.replay import Replay
from mmm_pipeline.lineage.forms import TraceForm
from mmm_pipeline.lineage.replay import describe_replay, is_reproduced
from mmm_pipeline.simulate import simulate_world
from mmm_pipeline_tests.clone import Clone, read_message
from mmm_pipeline_tests.factories import make_world

ACME = """\
type: mmm_pipeline.lineage.MarketingMixModel
attributes:
  name: acme
  data: {path: data/acme.csv, date: week, target: sales}
  media:
    tv: {}
    search: {}
  sampling: {chains: 2, draws: 300, tune: 500}
"""
"""So few draws that a second attempt is needed, with other settings than the spec's."""
SAME = Replay(True, 0.0, "mean of level", 4.3, 60)
NEAR = Replay(False, 2.0, "mean of level", 4.3, 60)
FAR = Replay(False, 9.0, "mean of level", 4.3, 60)


@pytest.mark.parametrize(
    ("replay", "differences", "expected"),
    [
        (SAME, [], True),
        (SAME, ["numpy 1 then, 2 now"], True),
        (NEAR, [], False),
        (NEAR, ["numpy 1 then, 2 now"], True),
        (FAR, ["numpy 1 then, 2 now"], False),
    ],
)
def test_only_another_machine_may_draw_other_numbers(
    replay: Replay, differences: list[str], expected: bool
) -> None:
    words = describe_replay(replay, "abc", differences)

    assert is_reproduced(replay, differences) is expected
    assert ("must be the same" in words) is not expected
    assert ("every draw is identical" in words) is replay.is_identical
    if not replay.is_identical:
        assert f"{replay.largest:.1f} Monte Carlo standard errors (mean of level)" in words
        assert (differences or ["the same machine"])[0] in words


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    clone = Clone.make(tmp_path_factory.mktemp("clone"))
    clone.add_model("acme", ACME)
    frame, _ = simulate_world(make_world())
    frame.to_csv(clone.root / "data" / "acme.csv", index=False)
    return clone


@pytest.fixture(scope="module")
def kept(clone: Clone) -> Path:
    done = clone.materialize('+key:"acme/refit_drift"')
    assert done.returncode == 0, done.stderr[-3000:]
    diagnostics = json.loads((clone.outputs("acme") / "diagnostics.json").read_text())
    return clone.outputs("acme") / "fits" / diagnostics["fit_id"]


@pytest.mark.slow
def test_a_receipt_says_how_a_fit_came_about(kept: Path, clone: Clone) -> None:
    receipt = json.loads((kept / "receipt.json").read_text())
    trace = TraceForm().read(kept / "trace")

    assert receipt["fit_id"] == kept.name == trace.attrs["fit_id"]
    assert receipt["spec"]["l_max"] == 8
    assert receipt["sampling"]["seed"] == 42
    assert receipt["sampling"] == json.loads(trace.attrs["attempts"])[-1]["sampling"]
    assert receipt["sampling"]["draws"] > receipt["spec"]["sampling"]["draws"]
    assert receipt["packages"]["nutpie"] == json.loads(trace.attrs["versions"])["nutpie"]
    assert receipt["machine"]["cores"] >= 1
    (arrival,) = json.loads(
        (clone.outputs("acme") / "deliveries" / "raw_data" / "log.json").read_text()
    )
    assert receipt["data"]["deliveries"] == {"raw_data": arrival}
    assert kept.name in receipt["replay"]


@pytest.mark.slow
@pytest.mark.parametrize("cache", ["full", "empty"])
def test_a_replay_in_another_process_gives_equal_draws(
    cache: str, kept: Path, clone: Clone, tmp_path: Path
) -> None:
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    flags = {"PYTENSOR_FLAGS": f"base_compiledir={tmp_path}"} if cache == "empty" else {}

    done = clone.run_job("acme__replay", {"acme__replay_fit": {"fit_id": kept.name}}, **flags)

    assert done.returncode == 0, done.stderr[-3000:]
    assert f"Fit {kept.name} was made again: every draw is identical" in done.stderr + done.stdout
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before


@pytest.mark.slow
def test_a_refit_on_a_restated_past_leaves_the_promoted_numbers(kept: Path, clone: Clone) -> None:
    promoted = clone.run_job("acme__promote", {"acme__promote_fit": {"note": "first"}})
    assert promoted.returncode == 0, promoted.stderr[-3000:]
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    record = (clone.outputs("acme") / "promoted.json").read_bytes()
    source = clone.root / "data" / "acme.csv"
    frame = pd.read_csv(source)
    frame.loc[60:67, "sales"] *= 1.3
    frame.to_csv(source, index=False)

    refit = clone.materialize('+key:"acme/refit_drift"')

    assert refit.returncode == 0, refit.stderr[-3000:]
    table = pd.read_parquet(clone.outputs("acme") / "refit_drift.parquet")
    assert table.attrs["verdict"] in {"REVIEW", "FAIL"}
    assert any("target on 8 dates" in words for words in table.attrs["reasons"])
    assert table.attrs["promoted"]["fit_id"] == kept.name != table.attrs["fit_id"]
    assert (clone.outputs("acme") / "promoted.json").read_bytes() == record
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before
    assert read_message(refit) == ""
