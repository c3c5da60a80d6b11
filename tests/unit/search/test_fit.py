"""What a fit does in the user's process leaves nothing there."""

import os
import random

import numpy as np
import pytest

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
        return b"facts"

    facts = record._analysis(analyse, None, Emitter([notices.append]))

    assert (random.getstate(), dict(os.environ), np.geterr()) == before
    assert facts == (b"facts" if error is None else b"")
    assert len(notices) == (error is not None)
