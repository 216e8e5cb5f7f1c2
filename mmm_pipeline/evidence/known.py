"""What a model is fitted to at an origin: nothing that came later decides any of it."""

from dataclasses import dataclass

import pandas as pd
import xarray as xr
from pydantic import ValidationError

from mmm_pipeline.errors import DataError, SpecError, StaleFitError, shorten
from mmm_pipeline.evidence.folds import Fold
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.ingest.calendar import mark_events
from mmm_pipeline.ingest.lift_tests import validate_lift_tests
from mmm_pipeline.model.features import arrange, build_features, find_lost_features
from mmm_pipeline.model.lift_arrays import arrange_lift_tests
from mmm_pipeline.spec import ModelSpec


@dataclass(frozen=True)
class FoldInputs:
    """What a fold fits, and what it predicts with.

    Attributes
    ----------
    spec : ModelSpec
        The model, without what could not be learned by the origin.
    features : xarray.Dataset
        Of what was known, on scales of its own.
    ahead : xarray.Dataset
        Of the same dates and those that are predicted, with media, controls and events as they
        were to be.
    left_out : tuple of str
        Channels, controls and events that had not shown anything by the origin.
    """

    spec: ModelSpec
    features: xr.Dataset
    ahead: xr.Dataset
    left_out: tuple[str, ...]


def prepare_fold(
    fold: Fold, frame: pd.DataFrame, spec: ModelSpec, experiments: pd.DataFrame | None
) -> FoldInputs:
    """Take a model back to an origin.

    Scales, centres, the level, the trend's clock and priors that depend on the data are those of
    the periods before it. Media and controls of the periods after it are given: it is the model
    that is tested, not somebody's forecast of spend.

    Parameters
    ----------
    fold : Fold
        The origin.
    frame : pandas.DataFrame
        The validated frame.
    spec : ModelSpec
        The model.
    experiments : pandas.DataFrame or None
        What experiments found, as delivered; only those that were over are known.

    Returns
    -------
    FoldInputs

    Raises
    ------
    DataError
        If what was known makes no features.
    SpecError
        If what could be learned makes no model.
    """
    past = frame[frame["date"].isin(fold.known)]
    reduced, left_out = _leave_out(past, spec)
    features = build_features(past, reduced)
    ahead = build_features(frame[frame["date"] <= fold.ahead[-1]], reduced)
    if experiments is None:
        return FoldInputs(reduced, features, ahead, left_out)
    tests = [
        test
        for test in validate_lift_tests(experiments, spec, features)
        if test.end < fold.origin and test.channel in reduced.media
    ]
    if not tests:
        reduced = reduced.model_copy(update={"experiments": None})
        return FoldInputs(reduced, features, ahead, left_out)
    features = features.merge(arrange_lift_tests(tests, features, reduced))
    return FoldInputs(reduced, features, ahead, left_out)


def require_same_data(fit: ConvergedFit, frame: pd.DataFrame) -> None:
    """Refuse to test a fit on other data than its own.

    Parameters
    ----------
    fit : ConvergedFit
        The fit.
    frame : pandas.DataFrame
        The validated frame.

    Raises
    ------
    StaleFitError
        If the fit was made of another.
    """
    if lost := find_lost_features(fit.features, frame, fit.spec):
        name = fit.spec.name
        message = (
            f"Fit {fit.fit_id} of {name!r} must have been made of {name}/validated_data as it is; "
            f"{shorten(lost, between='; ')}. Materialise {name}/features and what follows."
        )
        raise StaleFitError(message)


def _leave_out(past: pd.DataFrame, spec: ModelSpec) -> tuple[ModelSpec, tuple[str, ...]]:
    """Take out of a model what has not shown anything yet."""
    table = arrange(past, spec)
    idle = [
        name
        for name in spec.media
        if not all(
            (table[column] > 0).any()
            for column in (f"spend_{name}", f"exposure_{name}")
            if column in table
        )
    ]
    idle += [name for name in spec.controls if table[name].min() == table[name].max()]
    idle += [name for name in spec.events if not _is_learnable(name, table, spec)]
    if not idle:
        return spec, ()
    kept = {
        section: {name: one for name, one in getattr(spec, section).items() if name not in idle}
        for section in ("media", "controls", "events")
    }
    words = spec.model_copy(update=kept).model_dump(mode="json")
    try:
        return ModelSpec.model_validate(words), tuple(idle)
    except ValidationError as error:
        reasons = "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors())
        message = f"Without {shorten(idle)}, which cannot be learned yet, {reasons}."
        raise SpecError(message) from None


def _is_learnable(name: str, table: xr.Dataset, spec: ModelSpec) -> bool:
    """Tell whether an event was on in some of the periods known, and off in others."""
    alone = spec.model_copy(update={"events": {name: spec.events[name]}})
    try:
        mark_events(alone, pd.DatetimeIndex(table["date"].to_numpy()))
    except DataError:
        return False
    return True
