"""A batch that one rank cannot compute on is refused by all: none waits for the others."""

import pytest

from derive.errors import InputError
from tests.derive.distributed.conftest import Together
from tests.derive.distributed.refusals import DIFFERENT, REFUSED


@pytest.mark.parametrize("what", REFUSED)
def test_what_one_rank_refuses_no_rank_computes(together: Together, what: str) -> None:
    first, second = together[f"refused {what}"]
    assert isinstance(first, InputError)
    assert "rank 1 refused its batch" in str(first)
    assert REFUSED[what] in str(second)


@pytest.mark.parametrize("what", DIFFERENT)
def test_ranks_that_compute_different_losses_refuse(together: Together, what: str) -> None:
    for error in together[f"refused {what}"]:
        assert "differ in what the objective was given: rank 1" in str(error)
