"""Where results lie, and how they get there whole or not at all.

How a result becomes a file belongs to `mmm_pipeline.lineage.forms`; fits that are kept, to
`mmm_pipeline.lineage.fits`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upath import UPath

from mmm_pipeline.errors import SpecError, StaleFitError
from mmm_pipeline.lineage.files import get, put, try_get
from mmm_pipeline.lineage.forms import FigureForm, Form, RecordForm
from mmm_pipeline.spec import Prespecification

RECORD_FORM, FIGURE_FORM = RecordForm(), FigureForm()
PRESPECIFICATION = "prespecification"
"""Name of the file that says what was decided before the first fit."""


@dataclass(frozen=True)
class Store:
    """The outputs of one model, on disk or on an object store.

    Attributes
    ----------
    root : str
        Folder or address of all outputs.
    model : str
        Whose outputs.
    """

    root: str
    model: str

    @property
    def folder(self) -> UPath:
        """Where the model's current results lie."""
        return UPath(self.root) / self.model

    def locate(self, asset: str, form: Form) -> UPath:
        """Name the file of an asset.

        Parameters
        ----------
        asset : str
            Its name.
        form : Form
            How it is written.

        Returns
        -------
        UPath
            The one that counts, where a form has several.
        """
        return self.folder / f"{asset}{form.suffixes[0]}"

    def write(self, asset: str, form: Form, value: Any, made_from: str | None = None) -> None:
        """Write a result beside its place, then put it there.

        Parameters
        ----------
        asset : str
            Its name.
        form : Form
            How it is written.
        value : object
            What the form takes.
        made_from : str, optional
            Name of all that the result follows from; see `reuse`.
        """
        mark = self._mark(asset)
        mark.unlink(missing_ok=True)
        put(self.folder, asset, form, value)
        if made_from is not None:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text(made_from, encoding="utf-8")

    def read(self, asset: str, form: Form) -> Any:
        """Read a result.

        Parameters
        ----------
        asset : str
            Its name.
        form : Form
            How it was written.

        Returns
        -------
        object

        Raises
        ------
        StaleFitError
            If it has never been materialised.
        """
        if not self.locate(asset, form).exists():
            message = (
                f"{self.model}/{asset} must be there before what follows from it; it has not been "
                f"materialised. Materialise {self.model}/{asset} first."
            )
            raise StaleFitError(message)
        return get(self.folder, asset, form)

    def reuse(self, asset: str, form: Form, made_from: str) -> Any | None:
        """Read a result if it follows from the very same things, so that it need not be made.

        Parameters
        ----------
        asset : str
            Its name.
        form : Form
            How it was written.
        made_from : str
            Name of all that it follows from.

        Returns
        -------
        object or None
            None where it is not there, is damaged, or was made from something else.
        """
        if not self.has(asset, form, made_from):
            return None
        value = try_get(self.folder, asset, form)
        if value is None:
            self._mark(asset).unlink()  # So that what is made instead is written.
        return value

    def has(self, asset: str, form: Form, made_from: str) -> bool:
        """Tell whether the result that is there follows from the very same things.

        Parameters
        ----------
        asset : str
            Its name.
        form : Form
            How it was written.
        made_from : str
            Name of all that it follows from.

        Returns
        -------
        bool
        """
        mark = self._mark(asset)
        is_same = mark.exists() and mark.read_text(encoding="utf-8") == made_from
        return is_same and self.locate(asset, form).exists()

    def fix_decisions(self, decisions: Prespecification) -> Prespecification:
        """Keep what was decided before the first fit. What is there is never written over.

        Parameters
        ----------
        decisions : Prespecification
            What is decided now, kept if nothing is.

        Returns
        -------
        Prespecification
            What was decided first.

        Raises
        ------
        SpecError
            If what is there cannot be read.
        """
        file = self.locate(PRESPECIFICATION, RECORD_FORM)
        if not file.exists():
            record = decisions.model_dump(mode="json")
            put(self.folder, PRESPECIFICATION, RECORD_FORM, record)
        try:
            stored = get(self.folder, PRESPECIFICATION, RECORD_FORM)
            return Prespecification.model_validate(stored)
        except (StaleFitError, ValueError):
            message = (
                f"{self.model}/{file.name} must say what was decided before the first fit; it "
                "cannot be read. Put back what it held, or move it away to start anew."
            )
            raise SpecError(message) from None

    def write_figures(self, asset: str, figures: Mapping[str, Any]) -> None:
        """Write an asset's figures into a folder of its name.

        Parameters
        ----------
        asset : str
            Its name.
        figures : mapping of str to matplotlib.figure.Figure
            By name.
        """
        for name, figure in figures.items():
            put(self.folder / asset, name, FIGURE_FORM, figure)

    def _mark(self, asset: str) -> UPath:
        """Name the note of what an asset was made from."""
        return self.folder / ".made_from" / asset
