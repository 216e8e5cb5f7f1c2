"""What all parts of a spec have in common."""

import difflib
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    ModelWrapValidatorHandler,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, InitErrorDetails

from mmm_pipeline.spec.wording import LINE_NAME, NAME, word_refusal

type Name = Annotated[str, StringConstraints(pattern=NAME, max_length=60)]
"""A name that is safe in a file name, an asset key and a column: letters, digits, underscore."""

type LineName = Annotated[
    str,
    StringConstraints(pattern=LINE_NAME, max_length=121),
]
"""What money is planned for: a channel; or, over several models, ``model.channel``."""


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        message = f"must be a number; got {value}"
        raise ValueError(message)  # noqa: TRY004  # Pydantic tells value errors
    return value


type Number = Annotated[float, BeforeValidator(_no_boolean)]
"""A number; `true` is none."""

TEXT, PART, LIST = "<text>", "<part>", "<list>"
"""Tags of a setting that may be a text, a part with settings of its own, or a list; no word has
them."""


def _is_text(value: object) -> str:
    return PART if isinstance(value, dict | BaseModel) else TEXT


def _is_list(value: object) -> str:
    return LIST if isinstance(value, list | tuple) else _is_text(value)


TEXT_OR_PART, TEXT_OR_PART_OR_LIST = Discriminator(_is_text), Discriminator(_is_list)
"""Pick one by what is written, so that only its faults are told."""


class SpecPart(BaseModel):
    """A frozen part of a spec that refuses words it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="wrap")
    @classmethod
    def _tell_unknown_words(cls, values: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Say of an unknown word which one may be meant and which there are, at its own place."""
        try:
            return handler(values)
        except ValidationError as error:
            details = [cls._detail(one) for one in error.errors(include_url=False)]
            raise ValidationError.from_exception_data(error.title, details) from None

    @classmethod
    def _detail(cls, error: ErrorDetails) -> InitErrorDetails:
        """Word a refusal as the house does; pass on what is worded already."""
        kind, context = error["type"], error.get("ctx", {})
        place = tuple(word for word in error["loc"] if word not in {TEXT, PART, LIST})
        if kind == "extra_forbidden" and len(place) == 1:
            words: str | None = cls._refuse(str(place[0]))
        else:
            words = word_refusal(kind, context, error["input"])
        if words is not None:
            kind, context = "value_error", {"error": ValueError(words)}
        return InitErrorDetails(type=kind, loc=place, input=error["input"], ctx=context)

    @classmethod
    def _refuse(cls, unknown: str) -> str:
        """Name the word that may be meant, and all there are."""
        near = difflib.get_close_matches(unknown, cls.model_fields, n=1)
        hint = f" Did you mean `{near[0]}`?" if near else ""
        known = ", ".join(cls.model_fields)
        return f"`{unknown}` is no setting that is honoured here.{hint} There are: {known}."
