"""A client of the local API, for each test."""

import pytest
from local_api_client import Api


@pytest.fixture(name="api")
def _api(pipeline):
    return Api(pipeline)
