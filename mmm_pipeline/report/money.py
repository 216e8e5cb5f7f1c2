"""What the money of a figure is in."""

import re

from matplotlib.figure import Figure
from matplotlib.text import Text

MONEY = ("spend per", "spend over", "spend so far", "budget of")
"""What the label of an axis of money begins with."""


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
        words = text.get_text().replace("unit of money", currency)
        if words.startswith(MONEY):
            words = re.sub("^[^;(]*[^;( ]", rf"\g<0>, {currency}", words)
        text.set_text(words)
