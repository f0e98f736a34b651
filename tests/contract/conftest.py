"""One served local storage for all contract tests, and a bucket of its own for each."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from local_storage import Bucket, serve_storage

_numbers = itertools.count(1)


@pytest.fixture(name="make_bucket", scope="session")
def _make_bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Bucket]]:
    with serve_storage(tmp_path_factory.mktemp("storage")) as make_bucket:
        yield make_bucket


@pytest.fixture(name="bucket")
def _bucket(make_bucket: Callable[[str], Bucket]) -> Bucket:
    return make_bucket(f"bucket-{next(_numbers)}")
