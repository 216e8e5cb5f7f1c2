"""What follows from draws of a model, computed of many draws at once, by NumPy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytensor
import xarray as xr
from pytensor.compile.mode import Mode
from pytensor.graph.basic import Constant
from pytensor.graph.replace import clone_replace
from pytensor.graph.rewriting.utils import rewrite_graph
from pytensor.graph.traversal import ancestors
from pytensor.link.vm import VMLinker
from pytensor.xtensor.type import XTensorVariable, xtensor
from pytensor.xtensor.vectorization import vectorize_graph

SAMPLE = "sample"
"""Dim: draws, those of the first chain, then those of the next."""
MAX_NUMBERS = 500_000
"""Numbers of one array that are computed at once: 4 MB, which a processor keeps at hand."""


@dataclass(frozen=True, eq=False)
class Vectorized:
    """What computes variables of a graph in many draws at once.

    Attributes
    ----------
    names : tuple of str
        Of what is put in.
    dims : mapping of str to tuple of str
        Of each variable that comes out, by its name.
    still : frozenset of str
        Those that are the same in every draw.
    function : callable
        From arrays, draws first, to arrays, draws first but for those that are still.
    """

    names: tuple[str, ...]
    dims: Mapping[str, tuple[str, ...]]
    still: frozenset[str]
    function: Any = field(repr=False)

    def compute(self, draws: xr.Dataset) -> xr.Dataset:
        """Compute the variables.

        Parameters
        ----------
        draws : xarray.Dataset, dims ``(chain, draw, ...)``
            What is put in, in the order of dims that the graph knows.

        Returns
        -------
        xarray.Dataset, dims ``(chain, draw, ...)``
        """
        sizes = draws.sizes["chain"], draws.sizes["draw"]
        arrays = [draws[name].transpose("chain", "draw", ...).to_numpy() for name in self.names]
        flat = [array.reshape(-1, *array.shape[2:]) for array in arrays]
        step = max(1, MAX_NUMBERS // self._measure_data())
        with np.errstate(all="ignore"):  # Draws may be anywhere; what is not finite says so.
            parts = [
                self.function(*(array[start : start + step] for array in flat))
                for start in range(0, sizes[0] * sizes[1], step)
            ]
        found = {}
        for place, (name, dims) in enumerate(self.dims.items()):
            if name in self.still:
                values = np.repeat(parts[0][place][None], sizes[0] * sizes[1], axis=0)
            else:
                values = np.concatenate([part[place] for part in parts])
            found[name] = ("chain", "draw", *dims), values.reshape(*sizes, *values.shape[1:])
        return xr.Dataset(found, coords={dim: draws[dim] for dim in ("chain", "draw")})

    def _measure_data(self) -> int:
        """Count the numbers of the largest array that the graph holds: one draw takes as many."""
        graph = self.function.maker.fgraph
        held = [np.size(one.data) for one in graph.variables if isinstance(one, Constant)]
        shared = [np.size(one.get_value(borrow=True)) for one in self.function.get_shared()]
        return max([1, *held, *shared])


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph of one draw, simplified for NumPy, of which any variables can be asked.

    Attributes
    ----------
    inputs : tuple of XTensorVariable
        What is put in.
    outputs : mapping of str to XTensorVariable
        What can come out, by name.
    """

    inputs: tuple[XTensorVariable, ...]
    outputs: Mapping[str, XTensorVariable]

    def vectorize(self, names: Sequence[str]) -> Vectorized:
        """Turn it into a function of many draws.

        Parameters
        ----------
        names : sequence of str
            What is to come out.

        Returns
        -------
        Vectorized
            Data of the model, which may be exchanged, remain so.
        """
        many = [
            xtensor(
                one.name,
                dtype=one.type.dtype,
                dims=(SAMPLE, *one.type.dims),
                shape=(None, *one.type.shape),
            )
            for one in self.inputs
        ]
        asked = {name: self.outputs[name] for name in names}
        moving = {name: one for name, one in asked.items() if self._hangs_on_inputs(one)}
        put = dict(zip(self.inputs, many, strict=True))
        together = asked | dict(
            zip(moving, vectorize_graph([*moving.values()], put) if moving else (), strict=True)
        )
        function = pytensor.function(
            many,
            [*together.values()],
            mode=Mode(VMLinker(use_cloop=False, c_thunks=False), optimizer=None),
            on_unused_input="ignore",
        )
        return Vectorized(
            names=tuple(str(one.name) for one in self.inputs),
            dims={name: one.type.dims for name, one in asked.items()},
            still=frozenset(asked.keys() - moving.keys()),
            function=function,
        )

    def _hangs_on_inputs(self, variable: XTensorVariable) -> bool:
        """Tell whether a variable follows from what is put in."""
        return not set(self.inputs).isdisjoint(ancestors([variable]))


def simplify(inputs: Sequence[XTensorVariable], outputs: Mapping[str, XTensorVariable]) -> Graph:
    """Simplify a graph of one draw.

    Parameters
    ----------
    inputs : sequence of XTensorVariable
        What is put in; within the graph, they may be random variables.
    outputs : mapping of str to XTensorVariable
        What can come out, by name.

    Returns
    -------
    Graph

    Notes
    -----
    PyTensor's own function is called once for each draw, so it must be compiled to be fast, which
    takes 5 to 20 seconds. NumPy takes half a second to 4,000 draws of a graph that is given a dim
    of draws. Its numbers are those of PyTensor's Python functions to the last bit.
    """
    own = [one.type(one.name) for one in inputs]
    graph = clone_replace(list(outputs.values()), dict(zip(inputs, own, strict=True)))
    simple = rewrite_graph(graph, include=("fast_compile", "py_only"), clone=True)
    return Graph(tuple(own), dict(zip(outputs, simple, strict=True)))
