"""The application's style sheet, made from the tokens.

Runs in: desk process, Qt main thread (pure text, no Qt).

Widgets choose among the looks by dynamic properties: `variant` of a button (primary, danger,
answer, quiet), `tone` of a label (a role's name), `frame` of a frame (card, bar, strip).
"""

from __future__ import annotations

from string import Template

from ctidesk.ui.theme import scale
from ctidesk.ui.theme.tokens import TEXT_ROLES, Role, Tokens

_GROUND = """
* { outline: none; }
QWidget { color: $text; selection-background-color: $accent; selection-color: $bg; }
QToolTip { background: $surface; color: $text; border: 1px solid $border; padding: 4px; }
QFrame[frame="card"] { background: $surface; border: 1px solid $divider;
    border-radius: ${radius}px; }
QFrame[frame="bar"] { background: $surface; border: none; border-bottom: 1px solid $divider; }
QFrame[frame="strip"] { background: $surface; border: none; border-top: 1px solid $divider; }
QFrame[frame="column"] { background: $bg; border: none; }
QFrame[frame="line"] { background: $divider; border: none; }
QFrame[frame="window"] { background: $bg; border: 1px solid $border;
    border-radius: ${radius}px; }
QSplitter::handle { background: $divider; }
QSplitter::handle:hover, QSplitter::handle:focus { background: $accent; }
QScrollArea, QScrollArea > QWidget > QWidget#scrolled { background: transparent; border: none; }
"""

_BUTTONS = """
QPushButton { background: $bg; color: $text; border: 1px solid $border;
    border-radius: ${radius}px; padding: 0 ${m}px; min-height: ${target_in}px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $pressed; }
QPushButton:checked { background: $selection; border-color: $accent; }
QPushButton:disabled { color: $disabled; border-color: $divider; background: $surface; }
QPushButton[iconic="true"] { padding: 0; min-width: ${target_in}px; }
QPushButton[target="call"] { min-height: ${call_in}px; }
QPushButton[target="call"][iconic="true"] { min-width: ${call_in}px; }
QPushButton[target="row"] { min-height: ${row_in}px; }
QPushButton[target="row"][iconic="true"] { min-width: ${row_in}px; }
QPushButton[variant="quiet"] { background: transparent; border-color: transparent; }
QPushButton[variant="quiet"]:hover { background: $hover; }
QPushButton[variant="quiet"]:pressed { background: $pressed; }
QPushButton[variant="quiet"]:checked { background: $selection; }
QPushButton::menu-indicator { image: none; width: 0; }
"""

_FILLED = """
QPushButton[variant="$name"] { background: $colour; color: $bg; border-color: $colour;
    font-weight: 600; }
QPushButton[variant="$name"]:hover { background: $over; border-color: $over; }
QPushButton[variant="$name"]:pressed { background: $down; border-color: $down; }
QPushButton[variant="$name"]:disabled { background: $surface; color: $disabled;
    border-color: $divider; }
"""

_FIELDS = """
QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QSpinBox, QDateEdit, QDateTimeEdit {
    background: $bg; color: $text; border: 1px solid $border; border-radius: ${radius}px;
    padding: 0 ${s}px; min-height: ${target_in}px; placeholder-text-color: $muted; }
QPlainTextEdit, QTextEdit { padding: ${xs}px; }
QTextBrowser[plain="true"] { border: none; padding: 0; }
QLineEdit:disabled, QPlainTextEdit:disabled, QTextEdit:disabled, QComboBox:disabled {
    background: $surface; color: $disabled; border-color: $divider; }
QLineEdit[invalid="true"] { border: 2px solid $danger; }
QComboBox::drop-down, QDateEdit::drop-down { border: none; width: 24px; }
QComboBox::down-arrow, QDateEdit::down-arrow { image: url("$arrow"); width: 16px; height: 16px; }
QComboBox QAbstractItemView { background: $bg; border: 1px solid $border; }
QCheckBox, QRadioButton { spacing: ${s}px; min-height: ${row}px; }
QCheckBox::indicator, QRadioButton::indicator { width: 16px; height: 16px;
    border: 1px solid $border; background: $bg; }
QCheckBox::indicator { border-radius: 3px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:checked { background: $accent; border-color: $accent;
    image: url("$tick"); }
QRadioButton::indicator:checked { background: $bg; border: 5px solid $accent; width: 8px;
    height: 8px; border-radius: 9px; }
QProgressBar { background: $surface; border: 1px solid $divider; border-radius: 4px;
    min-height: 8px; text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }
"""

_LISTS = """
QAbstractItemView { background: $bg; color: $text; border: 1px solid $divider;
    border-radius: ${radius}px; alternate-background-color: $surface; gridline-color: $divider;
    selection-background-color: $selection; selection-color: $text; }
QAbstractItemView[plain="true"] { border: none; background: transparent; }
QListView::item, QTreeView::item { min-height: ${row}px; padding: 0 ${xs}px;
    border-radius: 4px; }
QListView::item:hover, QTreeView::item:hover { background: $hover; }
QListView::item:selected, QTreeView::item:selected, QTableView::item:selected {
    background: $selection; color: $text; }
QListView::item:disabled, QTreeView::item:disabled { color: $disabled; }
QHeaderView { background: $surface; border: none; }
QHeaderView::section { background: $surface; color: $muted; border: none;
    border-bottom: 1px solid $divider; padding: ${xs}px ${s}px; font-size: 12px; }
QTabWidget::pane { border: none; border-top: 1px solid $divider; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; padding: 0 ${m}px;
    min-height: ${tab_in}px; border: none; border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; background: $hover; }
QTabBar::tab:selected { color: $accent; border-bottom-color: $accent; font-weight: 600; }
QMenu { background: $bg; border: 1px solid $border; padding: ${xs}px; }
QMenu::item { padding: ${xs}px ${xl}px; min-height: 24px; border-radius: 4px; }
QMenu::item:selected { background: $selection; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $divider; margin: ${xs}px; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: $border; border-radius: 3px; margin: 2px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
"""


def stylesheet(tokens: Tokens, arrow: str, tick: str) -> str:
    """The whole sheet. `arrow` and `tick`: files of the images inside combo and check boxes."""
    words: dict[str, object] = {role.value: tokens[role] for role in Role}
    words |= {
        "hover": tokens.hover,
        "pressed": tokens.pressed,
        "selection": tokens.selection,
        "divider": tokens.divider,
        "disabled": tokens.disabled,
        "radius": scale.RADIUS,
        "xs": scale.Space.XS.value,
        "s": scale.Space.S.value,
        "m": scale.Space.M.value,
        "xl": scale.Space.XL.value,
        # without the two pixels of the border
        "target_in": scale.TARGET - 2,
        "call_in": scale.CALL_TARGET - 2,
        "row_in": scale.ROW_DENSE - 2,
        "tab_in": scale.TARGET - 2,
        "row": scale.ROW_DENSE,
        "arrow": arrow,
        "tick": tick,
    }
    parts = [Template(part).substitute(words) for part in (_GROUND, _BUTTONS, _FIELDS, _LISTS)]
    parts += [_filled(tokens, words, *each) for each in _VARIANTS]
    parts += [f'QLabel[tone="{role.value}"] {{ color: {tokens[role]}; }}' for role in TEXT_ROLES]
    parts.append(f'QLabel[tone="bg"] {{ color: {tokens[Role.BG]}; }}')
    return "\n".join(parts)


_VARIANTS = (("primary", Role.ACCENT), ("danger", Role.DANGER), ("answer", Role.READY))


def _filled(tokens: Tokens, words: dict[str, object], name: str, role: Role) -> str:
    return Template(_FILLED).substitute(
        words,
        name=name,
        colour=tokens[role],
        over=tokens.tint(Role.TEXT, 0.12, role),
        down=tokens.tint(Role.TEXT, 0.24, role),
    )
