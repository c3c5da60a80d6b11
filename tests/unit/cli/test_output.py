import json
import math

import numpy as np

from headstart.cli.output import print_json, print_record, print_rows


def test_json_has_null_where_a_number_is_not_finite(capsys):
    print_json({"a": math.nan, "b": [np.float64(math.inf), np.int64(3)], 1: None})

    found = json.loads(capsys.readouterr().out)
    assert found == {"a": None, "b": [None, 3], "1": None}


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


def test_lines_are_cut_to_a_terminal_and_whole_elsewhere(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "10")
    print_rows([{"a": "x" * 50}])
    assert "x" * 50 in capsys.readouterr().out

    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_rows([{"a": "x" * 50}])
    assert max(map(len, capsys.readouterr().out.splitlines())) == 10


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
