"""How what was found is said in words and digits: the pieces that every report shares."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from verifier.verdict.verdict import IN_FLOAT64, SEVERITY, Digits, Finding, Outcome, Promised, Run, Verdict

#: One mark for each outcome, so that a report can be read without colour.
MARKS: Mapping[Outcome, str] = {"agreed": "✓", "inaccurate": "≈", "wrong": "✗", "undecided": "?"}

#: Orders of differentiation in words; higher ones are counted.
_ORDERS = {1: "gradient", 2: "second gradient", 3: "third gradient"}

#: What the value is whose gradient is taken.
_VALUES = {1: "value", 2: "first gradient along the directions"}


def one_line(text: str) -> str:
    """Text from elsewhere as one printable line: white space is one space, other control characters are escaped."""
    return " ".join("".join(map(_printable, str(text))).split())


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def rough(number: float) -> str:
    """A size, such as an error, to two digits."""
    return _spelled(number, ".2g")


def exact(number: float) -> str:
    """The shortest digits that read back as the same float64."""
    return _spelled(number, "")


def shortened(number: float) -> str:
    """The same, cut off behind ten digits; "…" says that there are more."""
    shown = _spelled(number, ".10g")
    return shown if shown == exact(number) or not math.isfinite(number) or float(shown) == number else f"{shown}…"


def _spelled(number: float, digits: str) -> str:
    number = float(number)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    return format(number, digits).removesuffix(".0")


def side_by_side(values: Mapping[str, float]) -> dict[str, str]:
    """Numbers to be compared by eye: the fewest digits, seven at least, that tell those apart that differ."""
    different = len({exact(value) for value in values.values()})
    for digits in range(7, 18):
        shown = {name: _spelled(value, f".{digits}g") for name, value in values.items()}
        if len(set(shown.values())) == different:
            break
    return shown


def duration(seconds: float) -> str:
    """A time as people say it: `3 ms`, `4.2 s`, `2 min 5 s`."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """`1 note`, `1,200 notes`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def entry(index: tuple[int, ...] | None) -> str:
    """An entry as it is written behind a tensor's name; nothing for a scalar."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def subject(of: str | None, order: int = 1) -> str:
    """What is compared: the gradient by an input, or the value."""
    if of is None:
        return _VALUES.get(order, f"derivative of order {order - 1}")
    return f"{_ORDERS.get(order, f'gradient of order {order}')} by {one_line(of)}"


def charge(finding: Finding) -> str:
    """Who is wrong and where, in one sentence without its full stop."""
    if finding.deed is not None:
        return one_line(f"{finding.blamed} {finding.deed}")
    source = f" from {one_line(finding.blamed)}" if finding.blamed else ""
    nobody = "" if finding.blamed else "; no culprit can be told"
    return f"the {subject(finding.input, finding.order)}{source} is {finding.outcome}{_where(finding)}{nobody}"


def _where(finding: Finding) -> str:
    if finding.input is not None and finding.input_value is not None:
        return f" at {one_line(finding.input)}{entry(finding.index)} = {shortened(finding.input_value)}"
    if finding.direction is not None:
        return f" along the random direction {finding.direction + 1}"
    return f" at {entry(finding.index)}" if finding.index else ""


def size_of_error(finding: Finding) -> str | None:
    """The error beside what was allowed, and the bits lost; None where no error was measured."""
    if finding.error is None:
        return None
    allowed = "" if finding.allowed is None else f" where {rough(finding.allowed)} is allowed"
    if finding.bits_lost is None or not math.isfinite(finding.bits_lost):
        return f"{rough(finding.error)}{allowed}"
    if finding.significand is None:
        return f"{rough(finding.error)}{allowed}: {finding.bits_lost:.1f} bits lost"
    lost = min(finding.bits_lost, finding.significand)
    return f"{rough(finding.error)}{allowed}: {lost:.1f} of {finding.significand} bits lost"


def digits(verdict: Verdict) -> str | None:
    """The bits that were lost in the value and in each gradient, in one line; None where nothing told what is right."""
    if not verdict.digits:
        return None
    lost = ", ".join(f"{subject(one.input, one.order)} {_lost(one)}" for one in verdict.digits)
    return f"{lost} (worst and median, of {verdict.digits[0].significand})"


def _lost(one: Digits) -> str:
    if one.worst is None:
        return "0"
    return f"{one.worst:.1f}" if one.median is None else f"{one.worst:.1f} and {one.median:.1f}"


def extent(finding: Finding) -> str | None:
    """How much of the tensor is affected, and which entries; None where nobody counted."""
    if not finding.size:
        return None
    directions = " directions" if finding.direction is not None else ""
    which = f": {finding.pattern}" if finding.pattern and not directions else ""
    return f"{finding.entries:,} of {finding.size:,}{directions} beyond what is allowed{which}"


def circumstances(finding: Finding) -> str | None:
    """Where else than at the caller's own inputs, called plainly, it was seen; None if it was just there."""
    parts = []
    if finding.point != "given" and finding.counterexample is None:
        parts.append(f"at the point “{one_line(finding.point)}”")
    if finding.variation == IN_FLOAT64:
        parts.append("in float64: the function's own dtype hides it")
    elif finding.variation != "plain":
        parts.append(f"with the variation “{one_line(finding.variation)}”")
    return ", ".join(parts) or None


def counterexample(finding: Finding) -> str | None:
    """The small numbers at which a claim is wrong, and what it says there; None where there are none."""
    found = finding.counterexample
    if found is None:
        return None
    inputs = ", ".join(f"{name} = {numbers}" for name, numbers in found.inputs.items())
    where = f" at {entry(found.index)}" if found.index else ""
    return f"{inputs}: the gradient{where} is {found.derived}, and {found.claimed} is claimed"


def claims(verdict: Verdict) -> list[tuple[str, str]]:
    """Each claimed gradient, and how far it is proven, as labels and sentences."""
    return [
        (f"claim by {one_line(c.input)}", one_line(f"{c.claim.plain} — {c.standing}: {c.evidence}"))
        for c in verdict.claims
    ]


def tolerance(verdict: Verdict) -> list[tuple[str, str]]:
    """The tolerance that the user set, and a warning for each input that wrong gradients would have passed for."""
    if verdict.tolerance is None:
        return []
    rows = [("tolerance", f"{verdict.tolerance}, as you set it")]
    for one in verdict.looseness:
        if one.passing:
            rows.append(("warning", f"too loose for {one.input}: {listed(one.passing)} would pass too"))
    strict = [one for one in verdict.looseness if one.tried and not one.passing]
    if strict:
        tried = dict.fromkeys(name for one in strict for name in one.tried)
        rows.append(("strict", f"for {listed([one.input for one in strict], 'and')}: {listed(tried)} would not pass"))
    return [(label, one_line(said)) for label, said in rows]


def listed(names: Iterable[str], word: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def _why(finding: Finding) -> str:
    """The reason; of an error that is rounding also how that is known. That of a wrong formula takes no more words."""
    told = finding.nature if finding.outcome == "inaccurate" else None
    return f"{finding.reason}; {told}" if told else finding.reason


def details(finding: Finding) -> list[tuple[str, str]]:
    """What there is to say of a finding beyond the charge and the values, as labels and sentences."""
    rows = [
        ("error", size_of_error(finding)),
        ("entries", extent(finding)),
        ("counterexample", counterexample(finding)),
        ("likely cause", finding.cause),
        ("reason", _why(finding)),
        ("seen", circumstances(finding)),
        ("reproduce", finding.call),
    ]
    return [(label, one_line(said)) for label, said in rows if said]


def coverage(entries: int, size: int, direction: int | None = None) -> str:
    """How many entries were compared, or how many random directions."""
    compared = f"all {size:,}" if entries == size else f"{entries:,} of {size:,}"
    return compared if direction is None else f"{compared} directions"


def purpose(verdict: Verdict) -> str | None:
    """In a case that is wrong on purpose: who was to be blamed, and who was. None in any other."""
    if verdict.expected_blame is None:
        return None
    expected = _accused(verdict.expected_blame)
    blamed = list(dict.fromkeys(_accused(f.blamed) for f in verdict.findings if f.blamed))
    outcome = "and was" if blamed == [expected] else f"but {' and '.join(blamed) or 'nobody'} was"
    return f"wrong on purpose: {expected} was to be blamed, {outcome}"


def _accused(blamed: str) -> str:
    return "the formula" if blamed == "formula" else one_line(blamed)


def promise(line: Promised) -> str:
    """One line of a contract: what is promised (or claimed) and what was seen."""
    if not line.refutes:
        return f"promised: {one_line(line.promise)} — seen: {one_line(line.seen)}"
    end = "refuted" if line.kept else "not refuted"
    return f"claimed: {one_line(line.promise)} — evidence: {one_line(line.seen)} — {end}"


def testimony(verdict: Verdict, everyone: Iterable[str]) -> str:
    """Which witnesses of `everyone` in the run spoke, in few words; a contract counts its kept promises."""
    if verdict.promises:
        return f"{sum(line.kept for line in verdict.promises)} of {len(verdict.promises)} promises"
    silent = [name for name in everyone if name not in verdict.witnesses]
    if len(verdict.witnesses) > 1 and not silent:
        return f"all {len(verdict.witnesses)}"
    if len(verdict.witnesses) > 1 and len(silent) == 1:
        return f"all but {one_line(silent[0])}"
    return ", ".join(map(one_line, verdict.witnesses)) or "none"


def speakers(run: Run) -> list[str]:
    """All witnesses that spoke anywhere in the run, in the order in which they appear."""
    return list(dict.fromkeys(name for verdict in run.verdicts for name in verdict.witnesses))


def totals(run: Run) -> str:
    """The run in one line: how many agreed and how many did not, worst first, unreadable files, notes, time."""
    parts = [f"{run.counts[o]:,} {o}" for o in ("agreed", *SEVERITY[:-1]) if run.counts[o]] or ["no cases"]
    if run.problems:
        parts.append(f"{counted(len(run.problems), 'file')} could not be read")
    notes = sum(len(verdict.notes) for verdict in run.verdicts)
    if notes:
        parts.append(counted(notes, "note"))
    return f"{', '.join(parts)}, in {duration(run.seconds)}"


def interruption(run: Run) -> str | None:
    """The sentence about a run that was cut short; None about one that was not."""
    if not run.interrupted:
        return None
    return f"interrupted after {len(run.verdicts):,} of {counted(run.planned, 'case')}"


def place(verdict: Verdict) -> str:
    """The file and the dtype of a case, as far as they are known."""
    return ", ".join(one_line(part) for part in (verdict.source, verdict.dtype) if part)
