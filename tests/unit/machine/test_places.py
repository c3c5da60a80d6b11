import pytest

from headstart.machine.places import hide_secrets, is_url, show_place

SECRET = "s3c:r@t/?=%'"
ENCODED = "s3c%3Ar%40t%2F%3F%3D%25%27"


@pytest.mark.parametrize(
    "place",
    [
        f"postgresql://me:{ENCODED}@host/db",
        f"postgresql+psycopg://me:{SECRET}@host:5432/db",
        f"postgresql:/me:{ENCODED}@host/db",
        f"postgresql://host/db?user=me&password={ENCODED}",
        f"postgresql://host/db?sslmode=require&SSLPassword={ENCODED}",
        f"postgresql://host/db?p%61ssword={ENCODED}",
        f"https://api:{ENCODED}@server/api?api_key={ENCODED}",
        f"host=here password={ENCODED} dbname=db",
        f"host=here password = '{SECRET[:-1]}' dbname=db",
    ],
)
def test_no_spelling_of_a_password_is_shown(place):
    shown = show_place(place)

    assert "***" in shown
    assert "s3c" not in shown
    assert "host" in shown or "server" in shown


def test_what_is_no_secret_is_shown_as_it_is():
    for place in (
        "/data/base.db",
        "postgresql://me@host:5432/db?sslmode=require",
        "postgresql://host/db",
        r"C:\bases\own.db",
    ):
        assert show_place(place) == place


@pytest.mark.parametrize("spelt", [SECRET, ENCODED, repr(SECRET)[1:-1]])
@pytest.mark.parametrize(
    "place",
    [
        f"postgresql://me:{ENCODED}@host/db",
        f"postgresql://host/db?password={ENCODED}",
    ],
)
def test_a_driver_that_quotes_the_password_gives_nothing_away(place, spelt):
    message = f'connection failed: database "{spelt}" does not exist'

    assert hide_secrets(message, place) == (
        'connection failed: database "***" does not exist'
    )


def test_a_text_without_secrets_stays():
    assert hide_secrets("no such host", "postgresql://me@host/db") == "no such host"
    assert hide_secrets("no such file", "/data/base.db") == "no such file"


def test_what_was_meant_as_a_url_is_one():
    assert is_url("postgresql://host/db")
    assert is_url("postgresql:/me:secret@host/db")
    assert not is_url("C:/bases/own.db")
    assert not is_url("base.db")
