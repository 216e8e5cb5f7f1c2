"""Where in a YAML file a setting stands, so that an error can point at it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from mmm_pipeline.errors import SpecError


@dataclass(frozen=True)
class SettingLocation:
    """The lines of one spec's settings.

    Attributes
    ----------
    file : str
        The YAML file as it is shown to a reader.
    lines : mapping of tuple of str to int
        Line of each setting, counted from 1.
    """

    file: str
    lines: Mapping[tuple[str, ...], int] = field(repr=False)

    @classmethod
    def from_yaml(cls, path: Path, shown_as: str, name: str) -> "SettingLocation":
        """Find the lines of the component whose `attributes.name` is given.

        Parameters
        ----------
        path : pathlib.Path
            A `defs.yaml`; it may hold several documents.
        shown_as : str
            How the file is called in a message.
        name : str
            Name of the model looked for.

        Returns
        -------
        SettingLocation
            Without lines where no document has that name.

        Raises
        ------
        SpecError
            If a setting is written twice: YAML would keep the last one and say nothing.
        """
        for document in yaml.compose_all(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader):
            try:
                lines = dict(_lines(document, ()))
            except SpecError as error:
                message = f"{shown_as}, {error}"
                raise SpecError(message) from None
            attributes = {
                key[1:]: line for key, line in lines.items() if key[:1] == ("attributes",)
            }
            if _scalar(document, ("attributes", "name")) == name:
                return cls(shown_as, attributes)
        return cls(shown_as, {})

    def locate(self, setting: Sequence[str]) -> str:
        """Name the place of a setting, or of the nearest one above it that is written.

        Parameters
        ----------
        setting : sequence of str
            The words that lead to it, for example ``("data", "target")``.

        Returns
        -------
        str
            ``file:line``, or the file alone where no part of it is written there.
        """
        for length in range(len(setting), 0, -1):
            if line := self.lines.get(tuple(setting[:length])):
                return f"{self.file}:{line}"
        return self.file


def _lines(node: yaml.Node, path: tuple[str, ...]) -> list[tuple[tuple[str, ...], int]]:
    """List every key below a node with its line, counted from 1."""
    if not isinstance(node, yaml.MappingNode):
        return []
    found: list[tuple[tuple[str, ...], int]] = []
    for key, value in node.value:
        inner = (*path, str(key.value))
        if inner in dict(found):
            message = (
                f"line {key.start_mark.line + 1}: `{'.'.join(inner)}` must be written once; it "
                f"stands on line {dict(found)[inner]} too"
            )
            raise SpecError(message)
        found += [(inner, key.start_mark.line + 1), *_lines(value, inner)]
    return found


def _scalar(node: yaml.Node, path: Sequence[str]) -> str | None:
    """Read the text at a path, or None where there is none."""
    for word in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for key, value in node.value if key.value == word), node)
    return node.value if isinstance(node, yaml.ScalarNode) else None
