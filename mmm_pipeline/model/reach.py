"""Channels of which it is known how many people were reached, and how often."""

from collections.abc import Mapping
from dataclasses import dataclass

import pymc as pm
import pymc.dims as pmd
import pytensor.xtensor as ptx
import xarray as xr
from pytensor.xtensor.type import XTensorVariable

from mmm_pipeline.model.formulas import SATURATION_PARAMETERS, weigh_contacts
from mmm_pipeline.model.media import join_forms, take_parameters
from mmm_pipeline.model.vectors import Vector, pick

FREQUENCY = "channel_frequency"
"""Variable: contacts per person reached, dims ``(date, ..., channel)``; 1 for other channels."""
CONTACT_EFFECT = "contact_effect"
"""Variable: effect of a contact, of several to the same person, dims ``(date, ..., channel)``."""
NOT_KNOWN = "not known"
"""Stands for the form of a channel whose frequency is not known."""
PREFIX = "frequency_"
"""Begins the name of a parameter of a frequency's curve."""


@dataclass(frozen=True)
class Reach:
    """How the effect of a contact falls with how often people are reached.

    What acts is the number of people reached times a curve of how often they were. With ``x``
    contacts and ``f`` of them per person that is ``x / f`` people times ``s(f)``: so each contact
    counts ``s(f) / f``, and all else is as with other exposure.

    Attributes
    ----------
    forms : mapping of str to str
        Form of each channel's curve, for those whose frequency is known.
    parameters : mapping of str to Vector
        Those that the forms take, per contact and person.
    frequency : xarray.DataArray, dims ``(date, ..., channel)``
        Contacts per person reached.

    References
    ----------
    Zhang, Wurm, Wakim, Li and Liu (2023), "Bayesian hierarchical media mix model incorporating
    reach and frequency data", equation 3.
    """

    forms: Mapping[str, str]
    parameters: Mapping[str, Vector]
    frequency: xr.DataArray

    def create_variable(self, model: pm.Model) -> XTensorVariable:
        """Register the curves and what a contact counts in a model.

        Parameters
        ----------
        model : pymc.Model
            With the coordinates ``date`` and ``channel``.

        Returns
        -------
        XTensorVariable, dims ``(date, ..., channel)``
            1 for channels whose frequency is not known.
        """
        dims = tuple(str(dim) for dim in self.frequency.dims)
        channels = [str(name) for name in self.frequency["channel"].to_numpy()]
        with model:
            pmd.Data(FREQUENCY, self.frequency.to_numpy(), dims=dims)
            values = {
                word: vector.create_variable(f"{PREFIX}{word}")
                for word, vector in self.parameters.items()
            }
            frequency = model[FREQUENCY]

            def weigh(form: str, places: list[int]) -> XTensorVariable:
                if form not in SATURATION_PARAMETERS:
                    return ptx.as_xtensor([1.0] * len(places), dims=("channel",))
                mine = [channels[place] for place in places]
                taken = take_parameters(self, values, SATURATION_PARAMETERS[form], mine)
                return weigh_contacts(form, pick(frequency, channels, mine), **taken)

            counts = join_forms([self.forms.get(name, NOT_KNOWN) for name in channels], weigh)
            return pmd.Deterministic(CONTACT_EFFECT, counts.transpose(*dims))
