"""Each check of learners names the learner that is broken on purpose, and no other."""

import json

import pytest
from tests.conformance import broken_learners
from tests.conformance.broken_learners import (
    BROKEN,
    WRONG,
    Crashes,
    Hangs,
    Right,
    Rounds,
)

from headstart.testing import (
    CheckError,
    check_learner,
    checks_for,
    learner_checks,
    sharing,
)

IMPORTS = {"import-time", "import-effects"}


def failures(learner, **options):
    return {result.id for result in check_learner(learner, **options).failed}


@pytest.mark.parametrize("learner", [Right, Rounds])
def test_a_right_learner_passes(learner):
    report = check_learner(learner())

    assert report.ok, str(report)
    assert {result.id for result in report.results} == set(checks_for("learner"))


def test_every_check_has_a_learner_that_fails_it():
    assert {*BROKEN, *dict(WRONG).values()} | IMPORTS == set(checks_for("learner"))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_learner_is_named_by_its_check_alone(name):
    report = check_learner(BROKEN[name]())

    assert {result.id for result in report.failed} == {name}, str(report)
    assert report.failed[0].message
    assert report.failed[0].hint


@pytest.mark.parametrize(("learner", "check"), WRONG)
def test_a_learner_that_is_wrong_without_an_error_is_named_by_its_check(learner, check):
    case = next(case for case in learner_checks(learner()) if case.id == check)

    with pytest.raises(CheckError, match=f"^{check}: failed: .+ hint: "):
        case()


def test_a_crash_is_a_failure_with_the_signal():
    report = check_learner(Crashes())

    assert [result.id for result in report.failed] == ["fits"]
    assert "SIGABRT" in report.failed[0].message


def test_a_hang_is_a_failure_at_its_deadline():
    report = check_learner(Hangs(), seconds=1.5)

    assert [result.id for result in report.failed] == ["fits"]
    assert "Stopped at its deadline" in report.failed[0].message


@pytest.fixture
def module_of(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)

    def write(text):
        (tmp_path / "own_plugin.py").write_text(text)
        return "own_plugin"

    return write


def test_a_slow_import_is_named(module_of, monkeypatch):
    monkeypatch.setattr(sharing, "_LONGEST_IMPORT", 0.05)
    module = module_of(
        "import time\nwhile time.process_time() < 60 and not "
        "sum(range(3_000_000)) < 0:\n    break\n"
        "for _ in range(8):\n    sum(range(1_000_000))\n"
    )

    assert failures(Right(), module=module) == {"import-time"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("print('hello')", "printed 'hello'"),
        ("import os\nos.environ['OWN'] = '1'", "environment: OWN"),
        ("open('log.txt', 'w').close()", "log.txt"),
        (
            "import threading, time\n"
            "threading.Thread(target=time.sleep, args=(9,), daemon=True).start()",
            "1 thread running",
        ),
        ("import subprocess\nP = subprocess.Popen(['sleep', '9'])", "1 process"),
        ("import numpy\nnumpy.random.seed(0)", "global random generator"),
        ("import signal\nsignal.signal(signal.SIGTERM, print)", "SIGTERM"),
    ],
)
def test_what_an_import_does_besides_is_named(module_of, text, words):
    case = next(
        c
        for c in learner_checks(Right(), module=module_of(text))
        if str(c) == "import-effects"
    )

    with pytest.raises(AssertionError, match=words):
        case()


def test_an_import_that_fails_is_named(module_of):
    module = module_of("import no_such_library")

    report = check_learner(Right(), module=module)

    assert {result.id for result in report.failed} == IMPORTS
    assert "no_such_library" in report.failed[0].message


def test_a_report_is_json():
    report = check_learner(broken_learners.Declares())

    record = json.loads(json.dumps(report.to_record()))

    assert record["ok"] is False
    assert record["results"][3]["status"] == "failed"
    assert record["results"][4]["status"] == "skipped"
