"""The journal of a refresh: finished steps are kept, those of another are not."""

import pytest

from headstart.exceptions import KnowledgeBaseError
from headstart.meta.openml import RefreshOptions
from headstart.meta.openml.staging import Staging, default_folder


def test_a_step_is_done_once(tmp_path):
    made = []

    def make():
        made.append(1)
        return {"value": [1, None, "é"]}

    for _ in range(2):
        with Staging.open(tmp_path / "s", "one") as staging:
            assert staging.step("a", make) == {"value": [1, None, "é"]}
    assert made == [1]
    assert staging.n_resumed == 1


def test_a_step_that_fails_is_not_kept(tmp_path):
    with Staging.open(tmp_path / "s", "one") as staging:
        with pytest.raises(ZeroDivisionError):
            staging.step("a", lambda: 1 // 0)
        assert staging.n_steps() == 0


def test_the_steps_of_another_refresh_are_thrown_away(tmp_path):
    with Staging.open(tmp_path / "s", "one") as staging:
        staging.step("a", lambda: 1)
    with Staging.open(tmp_path / "s", "other") as staging:
        assert staging.step("a", lambda: 2) == 2


def test_a_folder_is_made_for_its_user_alone(tmp_path):
    with Staging.open(tmp_path / "s", "one") as staging:
        assert staging.folder.stat().st_mode & 0o077 == 0


def test_the_default_folder_is_in_the_users_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert default_folder("ab" * 32).is_relative_to(tmp_path)


def identity(base="base.db", *, evaluated=False, **changes):
    options = RefreshOptions(**changes)
    return options.identity(base=base, evaluated=evaluated, engine="1")


def test_what_changes_the_result_is_another_refresh():
    others = [
        identity(base="other.db"),
        identity(evaluated=True),
        identity(evaluated=True, evaluation="20 configurations"),
        identity(suite=271),
        identity(server="http://localhost/api/v1/xml"),
        identity(limit=3),
        identity(evaluations=True),
        identity(max_cells=10),
    ]
    assert len({identity(), *others}) == len(others) + 1


def test_how_patient_it_is_does_not():
    assert identity(attempts=9, read_seconds=1.0, calls_per_second=1.0) == identity()


@pytest.mark.parametrize(
    "changes",
    [
        {"attempts": 0},
        {"limit": 0},
        {"max_cells": -1},
        {"server": "ftp://openml.org/"},
        {"read_seconds": float("nan")},
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused(changes):
    with pytest.raises(KnowledgeBaseError, match="Got"):
        RefreshOptions(**changes)


def test_links_may_lead_to_all_hosts_of_openml():
    assert ".openml.org" in RefreshOptions().hosts
    options = RefreshOptions(
        server="http://127.0.0.1:80/api/v1/xml", data_hosts=("Data",)
    )
    assert options.hosts == {"127.0.0.1:80", "data"}
