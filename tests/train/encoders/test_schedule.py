"""The learning rate's two lines, and how a time limit becomes a number of steps."""

import pytest

from train.encoders import schedule
from train.encoders.schedule import Plan, decide, is_time_to_decide, rate


def test_the_rate_rises_then_falls_to_zero():
    plan = Plan(warmup=4, turn=4, steps=10)
    rates = [rate(step, 8.0, 4, plan) for step in range(1, 12)]
    assert rates[:4] == [2, 4, 6, 8]
    assert rates[4:] == pytest.approx([8 * k / 7 for k in (6, 5, 4, 3, 2, 1, 0)])


def test_before_the_plan_the_rate_is_what_it_will_have_been():
    for turn in (2, 4):
        plan = Plan(warmup=4, turn=turn, steps=20)
        for step in range(1, turn + 1):
            assert rate(step, 1.0, 4, None) == rate(step, 1.0, 4, plan)


def test_a_turn_before_the_peak_falls_from_where_it_is():
    plan = Plan(warmup=10, turn=5, steps=14)
    assert rate(5, 1.0, 10, plan) == 0.5
    assert rate(6, 1.0, 10, plan) == pytest.approx(0.45)
    assert rate(15, 1.0, 10, plan) == 0


def test_time_decides():
    assert not is_time_to_decide(3, warmup=10, elapsed=29, limit=60)
    assert is_time_to_decide(10, warmup=10, elapsed=1, limit=60)
    assert is_time_to_decide(3, warmup=10, elapsed=30, limit=60)
    plan = decide(10, 10, elapsed=7, limit=100, seconds=0.5, scoring=8)
    assert plan == Plan(warmup=10, turn=10, steps=10 + 160)  # (95 − 7 − 8) / .5
    late = decide(10, 10, elapsed=200, limit=100, seconds=0.5, scoring=8)
    assert late.steps == 11


def test_the_speed_is_that_of_the_later_half(monkeypatch):
    clock = iter([0.0, 10, 20, 21, 22])
    monkeypatch.setattr(schedule.time, "monotonic", lambda: next(clock))
    speed = schedule.Speed(step=0)
    for step in (1, 2, 3, 4):
        speed.add(step)
    assert speed.seconds() == 1
