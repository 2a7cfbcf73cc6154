"""How tensors lie in memory."""

import pytest
import torch

from verifier.candidate.lying import MOST_ENTRIES, laid_out, strides_of

BASE = torch.arange(48.0).reshape(6, 8)

VIEWS = {
    "transposed": BASE.T,
    "a column": BASE[:, 1],
    "every other row and every third column": BASE[::2, 1::3],
    "permuted": torch.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
    "channels last": torch.arange(48.0).reshape(1, 3, 4, 4).contiguous(memory_format=torch.channels_last),
    "integers": torch.arange(6).reshape(2, 3).T,
}


@pytest.mark.parametrize("name", VIEWS)
def test_a_copy_lies_like_the_original(name):
    original = VIEWS[name]
    copy = laid_out(original.contiguous(), strides_of(original))
    assert copy.stride() == original.stride()
    assert torch.equal(copy, original)


@pytest.mark.parametrize(
    "tensor",
    [BASE, BASE[2:], torch.tensor(1.0), BASE[:0].T, torch.ones(1, 3).expand(4, 3), BASE.as_strided((3, 3), (1, 1))],
    ids=["contiguous", "its rows", "a number", "empty", "expanded", "overlapping"],
)
def test_what_is_contiguous_or_shares_memory_is_copied_contiguously(tensor):
    assert strides_of(tensor) is None


def test_no_more_memory_is_taken_than_is_good():
    column = torch.arange(3.0)
    assert laid_out(column, (MOST_ENTRIES,)) is column
