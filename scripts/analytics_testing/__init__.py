"""Tests of whatever sends events: a pipeline for each run, and what came there, as expected or not.

    def test_level_up(analytics):
        game = Game(analytics.url, analytics.key, analytics.environment)
        game.level_up(3)
        analytics.expect("level_up", count=1, level=3)

pytest finds the fixtures `pipeline` and `analytics` by itself. An expectation is judged where it
stands: it waits until it is met, or raises AssertionError with what came instead.
"""

from analytics_testing.wanted_values import like

__all__ = ["like"]
