"""What the money of a figure or a page is in."""

import re

from matplotlib.figure import Figure
from matplotlib.text import Text

MONEY = ("spend per", "spend over", "spend so far", "budget of")
"""What the label of an axis of money begins with."""


def say_currency(text: str, currency: str | None) -> str:
    """Say in a text what its money is in.

    Parameters
    ----------
    text : str
        In which money is called a unit of it.
    currency : str or None
        Three letters; None where nobody said.

    Returns
    -------
    str

    Examples
    --------
    >>> say_currency("the next unit of money brings 1.20", "EUR")
    'the next EUR brings 1.20'
    """
    return text.replace("unit of money", currency) if currency else text


def tell_currency(figure: Figure, currency: str) -> None:
    """Say in the labels of a figure what its money is in.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Changed in place.
    currency : str
        Three letters.
    """
    for text in figure.findobj(Text):
        words = say_currency(text.get_text(), currency)
        if words.startswith(MONEY):
            words = re.sub("^[^;(]*[^;( ]", rf"\g<0>, {currency}", words)
        text.set_text(words)
