"""Machine code of a model that hangs on the model alone, so that equal fits draw equal numbers.

Numba links all it compiles in one engine per process, where of two functions of one name the one
that was loaded first serves both. What was just compiled and what comes out of PyTensor's cache on
disk bring other copies of the same functions, which round otherwise in the last digit; a posterior
explored by Hamiltonian dynamics then has other draws.
"""

import ctypes
from dataclasses import dataclass, field
from typing import Any

import llvmlite.binding as llvm
from numba.core.registry import cpu_target

ENVIRONMENT = "_ZN08NumbaEnv"
"""How a variable begins that leads compiled code to its Python objects."""
OPTIMISATION = 3
"""Numba's own level."""


@dataclass(frozen=True)
class LinkedAlone:
    """A compiled function in an engine of its own.

    Attributes
    ----------
    address : int
        Where it begins.
    engine : llvmlite.binding.ExecutionEngine
        Keeps it in memory.
    """

    address: int
    engine: Any = field(repr=False)


def link_alone(function: Any) -> LinkedAlone:
    """Link a compiled function with nothing but what it brings along.

    Parameters
    ----------
    function : numba.core.ccallback.CFunc
        From `numba.cfunc`; all that it calls is part of its module.

    Returns
    -------
    LinkedAlone
    """
    module = llvm.parse_assembly(function.inspect_llvm())
    triple, cpu, features = cpu_target.target_context.codegen().magic_tuple()
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu=cpu, features=features, opt=OPTIMISATION, jit=True
    )
    names = [one.name for one in module.global_variables if one.name.startswith(ENVIRONMENT)]
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    for name in names:
        _share_environment(name, engine)
    return LinkedAlone(engine.get_function_address(function.native_name), engine)


def _share_environment(name: str, engine: Any) -> None:
    """Point a variable to the same Python objects as in Numba's own engine."""
    known = cpu_target.target_context.codegen()._engine.get_global_value_address(name)  # noqa: SLF001
    own = engine.get_global_value_address(name)
    if known and own:
        ctypes.c_void_p.from_address(own).value = ctypes.c_void_p.from_address(known).value
