"""How evidence gets a fit of another model: through ladder and gate, as any other.

What it is fitted for is said by the assets.
"""

import dagster as dg
import xarray as xr

from mmm_pipeline.errors import NotConvergedError
from mmm_pipeline.gate import ConvergedFit, require_converged
from mmm_pipeline.lineage.fit_assets import find_or_fit
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.store import Store
from mmm_pipeline.spec import ModelSpec


def fit_other(
    context: dg.AssetExecutionContext,
    model: Model,
    spec: ModelSpec,
    features: xr.Dataset,
    store: Store | None = None,
) -> ConvergedFit | NotConvergedError:
    """Fit another model, or find the fit.

    Parameters
    ----------
    context : dagster.AssetExecutionContext
        Whose log is told.
    model : Model
        For which it is fitted.
    spec : ModelSpec
        The other model.
    features : xarray.Dataset
        What it sees.
    store : Store, optional
        Where it is kept; beside the model's own fits by default.

    Returns
    -------
    ConvergedFit or NotConvergedError
        The error where it does not pass the gate, so that nothing can be made of its draws.
    """
    from mmm_pipeline.gate.diagnostics import examine

    trace = find_or_fit(model, spec, features, context, store=store)
    examination = examine(trace, spec.gate)
    try:
        return require_converged(trace, examination.numbers, spec)
    except NotConvergedError as error:
        context.log.warning(str(error))
        return error
