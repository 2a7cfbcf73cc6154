"""What to do where the definition of an operator is missing."""

from __future__ import annotations

import torch


def skeleton(operators: tuple[str, ...]) -> str:
    """One sentence that names the operators without a definition, the file, and what to write there."""
    name = operators[0].partition("::")[2].partition(".")[0]
    more = f" (and {len(operators) - 1} more: {', '.join(operators[1:4])})" if len(operators) > 1 else ""
    return (
        f"{operators[0]}{more} has no definition yet; write one in verifier/ops/, "
        f"`def {name}({_parameters(operators[0])}): return Tensor(shape, lambda *at: ...)`, or give formula="
    )


def _parameters(operator: str) -> str:
    """The parameters of an operator by its schema, as those of a Python function."""
    name, _, overload = operator.partition(".")
    namespace, _, plain = name.partition("::")
    try:
        schema = getattr(getattr(getattr(torch.ops, namespace), plain), overload or "default")._schema
    except (AttributeError, RuntimeError):
        return "..."
    positional = [a.name for a in schema.arguments if not a.kwarg_only]
    keywords = [a.name for a in schema.arguments if a.kwarg_only and not a.is_out]
    return ", ".join([*positional, *(["*", *keywords] if keywords else [])])
