"""What a fit does in the user's process leaves nothing there."""

import os
import random
from types import SimpleNamespace

import numpy as np
import pytest
from tests.small_models import small_model

from headstart.base.events import Emitter
from headstart.search import record


@pytest.mark.parametrize("error", [None, ZeroDivisionError(), KeyboardInterrupt()])
def test_an_analysis_leaves_the_state_of_the_process_as_it_was(error):
    before = random.getstate(), dict(os.environ), np.geterr()
    notices = []

    def analyse(_):
        random.seed(1)
        os.environ["HEADSTART_TEST_UNTIDY"] = "yes"
        np.seterr(all="raise")
        if error is not None:
            raise error
        return "facts"

    analysed = SimpleNamespace(model=small_model())
    facts = record._analysed(analyse, analysed, Emitter([notices.append]))

    assert (random.getstate(), dict(os.environ), np.geterr()) == before
    if error is None:
        assert facts == "facts"
    else:
        assert facts.task == analysed.model.facts.task
        assert "was not analysed" in facts.notes[0]
    assert len(notices) == (error is not None)
