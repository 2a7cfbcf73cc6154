"""Connectionist temporal classification: the probability of a sequence of labels, over all its alignments."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Add, And, Eq, Expr, Integer, Ne, Piecewise, Rational, exp, floor, log, oo, true
from sympy.logic.boolalg import Boolean

from verifier.op import Given, Operand, op, sample
from verifier.symbolic.arrangement import padded
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total

HALF = Rational(1, 2)
QUARTER = Rational(1, 4)
ZERO = Integer(0)

#: Whole numbers, and as many steps as the labels need: so torch's sums of logarithms are exact. They are so small that
#: the one more term of its derivative does not show. Other alignments are in tests/ops/test_ctc.py.
LOG_PROBS = Given([[[-40.0, -43.0, -44.0], [-41.0, -45.0, -42.0]]] * 3, varies=True)


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
    steps, counts = _lengths(input_lengths, scope), _lengths(target_lengths, scope)
    labels = _labels(targets, counts, log_probs.shape[1], scope)
    alignments = _Alignments(log_probs, labels, Integer(blank), steps, scope)
    state = alignments.start()
    for time in map(Integer, range(1, int(log_probs.shape[0]))):
        state = alignments.after(time, state)
    last, shift = padded(state, scope, -oo), scope.settled(scope.shift(state), "shift")
    needed = padded(alignments.needed, scope, 1)

    def loss(n: Expr) -> Expr:
        ends = [exp(last[n, 2 * counts(n) - back] - shift[n]) for back in (0, 1)]
        possible = needed[n, 2 * counts(n) - 1] < steps(n) + HALF
        return Piecewise((-log(Add(*ends)) - shift[n], possible), (oo, true), evaluate=False)

    return Tensor((log_probs.shape[1],), loss), None


class _Alignments:
    """The prefixes of every sequence: number 2k ends with a blank after k labels, and 2k + 1 with the next label.

    needed: how many steps it takes to come that far. Equal labels need a blank between them.
    """

    def __init__(
        self, log_probs: Tensor, labels: Tensor, blank: Expr, steps: Callable[[Expr], Expr], scope: Scope
    ) -> None:
        self.scope = scope
        batch, longest = labels.shape
        self.shape = (batch, 2 * longest + 1)
        known, before = padded(labels, scope, -1), padded(labels, scope, -2)
        repeats = scope.settled(
            Tensor((batch, longest), lambda n, k: _where(Eq(labels[n, k], before[n, k - 1]), Integer(1))), "repeats"
        )

        def needed(n: Expr, s: Expr) -> Expr:
            again = total(longest, lambda k: _where(k + HALF < floor((s + 1) / 2 + QUARTER), repeats[n, k]))
            return 1 + floor(s / 2 + QUARTER) + again

        def own_label(n: Expr, s: Expr) -> Expr:
            odd = s - 2 * floor(s / 2 + QUARTER) > HALF
            return Piecewise((known[n, floor(s / 2 + QUARTER)], odd), (blank, true), evaluate=False) + HALF

        self.needed = scope.settled(Tensor(self.shape, needed), "needed")
        self.own = scope.whole(Tensor(self.shape, own_label))
        around = padded(log_probs, scope, -oo)
        every = (log_probs.shape[0], *self.shape)
        self.emitted = scope.settled(Tensor(every, lambda time, n, s: around[time, n, self.own[n, s]]), "emitted")
        # What time it is stands in tensors, so that all steps are one and the same formula.
        self.going = scope.settled(
            Tensor(every[:2], lambda time, n: _where(time + HALF < steps(n), Integer(1))), "going"
        )
        self.within_reach = scope.settled(
            Tensor(every, lambda time, n, s: _where(self.needed[n, s] < time + 1 + HALF, Integer(1))), "within_reach"
        )

    def start(self) -> Tensor:
        """The logarithms of the probabilities of all prefixes after one step."""
        first = Tensor(
            self.shape,
            lambda n, s: Piecewise((self.emitted[ZERO, n, s], s < 1 + HALF), (-oo, true), evaluate=False),
        )
        return self.scope.settled(first, "prefixes")

    def after(self, time: Expr, state: Tensor) -> Tensor:
        """The same after one step more; sequences that are over stay as they are."""
        shift = self.scope.settled(self.scope.shift(state), "shift")
        earlier, own = padded(state, self.scope, -oo), padded(self.own, self.scope, -1)

        def entry(n: Expr, s: Expr) -> Expr:
            stayed, moved, skipped = (exp(earlier[n, s - back] - shift[n]) for back in range(3))
            # A prefix that ends with a blank, or with the label of the one before its blank, cannot skip that blank.
            reached = stayed + moved + _where(Ne(own[n, s], own[n, s - 2]), skipped)
            going, within_reach = self.going[time, n] > HALF, self.within_reach[time, n, s] > HALF
            return Piecewise(
                (log(reached) + shift[n] + self.emitted[time, n, s], And(going, within_reach)),
                (-oo, going),
                (state[n, s], true),
                evaluate=False,
            )

        return self.scope.settled(Tensor(self.shape, entry), "prefixes")


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
            sample("_ctc_loss.default", LOG_PROBS, Given([[1, 2], [2, 2]], "int64"), [2, 3], [2, 2]),
            sample("_ctc_loss.default", LOG_PROBS, Given([1, 1, 0], "int64"), [1, 2], [1, 2], 2),
            sample(
                "_ctc_loss.Tensor",
                LOG_PROBS,
                Given([[1, 2], [2, 2]], "int64"),
                Given([2, 3], "int64"),
                Given([2, 2], "int64"),
                0,
                True,
            ),
        ),
    ),
)
