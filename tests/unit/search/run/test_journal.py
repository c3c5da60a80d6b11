import sqlite3

import pytest

from headstart.base import (
    Configuration,
    FoldOutcome,
    FoldStatus,
    Origin,
    Trial,
    TrialStatus,
)
from headstart.exceptions import RunFolderError
from headstart.search.run.journal import Journal


def test_trials_and_fits_come_back_as_they_were(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    trial = Trial(0, Configuration("ridge", {"alpha": 1.0}), Origin.TRANSFORM)
    outcome = FoldOutcome(FoldStatus.OK, fit_seconds=0.5, encoder="0-0-raw")
    journal.record_trial(trial)
    journal.record_fit(trial, 0, 0, outcome, 0.25, spent=1.5)
    trial.status, trial.loss = TrialStatus.DONE, 0.25
    journal.record_trial(trial)
    journal.close()

    again = Journal(tmp_path / "journal.db")
    (stored,) = again.trials()
    assert stored.configuration == trial.configuration
    assert stored.status is TrialStatus.DONE
    assert stored.loss == 0.25
    assert stored.outcomes == {(0, 0): outcome}
    assert stored.fold_losses == {(0, 0): 0.25}
    assert again.fact("spent") == 1.5


def test_a_failed_fit_keeps_its_reason(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    trial = Trial(0, Configuration("ridge"))
    journal.record_trial(trial)
    outcome = FoldOutcome(FoldStatus.CRASH, reason="signal SIGSEGV")
    journal.record_fit(trial, 0, 3, outcome, None, spent=0.0)
    (stored,) = journal.trials()
    assert stored.outcomes[0, 3].reason == "signal SIGSEGV"
    assert stored.fold_losses == {}


def test_a_fact_can_be_replaced(tmp_path):
    journal = Journal(tmp_path / "journal.db")
    journal.record_fact("identity", {"data": "a"})
    journal.record_fact("identity", {"data": "b"})
    assert journal.fact("identity") == {"data": "b"}
    assert journal.fact("nothing") is None


def test_a_file_that_is_no_journal_is_refused(tmp_path):
    path = tmp_path / "journal.db"
    path.write_bytes(b"not a database, but longer than its header " * 10)
    with pytest.raises(RunFolderError, match="cannot be opened"):
        Journal(path)


def test_a_journal_of_another_version_is_refused(tmp_path):
    path = tmp_path / "journal.db"
    Journal(path).close()
    with sqlite3.connect(path) as db:
        db.execute("update facts set value = '99' where name = 'journal_version'")
    db.close()
    with pytest.raises(RunFolderError, match="version 99"):
        Journal(path)
