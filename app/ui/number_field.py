"""`NumberField`: the field in which every number of the program is typed."""

from __future__ import annotations

import math
import sys

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QApplication, QDoubleSpinBox, QMainWindow, QToolTip, QWidget

from app.ui.keys import RETURN_KEYS, is_override
from app.ui.plain import plain_tip
from app.ui.quantity import QuantityError, read_quantity
from app.ui.style import set_style_property

UNBOUNDED = sys.float_info.max
INFINITE = ("∞", "inf", "infinity")
# Enough that Qt, which rounds to a number of decimals, changes no number that a person types.
_DECIMALS = 30
_TIP_MS = 8000


class NumberField(QDoubleSpinBox):
    """A spin box that converts or refuses what is typed, for a window with single-key shortcuts.

    A decimal comma and a point are both read, and a unit that measures the same thing as the field's own
    is converted. Anything else is refused: the value stays, the edge is red, and the tip and the accessible
    description have the reason and the allowed range. Return accepts the number, Escape discards it, and
    both return the keyboard focus to the window. Space is typed like any other character. The wheel does
    nothing without the focus.

    Parameters
    ----------
    unit : str
        Shown after the number, which is in this unit.
    low, high : float
        Allowed range, in `unit`; ±`UNBOUNDED` for no bound.
    whole : bool
        Whether only whole numbers are allowed.
    infinite : float or None
        The value that is shown and typed as ∞, None if there is none.
    least_px : int
        Width that a short number has too.

    Signals
    -------
    refused(str)
        Why the typed text was refused, with the allowed range; "" once that is over.
    entered()
        Return was pressed, and the number was accepted.
    """

    refused = Signal(str)
    entered = Signal()

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        unit: str = "",
        low: float = -UNBOUNDED,
        high: float = UNBOUNDED,
        whole: bool = False,
        infinite: float | None = None,
        least_px: int = 88,
    ) -> None:
        super().__init__(parent)
        self.unit, self._whole, self._infinite = unit, whole, infinite
        self._least_px = least_px
        self._refusal = self._typed = self._tip = self._description = ""
        self.setDecimals(_DECIMALS)
        self.setRange(low, high)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.lineEdit().textEdited.connect(lambda: self._set_refusal(""))
        self.valueChanged.connect(self._on_value)

    # ---------------------------------------------------------------------------------- reading

    @property
    def refusal(self) -> str:
        """Why the last text was refused, "" if it was not."""
        return self._refusal

    @property
    def range_text(self) -> str:
        """What is allowed, as the end of a sentence: ``"0 to 2 nA"``."""
        number = "a whole number" if self._whole else "a number"
        low, high = self.minimum(), self.maximum()
        top = "∞" if high == self._infinite else field_text(high)
        unit = f" {self.unit}" if self.unit else ""
        if low <= -UNBOUNDED and high >= UNBOUNDED:
            return f"{number}, in {self.unit}" if unit else number
        if low <= -UNBOUNDED:
            return f"{number} up to {top}{unit}"
        if high >= UNBOUNDED:
            return f"{number} from {field_text(low)}{unit}"
        return f"{number} from {field_text(low)} to {top}{unit}"

    def is_typed_into(self) -> bool:
        """Whether something is being typed that is not accepted yet."""
        return self.hasFocus() and self.lineEdit().isModified()

    def commit(self) -> bool:
        """Accept what is typed; return whether that was possible."""
        if self.text() == self.textFromValue(self.value()):
            self._set_refusal("")  # what is shown is accepted, whatever was typed before
        else:
            self.interpretText()
        return not self._refusal

    # ------------------------------------------------------------------- Qt's own way to a number

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:  # type: ignore[override]
        """Let every character be typed: `valueFromText` reads the text as one."""
        return QValidator.State.Acceptable, text, position

    def textFromValue(self, value: float) -> str:
        """Return a value with its unit."""
        if self._infinite is not None and value == self._infinite:
            return "∞"
        return f"{field_text(value)} {self.unit}".strip()

    def valueFromText(self, text: str) -> float:
        """Return the value of what is typed, or the present one after showing why it was refused."""
        present = self.value()
        text = text.strip()
        if not text or text == self.textFromValue(present):
            return float(present)
        try:
            value = self._read(text)
        except QuantityError as error:
            self._typed = text
            self._set_refusal(f"{error}. Type {self.range_text}.")
            return float(present)
        self._set_refusal("")
        return value

    def _read(self, text: str) -> float:
        if self._infinite is not None and text.removesuffix(self.unit).strip() in INFINITE:
            return self._infinite
        value = read_quantity(text, self.unit)
        if not self.minimum() <= value <= self.maximum():
            raise QuantityError(f"{field_text(value)} {self.unit}".strip() + " is out of range")
        if self._whole and value != math.floor(value):
            raise QuantityError(f"{field_text(value)} is not a whole number")
        return value

    def stepBy(self, steps: int) -> None:
        """Change the value by steps, without the tails of binary fractions."""
        self.interpretText()
        before = self.value()
        if self.stepType() == self.StepType.AdaptiveDecimalStepType and before:
            step = 10.0 ** (math.floor(math.log10(abs(before))) - 1)
        else:
            step = self.singleStep()
        after = float(f"{before + steps * step:.12g}")
        self.setValue(min(max(after, self.minimum()), self.maximum()))
        self.selectAll()

    # ---------------------------------------------------------------------------------- refusals

    def setToolTip(self, tip: str) -> None:
        """Set the tip of a field whose text is not refused."""
        self._tip = tip
        if not self._refusal:
            super().setToolTip(plain_tip(tip))

    def setAccessibleDescription(self, description: str) -> None:
        """Set the description of a field whose text is not refused."""
        self._description = description
        if not self._refusal:
            super().setAccessibleDescription(description)

    def _set_refusal(self, sentence: str) -> None:
        if sentence == self._refusal:
            return
        self._refusal = sentence
        set_style_property(self, "refused", bool(sentence))
        super().setToolTip(plain_tip(sentence or self._tip))
        super().setAccessibleDescription(sentence or self._description)
        if sentence and self.isVisible():
            below = self.mapToGlobal(QPoint(0, self.height()))
            QToolTip.showText(below, plain_tip(sentence), self, self.rect(), _TIP_MS)
        elif not sentence:
            QToolTip.hideText()
        self.refused.emit(sentence)

    # ------------------------------------------------------------------------------------ events

    def event(self, event: QEvent) -> bool:
        """Keep Space from the window's shortcuts: it is part of ``600 pA``."""
        if is_override(event, Qt.Key.Key_Space):
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return the focus after Return, unless the text is refused, and after Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.setValue(self.value())
            self._set_refusal("")
            return_focus(self)
            return
        super().keyPressEvent(event)
        if event.key() not in RETURN_KEYS:
            return
        if self._refusal:
            self.lineEdit().setText(self._typed)  # to be corrected; it is shown, not used
            self.selectAll()
        else:
            return_focus(self)
            self.entered.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Accept what is typed, and show the value that the field has."""
        self.interpretText()
        super().focusOutEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Step only with the focus: the wheel over another field scrolls the panel."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    # -------------------------------------------------------------------------------------- size

    def _on_value(self, _value: float) -> None:
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Return a size that shows the present number completely."""
        hint = super().sizeHint()
        frame = hint.width() - self._widest_of_qt()
        wide = self.fontMetrics().horizontalAdvance(self.textFromValue(self.value()) + " ")
        return QSize(max(self._least_px, wide + frame), hint.height())

    minimumSizeHint = sizeHint

    def _widest_of_qt(self) -> int:
        """Return the width of the longest text that Qt's own size hint makes room for."""
        ends = (self.textFromValue(each)[:18] + " " for each in (self.minimum(), self.maximum()))
        return max(self.fontMetrics().horizontalAdvance(text) for text in ends)


def field_text(value: float) -> str:
    """Return a number as a field shows it: at most ten digits, an exponent only where it is shorter."""
    text = f"{value:.10g}"
    return "0" if text == "-0" else text


def commit_focused_number() -> bool:
    """Accept what is typed in the number field that has the focus; return False if it was refused."""
    focused = QApplication.focusWidget()
    return focused.commit() if isinstance(focused, NumberField) else True


def return_focus(widget: QWidget) -> None:
    """Move the keyboard focus from `widget` to the central widget of its main window."""
    window: QWidget | None = widget.window()
    if isinstance(window, QMainWindow) and window.centralWidget() is not None:
        window.centralWidget().setFocus(Qt.FocusReason.OtherFocusReason)
    else:
        widget.clearFocus()
