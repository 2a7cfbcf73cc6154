"""The public names as a stub file would declare them, for comparison with what the reference shows."""

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import Any

_BLOCK = re.compile(r"^```pyi\n(.*?)^```$", re.M | re.S)
_ROW = re.compile(r"^\| `(\w+)` \|", re.M)


def declaration(name: str, thing: Any) -> str:
    """A function's signature, a dataclass's fields, or a class and what it is derived from."""
    if dataclasses.is_dataclass(thing):
        return "\n".join([f"class {name}:", *map(_field, dataclasses.fields(thing))])
    if inspect.isclass(thing):
        return f"class {name}({', '.join(base.__name__ for base in thing.__bases__)}): ..."
    return _function(name, thing)


def _field(field: dataclasses.Field) -> str:
    default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
    assigned = "" if default is dataclasses.MISSING else f" = {default!r}"
    return f"    {field.name}: {field.type}{assigned}"


def _function(name: str, function: Callable[..., Any]) -> str:
    signature = inspect.signature(function)
    parts, starred = [], False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parts.append("*")
        starred |= parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_POSITIONAL)
        parts.append(_parameter(parameter))
    return f"def {name}(\n" + "".join(f"    {part},\n" for part in parts) + f") -> {signature.return_annotation}: ..."


def _parameter(parameter: inspect.Parameter) -> str:
    star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "")
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{star}{parameter.name}: {parameter.annotation}{default}"


def declared(page: str) -> dict[str, str]:
    """The declarations that a page shows, by name."""
    blocks = [block.strip() for block in _BLOCK.findall(page)]
    return {re.split(r"\W", block.removeprefix("class ").removeprefix("def "))[0]: block for block in blocks}


def described(page: str, heading: str) -> list[str]:
    """The first column of the table below a heading."""
    section = page.partition(f"\n### {heading}\n")[2].partition("\n#")[0]
    return _ROW.findall(section)


def with_declarations(page: str, things: dict[str, Any]) -> str:
    """The page with the declarations of these things as they are."""

    def current(match: re.Match[str]) -> str:
        name = next(iter(declared(match[0])))
        return f"```pyi\n{declaration(name, things[name])}\n```" if name in things else match[0]

    return _BLOCK.sub(current, page)
