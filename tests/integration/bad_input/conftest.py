"""A model of the table that the tests change."""

import pytest
from tests.integration.bad_input.kit import classifier, labels, table


@pytest.fixture(scope="module")
def fitted():
    return classifier().fit(table(), labels())
