"""Which columns of the source make which columns of the validated frame."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from mmm_pipeline.spec import Aggregate, ModelSpec

type Kind = Literal["target", "spend", "exposure", "reach", "control", "population"]
type Conditions = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Source:
    """One series of the source.

    Attributes
    ----------
    column : str
        A column of a wide table, a variable of a flat file, a measure of a media table.
    where : tuple
        What a record must say to be of it, by column: any of several texts.
    equals : tuple of str
        Texts that become 1, others 0; none for a column of numbers.
    """

    column: str
    where: Conditions = ()
    equals: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name the series, as in a message."""
        conditions = [f"{column}={'|'.join(texts)}" for column, texts in self.where]
        conditions += [f"={'|'.join(self.equals)}"] if self.equals else []
        return f"{self.column} [{', '.join(conditions)}]" if conditions else self.column


@dataclass(frozen=True)
class Role:
    """What a column of the validated frame stands for.

    Attributes
    ----------
    column : str
        Its name in the validated frame.
    kind : {"target", "spend", "exposure", "reach", "control", "population"}
        What sort of quantity it is.
    sources : tuple of Source
        Series that are added up, or multiplied.
    setting : tuple of str
        The words of the spec that name it.
    aggregate : {"sum", "mean", "max", "last"}
        How its values become one where rows are brought together.
    fill : str or float or None
        What stands where the source holds nothing: `forward`, `nearest`, or a number.
    is_product : bool
        Whether its series are multiplied.
    """

    column: str
    kind: Kind
    sources: tuple[Source, ...]
    setting: tuple[str, ...]
    aggregate: Aggregate = "sum"
    fill: str | float | None = None
    is_product: bool = False

    @property
    def is_media(self) -> bool:
        """Whether it is money, exposure or reach of a channel."""
        return self.kind in {"spend", "exposure", "reach"}

    @property
    def name(self) -> str:
        """Name what it is made of, as in a message."""
        sign = " x " if self.is_product else " + "
        return sign.join(source.name for source in self.sources)


def list_roles(spec: ModelSpec) -> list[Role]:
    """List the columns of the validated frame that hold numbers, in their order.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    list of Role
        ``target``, ``spend_<channel>``..., ``exposure_<channel>``..., ``reach_<channel>``...,
        ``<control>``..., ``population``.
    """
    data = spec.data
    target = tuple(Source(column) for column in data.target_columns)
    roles = [Role("target", "target", target, ("data", "target"), is_product=True)]
    roles += _list_media(spec, "spend", spec.spend_columns)
    roles += _list_media(spec, "exposure", spec.exposure_columns)
    roles += _list_contacts(spec)
    roles += _list_media(spec, "reach", spec.reach_columns)
    for name, column in spec.control_columns.items():
        control = spec.controls[name]
        source = Source(column, equals=control.equals or ())
        setting = ("controls", name, "column")
        roles.append(Role(name, "control", (source,), setting, control.aggregate, control.fill))
    if data.population:
        people = (Source(data.population),)
        roles.append(Role("population", "population", people, ("data", "population"), "mean"))
    return roles


def list_dims(spec: ModelSpec) -> dict[str, str]:
    """List what tells the rows of a source apart, beside the date.

    Parameters
    ----------
    spec : ModelSpec
        The model.

    Returns
    -------
    dict of str to str
        Column of the source by name: the panel's dims, then what is added up over, under names
        that no dim of a panel can have.
    """
    return spec.data.panel | {f"_over_{n}": one for n, one in enumerate(spec.data.sum_over)}


def _list_media(
    spec: ModelSpec,
    kind: Literal["spend", "exposure", "reach"],
    columns: Mapping[str, tuple[str, ...]],
) -> Iterator[Role]:
    """List one sort of column of all channels that have it."""
    for name, several in columns.items():
        sources = _find_sources(spec, name, several)
        yield Role(f"{kind}_{name}", kind, sources, ("media", name, kind))


def _list_contacts(spec: ModelSpec) -> Iterator[Role]:
    """List the exposure that is delivered as reach and frequency: their product, row by row."""
    for name, frequency in spec.frequency_columns.items():
        sources = _find_sources(spec, name, (*spec.reach_columns[name], *frequency))
        yield Role(
            f"exposure_{name}", "exposure", sources, ("media", name, "frequency"), is_product=True
        )


def _find_sources(spec: ModelSpec, name: str, columns: tuple[str, ...]) -> tuple[Source, ...]:
    """Say where a channel's columns are found."""
    where = tuple(spec.media[name].where.items())
    if spec.data.layout == "media_long" and not where:
        where = (("", (name,)),)
    return tuple(Source(column, where) for column in columns)
