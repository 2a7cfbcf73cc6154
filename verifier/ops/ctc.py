"""Connectionist temporal classification: the probability of a sequence of labels, over all its alignments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Eq, Expr, Integer, Ne, Piecewise, Rational, exp, log, oo, true
from sympy.logic.boolalg import Boolean

from verifier.op import Given, Operand, op, real, sample
from verifier.symbolic.arrangement import padded
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total

HALF = Rational(1, 2)
ZERO = Integer(0)

#: So small that torch's one more term, their exponentials, does not show.
LOG_PROBS = real(4, 2, 3, low=-48, high=-44)


def ctc_loss(
    log_probs: Operand,
    targets: Operand,
    input_lengths: Sequence[int] | Operand,
    target_lengths: Sequence[int] | Operand,
    blank: int = 0,
    zero_infinity: bool = False,
    *,
    scope: Scope,
) -> tuple[Tensor, None]:
    """_ctc_loss(Tensor log_probs, Tensor targets, int[] input_lengths, int[] target_lengths, int blank=0, ...)

    -log of the probability that the labels, with any number of repetitions and blanks between them, come out in
    `input_length` steps: infinite, and constant, where there are too few. Torch's own derivative is of this loss after
    a `log_softmax`: it has one more term, exp(log_probs), that the derivative of `log_softmax` takes away.
    """
    times, batch, classes = log_probs.shape
    steps, counts = _lengths(input_lengths, scope), _lengths(target_lengths, scope)
    labels = _labels(targets, counts, batch, scope)
    # What is taken off the logarithms at every step is added to the result again, and so held constant.
    shift = scope.settled(scope.shift(log_probs), "shift")
    taken = scope.settled(
        Tensor((batch,), lambda n: total(times, lambda time: _where(time + HALF < steps(n), shift[time, n]))), "taken"
    )
    chances = scope.settled(
        Tensor((times, batch, classes), lambda t, n, c: exp(log_probs[t, n, c] - shift[t, n])), "probabilities"
    )
    blanks, ends = _prefixes(chances, labels, steps, Integer(blank), scope)
    last_end = padded(ends, scope)

    def loss(n: Expr) -> Expr:
        probability = blanks[n, counts(n)] + last_end[n, counts(n) - 1]
        return Piecewise((-log(probability) - taken[n], probability > 0), (oo, true), evaluate=False)

    return Tensor((batch,), loss), None


def _prefixes(
    chances: Tensor, labels: Tensor, steps: Callable[[Expr], Expr], blank: Expr, scope: Scope
) -> tuple[Tensor, Tensor]:
    """The probabilities of the prefixes of k labels that end with a blank, and of those that end with their label k.

    Those after one step more follow from those one step before; sequences that are over stay as they are.
    """
    batch, longest = labels.shape
    known = padded(chances, scope)
    emitted = scope.settled(
        Tensor((chances.shape[0], batch, longest), lambda time, n, k: known[time, n, labels[n, k]]), "emitted"
    )
    before = padded(labels, scope, -1)

    def step(time: Expr, blanks: Tensor, ends: Tensor) -> tuple[Tensor, Tensor]:
        earlier = padded(ends, scope)

        def going(n: Expr, value: Expr, otherwise: Expr) -> Expr:
            return Piecewise((value, time + HALF < steps(n)), (otherwise, true), evaluate=False)

        def blank_after(n: Expr, k: Expr) -> Expr:
            return going(n, (blanks[n, k] + earlier[n, k - 1]) * chances[time, n, blank], blanks[n, k])

        def end_after(n: Expr, k: Expr) -> Expr:
            # Equal labels need a blank between them.
            skipped = _where(Ne(labels[n, k], before[n, k - 1]), earlier[n, k - 1])
            return going(n, (ends[n, k] + blanks[n, k] + skipped) * emitted[time, n, k], ends[n, k])

        return Tensor(blanks.shape, blank_after), Tensor(ends.shape, end_after)

    blanks = Tensor((batch, longest + 1), lambda n, k: _where(Eq(k, 0), chances[ZERO, n, blank]))
    ends = Tensor((batch, longest), lambda n, k: _where(Eq(k, 0), emitted[ZERO, n, k]))
    for time in map(Integer, range(1, int(chances.shape[0]))):
        blanks, ends = scope.settled(blanks, "blanks"), scope.settled(ends, "ends")
        blanks, ends = step(time, blanks, ends)
    return scope.settled(blanks, "blanks"), scope.settled(ends, "ends")


def _where(condition: Boolean, entry: Expr) -> Expr:
    return Piecewise((entry, condition), (ZERO, true), evaluate=False)


def _lengths(given: Sequence[int] | Operand, scope: Scope) -> Callable[[Expr], Expr]:
    """The length of every sequence, by its number in the batch."""
    if isinstance(given, Tensor):
        return lambda n: given.entry(n)

    def entry(n: Expr) -> Expr:
        return Piecewise(*((Integer(k), Eq(n, place)) for place, k in enumerate(given)), (ZERO, true))

    lengths = scope.settled(Tensor((Integer(len(given)),), entry), "lengths")
    whole = scope.whole(Tensor(lengths.shape, lambda n: lengths[n] + HALF))
    return lambda n: whole[n]


def _labels(targets: Operand, counts: Callable[[Expr], Expr], batch: Expr, scope: Scope) -> Tensor:
    """The labels of every sequence in a row of its own; beyond their number there may be anything."""
    if len(targets.shape) == 2:
        return targets
    longest = targets.shape[0]
    starts = scope.settled(Tensor((batch,), lambda n: total(batch, lambda m: _where(m < n, counts(m)))), "starts")
    begins = scope.whole(Tensor((batch,), lambda n: starts[n] + HALF))
    everything = padded(targets, scope)
    return scope.whole(Tensor((batch, longest), lambda n, k: everything[begins[n] + k]))


OPS = (
    op(
        "_ctc_loss.default",
        "_ctc_loss.Tensor",
        define=ctc_loss,
        samples=(
            sample("_ctc_loss.default", LOG_PROBS, Given([[1, 2], [2, 2]], "int64"), [4, 3], [1, 2]),
            sample("_ctc_loss.default", LOG_PROBS, Given([1, 0, 0], "int64"), [4, 4], [1, 2], 2),
            sample(
                "_ctc_loss.Tensor",
                LOG_PROBS,
                Given([[1, 2], [2, 2]], "int64"),
                Given([4, 3], "int64"),
                Given([2, 2], "int64"),
                0,
                True,
            ),
        ),
    ),
)
