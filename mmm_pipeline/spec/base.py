"""What all parts of a spec have in common."""

import difflib
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

type Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
"""A name that is safe in a file name, an asset key and a column: letters, digits, underscore."""


class SpecPart(BaseModel):
    """A frozen part of a spec that refuses words it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_words(cls, values: Any) -> Any:
        """Name the unknown word, the one that may be meant, and all there are."""
        if not isinstance(values, dict):
            return values
        unknown = [str(word) for word in values if word not in cls.model_fields]
        if unknown:
            known = list(cls.model_fields)
            near = difflib.get_close_matches(unknown[0], known, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            message = (
                f"`{'`, `'.join(unknown)}` is no setting that is honoured here.{hint} "
                f"There are: {', '.join(known)}."
            )
            raise ValueError(message)
        return values
