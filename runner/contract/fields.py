"""Declare an engine's parameters: unit, bounds and meaning beside each name."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Union

from runner.contract.errors import Problem
from runner.contract.frozen import FrozenMapping

Kind = Literal["float", "int", "share", "bool", "text", "enum", "list", "group", "groups", "values"]
Choices = tuple[str, ...] | Callable[[Any], tuple[str, ...]]

_META = "cohortsweep"
REQUIRED: Any = object()
"""Default of a parameter that every entry of an open mapping must give."""

BLOCK_FIELDS = ("distribution", "min", "max", "step")
"""Fields of a block by which an engine redraws a parameter in each period (`redrawn_by`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """What a parameter class says about one of its fields.

    `low`/`high` bound numbers (exclusive where `*_open`); `choices` lists the allowed texts of an
    enum, or computes them from the whole parameter set; `sd` names the sibling field that holds
    the parameter's standard deviation; `redrawn_by` is the path, from the parameter's own group, of
    the block (fields distribution, min, max, step) by which the engine redraws it in each period.
    A group that is `whole` takes all its values from one source: nothing is filled in.
    """

    unit: str = ""
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    choices: Choices | None = None
    sd: str | None = None
    redrawn_by: str | None = None
    doc: str = ""
    whole: bool = False


class ParamGroup:
    """Base of frozen parameter classes: `@dataclass(frozen=True, slots=True, kw_only=True)`.

    A class with a vocabulary of its own, such as the effects of a test, names it in `noun`.
    """

    __slots__ = ()
    noun: ClassVar[str] = "parameter"

    def problems(self) -> list[Problem]:
        """Return violations of rules between fields, paths relative to this group."""
        return []


def param(  # noqa: PLR0913 - one keyword per declared property
    default: Any,
    *,
    unit: str = "",
    low: float | None = None,
    high: float | None = None,
    low_open: bool = False,
    high_open: bool = False,
    choices: Choices | None = None,
    sd: str | None = None,
    redrawn_by: str | None = None,
    doc: str = "",
) -> Any:
    """Declare one parameter (a dataclass field) with its default, unit, bounds and meaning.

    The annotation gives the type: `float`, `int`, `bool`, `str`, `tuple[str, ...]`,
    `tuple[float, ...]` or `Share`, a number that may also be `auto`, each also `| None`; or a
    mapping of such values by name, `Mapping[str, float]`, `Mapping[str, tuple[str, ...]]`.
    """
    info = FieldInfo(
        unit=unit, low=low, high=high, low_open=low_open, high_open=high_open,
        choices=choices, sd=sd, redrawn_by=redrawn_by, doc=doc,
    )  # fmt: skip
    if default is REQUIRED:
        return dataclasses.field(metadata={_META: info})
    if isinstance(default, Mapping):
        frozen = FrozenMapping(default)
        return dataclasses.field(default_factory=lambda: frozen, metadata={_META: info})
    return dataclasses.field(default=default, metadata={_META: info})


def group(cls: type[ParamGroup], *, whole: ParamGroup | None = None, doc: str = "") -> Any:
    """Declare a nested group of parameters with its own defaults.

    With `whole`, the group is given completely or not at all: then it is `whole`, but a value
    that is missing from a given group is never taken from it.
    """
    if whole is None:
        return dataclasses.field(default_factory=cls, metadata={_META: FieldInfo(doc=doc)})
    info = FieldInfo(doc=doc, whole=True)
    return dataclasses.field(default_factory=lambda: whole, metadata={_META: info})


def groups(default: Mapping[str, ParamGroup], *, doc: str = "") -> Any:
    """Declare an open mapping: any number of named groups of one class (`Mapping[str, Offer]`)."""
    frozen = FrozenMapping(default)
    return dataclasses.field(default_factory=lambda: frozen, metadata={_META: FieldInfo(doc=doc)})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field of a parameter class, with its annotation resolved."""

    name: str
    kind: Kind
    nullable: bool
    info: FieldInfo
    item: Any = None  # the group class, or the element type of a list or mapping
    entry: Kind = "float"  # of `values`: what stands under each name


_KNOWN_SPECS: dict[type[ParamGroup], Mapping[str, FieldSpec]] = {}


def field_specs(cls: type[ParamGroup]) -> Mapping[str, FieldSpec]:
    """Return the fields of a parameter class by name.

    Raises:
        TypeError: an annotation is not one of the supported kinds.
    """
    if cls not in _KNOWN_SPECS:
        _KNOWN_SPECS[cls] = _read_specs(cls)
    return _KNOWN_SPECS[cls]


def _read_specs(cls: type[ParamGroup]) -> Mapping[str, FieldSpec]:
    hints = typing.get_type_hints(cls)
    specs = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        info = field.metadata.get(_META, FieldInfo())
        nullable, bare = _strip_none(hints[field.name])
        kind, item, entry = _kind_of(bare, info, f"{cls.__name__}.{field.name}")
        specs[field.name] = FieldSpec(
            name=field.name, kind=kind, nullable=nullable, info=info, item=item, entry=entry
        )
    return FrozenMapping(specs)


def _strip_none(hint: Any) -> tuple[bool, Any]:
    if typing.get_origin(hint) not in (Union, types.UnionType):
        return False, hint
    rest = [arg for arg in typing.get_args(hint) if arg is not type(None)]
    nullable = len(rest) < len(typing.get_args(hint))
    if set(rest) == {float, _AUTO}:
        return nullable, _AUTO
    return nullable, rest[0] if len(rest) == 1 else hint


def _kind_of(bare: Any, info: FieldInfo, name: str) -> tuple[Kind, Any, Kind]:
    """Return a field's kind, its item, and for `values` the kind of its entries."""
    origin, args = typing.get_origin(bare), typing.get_args(bare)
    if isinstance(bare, type) and issubclass(bare, ParamGroup):
        return "group", bare, "float"
    single = _single_kind(bare, origin, args)
    if single is not None:
        kind, item = single
        is_enum = kind == "text" and info.choices is not None
        return ("enum" if is_enum else kind), item, "float"
    if isinstance(origin, type) and issubclass(origin, Mapping) and args[0] is str:
        if isinstance(args[1], type) and issubclass(args[1], ParamGroup):
            return "groups", args[1], "float"
        nullable, inner = _strip_none(args[1])  # also reads a Share
        entry = _single_kind(inner, typing.get_origin(inner), typing.get_args(inner))
        if entry is not None and not nullable:
            return "values", entry[1], entry[0]
    raise TypeError(f"parameter {name}: annotation {bare!r} is not supported")


def _single_kind(bare: Any, origin: Any, args: tuple[Any, ...]) -> tuple[Kind, Any] | None:
    """Return kind and item of a number, text, truth value, share or list, None for others."""
    if bare == _AUTO:
        return "share", float
    if bare in _SCALARS:
        return _SCALARS[bare], bare
    if origin is tuple and args[0] in _SCALARS and args[1:] == (...,):
        return "list", args[0]
    return None


_AUTO: Any = Literal["auto"]
_SCALARS: dict[Any, Kind] = {float: "float", int: "int", bool: "bool", str: "text"}
