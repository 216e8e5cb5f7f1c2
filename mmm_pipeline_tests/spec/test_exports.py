import pytest
from pydantic import ValidationError

from mmm_pipeline_tests.factories import make_spec


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"columns": {"decomps": {}}}, "decomps_stacked"),
        ({"columns": {"media_results": {"names": []}}}, "`names` is no setting"),
        ({"brands": "x"}, "Did you mean `brand`"),
        ({"brand": ""}, "at least 1 character"),
        (
            {"columns": {"media_results": {"hide": ["reach"], "order": ["reach"]}}},
            "a column must be hidden, or renamed and ordered; 'reach' is both",
        ),
        ({"columns": {"media_results": {"order": ["a", "a"]}}}, "'a' is named again"),
        (
            {"columns": {"media_results": {"rename": {"a": "x", "b": "x"}}}},
            "'x' is given twice",
        ),
    ],
)
def test_what_cannot_be_exported_is_refused(words: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make_spec(exports=words)


def test_exports_do_not_decide_the_posterior() -> None:
    assert make_spec(exports={"brand": "x"}).model_part() == make_spec().model_part()
