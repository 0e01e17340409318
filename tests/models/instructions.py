"""What a person does with a public model before it runs: which file is opened, which buttons are pressed.

Facts by the numbers of ModelDB; nothing of a model itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instructions:
    """How one model is tried.

    Attributes
    ----------
    kind : str
        The style of the model, for the table.
    entry : str
        The file that is opened, relative to the folder.
    press : tuple of (label, command)
        Buttons to press in order: what they are called, and the hoc command that each runs.
    direct : str
        The script that the button reads, which is opened where pressing fails; "" for none.
    """

    kind: str
    entry: str = "mosinit.hoc"
    press: tuple[tuple[str, str], ...] = ()
    direct: str = ""


UNKNOWN = Instructions("unknown")

INSTRUCTIONS: dict[str, Instructions] = {
    "2488": Instructions(
        "single cell, old create",
        press=(("Figure 1 demo", "fig_1()"), ("c. L3 Pyramid", "fig1c()")),
        direct="demofig1.hoc",
    ),
    "2730": Instructions(
        "network, VERBATIM",
        press=(
            (
                "Response to olfactory nerve shock (Fig. 2)",
                'run_experiment("ddi_baseline")',
            ),
        ),
    ),
    "2796": Instructions("single cell, old create, CVode"),
    "3670": Instructions(
        "network, template", press=(("Fig. 5a", 'restart("Fig5A")'),), direct="Fig5A.hoc"
    ),
    "3800": Instructions("one compartment, .ses, CVode, VERBATIM"),
    "3805": Instructions("one compartment, .ses"),
    "8210": Instructions("single cell, old create"),
    "12631": Instructions("network, template, VERBATIM"),
    "26997": Instructions(
        "network, template, .ses", press=(("Fig 1A", "fig1a()"),), direct="fig1a.hoc"
    ),
    "32992": Instructions("single cell, CVode, .ses"),
    "51781": Instructions(
        "network, templates",
        press=(("Test network", 'load_file("testnet.hoc")'),),
        direct="testnet.hoc",
    ),
    "55035": Instructions("single cell, CVode"),
    "83319": Instructions(
        "network, artificial cells",
        entry="NEURON/mosinit.hoc",
        press=(("Cuba", 'launch("cuba", intrin)'),),
    ),
    "87546": Instructions("templates, CVode"),
    "112546": Instructions("single cell, CVode"),
    "114355": Instructions("single cell, templates"),
    "114394": Instructions("single cell, .ses, VERBATIM"),
    "116491": Instructions("Python only", entry="ref_example.py"),
    "118098": Instructions("single cell, CVode"),
    "120798": Instructions("single cell, .ses"),
    "126814": Instructions("single cell, CVode, .ses"),
    "129149": Instructions(
        "template",
        press=(("Start NEURON driver", 'load_file("NeuronDriver.hoc")'),),
        direct="NeuronDriver.hoc",
    ),
    "136310": Instructions("one compartment, own panels, VERBATIM"),
    "136715": Instructions(
        "single cell, .ses, CVode", press=(("Fig. 3A", "load_3a()"),), direct="Fig3A.ses"
    ),
    "138379": Instructions("network, templates, VERBATIM"),
    "139421": Instructions("network, Python and hoc", entry="mosinit.py"),
    "139653": Instructions(
        "single cell, template, CVode",
        press=(("Fig 4A. (BAC_firing.hoc)", 'restart("BAC_firing")'),),
    ),
    "140881": Instructions("network, templates, VERBATIM"),
    "143671": Instructions(
        "single cell, .ses",
        press=(
            (
                "current-clamp and voltage-clamp simulations (init_synss.hoc)",
                '{ load_file("MN_hoc_and_output/init_synss.hoc") hide_panel() }',
            ),
        ),
        direct="MN_hoc_and_output/init_synss.hoc",
    ),
    "144392": Instructions("single cell, CVode"),
    "144526": Instructions("single cell, .ses, VERBATIM"),
    "146376": Instructions("single cell, own panels, own run"),
    "148253": Instructions("template, .ses", entry="mosinit_single.hoc"),
    "151825": Instructions("single cell, .ses"),
    "189922": Instructions("Python only", entry="mosinit.py"),
    "206400": Instructions("Python only", entry="mosinit.py"),
    "244412": Instructions("Python, own panels, CVode", entry="mosinit.py"),
    "267338": Instructions("Python only", entry="FSIN.py"),
}
