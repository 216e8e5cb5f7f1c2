"""What is written down of an examined fit: for a reader, and for the gate."""

import json
from dataclasses import asdict, dataclass

import pandas as pd

from mmm_pipeline.errors import StaleFitError
from mmm_pipeline.gate.findings import Finding
from mmm_pipeline.gate.verdict import Diagnostics, Verdict, judge
from mmm_pipeline.spec import GateLimits


@dataclass(frozen=True)
class Examination:
    """The numbers of a fit, and the limits they were held against when it was examined.

    Attributes
    ----------
    numbers : Diagnostics
        What was measured.
    limits : GateLimits
        The limits of that day. The gate uses those of the spec as it is now.
    parameters : pandas.DataFrame
        A row per free parameter, from `assess_parameters`.
    pathologies : tuple of Finding
        What ails the posterior, from `find_pathologies`.
    """

    numbers: Diagnostics
    limits: GateLimits
    parameters: pd.DataFrame
    pathologies: tuple[Finding, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What the numbers said under the limits of that day."""
        return judge(self.numbers, self.limits)

    def to_json(self) -> str:
        """Write numbers, limits and verdict.

        Returns
        -------
        str
            The verdict stands first, for a reader.
        """
        verdict = asdict(self.verdict)
        record = {
            "verdict": verdict.pop("word"),
            **self.numbers.model_dump(mode="json"),
            **verdict,
            "pathologies": [asdict(finding) for finding in self.pathologies],
            "limits": self.limits.model_dump(mode="json"),
        }
        return json.dumps(record, indent=2, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, parameters: pd.DataFrame) -> "Examination":
        """Read numbers and limits; the verdict in the text is not believed.

        Parameters
        ----------
        text : str
            From `to_json`.
        parameters : pandas.DataFrame
            A row per free parameter.

        Returns
        -------
        Examination

        Raises
        ------
        StaleFitError
            If it was written in another form.
        """
        record = json.loads(text)
        try:
            numbers = {name: record[name] for name in Diagnostics.model_fields}
            limits = GateLimits.model_validate(record["limits"])
            pathologies = tuple(map(Finding.from_record, record["pathologies"]))
            return cls(Diagnostics.model_validate(numbers), limits, parameters, pathologies)
        except (KeyError, TypeError, ValueError):
            message = (
                "Diagnostics must be in the form that this version writes; these are in another. "
                "Materialise diagnostics again."
            )
            raise StaleFitError(message) from None
