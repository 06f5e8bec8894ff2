"""One thread budget for every pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pyarrow as pa
import pytest
from threadpoolctl import threadpool_info

from facebank.errors import ConfigError
from facebank.runtime.threads import limit_threads

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    limit_threads(1)


@pytest.mark.parametrize("threads", [1, 2])
def test_every_pool_gets_the_budget(threads: int) -> None:
    np.ones((2, 2)) @ np.ones((2, 2))  # the pool of BLAS exists once it has worked
    limit_threads(threads)
    assert cv2.getNumThreads() == threads
    assert pa.cpu_count() == threads
    assert {pool["num_threads"] for pool in threadpool_info()} == {threads}


def test_no_thread_is_no_budget() -> None:
    with pytest.raises(ConfigError, match="1 or more"):
        limit_threads(0)
