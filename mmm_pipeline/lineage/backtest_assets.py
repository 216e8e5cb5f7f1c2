"""The backtest: a step for each of its folds, and what is made of them.

No fit is read here but through the gate: the model's own, and each that a fold makes.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pandas as pd
import xarray as xr

from mmm_pipeline.errors import DataError, NotConvergedError, SpecError
from mmm_pipeline.evidence.folds import Fold, plan_folds
from mmm_pipeline.gate import ConvergedFit, Examination
from mmm_pipeline.lineage.checks import report_warnings, specify
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.fit_assets import fit_through_gate
from mmm_pipeline.lineage.gated import GATED, compute_once, read_fit
from mmm_pipeline.lineage.io_managers import FORMS
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import (
    Metadata,
    show_columns,
    show_figure,
    show_numbers,
    show_table,
)
from mmm_pipeline.lineage.reuse import name_origin
from mmm_pipeline.model.identity import digest_table

type Context = dg.OpExecutionContext | dg.AssetExecutionContext

BEATS_NAIVE = {
    "beats_naive": "Every fold converged, the model predicts better than repeating the past, and "
    "its 80 % interval holds what it says; never blocks."
}
STABLE = {"stable": "No fold said of a channel what is ruled out now; never blocks."}


def build_backtest_assets(model: Model) -> list[dg.AssetsDefinition]:
    """Wire the backtest of a model.

    Parameters
    ----------
    model : Model
        The model and its surroundings; its spec asks for a backtest.

    Returns
    -------
    list of dagster.AssetsDefinition
        ``backtest``, a graph with a step for each fold, and ``stability``.
    """
    return [_backtest(model), _stability(model)]


def _list_inputs(model: Model) -> list[str]:
    """Name what folds are made of."""
    return ["validated_data", *(["raw_experiments"] if model.spec.experiments else []), *GATED]


def _backtest(model: Model) -> dg.AssetsDefinition:
    key, reads = model.key("backtest"), _list_inputs(model)
    checks = specify(key, BEATS_NAIVE, blocking=False)
    answer = f"{key.to_python_identifier()}_{checks[0].name}"
    folds = [_fold(model, number) for number in _number_folds(model)]
    gather = _gather(model, answer)

    def backtest(**inputs: Any) -> dict[str, Any]:
        done = [fold(**inputs) for fold in folds]
        gathered = gather(done=done, **{name: inputs[name] for name in GATED})
        return {"result": gathered.result, answer: getattr(gathered, answer)}

    return dg.graph_asset(
        key=key,
        description="Forecasts of what is known by now, from several origins, and how good they "
        "were: the model's, given spend and controls as they came, and those of simpler methods.",
        group_name=model.spec.name,
        kinds={"pymc", "nutpie", "parquet"},
        tags={"model": model.spec.name},
        ins={asset: dg.AssetIn(key=model.key(asset)) for asset in reads},
        check_specs=checks,
    )(backtest)


def _fold(model: Model, number: int) -> dg.OpDefinition:
    """Make the step of a fold; it leaves its forecasts in the store."""
    part = _name_part(number)

    @dg.op(
        name=f"{model.spec.name}__backtest_fold_{number}",
        description="The model, fitted to what was known at an origin, predicts what followed.",
        ins=dict.fromkeys(_list_inputs(model), dg.In()),
        out=dg.Out(dg.Nothing),
        pool="sampler",
    )
    def fold(context: dg.OpExecutionContext, **inputs: Any) -> None:
        frame, experiments = inputs["validated_data"], inputs.get("raw_experiments")
        _read_own_fit(model, inputs)
        made_from = name_origin(
            part,
            spec=model.spec.model_dump(mode="json"),
            data=digest_table(frame),
            experiments=None if experiments is None else digest_table(experiments),
        )
        if model.store.reuse(part, FORMS["table"], made_from) is None:
            table = _predict(context, model, _plan(model, frame)[number - 1], frame, experiments)
            model.store.write(part, FORMS["table"], table, made_from)

    return fold


def _gather(model: Model, answer: str) -> dg.OpDefinition:
    """Make the step that puts the folds together, and answers the check."""

    @dg.op(
        name=f"{model.spec.name}__backtest_folds",
        description="The forecasts of all folds.",
        ins={**dict.fromkeys(GATED, dg.In()), "done": dg.In(dg.Nothing)},
        out={"result": dg.Out(io_manager_key="table"), answer: dg.Out(dg.Nothing)},
    )
    def gather(fitted_trace: Any, diagnostics: Any) -> Iterator[Any]:
        from mmm_pipeline.evidence.backtest import assess_backtest, list_notes
        from mmm_pipeline.evidence.scores import summarize_scores

        fit = read_fit(model, fitted_trace, diagnostics)
        parts = [_name_part(number) for number in _number_folds(model)]
        tables = [model.store.read(part, FORMS["table"]) for part in parts]
        table = pd.concat(tables, ignore_index=True)
        table.attrs["fit_id"] = fit.fit_id
        scores = summarize_scores(table)
        by_method = dict(zip(scores["method"], scores["crps"], strict=True))
        metadata: Metadata = {
            "fit_id": fit.fit_id,
            "scores": show_table(scores),
            "notes": "; ".join(list_notes(table)) or "none",
            "forecasts": show_figure("draw_forecasts", table=table),
            **show_numbers({f"crps_{name}": crps for name, crps in by_method.items()}),
        }
        yield dg.Output(table, "result", metadata={**metadata, **show_columns(table)})
        check = report_warnings("beats_naive", assess_backtest(table))
        yield check._replace(asset_key=model.key("backtest"))

    return gather


def _stability(model: Model) -> dg.AssetsDefinition:
    @model.asset(
        "stability",
        form="table",
        kinds={"pymc", "parquet"},
        reads=[*_list_inputs(model), "backtest"],
        checks=specify(model.key("stability"), STABLE, blocking=False),
        pool="sampler",
    )
    def stability(context: dg.AssetExecutionContext, **inputs: Any) -> Iterator[Any]:
        """Return and carry-over of each channel, as each fold saw them and as they are seen now."""
        from mmm_pipeline.evidence.known import prepare_fold
        from mmm_pipeline.evidence.stability import find_unstable, summarize_stability

        fit, frame = _read_own_fit(model, inputs), inputs["validated_data"]
        experiments, backtest = inputs.get("raw_experiments"), inputs["backtest"]

        def summarize(fit: ConvergedFit) -> pd.DataFrame:
            known = backtest.loc[backtest["fold_fit_id"] != "", "fold"].unique()
            fits = []
            for fold in [one for one in _plan(model, frame) if one.number in known]:
                fold_inputs = prepare_fold(fold, frame, model.spec, experiments)
                fits.append((fold, _fit_fold(context, model, fold, fold_inputs)))
            return summarize_stability(fit, fits)

        origins = {"backtest": digest_table(backtest), "data": digest_table(frame)}
        table, metadata = compute_once(model, "stability", "table", fit, summarize, **origins)
        yield dg.Output(
            table, metadata={**metadata, "channels": show_table(table), **show_columns(table)}
        )
        yield report_warnings("stable", find_unstable(table))

    return stability


def _read_own_fit(model: Model, inputs: dict[str, Any]) -> ConvergedFit:
    """Read the model's own fit, and make sure that it is of these data."""
    trace: xr.DataTree = inputs["fitted_trace"]
    examination: Examination = inputs["diagnostics"]
    fit = read_fit(model, trace, examination)
    from mmm_pipeline.evidence.known import require_same_data

    with told_clearly(model.location):
        require_same_data(fit, inputs["validated_data"])
    return fit


def _plan(model: Model, frame: pd.DataFrame) -> list[Fold]:
    """Place the folds."""
    with told_clearly(model.location):
        return plan_folds(pd.DatetimeIndex(frame["date"]), model.spec)


def _fit_fold(context: Context, model: Model, fold: Fold, inputs: Any) -> ConvergedFit:
    """Fit the model at an origin, or find the fit."""
    until = f"the {len(fold.known)} periods before {fold.origin:%Y-%m-%d}"
    context.log.info(f"Fold {fold.number}: fitting {until}.")
    return fit_through_gate(model, inputs.spec, inputs.features, context)


def _predict(
    context: Context,
    model: Model,
    fold: Fold,
    frame: pd.DataFrame,
    experiments: pd.DataFrame | None,
) -> pd.DataFrame:
    """Fit the model at an origin and predict from there, or say why that cannot be done."""
    from mmm_pipeline.evidence.backtest import tabulate_fold, tabulate_hopeless_fold
    from mmm_pipeline.evidence.known import prepare_fold

    try:
        inputs = prepare_fold(fold, frame, model.spec, experiments)
    except (DataError, SpecError) as error:
        context.log.warning(str(error))
        return tabulate_hopeless_fold(fold, frame, model.spec, str(error))
    try:
        return tabulate_fold(fold, inputs, _fit_fold(context, model, fold, inputs))
    except NotConvergedError as error:
        context.log.warning(str(error))
        return tabulate_fold(fold, inputs, str(error))


def _number_folds(model: Model) -> range:
    """Number the folds, from 1."""
    assert model.spec.backtest is not None  # noqa: S101  # else there is no such asset
    return range(1, model.spec.backtest.folds + 1)


def _name_part(number: int) -> str:
    """Name the forecasts of a fold in the store."""
    return f"backtest_fold_{number}"
