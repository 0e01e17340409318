"""The table of public models compares voltages and reads complaints as it says."""

from __future__ import annotations

import numpy as np

from tests.models.trial import Answer, compared, difference, last_words


def _bare(times: list[float], volts: list[float]) -> Answer:
    return {"times": np.array(times), "volts": np.array(volts)}


def _live(times: list[float], volts: list[float]) -> Answer:
    return {"times": np.array(times), "volts": np.array(volts, np.float32)}


def test_voltages_are_compared_at_the_same_times_in_the_bits_of_a_trace() -> None:
    bare = _bare([0, 0.025, 0.05, 0.075, 0.1], [-65, -64.9, -64.123456789, -64, -63])
    assert difference(bare, _live([0, 0.05, 0.1], [-65, -64.123456789, -63])) == "yes"
    assert difference(bare, _live([0, 0.05, 0.1], [-65, -64.123, -60])).startswith("no: 3 mV")
    assert "first at 0.05 ms" in difference(bare, _live([0, 0.05, 0.1], [-65, -64.123, -60]))


def test_steps_of_another_length_are_not_equal() -> None:
    bare = _bare([0, 0.1, 0.2, 0.3], [-65, -65, -65, -65])
    live = _live([0, 0.07, 0.14, 0.21], [-65, -65, -65, -65])
    assert "steps at the same times" in difference(bare, live)


def test_steps_of_a_models_own_init_are_left_out() -> None:
    bare = _bare([-200, -100, 0, 0.1, 0.2], [-70, -66, -65, -64, -63])
    bare["times"] = np.array([100.0, 200.0, 0.0, 0.1, 0.2])
    assert difference(bare, _live([0, 0.1, 0.2], [-65, -64, -63])) == "yes"


def test_a_model_that_neuron_alone_cannot_read_says_so_beside_ours() -> None:
    row = compared(
        "1", "any", {"failed": "no such file"}, {"failed": "x.hoc, line 3: no such file."}
    )
    assert row.opens == "x.hoc, line 3: no such file."
    assert "NEURON alone: no such file" in row.note


def test_the_first_complaint_of_neuron_is_told_with_its_place() -> None:
    text = "noise\nNEURON: x is not defined\n in a.hoc near line 3\n\nNEURON: hoc_Load_file a.hoc\n"
    assert last_words(text, 1) == "x is not defined in a.hoc near line 3"
    assert last_words("Traceback\nValueError: y\n", 1) == "ValueError: y"
    assert last_words("", -11) == "ended with -11"
