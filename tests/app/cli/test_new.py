"""`somascope new`: a model that runs as it is, and never over a file that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.main import main
from resources.model_templates import KINDS, class_name, template


def lines_of(path: Path) -> list[str]:
    """Return the rows of a table."""
    return path.read_text().splitlines()


@pytest.mark.parametrize(
    "kind",
    [None, "inline", "neuron", "buffered", pytest.param("jaxley", marks=pytest.mark.slow)],
)
def test_a_new_model_runs_as_it_is(
    tmp_path: Path, kind: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path, table = tmp_path / "two-cells.py", tmp_path / "traces.csv"
    assert main(["new", str(path), *([f"--{kind}"] if kind else [])]) == 0
    is_script = kind in (None, "inline")
    assert ("ss.show()" if is_script else "class TwoCells(") in path.read_text()
    assert "two-cells.py" in capsys.readouterr().out
    assert main(["run", str(path), "--for", "30", "--traces", str(table)]) == 0
    assert float(lines_of(table)[-1].split(",")[0]) == pytest.approx(30.0)


def test_a_file_that_exists_is_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.py"
    path.write_text("precious = True\n")
    assert main(["new", str(path)]) == 1
    assert path.read_text() == "precious = True\n"
    assert "not overwritten" in capsys.readouterr().err


def test_a_new_file_needs_a_folder_and_the_suffix_of_python(tmp_path: Path) -> None:
    assert main(["new", str(tmp_path / "no" / "mine.py")]) == 1
    with pytest.raises(SystemExit) as caught:
        main(["new", "mine.txt"])
    assert caught.value.code == 2


def test_the_class_has_the_name_of_the_file() -> None:
    assert [class_name(each) for each in ("my_model", "two cells", "HH2", "3 cells")] == [
        "MyModel", "TwoCells", "HH2", "Model3Cells",
    ]  # fmt: skip
    for kind in KINDS:
        assert "MyModel" not in template(kind, "ring")
