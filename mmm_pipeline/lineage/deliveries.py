"""Every delivery that was ever read, and which of them became validated data.

What a change between two of them means is said in `mmm_pipeline.ingest.history`.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pandas as pd
from upath import UPath

from mmm_pipeline.ingest.delivery import Delivery
from mmm_pipeline.lineage.files import get, put, try_get
from mmm_pipeline.lineage.forms import RecordForm, TableForm

TABLE_FORM, RECORD_FORM = TableForm(), RecordForm()

type Names = dict[str, str]
"""Name of a delivery by raw asset."""


@dataclass(frozen=True)
class Receipt:
    """One arrival of a delivery.

    Attributes
    ----------
    delivery : str
        Its name, which its content gives it.
    received_at : str
        When it was first read since another one was, ISO 8601, UTC.
    """

    delivery: str
    received_at: str


@dataclass(frozen=True)
class Deliveries:
    """The deliveries of one model: each content once, and the order in which it came.

    Attributes
    ----------
    root : str
        Folder or address of all outputs.
    model : str
        Whose deliveries.
    """

    root: str
    model: str

    @property
    def folder(self) -> UPath:
        """Where they lie."""
        return UPath(self.root) / self.model / "deliveries"

    def keep(self, asset: str, delivery: Delivery, now: dt.datetime) -> Receipt:
        """Keep a delivery, if it is another than the last one.

        Parameters
        ----------
        asset : str
            The raw asset it is of.
        delivery : Delivery
            What was read.
        now : datetime.datetime
            When, UTC.

        Returns
        -------
        Receipt
            The earlier one, where the content is that of the last delivery.
        """
        folder, name = self.folder / asset, delivery.name
        arrivals = self.list_arrivals(asset)
        if arrivals and arrivals[-1]["delivery"] == name and self._has(asset, name):
            return Receipt(name, arrivals[-1]["received_at"])
        if not self._has(asset, name):
            put(folder / f"delivery={name}", "data", TABLE_FORM, delivery.frame)
        moment = now.isoformat(timespec="microseconds")
        record = {
            "delivery": name,
            "received_at": moment,
            "sha256": delivery.digest,
            "rows": len(delivery.frame),
        }
        put(folder, "log", RECORD_FORM, [*arrivals, record])
        return Receipt(name, moment)

    def list_arrivals(self, asset: str) -> list[dict[str, Any]]:
        """List the arrivals of a raw asset, the first one first.

        Parameters
        ----------
        asset : str
            Its name.

        Returns
        -------
        list of dict
            `delivery`, `received_at`, `sha256`, `rows`.
        """
        return self._list(self.folder / asset, "log")

    def read(self, asset: str, name: str) -> pd.DataFrame:
        """Read a delivery.

        Parameters
        ----------
        asset : str
            The raw asset it is of.
        name : str
            Its name.

        Returns
        -------
        pandas.DataFrame
        """
        frame: pd.DataFrame = get(self.folder / asset / f"delivery={name}", "data", TABLE_FORM)
        return frame

    def find_ingested_before(self, names: Names) -> Names | None:
        """Find what was validated last, before deliveries that are at hand.

        Parameters
        ----------
        names : dict of str to str
            Those at hand.

        Returns
        -------
        dict of str to str or None
            None where nothing else was.
        """
        log = self._list(self.folder, "ingested")
        while log and log[-1] == names:
            log = log[:-1]
        return log[-1] if log else None

    def note_ingested(self, names: Names) -> None:
        """Note that deliveries have become validated data.

        Parameters
        ----------
        names : dict of str to str
            Those at hand.
        """
        log = self._list(self.folder, "ingested")
        if not log or log[-1] != names:
            put(self.folder, "ingested", RECORD_FORM, [*log, names])

    def _has(self, asset: str, name: str) -> bool:
        """Tell whether a content is kept."""
        return (self.folder / asset / f"delivery={name}" / "data.parquet").exists()

    def _list(self, folder: UPath, stem: str) -> list[Any]:
        """Read a log; one that is damaged is begun anew."""
        return try_get(folder, stem, RECORD_FORM) or []
