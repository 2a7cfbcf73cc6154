"""Claims about gradients without any function to run: SymPy alone."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.claim.examination import examine
from verifier.claim.sides import sides
from verifier.point import sampled, sizes_for
from verifier.symbolic.closed_forms import closed_form_of, input_named, rendered_formula
from verifier.symbolic.formula import Formula, formula_of
from verifier.symbolic.notation import render
from verifier.verdict.verdict import Verdict


def prove(formula: Any, by: Any, claim: Any, *, seed: int = 0) -> Verdict:
    """Prove or refute that the gradient of a formula by one of its symbols is the claimed expression.

    formula: a scalar, as SymPy users write it. by: one of its symbols, or its name. claim: the claimed gradient, an
    expression in the symbols of the formula.

    The two are compared as functions, at small sizes for extents that are symbols: in exact fractions where that
    can tell, and in ball arithmetic elsewhere. `claims` of the verdict says what was shown; a refuted claim comes
    with a counterexample in small numbers, and where one fits with a guess at the slip. Raises `FormulaError`.
    """
    began = time.perf_counter()
    understood = formula_of(formula)
    name = input_named(understood, by)
    two = sides(name, understood, formula_of(claim, understood.symbols), _examples(understood, seed))
    form = closed_form_of(understood, name)
    examination = examine(two, closed_form=form, seed=seed)
    finding = examination.finding
    return Verdict(
        f"the claimed gradient by {name}",
        "agreed" if finding is None else finding.outcome,
        findings=() if finding is None else (finding,),
        formula=rendered_formula(understood),
        gradients={} if form is None else {name: render(form)},
        claims=(examination.claimed,),
        seconds=time.perf_counter() - began,
    )


def _examples(formula: Formula, seed: int) -> dict[str, NDArray[Any]]:
    """Numbers that the symbols' assumptions allow."""
    inputs = dict(formula.program.inputs)
    sizes = sizes_for({s for shape in inputs.values() for extent in shape for s in extent.free_symbols}, {})
    generator = np.random.default_rng(seed)
    return {
        name: np.asarray(sampled(formula.symbols[name], tuple(int(n.subs(sizes)) for n in shape), generator))
        for name, shape in inputs.items()
    }
