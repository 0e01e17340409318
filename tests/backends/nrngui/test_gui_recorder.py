"""What a model makes of NEURON's interface becomes controls, actions, plots and traces, with no window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backends.errors import RequestError, SimulatorError
from backends.neuron.simulator import load_neuron
from backends.nrngui import GuiRecorder
from backends.nrngui.recorder import ANSWERS

h: Any = load_neuron()

MODEL = """
create guisoma
guisoma { nseg = 3 L = 20 diam = 20 insert hh }
gui_number = 5
gui_pressed = 0
gui_other = 0
strdef gui_text
gui_text = "hello"
objref gui_graph, gui_box, gui_owner, gui_rvp, gui_vector, gui_shape
proc gui_press() { gui_pressed += 1 }
begintemplate GuiOwner
public amp, pressed
proc init() { amp = 3  pressed = 0  panel() }
proc press() { pressed += 1  amp = amp * 2 }
proc panel() { xpanel("owner") xvalue("amp", "amp", 1, "press()") xbutton("press", "press()") xpanel() }
endtemplate GuiOwner
"""


@pytest.fixture(scope="module", autouse=True)
def model() -> Iterator[None]:
    """Define the names that the tests use; delete the section afterwards."""
    h.load_file("nrngui.hoc")
    assert h(MODEL)
    yield
    h('forsec "guisoma" { delete_section() }')


@pytest.fixture
def recorder() -> Iterator[GuiRecorder]:
    """Yield a recorder that is installed."""
    found = GuiRecorder(h)
    found.install()
    yield found
    h("objref gui_graph, gui_box, gui_owner, gui_rvp, gui_vector, gui_shape")
    found.uninstall()
    found.uninstall()


def in_panel(lines: str, title: str = "panel") -> None:
    """Run hoc lines in a panel."""
    for line in (f'{{xpanel("{title}")}}', *lines.strip().splitlines(), "{xpanel()}"):
        assert h(f"{{{line.strip()}}}" if not line.startswith("{") else line)


def test_a_button_runs_the_models_own_procedure(recorder: GuiRecorder) -> None:
    in_panel('xbutton("Press me", "gui_press()")')
    (action,) = recorder.action_specs()
    before = h.gui_pressed
    recorder.invoke(action.id)
    assert (action.label, h.gui_pressed) == ("Press me", before + 1)
    assert "gui_press()" in action.note


def test_a_value_is_set_and_its_call_back_run(recorder: GuiRecorder) -> None:
    h.gui_number = 5
    in_panel('xvalue("Number", "gui_number", 1, "gui_press()")')
    (control,) = recorder.control_specs()
    before = h.gui_pressed
    recorder.set(control.id, 7.5)
    assert (control.label, control.initial) == ("Number", 5)
    assert (h.gui_number, h.gui_pressed) == (7.5, before + 1)
    h.gui_number = 9
    assert recorder.values() == {control.id: 9}


def test_values_are_named_as_hoc_text_pointers_and_section_variables(recorder: GuiRecorder) -> None:
    in_panel(
        """
        xvalue("gui_number")
        xpvalue("pointer", &gui_number)
        guisoma xvalue("gnabar", "gnabar_hh(0.5)", 1)
        xvalue("gnabar of soma", "guisoma.gnabar_hh(0.5)", 1)
        """
    )
    controls = recorder.control_specs()
    assert [each.label for each in controls] == [
        "gui_number", "pointer", "gnabar", "gnabar of soma",
    ]  # fmt: skip
    assert [each.value_spec.unit for each in controls[2:]] == ["S/cm2", "S/cm2"]  # type: ignore[union-attr]
    recorder.set(controls[2].id, 0.2)
    assert recorder.values()[controls[3].id] == pytest.approx(0.2)
    recorder.set(controls[2].id, 0.12)


def test_boxes_sliders_choices_and_texts(recorder: GuiRecorder) -> None:
    h.gui_number, h.gui_other = 5, 0
    in_panel(
        """
        xlabel("Settings")
        xcheckbox("Box", &gui_other, "gui_press()")
        xslider(&gui_number, 0, 10)
        xradiobutton("one", "gui_number = 1")
        xradiobutton("two", "gui_number = 2", 1)
        xvarlabel(gui_text)
        xfixedvalue("fixed", "gui_number")
        """
    )
    box, slider, choice, text, fixed = recorder.control_specs()
    assert {each.group for each in (box, slider, choice)} == {"Settings"}
    assert (box.kind, slider.kind, text.kind) == ("check", "slider", "text")
    recorder.set(box.id, True)
    assert h.gui_other == 1
    recorder.set(choice.id, "one")
    assert (choice.label, choice.first_value(), h.gui_number) == ("Choice", "two", 1)
    h.gui_text = "changed"
    values = recorder.values()
    assert (values[text.id], values[fixed.id], values[choice.id]) == ("changed", "1", "one")
    with pytest.raises(RequestError) as refused:
        recorder.set(text.id, "mine")
    assert refused.value.code == "read-only"


def test_a_slider_is_called_by_what_its_pointer_points_to(recorder: GuiRecorder) -> None:
    in_panel("xslider(&guisoma.gnabar_hh(0.5), 0, 1)")
    (slider,) = recorder.control_specs()
    assert slider.label == "gnabar_hh"
    assert (slider.value_spec.min, slider.value_spec.max) == (0, 1)  # type: ignore[union-attr]


def test_menus_are_panels_of_their_own(recorder: GuiRecorder) -> None:
    in_panel(
        """
        xbutton("first", "gui_press()")
        xmenu("more")
        xbutton("second", "gui_press()")
        xmenu()
        xbutton("third", "gui_press()")
        """,
        "main",
    )
    labels = {each.id: each.label for each in recorder.action_specs()}
    found = {
        each.title: [labels[id_] for id_ in each.action_ids] for each in recorder.panel_specs()
    }
    assert found == {"main": ["first", "third"], "main ▸ more": ["second"]}


def test_a_panel_of_an_object_is_read_and_run_in_it(recorder: GuiRecorder) -> None:
    assert h("gui_owner = new GuiOwner()")
    (control,), (action,) = recorder.control_specs(), recorder.action_specs()
    recorder.invoke(action.id)
    assert (h.gui_owner.pressed, recorder.values()[control.id]) == (1, 6)
    recorder.set(control.id, 10)
    assert h.gui_owner.amp == 20
    assert h("objref gui_owner")
    assert recorder.values() == {}  # the recorder does not keep the object alive
    with pytest.raises(SimulatorError) as gone:
        recorder.invoke(action.id)
    assert gone.value.code == "target-lost"


def test_python_functions_and_attributes(recorder: GuiRecorder) -> None:
    class Holder:
        tau = 2.0

    holder, pressed = Holder(), []
    h.xpanel("python")
    h.xbutton("plain", lambda: pressed.append(0))
    h.xbutton("with argument", (pressed.append, 1))
    h.xvalue("tau", (holder, "tau"), 1, lambda: pressed.append(2))
    h.xpanel()
    for each in recorder.action_specs():
        recorder.invoke(each.id)
    recorder.set(recorder.control_specs()[0].id, 4)
    assert (pressed, holder.tau) == ([0, 1, 2], 4)


def test_an_error_of_the_models_code_is_a_sentence(recorder: GuiRecorder) -> None:
    in_panel('xbutton("Fails", "gui_missing()")')
    with pytest.raises(SimulatorError) as failed:
        recorder.invoke(recorder.action_specs()[0].id)
    assert failed.value.code == "model-failed"
    assert "gui_missing" in failed.value.message


def test_the_run_control_of_neuron_is_left_out(recorder: GuiRecorder) -> None:
    h.nrncontrolmenu()
    assert recorder.panels == []


def test_the_same_panel_made_twice_is_shown_once(recorder: GuiRecorder) -> None:
    for _ in range(2):
        in_panel('xbutton("Press", "gui_press()")', "again")
    assert len(recorder.panels) == 1


def test_a_graph_becomes_a_plot_of_its_variables(recorder: GuiRecorder) -> None:
    assert h("gui_box = new VBox()")
    assert h("{gui_box.intercept(1)}")
    assert h("gui_graph = new Graph()")
    assert h('{gui_box.intercept(0) gui_box.map("Voltages")}')
    assert h("{gui_graph.size(0, 50, -90, 40)}")
    assert h('{guisoma gui_graph.addexpr("v(0.5)")}')
    assert h('{gui_graph.addvar("edge", &guisoma.v(0.1))}')
    assert h('{gui_graph.addvar("guisoma.m_hh(0.5)")}')
    (view,) = recorder.views()
    assert (view.title, view.y_limits, view.window_ms) == ("Voltages", (-90, 40), 50)  # type: ignore[union-attr]
    traces = recorder.traces()
    assert list(traces) == list(view.series) == ["v(0.5)", "edge", "guisoma.m_hh(0.5)"]  # type: ignore[union-attr]
    assert [unit for _, unit in traces.values()] == ["mV", "mV", ""]
    h.guisoma(0.5).v = -50
    assert traces["v(0.5)"][0][0] == -50
    assert h("objref gui_graph, gui_box")
    assert recorder.views() == []


def test_a_run_keeps_the_graphs_of_the_standard_library(recorder: GuiRecorder) -> None:
    h.newPlotV(sec=h.guisoma)
    h.tstop = 1
    h.run()
    assert [view.KIND for view in recorder.views()] == ["traces"]
    h.graphList[0].remove_all()
    h("objref graphItem")
    assert recorder.views() == []


def test_vectors_and_profiles_become_line_plots(recorder: GuiRecorder) -> None:
    assert h("gui_graph = new Graph()")
    assert h("gui_vector = new Vector(4)")
    assert h("{gui_vector.indgen() gui_vector.plot(gui_graph, 0.5)}")
    assert h('gui_rvp = new RangeVarPlot("v")')
    assert h("{guisoma gui_rvp.begin(0)}")
    assert h("{guisoma gui_rvp.end(1)}")
    assert h("{gui_graph.addobject(gui_rvp)}")
    assert [each.KIND for each in recorder.views()] == ["line", "line"]
    vector, profile = recorder.fields()
    assert list(vector.values) == [0, 1, 2, 3]
    assert list(vector.coords["x"]) == [0, 0.5, 1, 1.5]
    assert len(profile.values) >= 3
    assert recorder.field_updates(0.0) == []
    h.gui_vector.x[2] = 7
    (update,) = recorder.field_updates(1.0)
    assert list(update.values) == [0, 1, 7, 3]


def test_a_vector_drawn_again_is_shown_once_and_is_no_change(recorder: GuiRecorder) -> None:
    assert h("gui_graph = new Graph()")
    assert h("gui_vector = new Vector(2)")
    assert h("{gui_vector.line(gui_graph, 1)}")
    recorder.changed = False
    h.gui_vector.x[1] = 3
    assert list(recorder.fields()[0].values) == [0, 0]  # line() draws a copy
    assert h("{gui_vector.line(gui_graph, 1)}")
    (field,) = recorder.fields()
    assert (list(field.values), recorder.changed) == ([0, 3], False)


SESSION_FILE = """
{load_file("nrngui.hoc")}
objectvar save_window_, rvp_
objectvar scene_vector_[3]
objectvar ocbox_, ocbox_list_, scene_, scene_list_
{ocbox_list_ = new List()  scene_list_ = new List()}
{pwman_place(0,0,0)}
{
xpanel("RunControl", 0)
v_init = -65
xvalue("Init","v_init", 1,"stdinit()", 1, 1 )
xbutton("Init & Run","run()")
xpanel(0,105)
}
{
ocbox_ = new HBox(0)
ocbox_list_.append(ocbox_)
ocbox_.intercept(1)
xpanel("from file", 0)
xvalue("number","gui_number", 1,"", 0, 1 )
xpanel()
ocbox_.intercept(0)
ocbox_.map("boxed", 10, 10, 200, 100)
}
objectvar ocbox_
{
save_window_ = new Graph(0)
save_window_.size(0,5,-80,40)
scene_vector_[2] = save_window_
{save_window_.view(0, -80, 5, 120, 281, 26, 300.48, 200.32)}
graphList[0].append(save_window_)
save_window_.save_name("graphList[0].")
save_window_.addexpr("guisoma.v(0.5)", 1, 1, 0.8, 0.9, 2)
}
objectvar scene_vector_[1]
{doNotify()}
"""


def test_a_session_file_loads_with_its_panels_and_graphs(
    recorder: GuiRecorder, tmp_path: Path
) -> None:
    file = tmp_path / "saved.ses"
    file.write_text(SESSION_FILE)
    assert h.load_file(1, str(file)) == 1
    assert [each.title for each in recorder.panel_specs()] == ["from file"]
    (view,) = recorder.views()
    assert (list(recorder.traces()), view.y_limits) == (["guisoma.v(0.5)"], (-80, 40))  # type: ignore[union-attr]
    h.tstop = 1
    h.run()
    assert h.t == pytest.approx(1)
    assert len(recorder.views()) == 1
    assert recorder.messages == []
    h.graphList[0].remove_all()


def test_a_plot_shape_names_the_variable_of_the_colours(recorder: GuiRecorder) -> None:
    assert h("gui_shape = new PlotShape()")
    assert h('{gui_shape.variable("v") gui_shape.scale(-70, 20)}')
    shown = recorder.shown_variable()
    assert shown is not None
    assert (shown.variable, shown.limits) == ("v", (-70, 20))


def test_questions_are_answered_and_reported(recorder: GuiRecorder) -> None:
    assert h('gui_other = boolean_dialog("Go on?", "Yes", "No")')
    assert h.gui_other == 0
    assert "Go on?" in recorder.messages[0]
    assert ANSWERS["boolean_dialog"] in recorder.messages[0]


def test_what_is_not_shown_is_listed_once(recorder: GuiRecorder) -> None:
    assert h("gui_graph = new Graph()")
    for _ in range(2):
        assert h("{gui_graph.mark(1, 2)}")
    h.PWManager()
    assert recorder.not_shown == ("Graph.mark", "PWManager")


def test_an_argument_that_cannot_be_read_does_not_stop_the_model(recorder: GuiRecorder) -> None:
    h.xpanel("odd")
    h.xslider(object(), "low", "high")
    h.xvalue("nothing", "no_such_variable_anywhere")
    h.xpanel()
    assert recorder.control_specs() == []
    assert any("nothing" in each for each in recorder.not_shown)
    assert len(recorder.messages) == 1
