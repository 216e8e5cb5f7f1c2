"""The job that sets two fits of a model side by side. Both go through the gate.

What is compared is said in `mmm_pipeline.evidence.side_by_side`.
"""

import dagster as dg

from mmm_pipeline.errors import SpecError
from mmm_pipeline.gate import ConvergedFit
from mmm_pipeline.lineage.automation import build_op_job
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.files import put
from mmm_pipeline.lineage.forms import TableForm
from mmm_pipeline.lineage.model import Model
from mmm_pipeline.lineage.pictures import show_comparison
from mmm_pipeline.lineage.promotion import (
    FitChoice,
    find_current,
    find_promoted,
    read_kept,
)

TABLE_FORM = TableForm()
COMPARISONS = "comparisons"
"""Folder of what was compared."""


class CompareConfig(dg.Config):
    """What may be said when two fits are compared."""

    a: str = FitChoice.promoted.value
    """One fit: its `fit_id`, `promoted` or `current`."""
    b: str = FitChoice.current.value
    """The other."""


def build_compare_job(model: Model) -> dg.JobDefinition:
    """Make the job that sets two fits side by side.

    Parameters
    ----------
    model : Model
        The model and its surroundings.

    Returns
    -------
    dagster.JobDefinition
        ``<model>__compare``, of one op, ``<model>__compare_fits``.
    """
    name = model.spec.name

    @dg.op(name=f"{name}__compare_fits", out=dg.Out(dg.Nothing))
    def compare_fits(context: dg.OpExecutionContext, config: CompareConfig) -> None:
        """Set two fits that are kept side by side, each by the spec it was made with."""
        from mmm_pipeline.evidence.side_words import compare_with_first

        with told_clearly(model.location):
            fits = _read_both(model, config)
        table = compare_with_first(fits, {fit_id: fit_id for fit_id in fits})
        table.attrs["fit_id"] = ", ".join(fits)
        folder, stem = model.store.folder / COMPARISONS, "_".join(fits)
        put(folder, stem, TABLE_FORM, table)
        context.log.info("\n".join(table.attrs["sentences"]))
        path = dg.MetadataValue.path(str(folder / f"{stem}.parquet"))
        context.add_output_metadata({"path": path, **show_comparison(table)})

    words = f"Set two fits of {name} side by side: the promoted and the current, or any two."
    return build_op_job(model, "compare", words, compare_fits)


def _read_both(model: Model, config: CompareConfig) -> dict[str, ConvergedFit]:
    """Let both fits through the gate."""
    known = {FitChoice.current.value: find_current, FitChoice.promoted.value: find_promoted}
    names = [known[one](model) if one in known else one for one in (config.a, config.b)]
    if names[0] == names[1]:
        message = (
            f"`a` and `b` must be two fits of {model.spec.name!r}; {config.a!r} and {config.b!r} "
            f"are both {names[0]}."
        )
        raise SpecError(message)
    return {fit_id: read_kept(model, fit_id) for fit_id in names}
