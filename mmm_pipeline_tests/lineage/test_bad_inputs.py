"""Every bad input of the corpus, through the lineage: refused by name, and nothing written."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mmm_pipeline.errors import DataError
from mmm_pipeline.ingest.load import load_frame
from mmm_pipeline.ingest.rules import RULES
from mmm_pipeline_tests.factories import make_spec
from mmm_pipeline_tests.ingest.corpus import CORPUS, Case
from mmm_pipeline_tests.lineage.projects import make_project, materialize, read_failure

RAW_CODES = {
    *("source_missing", "source_kind", "source_unreadable", "source_empty", "path_leaves_root"),
    *("column_repeated", "columns_differ", "query_failed"),
}


def spare(cases: Sequence[Case]) -> list[Any]:
    """Leave to the slow run what breaks a rule that another case breaks as well.

    What a rule finds is told of every case without a run; a run only passes it on.
    """
    seen: set[str] = set()
    parameters = []
    for case in cases:
        marks = [pytest.mark.slow] if case.code in seen else []
        parameters.append(pytest.param(case, id=case.name, marks=marks))
        seen.add(case.code)
    return parameters


def write(case: Case, root: Path) -> None:
    for path, content in case.files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def test_the_corpus_is_large_and_its_cases_have_names_of_their_own() -> None:
    assert len(CORPUS) >= 60
    assert len({case.name for case in CORPUS}) == len(CORPUS)


def test_every_rule_that_blocks_is_broken_by_some_case() -> None:
    blocking = {rule.code for rule in RULES if rule.severity == "error"}

    assert blocking - {case.code for case in CORPUS} <= {"bad_weights"}  # Told in test_mff.


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_bad_input_is_told_by_code_column_and_date(case: Case, tmp_path: Path) -> None:
    write(case, tmp_path)
    spec = make_spec(**case.spec)

    with pytest.raises(DataError) as caught:
        load_frame(spec, tmp_path)

    problem = next(p for p in caught.value.problems if p.code == case.code)
    assert problem.column == case.column
    assert problem.message.endswith(".") or "?" in problem.message
    assert len(problem.message) < 700
    if case.date is not None:
        assert problem.dates[0] == case.date
        assert case.date in problem.message


@pytest.mark.parametrize("case", spare(CORPUS))
def test_a_bad_input_stops_the_run_before_anything_is_written(case: Case, tmp_path: Path) -> None:
    write(case, tmp_path)
    project = make_project(tmp_path)

    result = materialize(make_spec(**case.spec), project, '+key:"acme/features"')

    assert not result.success
    assert read_failure(result).startswith("dagster._core.definitions.events.Failure: ")
    failed = {e.check_name for e in result.get_asset_check_evaluations() if not e.passed}
    assert ("readable" if case.code in RAW_CODES else case.code) in failed
    written = {path.stem for path in (tmp_path / "outputs" / "acme").glob("*.*")}
    assert written <= {"raw_data", "raw_media"}
    assert bool(written) == (case.code not in RAW_CODES)
