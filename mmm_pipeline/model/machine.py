"""What a fit was made on: the machine, the interpreter, and every package that was installed."""

import os
import platform
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

DRAW_PACKAGES = ("pymc-marketing", "pymc", "pytensor", "pymc-extras", "nutpie", "numpy", "scipy")
"""What a draw depends on, to the last bit, beside the compiler."""
COMPILER_PACKAGES = ("numba", "llvmlite")
"""What turns a model into the machine's own code."""


def describe_machine() -> dict[str, Any]:
    """Describe what this process runs on.

    Returns
    -------
    dict
        ``python``, ``os``, ``cpu``, ``cores``, ``memory_bytes`` (None where the system does not
        say), and ``pytensor_flags``, as the environment sets them.
    """
    return {
        "python": platform.python_version(),
        "os": platform.platform(),
        "cpu": _find_cpu(),
        "cores": os.cpu_count(),
        "memory_bytes": _find_memory(),
        "pytensor_flags": os.environ.get("PYTENSOR_FLAGS", ""),
    }


def list_packages() -> dict[str, str]:
    """List every package that is installed.

    Returns
    -------
    dict of str to str
        Version by name, in alphabetical order.
    """
    found = {one.metadata["Name"]: one.version for one in distributions()}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def find_differences(then: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Say what keeps two fits from being equal to the last bit.

    Parameters
    ----------
    then, now : dict
        ``machine`` from `describe_machine`, ``packages`` from `list_packages`.

    Returns
    -------
    list of str
        A phrase for each difference in CPU, Python, or what draws and compiles; none on the same
        machine.

    Examples
    --------
    >>> one = {"machine": {"cpu": "x", "python": "3.12.1"}, "packages": {"numpy": "2.4.0"}}
    >>> other = {**one, "packages": {"numpy": "2.5.0"}}
    >>> find_differences(one, one)
    []
    >>> find_differences(one, other)
    ['numpy 2.4.0 then, 2.5.0 now']
    """
    words = [
        (word, then["machine"].get(word), now["machine"].get(word)) for word in ("cpu", "python")
    ]
    names = (*DRAW_PACKAGES, *COMPILER_PACKAGES)
    words += [(name, then["packages"].get(name), now["packages"].get(name)) for name in names]
    return [f"{word} {old} then, {new} now" for word, old, new in words if old != new]


def _find_cpu() -> str:
    """Name the CPU's model."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _find_memory() -> int | None:
    """Count the bytes of memory, where the system says."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
