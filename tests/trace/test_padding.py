"""The rows of an embedding that its padding index names are held constant by everybody, as torch documents it."""

import pytest
import torch
from accused import with_backward
from torch.nn.functional import embedding

from verifier import check

ROWS = torch.tensor([[0, 2], [1, 2]])


def table(dtype=torch.float64):
    return torch.arange(12, dtype=dtype).reshape(4, 3).sin().requires_grad_()


def scattered(g, kept):
    """The gradient by the table, of the rows that are kept."""
    return torch.zeros(4, 3, dtype=g.dtype).index_add(0, ROWS.flatten(), (g * kept).flatten(0, 1))


@pytest.mark.parametrize(
    "lookup",
    [
        lambda w: embedding(ROWS, w, padding_idx=2),
        lambda w: embedding(ROWS, w, -2),
        lambda w: torch.embedding(w, ROWS, 2),
        lambda w: embedding(ROWS, w),
        lambda w: torch.embedding(w, ROWS),
    ],
    ids=["by name", "from the end", "below the Python function", "none", "none, below"],
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_all_witnesses_agree(lookup, dtype):
    verdict = check(lookup, table(dtype))
    heard = {name for comparison in verdict.comparisons for name in (comparison.left, comparison.right)}
    assert verdict.ok and {"reverse mode", "forward mode", "finite differences"} <= heard


def test_the_table_of_a_module():
    module = torch.nn.Embedding(4, 3, padding_idx=0)
    assert check(lambda x: module(ROWS).sum(-1) * x, torch.tensor([0.5, 2.0], requires_grad=True)).ok


def test_a_backward_that_forgets_the_padding_is_wrong():
    forgetful = with_backward(lambda w: embedding(ROWS, w, padding_idx=2), lambda g, w: scattered(g, 1.0))
    (finding,) = check(forgetful, table()).findings
    assert (finding.outcome, finding.blamed, finding.index[0]) == ("wrong", "reverse mode", 2)
    assert finding.values["finite differences"] == 0
    mindful = with_backward(
        lambda w: embedding(ROWS, w, padding_idx=2), lambda g, w: scattered(g, (ROWS != 2).unsqueeze(-1))
    )
    assert check(mindful, table()).ok


def test_a_backward_that_holds_what_is_no_padding_is_wrong():
    held = with_backward(lambda w: embedding(ROWS, w), lambda g, w: scattered(g, (ROWS != 2).unsqueeze(-1)))
    (finding,) = check(held, table()).findings
    assert (finding.outcome, finding.blamed, finding.index[0]) == ("wrong", "reverse mode", 2)
