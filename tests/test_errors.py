from __future__ import annotations

import pickle

from neurosim.errors import InputError, Location, Problem, RunError, did_you_mean


def test_problem_shows_place_line_caret_expectation_and_hint() -> None:
    where = Location("a.yaml", 3, 8, "rows: ten")
    text = str(Problem("rows: 'ten' is not accepted", where, "a whole number", "did you mean 10?"))
    assert text.splitlines() == [
        "a.yaml:3:8: rows: 'ten' is not accepted",
        "    | rows: ten",
        "    |        ^",
        "    expected: a whole number",
        "    did you mean 10?",
    ]


def test_caret_stays_under_the_column_of_a_very_long_line() -> None:
    where = Location("a.yaml", 1, 5001, "x" * 5000 + "y" + "z" * 5000)
    _, line, caret = str(Problem("wrong", where)).splitlines()
    assert line[caret.index("^")] == "y"
    assert len(line) < 120


def test_control_characters_of_a_file_never_reach_the_terminal() -> None:
    text = str(Problem("wrong", Location("a.yaml", 1, 1, "\x1b[31mred\x07")))
    assert "\x1b" not in text
    assert "\x07" not in text


def test_input_error_carries_every_problem_across_processes() -> None:
    error = InputError([Problem("first", Location("a", 1)), Problem("second", hint="look")])
    copy = pickle.loads(pickle.dumps(error))
    assert copy.problems == error.problems
    assert str(copy) == str(error)
    assert (InputError.exit_code, RunError.exit_code) == (2, 1)


def test_nearest_word_ignores_case_and_gives_nothing_when_none_is_near() -> None:
    assert did_you_mean("HFO2-rram", ["pcm", "hfo2-rram"]) == "did you mean 'hfo2-rram'?"
    assert did_you_mean("qqqq", ["pcm", "hfo2-rram"]) is None
    assert did_you_mean(3, []) is None
