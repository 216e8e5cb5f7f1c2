"""What was found to ail a posterior: the numbers that speak for it, and what would change it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Advice:
    """What an analyst may write to change the model. Nothing here writes it.

    Attributes
    ----------
    words : str
        What it means.
    lines : tuple of str
        Lines of the spec, in its own words; none where nothing but the analyst can fill them.
    instead_of : tuple of str
        Settings that they take the place of.

    Examples
    --------
    >>> print(Advice("Merge them", ("media: {tv_radio: {spend: [tv, radio]}}",), ("media.tv",)))
    Merge them: `media: {tv_radio: {spend: [tv, radio]}}`, instead of `media.tv`
    >>> print(Advice("Leave it out", instead_of=("controls.price",)))
    Leave it out: without `controls.price`
    """

    words: str
    lines: tuple[str, ...] = ()
    instead_of: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Write it as a phrase."""
        lines = ", ".join(f"`{line}`" for line in self.lines)
        old = " and ".join(f"`{setting}`" for setting in self.instead_of)
        if not old:
            return f"{self.words}: {lines}" if lines else self.words
        return (
            f"{self.words}: {lines}, instead of {old}" if lines else f"{self.words}: without {old}"
        )


@dataclass(frozen=True)
class Finding:
    """One thing that ails a posterior.

    Attributes
    ----------
    kind : str
        Stable name, for example ``ridge``.
    what : str
        What was found, with its numbers, for a reader.
    evidence : mapping of str to float
        The numbers alone.
    advice : tuple of Advice
        What would change it; each may do.
    """

    kind: str
    what: str
    evidence: Mapping[str, float] = field(default_factory=dict)
    advice: tuple[Advice, ...] = ()

    def __str__(self) -> str:
        """Write it as sentences, without the last stop."""
        return ". ".join([self.what, *map(str, self.advice)])

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Read it from what `dataclasses.asdict` made of it.

        Parameters
        ----------
        record : mapping of str to object
            From JSON.

        Returns
        -------
        Finding
        """
        advice = tuple(
            Advice(one["words"], tuple(one["lines"]), tuple(one["instead_of"]))
            for one in record["advice"]
        )
        return cls(record["kind"], record["what"], dict(record["evidence"]), advice)
