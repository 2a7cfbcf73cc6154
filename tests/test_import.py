"""`import verifier` is quick, and its names are there when they are used."""

import subprocess
import sys

import pytest

import verifier

HEAVY = ("torch", "sympy", "numpy", "flint", "scipy", "rich", "jinja2")


def fresh(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def heavy_after(statement: str) -> str:
    return fresh(f"import sys; {statement}; print(*[name for name in {HEAVY} if name in sys.modules])")


@pytest.mark.parametrize(
    "statement",
    [
        "import verifier",
        "import verifier; dir(verifier); verifier.VerifierError",
        "import verifier.cli; verifier.cli.collect('verifier.commands', 'COMMAND')",
        "import verifier.pytest_plugin",
    ],
)
def test_import_loads_nothing_heavy(statement):
    assert heavy_after(statement) == ""


def test_the_probe_sees_what_is_loaded():
    assert heavy_after("import numpy") == "numpy"


@pytest.mark.parametrize("name", verifier.__all__)
def test_every_public_name_is_there(name):
    assert callable(getattr(verifier, name))
    assert name in dir(verifier)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="module 'verifier' has no attribute 'grad'"):
        _ = verifier.grad


@pytest.mark.parametrize("first", ["import verifier.verify", "from verifier import check", "pass"])
def test_verify_is_the_function_whatever_was_imported_before(first):
    assert fresh(f"{first}; import verifier; print(type(verifier.verify).__name__)") == "function"


def test_the_names_for_type_checkers_are_the_names_at_run_time():
    """Each lazily imported name is the very object that its home module defines."""
    from verifier import _HOME

    assert set(_HOME) == set(verifier.__all__)
    for name, home in _HOME.items():
        assert getattr(sys.modules.get(home) or __import__(home, fromlist=["_"]), name) is getattr(verifier, name)


FIRST_CHECK = """
import sys, torch, verifier

class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, cotangent):
        return 3 * ctx.saved_tensors[0] ** 2 * cotangent

x = torch.linspace(1, 2, 6, dtype=torch.float64).reshape(2, 3).requires_grad_()
assert verifier.check(Cube.apply, (x,)).ok
assert verifier.check(lambda x: 2 * x.exp() * x.sin() + torch.ones(3, dtype=x.dtype), (x,)).ok
slow = ("scipy.linalg", "scipy.optimize", "scipy.sparse", "torch._dynamo", "torch._decomp.decompositions_for_jvp")
print([name for name in slow if name in sys.modules])
assert verifier.gradgradcheck(lambda x: torch.softmax(x, 1), (x,), check_fwd_over_rev=True)
print([name for name in slow if name in sys.modules])
"""


def test_a_first_check_loads_what_is_slow_only_where_it_is_needed():
    """The backward pass of softmax needs one of the jvps that torch scripts."""
    first, second = fresh(FIRST_CHECK).splitlines()
    assert first == "[]"
    assert "torch._decomp.decompositions_for_jvp" in second
