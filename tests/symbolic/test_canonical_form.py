"""Equal definitions are equal objects, and programs keep their tensors apart."""

import numpy as np
from derivatives import A0, A1, I0, I1, P0, V, X, at_once, check_second, v_at, whole, x_at
from loops import assert_near, program_of
from sympy import Integer, Symbol, exp

from verifier.symbolic.comprehension import Read, comprehension
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.program import Builder


def test_equal_reads_are_one():
    built = comprehension(whole(4), (), A0 * A1, [v_at(I0), v_at(I0)], ())
    assert built.reads == (v_at(I0),) and built.body == A0**2


def test_unused_reads_and_pointers_are_gone():
    built = comprehension(whole(4), (), A1, [v_at(P0), v_at(I0)], (), [Read("k", (I0,))])
    assert built.reads == (v_at(I0),) and built.pointers == () and built.body == A0


def test_an_unused_index_becomes_a_factor():
    n = Symbol("n")
    built = comprehension((n, Integer(4)), (I1,), A0, [v_at(I1)], whole(4))
    assert built.domain == whole(4) and built.target == (I0,) and built.body == n * A0


def test_the_order_of_reads_does_not_matter():
    one = comprehension(whole(3, 4), (I0,), A0 * exp(A1), [x_at(I0, I1), v_at(I1)], whole(3))
    other = comprehension(whole(3, 4), (I0,), A1 * exp(A0), [v_at(I1), x_at(I0, I1)], whole(3))
    assert one == other


def test_the_same_definition_twice_is_one_tensor():
    builder = Builder()
    builder.give("v", (4,))
    definition = comprehension(whole(4), (I0,), A0**2, [v_at(I0)], whole(4))
    again = comprehension(whole(4), (I0,), A0**2, [v_at(I0)], whole(4))
    assert builder.define(definition, "p") == builder.define(again, "q") == "p"


def test_two_equal_contributions_both_count():
    builder = Builder()
    builder.give("v", (4,))
    square = builder.define(comprehension(whole(4), (I0,), A0**2, [v_at(I0)], whole(4)), "square")
    both = [Read(square, (I0,)), Read(square, (I0,))]
    builder.define(comprehension(whole(4), (), A0 + A1, both, ()), "out")
    program = builder.build()
    derivation = reverse(program, "out", ["v"])
    told = {"v": V, derivation.cotangent: np.array(1.0)}
    assert_near(at_once(derivation.adjoint, told, derivation.gradients["v"]), 4 * V)


def test_a_tensor_used_in_several_places_gets_the_sum():
    builder = Builder()
    builder.give("v", (4,))
    e = builder.define(comprehension(whole(4), (I0,), exp(A0), [v_at(I0)], whole(4)), "e")
    s = builder.define(comprehension(whole(4), (), A0, [Read(e, (I0,))], ()), "s")
    softmax = comprehension(whole(4), (I0,), A0 / A1, [Read(e, (I0,)), Read(s, ())], whole(4))
    builder.define(softmax, "out")
    program = builder.build()
    derivation = reverse(program, "out", ["v"])
    cotangent = np.array([1.0, -2.0, 0.5, 3.0])
    told = {"v": V, derivation.cotangent: cotangent}
    p = np.exp(V) / np.exp(V).sum()
    assert_near(at_once(derivation.adjoint, told, derivation.gradients["v"]), p * (cotangent - (p * cotangent).sum()))
    check_second(derivation, told, "v")


def test_an_input_without_a_path_has_no_gradient():
    program = program_of(comprehension(whole(4), (), A0, [v_at(I0)], ()), v=V, x=X)
    assert reverse(program, "out", ["x", "v"]).gradients["x"] is None
    assert forward(program, "out", {"x": "t"})[1] is None


def test_the_output_may_be_an_input_itself():
    builder = Builder()
    builder.give("v", (4,))
    derivation = reverse(builder.build(), "v", ["v"])
    assert derivation.gradients == {"v": derivation.cotangent}


def test_the_cotangent_finds_a_free_name():
    program = program_of(comprehension(whole(4), (), A0, [Read("cotangent", (I0,))], ()), cotangent=V)
    derivation = reverse(program, "out", ["cotangent"])
    assert derivation.cotangent == "cotangent_2"
    told = {"cotangent": V, "cotangent_2": np.array(3.0)}
    assert_near(at_once(derivation.adjoint, told, derivation.gradients["cotangent"]), np.full(4, 3.0))
