from types import SimpleNamespace

import pytest

from headstart.artifact import requirements

EMPTY = SimpleNamespace(problems=(), disabled=())


@pytest.mark.parametrize(
    ("installed", "message"),
    [
        (None, "came from words 1.2, which is not installed. hint: pip install words"),
        ("1.2", "came from words 1.2, which is installed but does not register it"),
        (
            "1.0",
            r"words 1.2\. Version 1.0 is installed, .* hint: pip install words==1.2",
        ),
    ],
)
def test_what_is_installed_is_not_called_missing(monkeypatch, installed, message):
    monkeypatch.setattr(requirements, "_installed_version", lambda _: installed)
    record = {"distribution": "words", "version": "1.2"}

    error = requirements.missing_plugin(EMPTY, "m", "transform", "tfidf", record)

    with pytest.raises(type(error), match=message):
        raise error


def test_a_version_is_asked_of_the_environment():
    assert requirements._installed_version("pytest") == pytest.__version__
    assert requirements._installed_version("no-such-thing") is None
    assert requirements._installed_version("") is None
