"""Words from a server are made safe, and stay different."""

from headstart.meta.openml.text import clean_name, family_of, short_key


def test_a_name_is_one_printable_line():
    for text in ("a\nb", "a\x00b", "\x1b]0;title\x07", "a\u202eb", "\ud800"):
        assert clean_name(text).isprintable()


def test_a_name_is_never_empty():
    assert clean_name(" \n ") == "unnamed"
    assert clean_name(None, "") == ""


def test_a_long_name_is_cut():
    assert clean_name("x" * 10_000_000) == "x" * 200


def test_long_keys_stay_different():
    one, other = short_key("a" * 500 + "1"), short_key("a" * 500 + "2")
    assert one != other
    assert len(one) < 300
    assert one.isprintable()


def test_a_short_key_stays_as_it_is():
    assert short_key("data/61") == "data/61"


def test_datasets_of_one_origin_are_a_family():
    assert family_of("BNG(iris,nominal,1000)") == family_of("Iris") == "iris"
    assert family_of("fri_c3_1000_10") == family_of("fri_c0_100_5") == "fri"
    assert family_of("BNG()") == "bng"
