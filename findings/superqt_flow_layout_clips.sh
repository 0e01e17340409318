#!/usr/bin/env bash
# Guess: superqt's QFlowLayout, like Qt's own layouts, makes an item narrower (down to its minimum width) where
# the line has less room than the item's size hint.
# Seen with superqt 0.9.0 and PySide6 6.11.3: the item keeps the width of its size hint and is cut off at the
# layout's edge: a button of minimum width 20 px is about 1,000 px wide in a widget of 150 px.
# So: long chips in a narrow dock need a layout that limits an item's width to the line.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet superqt==0.9.0 PySide6_Essentials==6.11.3
QT_QPA_PLATFORM=offscreen QT_API=pyside6 "$folder/venv/bin/python" - <<'PY'
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget
from superqt import QFlowLayout

application = QApplication([])


def width_in(layout_class):
    parent = QWidget()
    layout = layout_class(parent)
    button = QPushButton("a very long label " * 10)
    button.setMinimumWidth(20)
    layout.addWidget(button)
    parent.resize(150, 200)
    parent.show()
    application.processEvents()
    return button.width(), parent.width()


print("QHBoxLayout (item, widget):", width_in(QHBoxLayout))
item, widget = width_in(QFlowLayout)
print("QFlowLayout (item, widget):", (item, widget))
assert widget == 150 and item > 2 * widget, "the behaviour has changed"
PY
