"""The Qt style sheet of the window, one for each theme.

Widgets opt in by object name or property: ``quiet`` (secondary text), ``title``, ``emptyHint``,
``error``, ``primary`` (the main button), ``card``, ``tableKey``, ``figure`` (an important number),
``hairline``; ``segment`` joins buttons side by side. Spacing is in steps of 8 px (4 inside controls),
corners have 5 px, and the widget with the keyboard focus has a border in the accent colour.
"""

from __future__ import annotations

from pathlib import Path
from string import Template

from PySide6.QtCore import QDir
from PySide6.QtWidgets import QWidget

from app.palette import Rgb, Theme, hex_of

_ICONS = Path(__file__).resolve().parents[2] / "resources" / "icons"

_SHEET = Template(
    """
QWidget { background: $panel; color: $text; selection-background-color: $accent;
    selection-color: $on_accent; }
QLabel, QCheckBox, QRadioButton, QSlider { background: transparent; }
QLabel#quiet, QLabel#tableKey { color: $text_quiet; }
QLabel#title { font-size: 15px; font-weight: 600; }
QLabel#figure { font-size: 20px; font-weight: 600; }
QFrame#hairline { background: $border; border: none; }
QLabel#group { color: $text_quiet; font-weight: 600; }
QLabel#emptyHint { color: $text_quiet; font-size: 14px; padding: 16px; }
QLabel#emptyHint[problem="true"] { color: $text; }
QLabel#error { color: $bad; }
QWidget#viewHeader { background: $surface; }
QTableCornerButton::section { background: $panel; border: none; border-bottom: 1px solid $border; }
QLabel#chip { color: $text_quiet; background: $surface; border: 1px solid $border;
    border-radius: 9px; padding: 1px 8px; }
QFrame#card { background: $surface; border: 1px solid $border; border-radius: 6px; }
QFrame#card QLabel, QFrame#card QWidget#plain { background: transparent; }
QToolTip { background: $surface; color: $text; border: 1px solid $border; padding: 4px 6px; }

QMainWindow::separator { background: $border; width: 1px; height: 1px; }
QMainWindow::separator:hover { background: $accent; }
QSplitter::handle { background: $border; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QWidget#dockTitle { background: $panel; border-bottom: 1px solid $border; }
QWidget#dockTitle QLabel { color: $text_quiet; font-weight: 600; }
QToolButton#fold, QToolButton#fold:checked { background: transparent; border-color: transparent;
    color: $text_quiet; padding: 2px 4px; }
QToolButton#fold[group="true"] { padding: 2px 0; min-width: 14px; max-width: 14px; }
QToolButton#fold:hover { background: $hover; }
QToolButton#fold:focus { border-color: $accent; }
QFrame#popup { background: $surface; border: 1px solid $border; border-radius: 6px; }
QToolButton#more::menu-indicator { image: none; }
QToolButton#dockClose { background: transparent; border: none; border-radius: 4px; padding: 3px; }
QToolButton#dockClose:hover { background: $hover; }
QToolBar { border: none; border-bottom: 1px solid $border; spacing: 4px; padding: 4px 8px; }
QToolBar::separator { background: $border; width: 1px; margin: 4px; }
QToolButton#runButton { background: $accent; border-color: $accent; color: $on_accent;
    font-weight: 600; }
QToolButton#runButton:hover { background: $accent_high; }
QToolButton#runButton:disabled { background: transparent; border-color: $border; color: $faint; }
QLabel#clock { font-family: monospace; font-size: 14px; font-weight: 600; }
QFrame#banner { background: $surface; border: none; border-left: 4px solid $bad;
    border-bottom: 1px solid $border; }
QFrame#banner[severity="warning"] { border-left-color: $warn; }
QFrame#banner[severity="info"] { border-left-color: $accent; }
QFrame#busyBar { background: $surface; border: none; border-left: 4px solid $accent;
    border-bottom: 1px solid $border; }
QStatusBar { border-top: 1px solid $border; color: $text_quiet; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $text_quiet; padding: 0 4px; }

QMenuBar::item { background: transparent; padding: 4px 8px; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $surface; border: 1px solid $border; padding: 4px; }
QMenu::item { background: transparent; padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $accent_wash; color: $text; }
QMenu::item:disabled { color: $faint; }
QMenu::separator { background: $border; height: 1px; margin: 4px 8px; }
QTabBar::tab { background: transparent; color: $text_quiet; padding: 6px 12px;
    border-bottom: 2px solid transparent; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected:focus { background: $accent_wash; }

QPushButton, QToolButton { background: $button; border: 1px solid $border; border-radius: 5px;
    padding: 4px 10px; min-height: 16px; }
QPushButton:hover, QToolButton:hover { background: $hover; }
QPushButton:pressed, QToolButton:pressed { background: $border; }
QPushButton:focus, QToolButton:focus { border-color: $accent; }
QPushButton:disabled, QToolButton:disabled { color: $faint; background: transparent; }
QToolButton:checked, QPushButton:checked { background: $accent_wash; border-color: $accent;
    color: $text; }
QToolButton:checked:focus, QPushButton:checked:focus { border-color: $text; }
QToolButton#primary, QPushButton#primary { background: $accent; border-color: $accent;
    color: $on_accent; font-weight: 600; }
QToolButton#primary:disabled, QPushButton#primary:disabled { background: transparent;
    border-color: $border; color: $faint; }
QToolButton#primary:focus, QPushButton#primary:focus { border: 2px solid $text; padding: 3px 9px; }
QToolBar QToolButton, QToolButton#flat { background: transparent; border-color: transparent; }
QToolBar QToolButton { padding: 4px 6px; }
QToolBar QToolButton[segment] { border-color: $border; padding: 4px 6px; }
QToolBar QToolButton[segment]:checked { background: $accent_wash; border-color: $accent; }
QToolBar QToolButton[segment]:checked:disabled { background: $hover; border-color: $border;
    color: $text_quiet; }
QToolBar QToolButton:hover, QToolButton#flat:hover { background: $hover; }
QToolBar QToolButton:focus, QToolButton#flat:focus { border-color: $accent; }
QToolButton#flat { padding: 2px 4px; color: $text_quiet; }
QToolButton#flat:disabled { color: transparent; }
QToolButton[compact="true"] { padding: 2px 8px; }
QToolButton[segment="first"] { border-top-right-radius: 0; border-bottom-right-radius: 0; }
QToolButton[segment="middle"] { border-radius: 0; margin-left: -1px; }
QToolButton[segment="last"] { border-top-left-radius: 0; border-bottom-left-radius: 0;
    margin-left: -1px; }

QLineEdit, QComboBox, QAbstractSpinBox, QPlainTextEdit, QTextEdit { background: $surface;
    border: 1px solid $border; border-radius: 5px; padding: 3px 6px; min-height: 18px; }
QLineEdit:hover, QComboBox:hover, QAbstractSpinBox:hover { border-color: $text_quiet; }
QLineEdit:focus, QComboBox:focus, QAbstractSpinBox:focus, QPlainTextEdit:focus, QTextEdit:focus {
    border: 1px solid $accent; }
QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled { color: $faint; }
*[refused="true"], *[refused="true"]:focus, *[refused="true"]:hover { border: 1px solid $bad; }
QComboBox { min-height: 21px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url(somascopeicons:chevron-down-$name.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $border;
    selection-background-color: $accent_wash; selection-color: $text; outline: 0; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { background: transparent; border: none;
    width: 16px; }
QAbstractSpinBox::up-arrow { image: url(somascopeicons:chevron-up-$name.svg); width: 9px; height: 9px; }
QAbstractSpinBox::down-arrow { image: url(somascopeicons:chevron-down-$name.svg); width: 9px; height: 9px; }

QCheckBox { spacing: 8px; }
QCheckBox::indicator, QMenu::indicator, QTreeView::indicator { width: 14px; height: 14px;
    border: 1px solid $text_quiet; border-radius: 4px; background: $surface; }
QRadioButton { spacing: 8px; }
QRadioButton::indicator { width: 14px; height: 14px; border: 1px solid $text_quiet; border-radius: 8px;
    background: $surface; }
QRadioButton::indicator:hover, QRadioButton::indicator:focus { border-color: $accent; }
QRadioButton:focus { color: $accent; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent;
    background: $surface; }
QMenu::indicator { margin-left: 6px; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus, QTreeView::indicator:hover {
    border-color: $accent; }
QCheckBox:focus { color: $accent; }
QCheckBox::indicator:checked, QMenu::indicator:checked, QTreeView::indicator:checked {
    background: $accent; border-color: $accent; image: url(somascopeicons:check-$name.svg); }
QMenu::indicator:exclusive { border-radius: 8px; }
QMenu::indicator:exclusive:checked { width: 6px; height: 6px; border: 5px solid $accent;
    background: $surface; image: none; }
QSlider { min-height: 22px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 8px;
    background: $knob; border: 1px solid $accent; }
QSlider::handle:horizontal:hover { background: $accent; }
QSlider:focus { border: 1px solid $accent; border-radius: 5px; }
QProgressBar { background: $border; border: none; border-radius: 2px; max-height: 4px; }
QProgressBar::chunk { background: $accent; border-radius: 2px; }

QAbstractItemView { background: $surface; border: none; outline: 0; }
QAbstractScrollArea[ringed="true"] { border: 1px solid transparent; border-radius: 4px; }
QAbstractScrollArea[ringed="true"]:focus { border-color: $accent; }
QFrame#previewCanvas { border: 1px solid $border; }
QFrame#previewCanvas:focus { border-color: $accent; }
QLabel[ringed="true"]:focus { background: $accent_wash; border-radius: 3px; }
QAbstractItemView::item:selected { background: $accent_wash; color: $text; }
QTableView#traceLegend { background: $panel; border: 1px solid transparent; }
QTableView#traceLegend:focus { border-color: $accent; border-radius: 4px; }
QTableView#traceLegend::item { border: none; }
QTreeView#facets::item { min-height: 22px; }
QListWidget#suggestions, QListWidget#choices { border: 1px solid $border; border-radius: 5px; padding: 2px; }
QListWidget#choices:focus { border-color: $accent; }
QListWidget#suggestions::item, QListWidget#choices::item { min-height: 24px; padding: 0 6px; }
QHeaderView { background: $panel; }
QHeaderView::section { background: $panel; color: $text_quiet; border: none;
    border-bottom: 1px solid $border; padding: 4px 6px; }
QScrollArea { border: none; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $border; border-radius: 4px; margin: 1px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover { background: $text_quiet; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
"""
)


def stylesheet(theme: Theme) -> str:
    """Return the style sheet of a theme."""
    QDir.setSearchPaths("somascopeicons", [str(_ICONS)])
    names = ("panel", "surface", "border", "text", "text_quiet", "accent", "good", "warn", "bad")
    colors = {name: hex_of(getattr(theme, name)) for name in names}
    return _SHEET.substitute(
        colors,
        name=theme.name,
        on_accent="#10131a" if theme.is_dark else "#ffffff",
        accent_wash=hex_of(blend(theme.panel, theme.accent, 0.22)),
        hover=hex_of(blend(theme.panel, theme.text, 0.10)),
        button=hex_of(blend(theme.panel, theme.text, 0.05)) if theme.is_dark else "#ffffff",
        accent_high=hex_of(blend(theme.accent, theme.text, 0.15)),
        knob=hex_of(theme.text if theme.is_dark else theme.surface),
        faint=hex_of(blend(theme.panel, theme.text, 0.38)),
    )


def set_style_property(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet reads, and apply the style again if it has changed."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def blend(ground: Rgb, over: Rgb, share: float) -> Rgb:
    """Return the colour `over` painted on `ground` with opacity `share`."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(ground, over, strict=True))
    return red, green, blue
