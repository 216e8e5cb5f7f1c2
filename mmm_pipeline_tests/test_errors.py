import inspect
import re
from pathlib import Path

import pytest

from mmm_pipeline import errors
from mmm_pipeline.errors import MMMPipelineError, Problem, SourceError, shorten

CLASSES = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, MMMPipelineError)
]


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_error_stands_in_the_tree_of_the_docstring(error: type) -> None:
    assert error.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize("error", CLASSES, ids=lambda error: error.__name__)
def test_every_error_is_expected_by_some_test(error: type) -> None:
    tests = "\n".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    leaves = [other for other in CLASSES if issubclass(other, error)]

    assert any(re.search(rf"raises\(\s*{leaf.__name__}\b", tests) for leaf in leaves)


@pytest.mark.parametrize("error", [errors.SpecError, errors.DataError, errors.PathError])
def test_an_error_about_input_is_a_value_error(error: type) -> None:
    assert issubclass(error, ValueError)


def test_shorten_counts_what_it_does_not_name() -> None:
    assert shorten(list("abcdefg")) == "a, b, c, d, e and 2 more"


def test_a_data_error_tells_every_problem_on_its_own_line() -> None:
    problems = [Problem("one", "First."), Problem("two", "Second.")]

    with pytest.raises(SourceError, match=r"^First\.\nSecond\.$") as caught:
        raise SourceError(problems)

    assert [problem.code for problem in caught.value.problems] == ["one", "two"]
