"""What a call leaves behind is seen whatever was left behind before."""

import random

from headstart.testing.side_effects import side_effects


def test_a_seed_that_was_set_before_is_seen_again():
    once = side_effects(lambda: random.seed(1))
    again = side_effects(lambda: random.seed(1))

    assert once == again == ["it used or seeded a global random generator"]


def test_the_global_generators_go_on_where_they_were():
    random.seed(5)
    expected = random.random()
    random.seed(5)

    assert side_effects(lambda: None) == []
    assert random.random() == expected
