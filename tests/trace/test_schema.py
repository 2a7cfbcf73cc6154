"""Conditions that name places are recorded as these places."""

import torch

from verifier.trace.schema import with_places

aten = torch.ops.aten
x = torch.arange(6.0).reshape(2, 3)


def test_a_mask_comes_with_the_places_where_it_holds():
    _, (mask, rows, columns) = with_places(aten.masked_select.default, (x, torch.tensor([True, False, True])))
    assert mask.shape == (2, 3)
    assert torch.equal(x[rows, columns], torch.masked_select(x, mask))


def test_conditions_in_a_list_of_indices_take_as_many_places_as_they_have_axes():
    condition = torch.tensor([[True, False, True], [False, True, False]])
    _, places, *others = with_places(aten.index_put.default, (x, [condition], torch.tensor(1.0), True))
    assert [place.tolist() for place in places] == [[0, 0, 1], [0, 2, 1]]
    assert others[1] is True


def test_integers_and_axes_that_stay_are_left_alone():
    integers = torch.tensor([0, 1])
    _, places = with_places(aten.index.Tensor, (x, [None, integers]))
    assert places[0] is None
    assert places[1] is integers
    arguments = (x, x)
    assert with_places(aten.add.Tensor, arguments) is arguments
