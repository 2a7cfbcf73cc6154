"""The rules of the layout: which way imports point, what is loaded where, and how files look.

Each rule takes sources, as module names and texts, and yields what breaks it.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINES = 320

Sources = Mapping[str, str]


def sources(*folders: str) -> dict[str, str]:
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return {module_name(file.relative_to(ROOT)): file.read_text(encoding="utf-8") for file in files}


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


# Imports

#: What belongs together, lowest first: a module imports from its own layer and from those below.
LAYERS = (
    ("errors", "report", "subdifferential", "witness", "case", "discover"),
    ("symbolic",),
    ("op", "ops"),
    ("numeric", "trace"),
    ("candidate", "point", "witnesses"),
    ("verdict",),
    ("claim",),
    ("contract", "trial", "verify"),
    ("coverage", "gradcheck"),
    ("reports",),
    ("cli", "commands", "running", "pytest_plugin"),
)

#: The layer of each part, by the name below `verifier`.
RANK = {part: rank for rank, parts in enumerate(LAYERS) for part in parts}

#: Imports inside a function that point the other way, and why.
EXCEPTIONS = {
    ("verifier.verdict.verdict", "verifier.reports.terminal"): "the text of a verdict is its report",
}

#: Which parts may import a library that is slow to load, or that has one place.
PLACES = {
    "torch": (
        "verifier.candidate",
        "verifier.coverage",
        "verifier.gradcheck",
        "verifier.numeric.in_torch",
        "verifier.numeric.torch_nodes",
        "verifier.trace",
        "verifier.contract",
        "verifier.trial.hearing",
        "verifier.trial.layouts",
        "verifier.trial.second_order",
        "verifier.trial.tracing",
        "verifier.trial.trial",
        "verifier.witnesses",
    ),
    "flint": ("verifier.numeric",),
    "click": ("verifier.cli", "verifier.commands"),
    "jinja2": ("verifier.reports",),
    "pytest": ("verifier.pytest_plugin", "verifier.running.pytest_report"),
}

#: What reports may know: plain data, and words for it.
PLAIN_DATA = ("verifier.report", "verifier.symbolic.rendered", "verifier.verdict.verdict", "verifier.verdict.wording")
PLAIN_DATA += ("verifier.verdict.picture", "verifier.reports")


def imports(module: str, text: str, known: Sources) -> Iterator[str]:
    """The modules that `module` imports when it runs, also inside functions; not those for type checkers alone."""
    for node in running_nodes(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = ".".join([*module.split(".")[: -node.level or None], *filter(None, [node.module])])
            home = home if node.level else node.module or ""
            names = [f"{home}.{alias.name}" for alias in node.names]
            yield from sorted({name if name in known else home for name in names})


def running_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
            continue
        yield child
        yield from running_nodes(child)


def is_in(module: str, *parts: str) -> bool:
    return any(module == part or module.startswith(f"{part}.") for part in parts)


def part_of(module: str) -> str:
    return module.split(".")[1]


def rank(module: str) -> int:
    return RANK.get(part_of(module), len(LAYERS))  # parts_without_a_layer tells of parts that have none


def imports_that_point_up(modules: Sources) -> Iterator[str]:
    for module, text in modules.items():
        for imported in imports(module, text, modules):
            if not is_in(imported, "verifier") or module == "verifier" or (module, imported) in EXCEPTIONS:
                continue
            if imported == "verifier":
                yield f"{module} imports the public names: import from where they are defined"
            elif rank(imported) > rank(module):
                yield f"{module} imports {imported}"


def parts_without_a_layer(modules: Sources) -> Iterator[str]:
    parts = {part_of(module) for module in modules if "." in module}
    yield from sorted(parts - RANK.keys())


def siblings_that_know_each_other(modules: Sources) -> Iterator[str]:
    """Witnesses do not know each other, nor do numeric and trace; reports read plain data."""
    for module, text in modules.items():
        for imported in imports(module, text, modules):
            if is_in(module, "verifier.reports") and is_in(imported, "verifier") and not is_in(imported, *PLAIN_DATA):
                yield f"{module} imports {imported}"
            if is_in(module, "verifier.trace") and is_in(imported, "verifier.numeric"):
                yield f"{module} imports {imported}"
            if is_in(module, "verifier.witnesses") and is_in(imported, "verifier.witnesses"):
                yield f"{module} imports {imported}"


def libraries_out_of_place(modules: Sources) -> Iterator[str]:
    for module, text in modules.items():
        for imported in imports(module, text, modules):
            library = imported.partition(".")[0]
            if library in PLACES and not is_in(module, *PLACES[library]):
                yield f"{module} imports {library}"


# Files

#: The folders that hold all of something, and the constant that each of their files ends with.
PLURAL = {
    "cases": "CASES",
    "verifier.commands": "COMMAND",
    "verifier.ops": "OPS",
    "verifier.reports": "REPORT",
    "verifier.symbolic.vocabulary": "NODES",
    "verifier.verdict.causes": "CAUSE",
    "verifier.witnesses": "WITNESS",
}


def long_files(modules: Sources) -> Iterator[str]:
    for module, text in modules.items():
        if (length := len(text.splitlines())) > LINES:
            yield f"{module} has {length} lines"


def files_without_their_constant(modules: Sources) -> Iterator[str]:
    for module, text in modules.items():
        folder, _, name = module.rpartition(".")
        if folder in PLURAL and not name.startswith("_") and not ends_with(text, PLURAL[folder]):
            yield f"{module} does not end with {PLURAL[folder]}"


def ends_with(text: str, constant: str) -> bool:
    match ast.parse(text).body:
        case [*_, ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name))]:
            return name == constant
    return False


# Code


def evaluated_text(modules: Sources) -> Iterator[str]:
    """Calls that run text as code: SymPy's `sympify` and `S` do, unless strict."""
    for module, text in modules.items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and runs_text(node):
                yield f"{module}, line {node.lineno}: {ast.unparse(node)}"


def runs_text(call: ast.Call) -> bool:
    owner, _, name = ast.unparse(call.func).rpartition(".")
    if name in {"eval", "exec", "compile"}:
        return owner in {"", "builtins"}
    strict = any(keyword.arg == "strict" and ast.unparse(keyword.value) == "True" for keyword in call.keywords)
    number = [type(getattr(argument, "value", None)) for argument in call.args] in ([int], [float])
    return name == "parse_expr" or (name in {"sympify", "S"} and not strict and not number)


def undescribed(modules: Sources) -> Iterator[str]:
    """Public modules, classes and functions without a docstring."""
    for module, text in modules.items():
        tree = ast.parse(text)
        if ast.get_docstring(tree) is None:
            yield module
        yield from (f"{module}.{name}" for name in undescribed_in(tree))


def undescribed_in(scope: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[str]:
    for node in scope.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None:
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from undescribed_in(node, f"{prefix}{node.name}.")
