import json
import os
import stat

import pytest
from tests.hostile_facts import hostile_facts
from tests.stored_facts import KINDS, stored_facts

from headstart.facts import Facts
from headstart.report import render_report, write_report
from headstart.report.summary import summarise


@pytest.mark.parametrize("kind", KINDS)
def test_json_holds_the_facts_and_the_summary(kind):
    facts = stored_facts(kind)

    document = json.loads(render_report(facts, "json"))

    assert Facts.from_record(document["facts"]) == facts
    assert document["summary"] == list(summarise(facts))


@pytest.mark.parametrize("kind", KINDS)
def test_a_card_has_each_metric_and_no_unfilled_place(kind):
    facts = stored_facts(kind)

    card = render_report(facts, "md")

    assert card.count("\n# ") == 0
    assert card.startswith("# Predicting outcome\n")
    assert "None" not in card.replace("time_limit=None", "")
    assert "{{" not in card


def test_a_card_of_hostile_names_has_no_html_and_whole_tables():
    card = render_report(hostile_facts("binary"), "md")
    prose = card.split("## Reproduce")[0]

    assert "\\<script\\>" in prose
    assert "<" not in prose.replace("\\<", "")
    assert "](" not in prose.replace("\\](", "")
    for line in prose.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
    card.encode("utf-8")


def test_the_ending_names_the_format(tmp_path):
    facts = stored_facts("binary")

    path = write_report(facts, tmp_path / "card.MD")
    other = write_report(facts, str(tmp_path / "card.txt"), "json")

    assert path.read_text(encoding="utf-8").startswith("# ")
    assert json.loads(other.read_text(encoding="utf-8"))["facts"]["version"] == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["card.MD", "card.txt"]


def test_an_unknown_ending_is_refused_with_what_is_known(tmp_path):
    with pytest.raises(ValueError, match=r"must end in .html.*Got 'r.pdf'"):
        write_report(stored_facts("binary"), tmp_path / "r.pdf")
    assert not list(tmp_path.iterdir())


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Unknown report format 'pdf'"):
        write_report(stored_facts("binary"), tmp_path / "r.html", "pdf")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_report(stored_facts("binary"), tmp_path / "none" / "r.md")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"nowhere is not a folder\. hint: make"
    ):
        write_report(stored_facts("binary"), tmp_path / "nowhere" / "report.html")


def test_a_link_stays_and_the_file_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "reports").mkdir()
    (tmp_path / "latest.json").symlink_to(tmp_path / "reports" / "today.json")

    for _ in range(2):
        write_report(stored_facts("binary"), tmp_path / "latest.json")

    assert (tmp_path / "latest.json").is_symlink()
    assert [p.name for p in (tmp_path / "reports").iterdir()] == ["today.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs os.mkfifo")
def test_a_pipe_is_not_replaced_by_a_report(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")

    with pytest.raises(FileExistsError, match=r"pipe.md is not a plain file.*hint:"):
        write_report(stored_facts("binary"), tmp_path / "pipe.md")

    assert stat.S_ISFIFO((tmp_path / "pipe.md").stat().st_mode)
