"""A traced formula that contradicts the function: code ran that makes no calls, and the trace took it for nothing.

Nobody wrote that formula, so nobody is to blame for it, and the verdict rests on what is left.
"""

from __future__ import annotations

from verifier.trial.tracing import UNTRACED
from verifier.trial.trial import Trial
from verifier.verdict.blame import SYMBOLIC
from verifier.verdict.findings import FORMULA
from verifier.verdict.verdict import Verdict

#: What is said of such a formula.
CONTRADICTED = UNTRACED.format("what the function returns is not what its calls say, so that some of it is unseen")


def is_mistraced(trial: Trial, verdict: Verdict) -> bool:
    """Whether a verdict blames a formula that was traced from the function itself."""
    own = trial.traced is not None and trial.formula is None and trial.model is None
    return own and any(finding.blamed in (SYMBOLIC, FORMULA) for finding in verdict.findings)
