import io
import re
import sys
import time
import types

import pytest

from headstart.base import Configuration, Trial
from headstart.base.events import (
    BudgetSpent,
    Event,
    IncumbentChanged,
    Notice,
    RunFinished,
    RunStarted,
    TableInspected,
    TrialFailed,
    TrialFinished,
)
from headstart.display import (
    ProgressDisplay,
    RunProgress,
    log_lines,
    progress_listener,
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def plan(**changes: object) -> RunStarted:
    values: dict[str, object] = {
        "task": "binary",
        "n_rows": 1500,
        "n_features": 20,
        "metric": "roc_auc",
        "greater_is_better": True,
        "validation": "8 folds, stratified",
        "time_limit": 60.0,
        "max_trials": None,
        "n_jobs": 2,
        "executor": "processes",
    }
    return RunStarted(**(values | changes))  # type: ignore[arg-type]


def trial(number: int = 0, learner: str = "ridge", reason: str = "") -> Trial:
    return Trial(number, Configuration(learner), reason=reason)


EVENTS: list[Event] = [
    plan(),
    Notice("column 'id' is left out:\n it counts the rows", "warning"),
    TrialFinished(trial(0), 0.9),
    IncumbentChanged(0.9123456, (("ridge", 0.25), ("lightgbm", 0.75)), 3.0),
    TrialFailed(trial(1, "svm", "worker died\nof memory")),
    BudgetSpent(15.0, 2, ("forest", "forest", "mlp")),
    RunFinished(60.2, 14, 1, 0.95, "time limit"),
]


def played(listener, events=EVENTS):
    for event in events:
        listener(event)


def test_nothing_is_shown_where_nobody_looks():
    assert progress_listener(io.StringIO()) is None


def test_a_dumb_terminal_gets_no_display(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    assert progress_listener(Terminal()) is None


@pytest.fixture
def screen(monkeypatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    return Terminal()


def test_a_terminal_shows_budget_incumbent_and_what_runs(screen):
    played(progress_listener(screen), EVENTS[:-1])

    text = screen.getvalue()
    assert "15 of 60 s" in text
    assert "2 trials (1 failed)" in text
    assert "best roc_auc 0.91235 = lightgbm 0.75, ridge 0.25" in text
    assert "running: forest, mlp" in text


def test_a_terminal_is_left_with_one_summary_line(screen):
    played(progress_listener(screen))

    after_the_display = screen.getvalue().rsplit("\x1b[2K", 1)[-1]
    assert after_the_display.strip() == (
        "headstart: roc_auc 0.95 (out-of-fold) after 14 trials (1 failed) in 60.2 s "
        "(time limit)"
    )


def test_the_cursor_comes_back_when_a_fit_is_interrupted(screen):
    listener = progress_listener(screen)
    played(listener, EVENTS[:-1])
    assert isinstance(listener, ProgressDisplay)

    listener.close()

    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    assert screen.getvalue().rindex(shown) > screen.getvalue().rindex(hidden)


def test_the_cursor_comes_back_when_the_display_is_forgotten(screen):
    listener = progress_listener(screen)
    played(listener, EVENTS[:-1])
    assert "\x1b[?25h" not in screen.getvalue()

    del listener

    assert "\x1b[?25h" in screen.getvalue()


def test_no_color_is_honoured(screen, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")

    played(progress_listener(screen))

    # Select-graphic-rendition codes 30 to 37 and 90 to 97 are colours.
    assert not re.search(r"\x1b\[[0-9;]*\b(3[0-7]|9[0-7])m", screen.getvalue())


def test_notices_stay_above_the_display(screen):
    played(progress_listener(screen))

    assert "warning: column 'id' is left out: it counts the rows" in screen.getvalue()


def test_markup_in_names_is_shown_as_it_is(screen):
    played(progress_listener(screen), [plan(), Notice("column '[red]x[/red]' is odd")])

    assert "'[red]x[/red]'" in screen.getvalue()


def test_log_lines_tell_the_story_one_line_an_event():
    stream = io.StringIO()

    played(log_lines(stream))

    lines = [re.sub(r"^\[ *[0-9.]+ s\] ", "", x) for x in stream.getvalue().split("\n")]
    assert lines == [
        "binary: 1,500 rows, 20 features · roc_auc · 8 folds, stratified · 2 at a "
        "time, processes",
        "warning: column 'id' is left out: it counts the rows",
        "best roc_auc 0.91235 = lightgbm 0.75, ridge 0.25 · 1 trial",
        "trial 1 (svm) failed: worker died of memory",
        "headstart: roc_auc 0.95 (out-of-fold) after 14 trials (1 failed) in 60.2 s "
        "(time limit)",
        "",
    ]


def test_a_budget_in_trials_is_shown_in_trials():
    state = RunProgress(plan(time_limit=None, max_trials=8))
    state.update(TrialFinished(trial(), 0.9))
    state.update(TrialFailed(trial(1)))

    assert state.spent() == (0.25, "2 of 8 trials")


def test_a_spent_budget_never_exceeds_the_whole():
    state = RunProgress(plan(time_limit=10.0))
    state.update(BudgetSpent(12.0, 3, ()))

    assert state.spent()[0] == 1.0


def test_a_second_run_starts_counting_anew():
    stream = io.StringIO()
    played(log_lines(stream), [*EVENTS, plan(), IncumbentChanged(0.5, (), 1.0)])

    assert stream.getvalue().strip().endswith("best roc_auc 0.5 · 0 trials")


def test_seconds_before_lines_never_go_back():
    stream = io.StringIO()
    listener = log_lines(stream)
    listener(Notice("the table is read", "note"))
    time.sleep(0.15)
    played(listener)

    seconds = [float(line[1:9]) for line in stream.getvalue().splitlines()]
    assert seconds[1] > 0
    assert seconds == sorted(seconds)


def test_many_members_are_summed_up():
    state = RunProgress(plan())
    members = tuple((f"learner_{i}", i / 10) for i in range(5))
    state.update(IncumbentChanged(0.9, members, 1.0))

    assert state.best().endswith(
        "= learner_4 0.40, learner_3 0.30, learner_2 0.20 and 2 more"
    )


class FakeHandle:
    def __init__(self) -> None:
        self.contents: list[dict[str, str]] = []

    def update(self, content, *, raw):
        self.contents.append(content)


@pytest.fixture
def outputs(monkeypatch) -> list[FakeHandle]:
    """Return the outputs of a notebook's cell, as they are displayed."""

    class ZMQInteractiveShell:
        pass

    handles: list[FakeHandle] = []

    def display(content, *, raw, display_id):
        handles.append(FakeHandle())
        handles[-1].update(content, raw=raw)
        return handles[-1]

    notebook = types.SimpleNamespace(
        get_ipython=ZMQInteractiveShell,
        display=types.SimpleNamespace(display=display),
    )
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    return handles


def test_a_notebook_has_one_output_that_ends_as_the_summary(outputs):
    listener = progress_listener()
    assert listener is not None
    played(listener)

    assert len(outputs) == 1
    for form in ("text/plain", "text/html"):
        contents = [content[form] for content in outputs[0].contents]
        assert "no model yet" in contents[0]
        assert "headstart: roc_auc 0.95 (out-of-fold)" in contents[-1]


def test_a_notebook_shows_a_progress_bar_in_html(outputs, monkeypatch):
    monkeypatch.setattr("headstart.display.notebook._SECONDS_BETWEEN", 0.0)
    listener = progress_listener()
    played(listener, EVENTS[:-1])

    html = outputs[0].contents[-1]["text/html"]
    assert 'role="progressbar"' in html
    assert 'aria-valuenow="25"' in html
    assert "width:25%" in html
    assert "15 of 60 s" in html


def test_findings_are_in_the_output_of_a_notebook_and_not_in_standard_error(
    outputs, capsys
):
    record = {"severity": "warning", "message": "column 'a<b' leaks.", "remedy": ""}
    listener = progress_listener()
    played(listener, [TableInspected((record,)), *EVENTS])

    assert capsys.readouterr().err == ""
    assert len(outputs) == 1
    last = outputs[0].contents[-1]
    assert "warning: column &#x27;a&lt;b&#x27; leaks." in last["text/html"]
    assert last["text/plain"].splitlines()[:2] == [
        "warning: column 'a<b' leaks.",
        "warning: column 'id' is left out: it counts the rows",
    ]


def test_a_second_run_in_a_notebook_has_an_output_of_its_own(outputs):
    listener = progress_listener()
    played(listener, [*EVENTS, plan(), RunFinished(1.0, 1, 0, 0.5, "time limit")])

    assert len(outputs) == 2
    assert "is left out" not in outputs[1].contents[-1]["text/plain"]


def test_findings_are_shown_gravest_first_and_cut():
    records = [
        {"severity": "warning", "message": f"m{i}.", "remedy": "do" if i == 0 else ""}
        for i in range(12)
    ]
    stream = io.StringIO()
    log_lines(stream, remedy=str.upper)(TableInspected(tuple(records)))
    lines = stream.getvalue().splitlines()
    assert lines[0].endswith("warning: m0. hint: DO")
    assert lines[-1].endswith("4 more findings: info() of the model lists all")
    assert len(lines) == 9
