"""Fits that are kept for good, and which of them is promoted.

Whether a fit may be read is not decided here; see `mmm_pipeline.gate`.
"""

import json
from dataclasses import dataclass
from typing import Any

import xarray as xr
from pydantic import AwareDatetime, BaseModel, ConfigDict
from upath import UPath

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate import Examination
from mmm_pipeline.gate.verdict import judge
from mmm_pipeline.lineage.files import get, put, try_get
from mmm_pipeline.lineage.forms import DiagnosticsForm, RecordForm, TraceForm
from mmm_pipeline.model.trace import has_own_identity, read_prespecification
from mmm_pipeline.spec import GateLimits

TRACE_FORM, DIAGNOSTICS_FORM, RECORD_FORM = TraceForm(), DiagnosticsForm(), RecordForm()
PROMOTED, RECEIPT = "promoted", "receipt"
"""Names of the files that say which fit is promoted, and how a fit came about."""


class Promotion(BaseModel):
    """That somebody stands behind a fit.

    Attributes
    ----------
    fit_id : str
        The fit.
    promoted_at : datetime.datetime
        When, UTC.
    run_id : str
        Dagster's run that did it.
    note : str
        What was said about it.
    """

    model_config = ConfigDict(frozen=True)

    fit_id: str
    promoted_at: AwareDatetime
    run_id: str
    note: str = ""


@dataclass(frozen=True)
class Fits:
    """The fits of one model that are kept, each under its own name.

    Attributes
    ----------
    root : str
        Folder or address of all outputs.
    model : str
        Whose fits.
    """

    root: str
    model: str

    @property
    def folder(self) -> UPath:
        """Where they lie."""
        return UPath(self.root) / self.model / "fits"

    def keep(self, trace: xr.DataTree, receipt: dict[str, Any]) -> None:
        """Keep a fit for good, under its own name. One that is there is left as it is.

        Parameters
        ----------
        trace : xarray.DataTree
            The fit.
        receipt : dict
            How it came about, from `mmm_pipeline.lineage.receipts`.
        """
        folder = self.folder / str(trace.attrs["fit_id"])
        record = folder / "fit.json"
        if record.exists():
            return
        put(folder, "trace", TRACE_FORM, trace)
        put(folder, "spec", RECORD_FORM, json.loads(trace.attrs["spec"]))
        put(folder, RECEIPT, RECORD_FORM, receipt)
        names = ("fit_id", "request_id", "fitted_at")
        put(folder, "fit", RECORD_FORM, {name: str(trace.attrs[name]) for name in names})

    def keep_examination(self, examination: Examination) -> None:
        """Keep what was measured of a fit, beside it. One that is there is left as it is.

        Parameters
        ----------
        examination : Examination
            Of a fit that was kept.
        """
        folder = self.folder / examination.numbers.fit_id
        if not (folder / "diagnostics.json").exists():
            put(folder, "diagnostics", DIAGNOSTICS_FORM, examination)

    def read(self, fit_id: str) -> xr.DataTree:
        """Read a fit that is kept.

        Parameters
        ----------
        fit_id : str
            Its name.

        Returns
        -------
        xarray.DataTree
            Not examined: let it through the gate.

        Raises
        ------
        StaleFitError
            If it is not kept, or cannot be read.
        """
        kept = [record["fit_id"] for record in self._list()]
        if fit_id not in kept:
            latest = f", the latest of which are {', '.join(kept[:5])}" if kept else ""
            message = (
                f"A fit of {self.model!r} must be kept before it is asked for by name; "
                f"{fit_id!r} is not among the {len(kept)} in {self.model}/fits{latest}."
            )
            raise StaleFitError(message)
        trace: xr.DataTree = get(self.folder / fit_id, "trace", TRACE_FORM)
        return trace

    def read_receipt(self, fit_id: str) -> dict[str, Any] | None:
        """Read how a fit came about.

        Parameters
        ----------
        fit_id : str
            Its name.

        Returns
        -------
        dict or None
            None for a fit of an earlier version of this package, which wrote none.
        """
        receipt: dict[str, Any] | None = try_get(self.folder / fit_id, RECEIPT, RECORD_FORM)
        return receipt

    def find(self, request_id: str) -> xr.DataTree | None:
        """Find the latest fit that answers a request.

        Parameters
        ----------
        request_id : str
            What is asked for.

        Returns
        -------
        xarray.DataTree or None
            None where there is none, or what there is is not what its names say.
        """
        for record in self._list():
            if record["request_id"] == request_id:
                trace = self._try_read(record["fit_id"])
                if trace is not None and has_own_identity(trace):
                    return trace
        return None

    def find_scales(self, limits: GateLimits) -> xr.DataTree | None:
        """Find the fit whose scales a refit keeps: the promoted one, or else the last that passed.

        Only for what need not be believed, such as scales: the gate measures anew.

        Parameters
        ----------
        limits : GateLimits
            That the numbers of the last one, as they were measured, must keep.

        Returns
        -------
        xarray.DataTree or None
            None where there is none.
        """
        promoted = self.find_promotion()
        trace = None if promoted is None else self._try_read(promoted.fit_id)
        return self._find_passed(limits) if trace is None else trace

    def promote(self, promotion: Promotion) -> None:
        """Note that a fit is promoted, before all that were.

        Parameters
        ----------
        promotion : Promotion
            Of a fit that is kept, and came through the gate.

        Raises
        ------
        StaleFitError
            If the promotions there are cannot be read; they are left as they are.
        """
        promotions = [*self.list_promotions(), promotion]
        history = [one.model_dump(mode="json") for one in promotions]
        put(self.folder.parent, PROMOTED, RECORD_FORM, {**history[-1], "history": history})

    def find_promotion(self) -> Promotion | None:
        """Find which fit is promoted.

        Returns
        -------
        Promotion or None
            None where none ever was.
        """
        promotions = self.list_promotions()
        return promotions[-1] if promotions else None

    def list_promotions(self) -> list[Promotion]:
        """List every promotion there was, the first one first.

        Returns
        -------
        list of Promotion

        Raises
        ------
        StaleFitError
            If they cannot be read.
        """
        file = self.folder.parent / f"{PROMOTED}.json"
        if not file.exists():
            return []
        try:
            record = get(file.parent, PROMOTED, RECORD_FORM)
            return [Promotion.model_validate(one) for one in record["history"]]
        except (StaleFitError, ValueError, KeyError, TypeError):
            message = (
                f"{self.model}/{file.name} must say which fits were promoted; it cannot be read. "
                "Put back what it held, or move it away to start anew."
            )
            raise StaleFitError(message) from None

    def _find_passed(self, limits: GateLimits) -> xr.DataTree | None:
        """Find the model's latest fit whose numbers, as they were measured, keep the limits.

        Fits that are made to test the model, of part of the data say, are not the model's.
        """
        for record in self._list():
            folder = self.folder / record["fit_id"]
            examination: Examination | None = try_get(folder, "diagnostics", DIAGNOSTICS_FORM)
            if examination is None or judge(examination.numbers, limits).failures:
                continue
            trace = self._try_read(record["fit_id"])
            if trace is not None and read_prespecification(trace) is not None:
                return trace
        return None

    def _list(self) -> list[dict[str, str]]:
        """Read the records of all fits that are kept, the latest first."""
        names = [record.parent.name for record in self.folder.glob("*/fit.json")]
        records = [try_get(self.folder / name, "fit", RECORD_FORM) for name in names]
        there: list[dict[str, str]] = [record for record in records if record]
        return sorted(there, key=lambda record: record["fitted_at"], reverse=True)

    def _try_read(self, fit_id: str) -> xr.DataTree | None:
        """Read a fit that is kept; None where it is damaged."""
        trace: xr.DataTree | None = try_get(self.folder / fit_id, "trace", TRACE_FORM)
        return trace
