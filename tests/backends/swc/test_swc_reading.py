"""What `read_swc` accepts, repairs and refuses, on small cells."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from backends.errors import MorphologyError, RequestError
from backends.morphology.morphology import Morphology, build_geometry, segment_counts
from backends.swc.reader import Cancelled, SwcError, read_swc, read_swc_bytes, read_swc_text

CELL = """# a soma, a dendrite that forks, an axon
1 1 0 0 0 5 -1
2 3 0 6 0 1 1
3 3 0 16 0 1 2
4 3 5 26 0 0.5 3
5 3 -5 26 0 0.5 3
6 2 0 -6 0 0.4 1
7 2 0 -30 0 0.4 6
"""


def shape(morphology: Morphology) -> list[tuple[object, ...]]:
    """Return what must be equal for two equal cells, whatever their files look like."""
    return [
        (each.name, each.parent, each.parent_x, each.xyz.tolist(), each.radii.tolist())
        for each in morphology.sections
    ]


def codes(morphology: Morphology) -> set[str]:
    return {each.code for each in morphology.findings}


def read_or_error(data: bytes, trees: str = "main") -> Morphology | SwcError:
    """Return the morphology, or the SwcError; any other error fails the test."""
    try:
        return read_swc_bytes(data, trees=trees)
    except SwcError as error:
        return error


def error_of(text: str) -> SwcError:
    with pytest.raises(SwcError) as caught:
        read_swc_text(text, name="cell.swc")
    return caught.value


def test_a_plain_cell_becomes_the_sections_that_neuron_names() -> None:
    sections = read_swc_text(CELL).sections
    assert [each.name for each in sections] == [
        "soma[0]",
        "dend[0]",
        "dend[1]",
        "dend[2]",
        "axon[0]",
    ]
    assert [each.parent for each in sections] == [-1, 0, 1, 1, 0]
    assert [each.parent_x for each in sections[1:]] == [0.5, 1.0, 1.0, 0.5]
    assert sections[0].length == pytest.approx(10)
    assert sections[1].point_ids.tolist() == [2, 3]
    assert sections[2].lines.tolist() == [-1, 5]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_line_ends_and_encodings_do_not_change_the_cell(line_end: str, encoding: str) -> None:
    data = CELL.replace("\n", line_end).encode(encoding)
    assert shape(read_swc_bytes(data)) == shape(read_swc_text(CELL))


def test_latin_1_and_gzip_are_read() -> None:
    latin = ("# Zürich\n" + CELL).encode("latin-1")
    assert shape(read_swc_bytes(latin)) == shape(read_swc_text(CELL))
    packed = read_swc_bytes(gzip.compress(CELL.encode()))
    assert shape(packed) == shape(read_swc_text(CELL))
    assert "format.gzip" in codes(packed)


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(range(7)), step=st.integers(1, 10**9), first=st.integers(0, 10**9))
def test_shuffled_rows_and_new_ids_give_the_same_sections(
    order: list[int], step: int, first: int
) -> None:
    rows = [line.split() for line in CELL.splitlines()[1:]]
    for row in rows:
        row[0] = str(first + step * int(row[0]))
        row[6] = "-1" if row[6] == "-1" else str(first + step * int(row[6]))
    text = "\n".join(" ".join(rows[index]) for index in order) + "\n"
    assert shape(read_swc_text(text)) == shape(read_swc_text(CELL))


@settings(max_examples=30, deadline=None)
@given(shift=st.tuples(*[st.integers(-1000, 1000)] * 3))
def test_a_moved_cell_has_the_same_sections_elsewhere(shift: tuple[int, int, int]) -> None:
    rows = [line.split() for line in CELL.splitlines()[1:]]
    for row in rows:
        row[2:5] = [str(float(a) + b) for a, b in zip(row[2:5], shift, strict=True)]
    moved = read_swc_text("\n".join(map(" ".join, rows)) + "\n").sections
    for mine, its in zip(moved, read_swc_text(CELL).sections, strict=True):
        assert mine.name == its.name
        np.testing.assert_allclose(mine.xyz - shift, its.xyz, atol=1e-9)


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300))
def test_random_bytes_raise_nothing_but_swc_errors(data: bytes) -> None:
    outcome = read_or_error(data)
    if isinstance(outcome, SwcError):
        assert outcome.code
        assert "morphology.swc" in outcome.message


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_cells_raise_nothing_but_swc_errors(data: st.DataObject) -> None:
    raw = bytearray(CELL.encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        new = data.draw(st.sampled_from(b"0123456789-+.eE,;#\n\r\t \x00\xff\x1anax"))
        match data.draw(st.sampled_from(["replace", "insert", "delete"])):
            case "replace":
                raw[at] = new
            case "insert":
                raw.insert(at, new)
            case _:
                del raw[at]
    outcome = read_or_error(bytes(raw), trees=data.draw(st.sampled_from(["main", "all"])))
    if isinstance(outcome, SwcError):
        assert outcome.code
        return
    for index, section in enumerate(outcome.sections):
        assert section.parent < index
        assert len(section.radii) >= 2
        assert np.isfinite(section.xyz).all()
        assert (section.radii > 0).all()
    geometry = build_geometry(outcome, np.minimum(segment_counts(outcome), 99).tolist())
    assert (geometry.area > 0).all()
    assert np.isfinite(geometry.path_distance).all()


@pytest.mark.parametrize(
    ("line", "code", "found"),
    [
        ("4 3 5 26 0 NA 3", "value.not-a-number", '"NA"'),
        ("4 3 nan 26 0 1 3", "value.not-finite", "x"),
        ("4 3 0x10 26 0 1 3", "value.not-a-number", '"0x10"'),
        ("4 3 ٣ 26 0 1 3", "value.not-a-number", "x"),
        ("4 3 1_0 26 0 1 3", "value.not-a-number", '"1_0"'),
        ("4 3 5 26 0 1", "format.columns", "6 values"),
        ("4.5 3 5 26 0 1 3", "id.not-integer", "4.5"),
        ("4 3.5 5 26 0 1 3", "type.not-integer", "3.5"),
        ("-4 3 5 26 0 1 3", "id.negative", "-4"),
        ("4 3 5 26 0 1 99", "parent.missing", "99"),
        ("4 3 5 26 0 1 4", "parent.self", "4"),
        ("3 3 5 26 0 1 2", "id.duplicate", "line 4"),
        ("4 3 1e13 26 0 1 3", "value.range", "1e12"),
    ],
)
def test_a_bad_line_is_named_with_what_was_found(line: str, code: str, found: str) -> None:
    lines = CELL.splitlines()
    lines[4] = line
    error = error_of("\n".join(lines) + "\n")
    assert (error.code, error.line) == (code, 5)
    assert found in error.message
    assert error.message.startswith("cell.swc, line 5: ")


def test_a_loop_is_refused_with_its_points_and_lines() -> None:
    error = error_of(CELL.replace("3 3 0 16 0 1 2", "3 3 0 16 0 1 4"))
    assert error.code == "parent.cycle"
    assert "points 3, 4" in error.message
    assert "lines 4, 5" in error.message


def test_further_errors_are_counted_in_the_details() -> None:
    error = error_of(CELL.replace(" 0 1 ", " 0 thin "))
    assert error.line == 3
    assert "and 1 more" in error.details


def test_errors_can_be_sent_from_a_child_process() -> None:
    error = error_of("1 1 0 0 0\n")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.line, copy.message) == (error.code, error.line, error.message)


@pytest.mark.parametrize("text", ["", "\n\n", "# only words\n"])
def test_a_file_without_points_is_refused(text: str) -> None:
    assert error_of(text).code in ("format.empty", "format.no-points")


def test_radii_that_are_not_positive_take_the_nearest_one_on_the_section() -> None:
    text = "1 1 0 0 0 5 -1\n2 3 0 6 0 2 1\n3 3 0 16 0 0 2\n4 3 0 17 0 -1 3\n5 3 0 19 0 1 4\n"
    morphology = read_swc_text(text)
    assert morphology.sections[1].radii.tolist() == [2, 1, 1, 1]
    found = next(each for each in morphology.findings if each.code == "radius.not-positive")
    assert (found.severity, found.line) == ("repair", 3)
    assert "2 radii" in found.message


def test_a_section_without_any_radius_takes_its_parent_s() -> None:
    text = CELL.replace("26 0 0.5 3", "26 0 0 3")
    assert read_swc_text(text).sections[2].radii.tolist() == [1, 1]


def test_of_several_trees_the_one_with_the_soma_is_loaded_and_the_rest_counted() -> None:
    text = "8 3 100 0 0 1 -1\n9 3 120 0 0 1 8\n" + CELL.replace("# ", "#")
    morphology = read_swc_text(text)
    assert [each.name for each in morphology.sections] == [
        each.name for each in read_swc_text(CELL).sections
    ]
    found = next(each for each in morphology.findings if each.code == "tree.several")
    assert "2 points" in found.message
    both = read_swc_text(text, trees="all").sections
    assert [each.parent for each in both].count(-1) == 2
    assert len(both) == 6


def test_a_single_point_beside_other_trees_is_left_out_unless_it_is_a_soma() -> None:
    single = "8 3 90 0 0 2 -1\n"
    morphology = read_swc_text(CELL + single + "9 1 0 0 90 4 -1\n", trees="all")
    assert [each.name for each in morphology.sections] == [
        *(each.name for each in read_swc_text(CELL).sections),
        "soma[1]",
    ]
    assert "1 single point" in next(
        each.message for each in morphology.findings if each.code == "tree.all"
    )


@pytest.mark.parametrize(
    ("radius", "is_said"), [("1e9", True), ("150", True), ("90", False), ("0.5", False)]
)
def test_a_radius_that_no_neurite_has_is_said(radius: str, is_said: bool) -> None:
    morphology = read_swc_text(CELL.replace("26 0 0.5 3\n5", f"26 0 {radius} 3\n5"))
    found = [each for each in morphology.findings if each.code == "radius.large"]
    assert [each.line for each in found] == ([5] if is_said else [])


def test_a_thick_axon_of_even_width_is_not_remarked_on() -> None:
    axon = "".join(f"{i} 2 {500 * i} 0 0 250 {i - 1 or -1}\n" for i in range(1, 9))
    assert "radius.large" not in codes(read_swc_text(axon))


@pytest.mark.parametrize("text", ["1 1 1e12 0 0 10 -1\n", "1 1 1e9 0 0 10 -1\n2 3 1e9 9 0 1 1\n"])
def test_a_cell_far_from_the_origin_is_said(text: str) -> None:
    assert "geometry.far-away" in codes(read_swc_text(text))


def test_a_header_that_runs_into_the_first_row_is_named_by_its_own_line() -> None:
    text = (
        "# by hand, 2019\n# id type x y z r parent 1 1 0 0 0 7 -1\n2 3 12 0 0 1 1\n3 3 20 0 0 1 2\n"
    )
    error = error_of(text)
    assert (error.code, error.line) == ("format.glued-header", 2)


def test_a_comment_that_ends_with_numbers_is_a_comment() -> None:
    text = "# scaled by 1 1 0 0 0 7 -1\n" + CELL
    assert shape(read_swc_text(text)) == shape(read_swc_text(CELL))


def test_a_neurolucida_file_is_refused_with_what_can_be_done() -> None:
    error = error_of('("CellBody" (Color Red) (CellBody) (0 0 0 0)\n')
    assert error.code == "format.not-swc"
    assert ".asc" not in error.message
    assert "SWC" in error.message


def test_a_root_on_another_tree_s_point_is_joined_there() -> None:
    text = CELL + "8 3 5 26 0 0.5 -1\n9 3 50 26 0 0.5 8\n"
    morphology = read_swc_text(text)
    assert "tree.join-coincident" in codes(morphology)
    assert "tree.several" not in codes(morphology)
    assert sum(each.length for each in morphology.sections) == pytest.approx(
        sum(each.length for each in read_swc_text(CELL).sections) + 45
    )


def test_a_tree_that_begins_in_a_dendrite_is_rerooted_at_the_soma() -> None:
    text = "1 3 0 20 0 1 -1\n2 3 0 10 0 1 1\n3 1 0 0 0 5 2\n4 3 0 -10 0 1 3\n5 3 0 -20 0 1 4\n"
    morphology = read_swc_text(text)
    assert "soma.not-root" in codes(morphology)
    assert morphology.sections[0].name == "soma[0]"
    assert [each.parent for each in morphology.sections] == [-1, 0, 0]


def test_neuromorpho_s_three_point_soma_is_one_sphere() -> None:
    text = "1 1 0 0 0 5 -1\n2 1 0 -5 0 5 1\n3 1 0 5 0 5 1\n4 3 0 6 0 1 1\n5 3 0 20 0 1 4\n"
    soma, dendrite = read_swc_text(text).sections
    assert soma.length == pytest.approx(10)
    assert soma.radii.tolist() == [5, 5, 5]
    assert (dendrite.parent_x, dendrite.length) == (0.5, 14)


def test_a_soma_of_two_equal_points_is_a_sphere() -> None:
    morphology = read_swc_text("1 1 0 0 0 4 -1\n2 1 0 0 0 4 1\n3 3 0 6 0 1 2\n4 3 0 20 0 1 3\n")
    assert "soma.zero-length" in codes(morphology)
    assert morphology.sections[0].length == pytest.approx(8)


def test_a_section_of_more_points_than_neuron_holds_is_split() -> None:
    n = 70_000
    rows = ["1 1 0 0 0 5 -1"] + [f"{i} 3 0 {i * 0.1:.1f} 0 1 {i - 1}" for i in range(2, n)]
    sections = read_swc_text("\n".join(rows) + "\n").sections
    assert max(len(each.radii) for each in sections) <= 32_000
    assert sum(each.length for each in sections[1:]) == pytest.approx((n - 3) * 0.1)
    assert [each.parent for each in sections[1:]] == list(range(len(sections) - 1))


def test_reading_reports_its_progress_and_can_be_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "cell.swc"
    path.write_text(CELL, encoding="utf-8")
    shares: list[float] = []
    read_swc(path, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    with pytest.raises(Cancelled):
        read_swc(path, cancelled=lambda: True)
    answers = iter([False, False, True])
    with pytest.raises(MorphologyError, match="cancelled"):
        read_swc(path, cancelled=lambda: next(answers))


def test_units_are_scaled_on_request_and_a_suspect_unit_is_reported() -> None:
    in_nm = CELL.replace("0 16 0 1 2", "0 16000 0 1 2").replace("26 0 0.5", "26000 0 0.5")
    assert "units.suspect" in codes(read_swc_text(in_nm))
    scaled = read_swc_bytes(in_nm.encode(), units="nm")
    assert "units.suspect" not in codes(scaled)
    assert scaled.sections[1].xyz[1, 1] == pytest.approx(16)
    with pytest.raises(RequestError, match="units"):
        read_swc_bytes(CELL.encode(), units="inch")


def test_absurd_lengths_do_not_lead_to_absurd_numbers_of_segments() -> None:
    morphology = read_swc_text("1 1 0 0 0 5 -1\n2 3 0 6 0 1e-9 1\n3 3 9e11 6 0 1e-9 2\n")
    assert segment_counts(morphology).max() == 32_767
    assert "geometry.far-away" in codes(morphology)


def test_folders_missing_files_and_impossible_names_are_refused(tmp_path: Path) -> None:
    for path, code in (
        (tmp_path, "file.directory"),
        (tmp_path / "none.swc", "file.not-found"),
        (tmp_path / "nul\0name.swc", "file.unreadable"),
    ):
        with pytest.raises(SwcError) as caught:
            read_swc(path)
        assert caught.value.code == code
