"""Any torch code as a function of real tensors that returns one."""

from types import SimpleNamespace

import pytest
import torch

from verifier import check
from verifier.candidate.packing import differentiable, holders, joined, packed_call, substituted


def number(*values, dtype=torch.float64):
    return torch.tensor(values, dtype=dtype, requires_grad=True)


def test_plain_code_stays_as_it_is():
    assert packed_call(lambda x, y: x * y, (number(1.0), number(2.0)), None) is None


def test_nested_inputs_are_called_by_their_path():
    call = packed_call(
        lambda batch, state: batch[0] * state["hidden"], ((number(2.0), number(3.0)), {"hidden": number(5.0)}), None
    )
    assert list(call.tensors) == ["batch.0", "batch.1", "state.hidden"]
    assert call.function(**call.tensors).item() == 10.0


def test_keywords_that_hold_tensors_are_inputs_too():
    call = packed_call(lambda x, *, scale: (x * scale, x), number(2.0), {"scale": number(3.0)})
    assert list(call.tensors) == ["x", "scale"]
    assert call.function(**call.tensors).tolist() == [6.0, 2.0]


def test_complex_inputs_are_pairs():
    z = torch.tensor([1 + 2j], dtype=torch.complex128, requires_grad=True)
    call = packed_call(lambda z: z * z, z, None)
    assert call.tensors["z"].tolist() == [[1.0, 2.0]]
    assert call.tensors["z"].requires_grad
    assert call.function(**call.tensors).tolist() == [-3.0, 4.0]


def test_several_results_are_one_vector():
    assert joined([number(1.0, 2.0), torch.tensor(3 + 4j)]).tolist() == [1.0, 2.0, 3.0, 4.0]


def test_parameters_are_inputs_under_their_names():
    module = torch.nn.Linear(2, 1)
    call = packed_call(module, torch.ones(1, 2), None)
    assert list(call.function.held) == ["weight", "bias"]
    changed = {**call.tensors, "bias": call.tensors["bias"].detach() + 1}
    assert call.function(**changed).item() == pytest.approx(call.function(**call.tensors).item() + 1)


def test_the_default_of_a_parameter_is_called_by_its_name():
    weight = number(2.0)
    assert holders(lambda x, scale=weight: x * scale) == {id(weight): "scale"}


def test_sparse_tensors_that_need_no_gradient_are_part_of_the_function():
    matrix = torch.tensor([[2.0, 0.0], [0.0, 3.0]], dtype=torch.float64).to_sparse()
    columns = torch.ones(2, 1, dtype=torch.float64, requires_grad=True)
    call = packed_call(torch.sparse.mm, (matrix, columns), None)
    assert [*call.tensors] == ["x1"]
    assert call.function(**call.tensors).flatten().tolist() == [2.0, 3.0]
    for given in ((matrix, columns), {"matrix": matrix, "columns": columns}):
        verdict = check(lambda matrix, columns: torch.sparse.mm(matrix, columns).sin(), given)
        assert verdict.ok and not any("no formula" in note for note in verdict.notes), str(verdict)


def test_closed_over_tensors_are_called_by_their_variables():
    weight = number(2.0)
    assert holders(lambda x: x * weight) == {id(weight): "weight"}


def test_what_stands_in_for_a_tensor_is_taken_out_again_even_where_the_function_raises():
    own, other = number(1.0), number(2.0)
    with pytest.raises(RuntimeError, match="on purpose"), substituted({own: other}):
        assert own.item() == 2.0
        raise RuntimeError("on purpose")
    assert (own.item(), other.item()) == (1.0, 2.0)


def test_code_that_does_not_run_is_left_to_whoever_calls_it():
    for error in (ValueError, SystemExit):

        def broken(x, error=error):
            raise error("no")

        assert packed_call(broken, number(1.0), None) is None


class Pair(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        return x * w, x + w

    @staticmethod
    def backward(ctx, g, h):
        return g, h


def test_a_function_of_autograd_takes_names_by_position():
    call = packed_call(Pair.apply, {"x": number(2.0), "w": number(3.0)}, None)
    assert list(call.tensors) == ["x", "w"]
    assert call.function(**call.tensors).tolist() == [6.0, 5.0]


def test_keywords_that_hold_tensors_inside_are_inputs_too():
    call = packed_call(lambda x, *, options: x * options["scale"], number(2.0), {"options": {"scale": number(3.0)}})
    assert list(call.tensors) == ["x", "options.scale"]
    assert call.function(**call.tensors).item() == 6.0


def test_complex_inputs_of_a_real_result_are_pairs_too():
    z = torch.tensor([3 + 4j], dtype=torch.complex128, requires_grad=True)
    call = packed_call(torch.abs, {"z": z.conj()}, None)
    assert call.tensors["z"].tolist() == [[3.0, -4.0]] and call.function(**call.tensors).tolist() == [5.0]


def test_what_cannot_be_differentiated_stays_as_it_is():
    call = packed_call(lambda pair: pair[0] > pair[1], ((number(1.0), number(2.0)),), None)
    assert call.function(**call.tensors).tolist() == [False]
    assert joined(differentiable((number(1.0), torch.tensor([2]), "no"))).tolist() == [1.0]


def test_a_look_at_a_function_changes_nothing():
    state = SimpleNamespace(count=torch.zeros(1, dtype=torch.float64))

    def counting(x):
        state.count.add_(1)
        return x * state.count, x

    call = packed_call(counting, number(2.0), None)
    assert state.count.item() == 0 and call.function(**call.tensors).tolist() == [2.0, 2.0]


def test_a_complex_result_of_real_inputs_is_a_vector_of_pairs():
    call = packed_call(lambda x: torch.complex(x, 2 * x), number(2.0, 3.0), None)
    assert call.function(**call.tensors).tolist() == [2.0, 4.0, 3.0, 6.0]


def test_an_argument_that_is_no_tensor_stays_an_argument():
    call = packed_call(lambda x, power: x**power, (number(2.0), 3), None)
    assert list(call.tensors) == ["x"] and call.function(**call.tensors).item() == 8.0


def test_tensors_that_stand_in_for_each_other_are_put_back_in_the_order_that_undoes_it():
    one, two, three = number(1.0), number(2.0), number(3.0)
    with substituted({one: two, two: three}):
        assert (one.item(), two.item(), three.item()) == (2.0, 3.0, 1.0)
    assert (one.item(), two.item(), three.item()) == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("inputs", [(), (3,), [1.0, 2.0]])
def test_what_is_held_is_in_question_where_nothing_else_is_given(inputs):
    weight = number(0.5, -2.0).requires_grad_()
    verdict = check(lambda *given: (weight * weight).sum(), inputs)
    assert verdict.ok and {c.input for c in verdict.comparisons} == {None, "weight"}, str(verdict)
