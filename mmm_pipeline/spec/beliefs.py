"""What is believed before the data are asked: in a marketer's words, or in a statistician's."""

import math
import re
from typing import Any, Literal, Self

from pydantic import Field, model_serializer, model_validator

from mmm_pipeline.spec.base import Number, SpecPart

FAMILIES: dict[str, tuple[str, ...]] = {
    "Normal": ("mu", "sigma"),
    "StudentT": ("nu", "mu", "sigma"),
    "Laplace": ("mu", "b"),
    "TruncatedNormal": ("mu", "sigma", "lower", "upper"),
    "HalfNormal": ("sigma",),
    "HalfStudentT": ("nu", "sigma"),
    "Exponential": ("lam",),
    "LogNormal": ("mu", "sigma"),
    "Gamma": ("alpha", "beta"),
    "InverseGamma": ("alpha", "beta"),
    "Beta": ("alpha", "beta"),
    "Uniform": ("lower", "upper"),
}
"""Distributions that may be named, with their parameters in order, named as PyMC names them."""
ANY_NUMBER = frozenset({"mu", "lower", "upper"})
"""Parameters that may be negative; the others are above 0."""
SUPPORT: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("Normal", "StudentT", "Laplace"), (-math.inf, math.inf)),
    **dict.fromkeys(
        ("HalfNormal", "HalfStudentT", "Exponential", "LogNormal", "Gamma", "InverseGamma"),
        (0.0, math.inf),
    ),
    "Beta": (0.0, 1.0),
}
"""Where a distribution lives; the truncated ones say it themselves."""
_CALL = re.compile(r"^\s*(?P<family>\w+)\s*\((?P<arguments>[^()]*)\)\s*$")


class Distribution(SpecPart):
    """A probability distribution, written as ``Beta(1, 3)`` or ``Normal(mu=0, sigma=2)``.

    Examples
    --------
    >>> Distribution.model_validate("Gamma(3, beta=1)").parameters
    {'alpha': 3.0, 'beta': 1.0}
    """

    family: Literal[tuple(FAMILIES)] = Field(description="Its name.")  # type: ignore[valid-type]
    parameters: dict[str, Number] = Field(description="Its parameters, by name.")

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return _read_call(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_a_distribution(self) -> Self:
        names = FAMILIES[self.family]
        required = set(names) - (
            {"lower", "upper"} if self.family == "TruncatedNormal" else frozenset()
        )
        if not required <= set(self.parameters) <= set(names):
            message = (
                f"{self.family} must be given {', '.join(names)}; got "
                f"{', '.join(self.parameters) or 'nothing'}"
            )
            raise ValueError(message)
        for name, number in self.parameters.items():
            if name not in ANY_NUMBER and number <= 0:
                message = f"{name} of {self.family} must be above 0; got {number}"
                raise ValueError(message)
        lower, upper = self.support
        if not lower < upper:
            message = f"{self.family} must have room between {lower} and {upper}"
            raise ValueError(message)
        return self

    @model_serializer
    def _write(self) -> str:
        return str(self)

    def __str__(self) -> str:
        """Write it as it is read."""
        arguments = ", ".join(f"{name}={number!r}" for name, number in self.parameters.items())
        return f"{self.family}({arguments})"

    @property
    def support(self) -> tuple[float, float]:
        """Where it lives: lower and upper end."""
        if self.family in SUPPORT:
            return SUPPORT[self.family]
        parameters = self.parameters
        return parameters.get("lower", -math.inf), parameters.get("upper", math.inf)

    def require_support(self, word: str, lower: float, upper: float) -> None:
        """Refuse a distribution that reaches where a parameter cannot be.

        Parameters
        ----------
        word : str
            The setting.
        lower, upper : float
            Where the parameter lives.

        Raises
        ------
        ValueError
            If the distribution lives anywhere else.
        """
        low, high = self.support
        if low < lower or high > upper:
            message = f"`{word}` must stay between {lower:g} and {upper:g}; {self} does not"
            raise ValueError(message)


def _read_call(text: str) -> dict[str, Any]:
    """Read ``Family(1, name=2)``; numbers only, nothing is evaluated."""
    call = _CALL.match(text)
    if call is None or call["family"] not in FAMILIES:
        message = (
            f"a distribution is written as `Beta(1, 3)` or `Normal(mu=0, sigma=2)`, and is one "
            f"of {', '.join(FAMILIES)}; got {text!r}"
        )
        raise ValueError(message)
    names, parameters = FAMILIES[call["family"]], {}
    pieces = [piece.strip() for piece in call["arguments"].split(",")] if call["arguments"] else []
    for position, piece in enumerate(pieces):
        name, _, number = piece.rpartition("=")
        name = name.strip() or (names[position] if position < len(names) else f"#{position + 1}")
        try:
            value = float(number)
        except ValueError:
            message = f"{call['family']} takes numbers; got {piece!r} in {text!r}"
            raise ValueError(message) from None
        if name in parameters:
            message = f"{name} must be given once; got {text!r}"
            raise ValueError(message)
        parameters[name] = value
    return {"family": call["family"], "parameters": parameters}


class Belief(SpecPart):
    """What a quantity above 0 is believed to be: ``{low, mid, high}`` or ``{median, factor}``.

    Notes
    -----
    Log-normal. `mid` and `median` are its median. `low` and `high` set the width of the interval
    that holds 95 % of belief, which runs from ``mid / sqrt(high / low)`` to
    ``mid x sqrt(high / low)``; with `mid` at ``sqrt(low x high)`` that is `low` to `high` itself.
    `factor` sets the width of the one that holds 90 %: from ``median / factor`` to
    ``median x factor``.

    Examples
    --------
    >>> round(Belief(low=1, mid=2, high=4).log_sd, 4)
    0.3466
    >>> round(Belief(median=2, factor=2).log_sd, 4)
    0.4214
    """

    low: float | None = Field(default=None, gt=0, description="Lower end of what is believed.")
    mid: float | None = Field(default=None, gt=0, description="Median of what is believed.")
    high: float | None = Field(default=None, gt=0, description="Upper end of what is believed.")
    median: float | None = Field(default=None, gt=0, description="Median of what is believed.")
    factor: float | None = Field(
        default=None, gt=1, description="By how much it may be missed, either way, at 90 %."
    )

    @model_validator(mode="after")
    def _is_stated(self) -> Self:
        stated = tuple(word for word in type(self).model_fields if getattr(self, word) is not None)
        if stated not in {("low", "mid", "high"), ("median", "factor")}:
            message = (
                "a belief must be stated as low, mid and high, or as median and factor; got "
                f"{', '.join(stated) or 'nothing'}"
            )
            raise ValueError(message)
        if stated[0] == "low" and not self.low < self.mid < self.high:  # type: ignore[operator]
            message = (
                f"a belief must rise from low over mid to high; got low {self.low}, mid "
                f"{self.mid}, high {self.high}"
            )
            raise ValueError(message)
        return self

    @property
    def center(self) -> float:
        """The median, in the quantity's unit."""
        return self.mid or self.median or math.nan

    @property
    def log_sd(self) -> float:
        """Standard deviation of the logarithm."""
        if self.low and self.high:
            return math.log(self.high / self.low) / 4
        return math.log(self.factor or math.nan) / Z_95

    @property
    def width(self) -> float:
        """By what factor the 95 % interval is wide: `high` over `low`, where they are stated."""
        return math.exp(4 * self.log_sd)


Z_95 = 1.6448536269514722
"""Standard deviations below which 95 % of a normal distribution lie."""
