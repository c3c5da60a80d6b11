"""Facts of every version of the document stay readable."""

import pytest
from tests.stored_facts import KINDS, stored_facts


@pytest.mark.parametrize("kind", KINDS)
def test_facts_of_version_2_are_read_as_they_were_written(kind):
    facts = stored_facts(kind)

    assert facts.version == 2
    assert facts.task.kind == kind
    assert facts.trials[0].rank == 1
    assert facts.metrics
    assert facts.importance
