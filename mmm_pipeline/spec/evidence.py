"""What is done to find out whether a model may be believed."""

from pydantic import Field

from mmm_pipeline.spec.base import SpecPart


class Backtest(SpecPart):
    """How often, and how far ahead, the model predicts what it has not seen."""

    folds: int = Field(
        default=3,
        ge=1,
        le=20,
        description="Origins: at each the model is fitted to what was known, and predicts what "
        "followed. Their windows follow each other up to the end of the data; one is a hold-out.",
    )
    horizon: int | None = Field(
        default=None,
        ge=1,
        le=366,
        description="Periods that each fold predicts. Default: a quarter; 13 weeks, 91 days or 3 "
        "months.",
    )
