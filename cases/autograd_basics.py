"""First lessons in torch autograd, each put on trial.

They follow a short notebook that multiplies 3×3 matrices, and use the numbers that it printed.
"""

import torch
from sympy import MatrixSymbol, hadamard_product

from verifier import Case, Contract, Detached, mean, printed, total
from verifier.contract import derivative, raises, returns, unchanged, warns

x, w, y = (MatrixSymbol(name, 3, 3) for name in "xwy")

# The notebook's two print-outs of its inputs, known to half a unit of the last digit.
FIRST = {
    "x": printed("[[0.4568, 0.3014, 0.1629], [0.9983, 0.9308, 0.4588], [0.7727, 0.1441, 0.9768]]"),
    "w": [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]],
}
SECOND = {
    "x": printed("[[0.2699, 0.2150, 0.4124], [0.5506, 0.1069, 0.6992], [0.1359, 0.9054, 0.6022]]"),
    "w": printed("[[0.3951, 0.9469, 0.1590], [0.0279, 0.3368, 0.9199], [0.0966, 0.1213, 0.7982]]"),
}


# What the contracts act out. Floating-point inputs arrive with requires_grad=True, integers as they are.


def mention_backward(x, w):
    y = torch.sum(torch.mm(x, w))
    repr(y.backward)  # a bound method, looked at and never called


def backward_twice(x, w):
    y = torch.sum(torch.mm(x, w))
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


def backward_twice_without_retain_graph(x, w):
    y = torch.sum(torch.mm(x, w))
    y.backward()
    y.backward()


def grad_of_the_product(x, w):
    y = torch.mm(w, x)
    torch.mean(y).backward()
    return y.grad


def retained_grad_of_the_product(x, w):
    y = torch.mm(w, x)
    y.retain_grad()
    torch.mean(y * y).backward()
    return y.grad


def product_under_no_grad(x, w):
    with torch.no_grad():
        return torch.mm(w, x)


def detached_product(x, w):
    y = torch.mm(w, x)
    detached = y.detach()
    return {"same values": torch.equal(detached, y), "requires_grad": detached.requires_grad}


def requires_grad_outside_and_inside_of_no_grad(x, w):
    outside = torch.sum(torch.mm(w, x))
    with torch.no_grad():
        inside = torch.sum(torch.mm(w, x))
    return {"outside": outside.requires_grad, "inside": inside.requires_grad}


def backward_of_a_result_under_no_grad(x, w):
    with torch.no_grad():
        y = torch.sum(torch.mm(w, x))
    y.backward()


def grad_by_what_entered_under_no_grad(x, w):
    with torch.no_grad():
        constant = torch.sum(torch.mm(w, x))
    (constant * torch.sum(w)).backward()
    return x.grad


CASES = [
    # Two gradients by hand, by formula and by autograd.
    Case(
        "sum of a product",
        formula=total(x * w),
        function=lambda x, w: torch.sum(torch.mm(x, w)),
        lesson="An entry of x meets a whole row of w, so its derivative is that row's sum, in every row of x.grad.",
    ),
    Case(
        "sum of a product, as printed",
        formula=total(x * w),
        function=lambda x, w: torch.sum(torch.mm(x, w)),
        inputs=FIRST,
        printed={
            x: printed("[[3., 3., 3.], [3., 3., 3.], [3., 3., 3.]]"),
            w: printed("[[2.2278, 2.2278, 2.2278], [1.3763, 1.3763, 1.3763], [1.5986, 1.5986, 1.5986]]"),
        },
        lesson="A print-out is a claim too: it is held to the digits shown, given that the inputs are rounded too.",
    ),
    Case(
        "mean of a product",
        formula=mean(w * x),
        function=lambda x, w: torch.mean(torch.mm(w, x)),
        lesson="The mean over nine entries is the sum divided by nine, and so is its gradient.",
    ),
    Case(
        "mean of a product, as printed",
        formula=mean(w * x),
        function=lambda x, w: torch.mean(torch.mm(w, x)),
        inputs=SECOND,
        printed={
            x: printed("[[0.0577, 0.0577, 0.0577], [0.1561, 0.1561, 0.1561], [0.2086, 0.2086, 0.2086]]"),
            w: printed("[[0.0997, 0.1507, 0.1826], [0.0997, 0.1507, 0.1826], [0.0997, 0.1507, 0.1826]]"),
        },
        lesson="The rows of w.grad are equal, because each row of w meets the same x.",
    ),
    # detach and no_grad.
    Case(
        "detach in the middle of a product",
        formula=total(Detached(w * x) * x),
        function=lambda x, w: torch.sum(torch.mm(torch.mm(w, x).detach(), x)),
        lesson="x enters twice, and only one of its paths is left: what is detached has a value and no derivative.",
    ),
    Case(
        "no_grad in the middle of a product",
        formula=total(Detached(w * x) * x),
        function=lambda x, w: torch.sum(torch.mm(product_under_no_grad(x, w), x)),
        lesson="What is computed under no_grad is a constant for all that follows, as if it were detached.",
    ),
    Contract(
        "a detached tensor",
        promise="detach gives a tensor with the same values that requires no gradient",
        observe=detached_product,
        expect=returns({"same values": True, "requires_grad": False}),
        inputs=SECOND,
        lesson="detach copies nothing and computes nothing: it hands out the same numbers without their history.",
    ),
    Contract(
        "no_grad and requires_grad",
        promise="a result requires a gradient, and the same result under no_grad requires none",
        observe=requires_grad_outside_and_inside_of_no_grad,
        expect=returns({"outside": True, "inside": False}),
        inputs=SECOND,
        lesson="Under no_grad nothing is recorded, so the result does not know what it was computed from.",
    ),
    Contract(
        "no_grad leaves nothing to differentiate",
        promise="backward of a result that was computed under no_grad raises, and leaves no gradient behind",
        observe=backward_of_a_result_under_no_grad,
        expect=raises(RuntimeError, "does not require grad") & unchanged,
        inputs=SECOND,
        lesson="No record, no derivative: torch refuses to answer, where an answer of zero would be a lie.",
    ),
    Contract(
        "no_grad: nothing at all, not zero",
        promise="the .grad of an input that is used only under no_grad stays None, and does not become zero",
        observe=grad_by_what_entered_under_no_grad,
        expect=returns(None),
        inputs=SECOND,
        lesson="None says that no path leads here; zero would say that a path was followed and nothing came of it.",
    ),
    # Who can have a gradient.
    Contract(
        "integers require no gradient",
        promise="a tensor of integers does not require a gradient",
        observe=lambda a: a.requires_grad,
        expect=returns(False),
        inputs={"a": [[0, 1, 2], [3, 4, 5], [6, 7, 8]]},
        lesson="A derivative is a limit of ever smaller steps, and integers have no small steps.",
    ),
    Contract(
        "integers cannot be made to",
        promise="asking a tensor of integers to require a gradient raises",
        observe=lambda a: a.requires_grad_(),
        expect=raises(RuntimeError, "only Tensors of floating point"),
        inputs={"a": [[0, 1, 2], [3, 4, 5], [6, 7, 8]]},
        lesson="The refusal is early and loud. Convert with .double() first if the numbers are meant to vary.",
    ),
    # Where gradients are kept.
    Contract(
        "grad of a non-leaf",
        promise="the .grad of a tensor that is not a leaf is None, and reading it warns",
        observe=grad_of_the_product,
        expect=returns(None) & warns(UserWarning, "not a leaf"),
        inputs=SECOND,
        lesson="backward leaves nothing at the intermediate results that it passes: only leaves keep what it brings.",
    ),
    Contract(
        "retain_grad",
        promise="with retain_grad, the .grad of an intermediate result is the derivative by it",
        observe=retained_grad_of_the_product,
        expect=derivative(mean(hadamard_product(y, y)), by=y, where={y: w * x}),
        inputs=SECOND,
        lesson="An intermediate result has a derivative like any other tensor; one has to ask for it to be kept.",
    ),
    Contract(
        "all intermediate nodes keep their derivative",
        promise="after backward, the derivatives of all intermediate nodes are kept in .grad",
        observe=grad_of_the_product,
        expect=returns(None) & warns(UserWarning, "won't be populated"),
        inputs=SECOND,
        refuted=True,
        lesson="The notebook says so in its first paragraph, and its own output refutes it: None, with a warning why.",
    ),
    # When backward runs, and how often.
    Contract(
        "backward without the call",
        promise="writing y.backward without the parentheses changes nothing",
        observe=mention_backward,
        expect=unchanged,
        inputs=FIRST,
        lesson="y.backward is a method, y.backward() is its work. Without the call there is no gradient, and no error.",
    ),
    Contract(
        "backward twice accumulates",
        promise="calling backward twice leaves twice the derivative in .grad",
        observe=backward_twice,
        expect=derivative(total(x * w), by=x, times=2),
        inputs=FIRST,
        lesson="backward adds to .grad. Whoever trains in a loop sets it to zero, or to None, before each step.",
    ),
    Contract(
        "backward twice without retain_graph",
        promise="a second backward through the same graph raises, unless the first was told to retain it",
        observe=backward_twice_without_retain_graph,
        expect=raises(RuntimeError, "a second time"),
        inputs=FIRST,
        lesson="The first backward frees what it needed on its way. retain_graph=True keeps it for a second one.",
    ),
]
