"""Dagster's door to the store. What a file holds belongs to `mmm_pipeline.lineage.forms`."""

from functools import cache
from typing import Any

import dagster as dg

from mmm_pipeline.lineage.export_forms import ExportsForm, RunForm
from mmm_pipeline.lineage.failures import told_clearly
from mmm_pipeline.lineage.forms import (
    AdviceForm,
    ArraysForm,
    DiagnosticsForm,
    Form,
    ProfileForm,
    ReportForm,
    SummaryForm,
    TableForm,
    TraceForm,
    ViewsForm,
)
from mmm_pipeline.lineage.store import Store

FORMS: dict[str, Form] = {
    "table": TableForm(),
    "arrays": ArraysForm(),
    "trace": TraceForm(),
    "summary": SummaryForm(),
    "advice": AdviceForm(),
    "views": ViewsForm(),
    "diagnostics": DiagnosticsForm(),
    "report": ReportForm(),
    "profile": ProfileForm(),
    "exports": ExportsForm(),
    "run": RunForm(),
}
"""Every form by the key of its IO manager."""

MADE_FROM = "made_from"
"""Metadata that names all a result follows from."""


class StoreIOManager(dg.IOManager):
    """Write an asset to the store in one form, and read it back.

    Without settings of its own, so that nobody can point it elsewhere when a run is launched.

    Parameters
    ----------
    root : str
        Folder or address of all outputs.
    form : Form
        How its assets are written.
    """

    def __init__(self, root: str, form: Form) -> None:
        self._root, self._form = root, form

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Write ``<model>/<asset>``; a result that was reused is there already."""
        model, asset = context.asset_key.path
        store = Store(self._root, model)
        known = context.output_metadata.get(MADE_FROM)
        made_from = None if known is None else str(known.value)
        if made_from is None or not store.has(asset, self._form, made_from):
            store.write(asset, self._form, obj, made_from)
        context.add_output_metadata(
            {"path": dg.MetadataValue.path(str(store.locate(asset, self._form)))}
        )

    def load_input(self, context: dg.InputContext) -> Any:
        """Read ``<model>/<asset>``."""
        model, asset = context.asset_key.path
        with told_clearly(None):
            return Store(self._root, model).read(asset, self._form)


@cache
def build_io_managers(root: str) -> dict[str, StoreIOManager]:
    """Make one IO manager for each form.

    Parameters
    ----------
    root : str
        Folder or address of all outputs.

    Returns
    -------
    dict of str to StoreIOManager
        The same objects for the same root, so that definitions of several models can be merged.
    """
    return {key: StoreIOManager(root, form) for key, form in FORMS.items()}
