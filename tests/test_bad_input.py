"""What cannot be verified is said in one sentence."""

import pytest
import torch
from sympy import IndexedBase, log, symbols

from verifier import Case, check, verify_all
from verifier.errors import VerifierError

i, n = symbols("i n", integer=True)
x = IndexedBase("x", shape=(n,))
ONES = torch.ones(2, 2)


def quantised():
    return torch.quantize_per_tensor(ONES, 0.1, 0, torch.qint8)


class Labelled(torch.Tensor):
    """A tensor of a class of the caller's."""


TENSORS = {
    "a subclass": (
        lambda: ONES.as_subclass(Labelled).requires_grad_(),
        "input x is of the class Labelled, whose gradient cannot be verified: "
        "give x.as_subclass(torch.Tensor), and make a Labelled of it in the function",
    ),
    "float8": (
        lambda: ONES.to(torch.float8_e4m3fn).requires_grad_(),
        "input x is of dtype float8_e4m3fn, whose gradient cannot be verified: give x.float()",
    ),
    "sparse": (
        lambda: ONES.to_sparse().requires_grad_(),
        "input x is sparse (torch.sparse_coo), whose gradient cannot be verified: give x.to_dense()",
    ),
    "sparse rows": (
        lambda: ONES.to_sparse_csr().requires_grad_(),
        "input x is sparse (torch.sparse_csr), whose gradient cannot be verified: give x.to_dense()",
    ),
    "meta": (
        lambda: ONES.to("meta").requires_grad_(),
        "input x is a meta tensor, which holds no numbers, whose gradient cannot be verified: "
        "give one that holds numbers",
    ),
    "quantised": (quantised, "input x is quantised (qint8), whose gradient cannot be verified: give x.dequantize()"),
    "nested": (
        lambda: torch.nested.nested_tensor([ONES]),
        "input x is a nested tensor, whose gradient cannot be verified: give its parts as inputs of their own",
    ),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("kind", TENSORS)
def test_tensors_that_are_not_verified(kind):
    make, sentence = TENSORS[kind]
    with pytest.raises(VerifierError) as error:
        check(lambda x: x, {"x": make()})
    assert str(error.value) == sentence


@pytest.mark.parametrize("dtype", [torch.int64, torch.bool])
def test_integers_have_no_gradient(dtype):
    with pytest.raises(VerifierError) as error:
        check(lambda x: x, {"x": ONES.to(dtype)}, wrt=["x"])
    assert str(error.value) == (
        f"input x is of dtype {str(dtype)[6:]}, which has no gradient: "
        "give floating-point numbers, or leave it out of wrt"
    )


def test_complex_numbers_are_verified_as_pairs():
    assert check(torch.fft.fft, {"input": ONES.to(torch.float64).requires_grad_()}).ok
    assert check(torch.mul, [ONES.to(torch.complex128).requires_grad_(), 2j]).ok


def number(*values):
    return {"x": torch.tensor(values, dtype=torch.float64, requires_grad=True)}


def test_nan_everywhere_where_the_formula_has_values():
    verdict = check(lambda x: x * float("nan"), number(1.0, 2.0), formula=x[i] ** 2)
    (finding,) = verdict.findings
    assert (verdict.outcome, finding.blamed) == ("wrong", "the function")
    assert finding.reason == "it returned NaN at every entry, and the formula has finite values there"


@pytest.mark.parametrize("formula", [None, log(x[i])])
def test_nan_everywhere_where_nobody_has_values(formula):
    verdict = check(torch.log, number(-1.0, -2.0), formula=formula)
    assert (verdict.outcome, verdict.findings) == ("undecided", ())
    assert verdict.reason == "the function returned NaN at every entry: give inputs inside of its domain"


def test_a_run_goes_on_past_all_of_these():
    def crashes(x):
        raise SystemExit(3)

    good = {"formula": x[i] ** 2, "inputs": {"x": [1.0, 2.0]}}
    bad = [Case(kind, formula=x[i] ** 2, inputs={"x": TENSORS[kind][0]()}) for kind in ("float8", "sparse", "meta")]
    cases = [Case("first", **good), *bad, Case("crash", function=crashes, **good), Case("last", **good)]
    run = verify_all(cases)
    assert [verdict.outcome for verdict in run.verdicts] == ["agreed", *["undecided"] * 4, "agreed"]
    assert [verdict.reason for verdict in run.verdicts[1:4]] == [TENSORS[case.name][1] for case in bad]
    assert run.verdicts[4].reason == "crashes raised SystemExit (3): make it run on these inputs first"
