"""A run in which every field that a user's text can reach means something in every format."""

from __future__ import annotations

from verifier.symbolic.rendered import Rendered
from verifier.verdict.verdict import (
    Claimed,
    Comparison,
    Counterexample,
    Curve,
    Finding,
    Looseness,
    Problem,
    Promised,
    Run,
    Verdict,
)

HOSTILE = '<script>alert(1)</script>" onload="x` | **b** [l](javascript:x)\n# h\x1b[31m{{ 7*7 }}\u202e'


def compared(input: str | None, left: str, right: str, **changes) -> Comparison:
    fields = {
        "index": (0, 1) if input else (),
        "left_value": 2.2278,
        "right_value": 2.2278,
        "difference": 0.0,
        "allowed": 4.4e-15,
        "entries": 9 if input else 1,
        "size": 9 if input else 1,
        "agrees": True,
    }
    return Comparison(input, left, right, **(fields | changes))


def hostile_run() -> Run:
    finding = Finding(
        "wrong",
        HOSTILE,
        HOSTILE,
        input=HOSTILE,
        index=(0,),
        values={HOSTILE: 1.0},
        errors={HOSTILE: float("nan")},
        input_value=float("inf"),
        error=float("nan"),
        allowed=float("inf"),
        bits_lost=float("inf"),
        size=1,
        pattern=HOSTILE,
        cause=HOSTILE,
        call=HOSTILE,
        point=HOSTILE,
        variation=HOSTILE,
        counterexample=Counterexample({HOSTILE: HOSTILE}, (0,), HOSTILE, HOSTILE),
    )
    rendered = Rendered(HOSTILE, HOSTILE, "")
    verdict = Verdict(
        HOSTILE,
        "wrong",
        findings=(finding,),
        claims=(Claimed(HOSTILE, rendered, "refuted", HOSTILE),),
        notes=(HOSTILE,),
        reason=HOSTILE + "!",
        formula=rendered,
        gradients={HOSTILE: rendered},
        witnesses={HOSTILE: HOSTILE},
        comparisons=(compared(HOSTILE, HOSTILE, HOSTILE),),
        curves=(Curve(HOSTILE, (0,), (0.5, 0.25), (0.0, 1e-3), (1e-2, 0.0), 1),),
        expected_blame=HOSTILE,
        tolerance=HOSTILE,
        looseness=(Looseness(HOSTILE, (HOSTILE,), (HOSTILE,)), Looseness(HOSTILE, (HOSTILE,))),
        dtype=HOSTILE,
        source=HOSTILE,
        lesson=HOSTILE,
    )
    contract = Verdict(HOSTILE, "agreed", promises=(Promised(HOSTILE, HOSTILE, True, refutes=True),), source=HOSTILE)
    return Run((verdict, contract), (Problem(HOSTILE, HOSTILE),), 2, versions={HOSTILE: HOSTILE})
