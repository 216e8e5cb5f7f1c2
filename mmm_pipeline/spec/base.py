"""What all parts of a spec have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

type Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", max_length=60)]
"""A name that is safe in a file name, an asset key and a column: letters, digits, underscore."""


class SpecPart(BaseModel):
    """A frozen part of a spec that refuses words it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
