"""What a contact counts where people are reached several times, draw by draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import xarray as xr

from mmm_pipeline.model.features import stack
from mmm_pipeline.model.formulas import SATURATION_PARAMETERS, weigh_contacts


@dataclass(frozen=True, eq=False)
class Contacts:
    """What a contact counts, of several to the same person.

    Attributes
    ----------
    forms : mapping of str to str
        Form of each channel's curve of frequency.
    parameters : mapping of str to xarray.DataArray, dims ``(sample, channel)``
        Of the curves, for the channels that take them.
    """

    forms: Mapping[str, str]
    parameters: Mapping[str, xr.DataArray]

    def thin(self, some: Mapping[str, slice | np.ndarray]) -> "Contacts":
        """Keep some draws.

        Parameters
        ----------
        some : mapping of str to slice or numpy.ndarray
            Of ``sample``.

        Returns
        -------
        Contacts
        """
        return replace(
            self, parameters={name: one.isel(some) for name, one in self.parameters.items()}
        )

    def choose(self, channels: Sequence[str]) -> "Contacts | None":
        """Keep some channels.

        Parameters
        ----------
        channels : sequence of str
            Their names.

        Returns
        -------
        Contacts or None
            None if it is known of none of them how often people were reached.
        """
        forms = {name: form for name, form in self.forms.items() if name in channels}
        return replace(self, forms=forms) if forms else None

    def weigh(self, frequency: xr.DataArray) -> xr.DataArray:
        """Compute what a contact counted in each period.

        Parameters
        ----------
        frequency : xarray.DataArray, dims ``(date, ..., channel)``
            Contacts per person reached; 1 where that is not known.

        Returns
        -------
        xarray.DataArray, dims ``(date, sample, ..., channel)``
            1 for channels of which it is not known.
        """
        counts = {}
        for name in frequency["channel"].to_numpy():
            often, form = frequency.sel(channel=name), self.forms.get(str(name))
            if form is not None:
                taken = take_parameters(self.parameters, SATURATION_PARAMETERS[form], name)
                often = weigh_contacts(form, often, **taken)
            counts[str(name)] = often
        return stack(counts, "channel")


def take_parameters(
    parameters: Mapping[str, xr.DataArray], words: Sequence[str], channel: str
) -> dict[str, xr.DataArray]:
    """Take what a channel's form needs.

    Parameters
    ----------
    parameters : mapping of str to xarray.DataArray, dims ``(sample, channel)``
        By name, for the channels that take them.
    words : sequence of str
        Names of those that the form takes.
    channel : str
        The channel.

    Returns
    -------
    dict of str to xarray.DataArray, dims ``(sample,)``
    """
    return {word: parameters[word].sel(channel=channel) for word in words}
