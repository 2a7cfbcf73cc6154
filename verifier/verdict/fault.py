"""Cases that are wrong on purpose: agreed when the right witness is blamed, at the right place."""

from __future__ import annotations

from dataclasses import replace

from verifier.case import Fault
from verifier.verdict.findings import FORMULA
from verifier.verdict.verdict import Finding, Verdict


def with_fault(verdict: Verdict, fault: Fault | None) -> Verdict:
    """The verdict turned round: `agreed` if the fault was found and nobody else was blamed, else `wrong`."""
    if fault is None:
        return verdict
    expected = FORMULA if fault.blames == "formula" else fault.blames
    accused = [finding for finding in verdict.findings if finding.outcome in ("wrong", "inaccurate")]
    wrongly = sorted({finding.blamed or "nobody" for finding in accused if finding.blamed != expected})
    rightly = [finding for finding in accused if finding.blamed == expected]
    if not rightly:
        reason = f"{expected} was to be blamed and {' and '.join(wrongly) or 'nobody'} was"
    elif wrongly:
        reason = f"{expected} was to be blamed alone and {' and '.join(wrongly)} was blamed too"
    elif not any(_fits(finding, fault) for finding in rightly):
        where = fault.input if fault.index is None else f"{fault.input}{list(fault.index)}"
        reason = f"{expected} was rightly blamed, but not at {where}"
    else:
        return replace(verdict, outcome="agreed", expected_blame=expected, reason=None)
    return replace(verdict, outcome="wrong", expected_blame=expected, reason=reason)


def _fits(finding: Finding, fault: Fault) -> bool:
    return fault.input in (None, finding.input) and fault.index in (None, finding.index)
