"""What transforms bought: pairs of trials that differ in one step."""

from headstart.base import Configuration, Step, Trial
from headstart.search.propose.gains import gains_of_transforms


def trial(number, losses, *steps):
    configuration = Configuration("plain", {"k": 1}, transforms=tuple(steps))
    made = Trial(number, configuration)
    made.fold_losses = {(0, fold): loss for fold, loss in enumerate(losses)}
    return made


def test_a_step_is_compared_with_the_same_configuration_without_it():
    trials = [
        trial(0, [0.5, 0.7]),
        trial(1, [0.25], Step("a")),
        trial(2, [0.5, 0.7], Step("a"), Step("b")),
        trial(3, [0.1], Step("c")),
    ]

    by_step = gains_of_transforms(trials, {0: 0.6, 1: 0.25, 2: 0.6})

    assert by_step == {"a": [0.25], "b": [-0.25]}
