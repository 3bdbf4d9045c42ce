"""Floors: what is below nearly all others at the same epoch is given up."""

from evonas import Engine, EvolutionConfig, SearchConfig
from evonas.evolution.floors import Floors
from evonas.testing.toy import toy_space


def curve(level, epochs=10, first=1, column="val_loss"):
    return [{"epoch": epoch, column: level / epoch} for epoch in range(first, first + epochs)]


def test_nothing_is_given_up_before_twenty_curves():
    floors = Floors("val_loss", maximise=False)
    for number in range(19):
        floors.told(number, curve(1.0 + number))
    assert floors.floor(0, 10) == ()
    floors.told(19, curve(20.0))
    assert [epoch for epoch, _ in floors.floor(0, 10)] == list(range(5, 10))


def test_the_floor_is_below_nine_tenths_of_the_others():
    losses, scores = Floors("val_loss", maximise=False), Floors("val_auc", maximise=True)
    for number in range(20):
        losses.told(number, curve(1.0 + number))
        scores.told(number, curve(1.0 + number, column="val_auc"))
    epoch, value = losses.floor(0, 10)[0]
    assert sum(level / epoch > value for level in range(1, 21)) == 2
    _, value = scores.floor(0, 10)[0]
    assert sum(level < value for level in range(1, 21)) == 2  # the best so far of a falling curve is its first


def test_a_curve_that_rises_again_is_judged_by_its_best():
    floors = Floors("val_loss", maximise=False)
    for number in range(20):
        floors.told(
            number, [{"epoch": 1, "val_loss": 0.1}, {"epoch": 2, "val_loss": 5.0}, {"epoch": 3, "val_loss": 5.0}]
        )
    assert floors.floor(0, 4) == ((2, 0.1), (3, 0.1))


def test_a_curve_goes_on_from_rung_to_rung():
    floors = Floors("val_loss", maximise=False)
    for number in range(20):
        floors.told(number, [{"epoch": 1, "val_loss": 0.1}])
        floors.told(number, [{"epoch": 2, "val_loss": 5.0}, {"epoch": 3, "val_loss": 5.0}])
    assert floors.floor(1, 3) == ((3, 0.1),)


def test_curves_without_the_column_teach_nothing():
    floors = Floors("val_loss", maximise=False)
    for number in range(20):
        floors.told(number, [{"epoch": 1, "loss": 0.1}, {"epoch": 2, "val_loss": float("nan")}])
    assert floors.floor(0, 4) == ()


def test_the_engine_hands_floors_to_later_requests():
    def requests(stop_hopeless):
        config = EvolutionConfig(evaluations=25, epochs=6)
        engine = Engine(toy_space(), config, search=SearchConfig(stop_hopeless=stop_hopeless), training=True)
        while (request := engine.ask()) is not None:
            engine.tell(request.result({"accuracy": 0.5 + request.number / 100}, curve=curve(1.0 + request.number, 6)))
        return engine.requests

    assert [bool(request.floor) for request in requests(True)] == [False] * 20 + [True] * 5
    assert not any(request.floor for request in requests(False))
