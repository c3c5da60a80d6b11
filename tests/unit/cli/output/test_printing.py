import json
import math
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from headstart.cli.output.printing import (
    print_json,
    print_record,
    print_rows,
    reserved_output,
    say,
)


def test_json_has_null_where_a_number_is_not_finite(capsys):
    print_json({"a": math.nan, "b": [np.float64(math.inf), np.int64(3)], 1: None})

    printed = json.loads(capsys.readouterr().out)
    assert printed == {"a": None, "b": [None, 3], "1": None}


def test_json_keeps_letters_of_all_languages(capsys):
    print_json({"größe": "日本"})

    assert "größe" in capsys.readouterr().out


def test_rows_are_aligned_and_numbers_stand_right(capsys):
    print_rows([{"name": "ridge", "score": 0.5}, {"name": "k", "score": 12.25}])

    assert capsys.readouterr().out.splitlines() == [
        "name   score",
        "ridge    0.5",
        "k      12.25",
    ]


def test_missing_and_unknown_values_show_as_a_dash(capsys):
    print_rows([{"a": None, "b": math.nan}], columns=["a", "b", "c"])

    assert capsys.readouterr().out.splitlines()[1].split() == ["-", "-", "-"]


def test_only_the_asked_columns_are_shown(capsys):
    print_rows([{"a": 1, "b": 2}], columns=["b"])

    assert capsys.readouterr().out.split() == ["b", "2"]


def test_no_rows_leave_the_heading(capsys):
    print_rows([], columns=["a", "b"])

    assert capsys.readouterr().out == "a  b\n"


def test_parameters_are_shown_by_name_and_value(capsys):
    print_rows([{"parameters": {"alpha": 0.5, "scaled": True, "kernel": "rbf"}}])

    assert capsys.readouterr().out.splitlines()[1] == (
        "alpha=0.5, scaled=yes, kernel=rbf"
    )


def test_line_breaks_in_a_cell_do_not_break_the_table(capsys):
    print_rows([{"reason": "first\nsecond"}])

    assert capsys.readouterr().out.splitlines() == ["reason", "first second"]


WIDE = {
    "rank": 1,
    "learner": "ridge + text_svd + target_means",
    "score": 0.91234,
    "status": "partial",
    "reason": "raced out: it could not win any more",
    "parameters": {"alpha": 0.5, "text_svd.n_topics": 24},
}


def printed_in_a_terminal(rows, width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_rows(rows)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_a_table_fits_the_terminal_and_loses_nothing(width, capsys, monkeypatch):
    lines = printed_in_a_terminal(
        [WIDE, {**WIDE, "rank": 2}], width, capsys, monkeypatch
    )

    assert max(map(len, lines)) <= width
    text = "".join("".join(lines).split())
    for part in ("text_svd", "0.91234", "partial", "alpha=0.5,", "racedout:it"):
        assert text.count(part) >= 2, part


def test_what_does_not_fit_stands_below_its_row_with_its_name(capsys, monkeypatch):
    lines = printed_in_a_terminal([WIDE], 60, capsys, monkeypatch)

    assert lines == [
        "rank  learner                 score  status",
        "   1  ridge + text_svd +    0.91234  partial",
        "      target_means",
        "    reason: raced out: it could not win any more ·",
        "    parameters: alpha=0.5, text_svd.n_topics=24",
    ]


def test_the_last_text_of_a_row_goes_on_in_its_own_column(capsys, monkeypatch):
    rows = [{"column": "age", "reason": "whole numbers of many different values"}]

    assert printed_in_a_terminal(rows, 30, capsys, monkeypatch) == [
        "column  reason",
        "age     whole numbers of many",
        "        different values",
    ]


def test_long_names_are_broken_between_their_parts(capsys, monkeypatch):
    row = {"name": "headstart.learners.hist_gradient_boosting", "more": "x" * 60}

    lines = printed_in_a_terminal([row], 75, capsys, monkeypatch)

    first, second, *_ = (line.split("  ")[0] for line in lines[1:])
    assert (first, second) == ("headstart.learners.hist_", "gradient_boosting")


def test_rows_are_whole_lines_where_no_terminal_is(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    print_rows([WIDE])

    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split()[-1] == "parameters"
    assert row.endswith("alpha=0.5, text_svd.n_topics=24")


def test_a_record_shows_values_first_and_nested_ones_below(capsys):
    print_record(
        {"members": [{"learner": "ridge", "weight": 1.0}], "kind": "binary", "x": []}
    )

    assert capsys.readouterr().out.splitlines() == [
        "kind  binary",
        "",
        "members",
        "learner  weight",
        "ridge         1",
    ]


HOSTILE = "sales\x1b]0;gone\x07\u202egpj.exe\x9b2J"
ESCAPED = r"sales\x1b]0;gone\x07\u202egpj.exe\x9b2J"


def test_what_a_terminal_would_obey_is_printed_as_escapes(capsys):
    print_rows([{HOSTILE: HOSTILE, "score": 1.0}])
    print_record({HOSTILE: HOSTILE, "nested": {HOSTILE: 1}, "listed": [HOSTILE]})
    say(f"no column {HOSTILE}")
    say(f"no column {HOSTILE}", err=True)

    captured = capsys.readouterr()
    out = captured.out + captured.err
    assert ESCAPED in captured.out
    assert ESCAPED in captured.err
    assert not set("\x1b\x07\x9b\u202e") & set(out)


def test_json_with_such_names_is_ascii_there_and_reads_the_same(capsys):
    print_json({HOSTILE: [HOSTILE, "größe"]})

    out = capsys.readouterr().out
    assert not set("\x1b\x07\x9b\u202e") & set(out)
    assert "größe" in out
    assert json.loads(out) == {HOSTILE: [HOSTILE, "größe"]}


def test_wide_letters_keep_columns_aligned(capsys):
    print_rows([{"name": "日本", "kind": "a"}, {"name": "ab", "kind": "b"}])

    assert capsys.readouterr().out.splitlines() == [
        "name  kind",
        "日本  a",
        "ab    b",
    ]


NOISY = """
    import ctypes, os, sys
    from headstart.cli.command import command
    from headstart.cli.output.printing import print_json
    import typer

    def noisy() -> None:
        print("hello from Python")
        os.write(1, b"hello from the descriptor\\n")
        libc = ctypes.CDLL(None)
        libc.puts(b"hello from C, written at the very end")
        print_json({"answer": 42})
        print("hello again")

    typer.run(command(noisy))
"""


def test_json_is_all_of_standard_output_whatever_a_plugin_prints():
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(NOISY)],
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout) == {"answer": 42}
    assert done.stderr.count("hello") == 4


def test_output_of_a_program_that_calls_a_command_is_its_own_again(capsys):
    with reserved_output():
        print("noise")
        print_json([1])
    print("after")

    captured = capsys.readouterr()
    assert captured.out.split() == ["[", "1", "]", "after"]
    assert captured.err == "noise\n"
