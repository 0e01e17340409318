"""What authors get wrong in a Jaxley session's file: one sentence that names it, exit status 1."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main

pytestmark = pytest.mark.slow

pytest.importorskip("jaxley")

ROOT = Path(__file__).resolve().parents[3]

MODEL = """
import jaxley as jx
import jax.numpy as jnp
import numpy as np
from jaxley.channels import Channel, HH
from backends.jaxley import JaxleySession

class Odd(Channel):
    def __init__(self, name=None):
        self.current_is_in_mA_per_cm2 = True
        super().__init__(name)
        self.channel_params, self.channel_states = {"Odd_g": 1e-4}, {"Odd_m": 0.1}
        self.current_name = "i_Odd"
    def update_states(self, states, dt, v, params):
        return {"Odd_m": states["Odd_m"]}  # line 15
    def compute_current(self, states, v, params):
        return params["Odd_g"] * (v + 70)  # line 17
    def init_state(self, states, v, params, dt):
        return {"Odd_m": 0.0 * v}          # line 19

class Mine(JaxleySession):
    def __init__(self):
        super().__init__(dt=0.025)
    def build_cells(self):
        cell = jx.Cell(jx.Branch(jx.Compartment(), ncomp=2), parents=[-1, 0])
        cell.insert(Odd())
        return cell                        # line 27
"""
UPDATE, CURRENT, INIT = (
    f"return {each}" for each in ('{"Odd_m": states["Odd_m"]}', 'params["Odd_g"] * (v + 70)',
                                  '{"Odd_m": 0.0 * v}')
)  # fmt: skip


def building(returned: str) -> str:
    return MODEL.replace("return cell ", f"{returned} ")


def with_hook(hook: str) -> str:
    return f"{MODEL}    def {hook}\n"  # line 28


def setting_up(line: str) -> str:
    return with_hook(f"setup_model(self, network, cells): {line}")


PLACE = "network.branch(0).comp(0)"
BUILT = [
    (building("return None"), "Mine.build_cells returned None: return a jx.Cell, or a list"),
    (building("return np.array([cell] * 9, object)"), "Mine.build_cells returned array([Cell with"),
    (building("return [cell, 3]"), "Mine.build_cells must return Jaxley modules (jx.Cell, "),
    (building("return cell.branch(1)"), "Mine.build_cells returned a view, which is a part of a"),
    (building("return [jx.Network([cell]), cell]"), "Mine.build_cells returned a jx.Network among"),
    (building("raise ValueError('a.\\nb')"), "build_cells failed: ValueError: a (mine.py, line 27)"),
    (building("raise ValueError('x' * 5000)"), f"build_cells failed: ValueError: {'x' * 240} … ("),
    (building("cell.nodes['Odd_g'] = 'x'; return cell"), "The column Odd_g of the model's tables"),
    (with_hook("build_network(self, cells): pass"), "build_network must return Jaxley modules"),
    (with_hook("build_network(self, cells): return cells[0].branch(0)"), "build_network returned a v"),
    (with_hook("build_network(self): pass"), "build_network failed: TypeError: Mine.build_network()"),
    (with_hook("setup_model(self, net): pass"), "setup_model failed: TypeError: Mine.setup_model()"),
    (with_hook("build_geometry(self, network): return 5"), "Mine.build_geometry returned 5: return"),
    (with_hook("__init__(self): pass"), "mine.py: Mine.__init__ must call super().__init__()."),
    (with_hook("after_batch(self): raise ValueError('a\\nb')"), "mine.py, line 28: after_batch failed: ValueError: a;"),
    (MODEL + "    precision = 'float16'\n", "precision must be float64 or float32, not 'float16'"),
]  # fmt: skip
CURRENTS = [
    ("self.inject(3, delay=1, dur=1, amp=1)", "inject: 3 is not a place"),
    ("self.inject(jx.Cell(), delay=1, dur=1, amp=1)", "inject: the place is in a separate cell"),
    (f"self.inject({PLACE}, delay=1, dur=1, amp='big')", "inject: amp must be a number, not 'big'"),
    (f"self.inject({PLACE}, delay=1, dur=np.nan, amp=1)", "inject: dur must be a number, not nan"),
    ("self.inject_at(99, delay=1, dur=1, amp=1)", "inject_at: there is no segment 99; this model"),
    ("self.inject_at(-1, delay=1, dur=1, amp=1)", "inject_at: there is no segment -1; this model"),
]  # fmt: skip
EQUATIONS = [
    (UPDATE, "return None", "update_states returned None (is a return missing?): return a dict", 14),
    (UPDATE, "return {'Odd_m': jnp.zeros(9)}", "update_states returned Odd_m of shape (9,)", 14),
    (UPDATE, "return {'Odd_z': v}", "update_states returned a state 'Odd_z', which is not", 14),
    (UPDATE, "return {'Odd_m': 1 if v[0] > 0 else v}", "update_states raised TracerBoolConv", 15),
    (UPDATE, "return {'Odd_m': params['Odd_x']}", "update_states raised KeyError: 'Odd_x'", 15),
    (CURRENT, "pass", "compute_current returned None (is a return missing?) for its current", 16),
    (CURRENT, "return np.exp(np.asarray(v))", "compute_current raised TracerArrayConversion", 17),
    (INIT, "return 0.0", "init_state returned a ", 18),
    ("v, params, dt):\n        " + INIT, "v):\n        " + INIT, "init_state raised TypeError: ", 18),
]  # fmt: skip


def run(text: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Run a model for 2 ms; return the exit status and the lines on stderr."""
    script = tmp_path / "mine.py"
    script.write_text(text)
    status = main.main(["run", str(script), "--for", "2"])
    return status, capfd.readouterr().err.splitlines()


@pytest.mark.parametrize(("text", "expected"), BUILT, ids=[expected for _, expected in BUILT])
def test_a_mistake_is_one_sentence_and_status_1(
    text: str, expected: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status, lines = run(text, tmp_path, capfd)
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(f"somascope: {expected}")


@pytest.mark.parametrize(("line", "expected"), CURRENTS, ids=[expected for _, expected in CURRENTS])
def test_a_current_that_cannot_be_injected_is_placed_in_the_authors_file(
    line: str, expected: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    status, lines = run(setting_up(line), tmp_path, capfd)
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(f"somascope: setup_model failed: {expected}")
    assert lines[0].endswith("(mine.py, line 28).")


@pytest.mark.parametrize(
    ("right", "wrong", "expected", "line"),
    EQUATIONS,
    ids=[expected for _, _, expected, _ in EQUATIONS],
)
def test_equations_that_cannot_be_compiled_are_reported_by_channel_and_method(
    right: str,
    wrong: str,
    expected: str,
    line: int,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert right in MODEL
    status, lines = run(MODEL.replace(right, wrong), tmp_path, capfd)
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(f"somascope: Compiling the model failed: Odd.{expected}")
    assert lines[0].endswith(f"(mine.py, line {line}).")


def test_a_synapse_whose_state_changes_its_type_is_reported(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = with_hook("build_network(self, cells):") + (
        "        from jaxley.connect import connect\n"
        "        net = jx.Network([cells[0]] * 2)\n"
        "        connect(net.cell(0).branch(0).loc(0.0), net.cell(1).branch(0).loc(0.0), Thin())\n"
        "        return net\n"
        "from jaxley.synapses import IonotropicSynapse\n"
        "class Thin(IonotropicSynapse):\n"
        "    def __init__(self): super().__init__('IonotropicSynapse')\n"
        "    def update_states(self, states, *rest):\n"
        "        return {'IonotropicSynapse_s': states['IonotropicSynapse_s'].astype('float32')}\n"
    )
    status, lines = run(text, tmp_path, capfd)
    assert (status, len(lines)) == (1, 1)
    assert "update_states returned IonotropicSynapse_s as float32: return float64, as" in lines[0]


def test_a_branch_more_in_setup_model_is_part_of_what_is_compiled(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = setting_up("network.branch(0).set_ncomp(5)")
    assert run(script, tmp_path, capfd) == (0, [])


def test_a_script_that_turns_float64_off_is_computed_in_the_session_s_precision(
    tmp_path: Path,
) -> None:
    off = "import jax; jax.config.update('jax_enable_x64', False)"
    ending = "assert str(self.stepper.states['v'].dtype) == 'float64'"
    text = with_hook(f"after_reset(self): {ending}")
    script = tmp_path / "mine.py"
    script.write_text(f"{off}\n{text}    def setup_model(self, network, cells): {off}\n")
    done = subprocess.run(
        [sys.executable, "-m", "app", "run", str(script), "--for", "1"],
        cwd=ROOT, env=os.environ | {"JAX_ENABLE_X64": "0"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_script_that_requests_from_jax_a_device_that_is_not_there_is_reported_so(
    tmp_path: Path,
) -> None:
    script = tmp_path / "mine.py"
    script.write_text("import jax\njax.config.update('jax_platforms', 'no_such')\n" + MODEL)
    done = subprocess.run(
        [sys.executable, "-m", "app", "run", str(script), "--for", "1"],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "jax.config is set to no_such" in done.stderr
