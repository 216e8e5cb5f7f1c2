"""Every error this package raises on purpose.

::

    MMMPipelineError
    ├── SpecError (ValueError)         the YAML says what cannot hold
    ├── DataError (ValueError)         the data cannot become a validated frame
    │   └── SourceError                the source cannot be read at all
    ├── PathError (ValueError)         a path leaves its root
    ├── ScenarioError (ValueError)     a budget cannot be met within its bounds
    ├── DecompositionError             the parts do not add up to the whole
    └── GateError                      a fit may not be read
        ├── NotConvergedError          its diagnostics break the limits
        └── StaleFitError              nobody has examined it, or not this one

A disappointing model is not an error but a verdict (`mmm_pipeline.gate`).
"""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

SHOWN = 5
"""How many offenders a message names before it counts the rest."""


def shorten(values: Sequence[object], shown: int = SHOWN, between: str = ", ") -> str:
    """Join values into a phrase, naming the first few and counting the rest.

    Parameters
    ----------
    values : sequence
        What is listed, in the order given.
    shown : int
        How many are named. Five by default: a message should fit a screen.
    between : str
        What stands between two of them; a semicolon where they are sentences.

    Returns
    -------
    str

    Examples
    --------
    >>> shorten(["tv", "radio"])
    'tv, radio'
    >>> shorten(range(8), shown=3)
    '0, 1, 2 and 5 more'
    """
    named = between.join(str(value) for value in values[:shown])
    rest = len(values) - shown
    return f"{named} and {rest} more" if rest > 0 else named


def suggest(word: str, known: Collection[str]) -> str:
    """Ask whether a word that is known was meant.

    Parameters
    ----------
    word : str
        What was written.
    known : collection of str
        What there is.

    Returns
    -------
    str
        A sentence with a space before it, or nothing.
    """
    near = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


@dataclass(frozen=True)
class Offence:
    """One cell that breaks a rule: where it stands, and what it holds.

    Attributes
    ----------
    date : str
        Of its row, ISO 8601; the number of the row where it has none.
    column : str
        Of the source.
    value : str
        As it stands there.
    cell : str
        Of the panel: labels of its dims, or nothing where there is no panel.
    """

    date: str
    column: str
    value: str
    cell: str = ""

    @property
    def place(self) -> str:
        """Date, and the panel's cell where there is one."""
        return f"{self.date} ({self.cell})" if self.cell else self.date


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with the data.

    Attributes
    ----------
    code : str
        Stable name of the rule that is broken, for example ``missing_value``.
    message : str
        What must hold, what was found, where, and what to do.
    column : str or None
        The column of the source, or None where the whole table is meant.
    setting : tuple of str
        The words of the spec that led here, for example ``("data", "target")``.
    offences : tuple of Offence
        The cells that break the rule, in the order of the source.
    is_of_spec : bool
        Whether the place to look first is the spec, not the data.
    """

    code: str
    message: str
    column: str | None = None
    setting: tuple[str, ...] = ()
    offences: tuple[Offence, ...] = field(default=(), repr=False)
    is_of_spec: bool = False

    @property
    def dates(self) -> tuple[str, ...]:
        """Dates of the offending cells, as ISO 8601 text."""
        return tuple(offence.date for offence in self.offences)


class MMMPipelineError(Exception):
    """Root of everything that this package raises on purpose."""


class SpecError(MMMPipelineError, ValueError):
    """The spec contradicts itself, or asks for what cannot be had."""


class DataError(MMMPipelineError, ValueError):
    """The source cannot become a validated frame. Carries every problem found.

    Parameters
    ----------
    problems : sequence of Problem
        At least one; the message is theirs, one to a line.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.message for problem in self.problems))


class SourceError(DataError):
    """The source is missing, is unreadable, or is no table."""


class PathError(MMMPipelineError, ValueError):
    """A path is absolute, climbs out of its root, or links out of it."""


class ScenarioError(MMMPipelineError, ValueError):
    """A scenario's budget cannot be spent within the bounds of its channels."""


class DecompositionError(MMMPipelineError):
    """The components do not add up to the fitted mean.

    Parameters
    ----------
    gap : float
        Largest relative difference found, a fraction.
    limit : float
        Largest one allowed, a fraction.
    """

    def __init__(self, gap: float, limit: float) -> None:
        self.gap, self.limit = gap, limit
        super().__init__(
            f"The components must add up to the fitted mean to {limit:g} relative; "
            f"the largest difference is {gap:.3g}. Some part of the model is missing "
            "from the decomposition."
        )


class GateError(MMMPipelineError):
    """A fit may not be read by what lies past the gate."""


class NotConvergedError(GateError):
    """The fit's diagnostics break the limits that the spec states now.

    Parameters
    ----------
    model : str
        Name of the model.
    fit_id : str
        The fit that was refused.
    failures : sequence of str
        One sentence for every limit that is broken.
    """

    def __init__(self, model: str, fit_id: str, failures: Sequence[str]) -> None:
        self.model, self.fit_id, self.failures = model, fit_id, tuple(failures)
        super().__init__(
            f"Model {model!r} has not converged (fit {fit_id}): {'; '.join(failures)}. "
            f"Nothing past the gate is made from it; read {model}/diagnostics for advice."
        )


class StaleFitError(GateError):
    """What is read together does not belong together.

    Parameters
    ----------
    message : str
        What was compared, and what to materialise first.
    """
