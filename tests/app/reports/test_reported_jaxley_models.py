"""Jaxley models after public bug reports, through ``somascope run``: the voltages of `jx.integrate`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.app.reports.conftest import Run, table
from tests.support.bare_simulator import Job, bare_jaxley

pytest.importorskip("jaxley")
UNTIL_MS = 20.0
RECORDED = {
    "spike_train": {
        "cell[0].branch[0](0.5)": "net.cell(0).branch(0).comp(0)",
        "cell[1].branch[1](0.125)": "net.cell(1).branch(1).comp(0)",
    },
    "ncomp_differs": {
        "cell[0].branch[0](0.25)": "net.cell(0).branch(0).comp(0)",
        "cell[0].branch[4](0.75)": "net.cell(0).branch(4).comp(1)",
        "cell[1].branch[0](0.5)": "net.cell(1).branch(0).comp(1)",
    },
}


@pytest.mark.slow
def test_scripts_give_jx_integrates_voltages(reports: Path, run: Run, tmp_path: Path) -> None:
    scripts = {name: reports / f"{name}.py" for name in RECORDED}
    bare = bare_jaxley(
        *(Job(str(scripts[name]), UNTIL_MS, tuple(RECORDED[name].values())) for name in RECORDED)
    )
    for (name, recorded), expected in zip(RECORDED.items(), bare, strict=True):
        words = [word for each in recorded for word in ("--record", each)]
        done = run(scripts[name], "--for", UNTIL_MS, *words, "--traces", f"{name}.csv")
        assert done.returncode == 0, done.stderr
        found = table(tmp_path / f"{name}.csv")
        n = len(found["time_ms"])
        assert n == round(UNTIL_MS / 0.025) + 1
        for id_, values in zip(recorded, expected.values, strict=True):
            np.testing.assert_allclose(found[f"{id_} [mV]"], values[:n], atol=2e-5)
        assert np.ptp(found[f"{next(iter(recorded))} [mV]"]) > 50
