"""Whole numbers, and what is none."""

import re
from typing import Any

import numpy as np
import pytest

from dcgan.errors import UsageError
from dcgan.latent.checks import LARGEST_SEED, check_whole


@pytest.mark.parametrize("value", [2, 5, np.int64(3)])
def test_whole_numbers_within_their_range_are_taken(value: Any) -> None:
    check_whole("steps", value, 2, 5)
    check_whole("steps", value, 2)


@pytest.mark.parametrize(
    ("value", "most", "message"),
    [
        (1, 5000, "`steps` must be 2 to 5,000, not 1"),
        (5001, 5000, "`steps` must be 2 to 5,000, not 5001"),
        (2.5, 5000, "`steps` must be a whole number, 2 to 5,000, not 2.5"),
        ("3", None, "`steps` must be a whole number, 2 or more, not '3'"),
        (None, LARGEST_SEED, "`steps` must be a whole number, 2 to 2^63 - 1, not None"),
    ],
)
def test_all_else_is_refused_by_its_name(value: Any, most: int | None, message: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        check_whole("steps", value, 2, most)
