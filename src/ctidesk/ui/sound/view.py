"""The sound screen over the panels: devices, volumes, meters, echo test.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QLabel,
    QScrollArea,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from ctidesk.ui.sound.presenter import (
    TOP_PERCENT,
    DeviceChoice,
    Levels,
    SoundPresenter,
    SoundState,
)
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Variant
from ctidesk.ui.widgets.charts import LevelMeter
from ctidesk.ui.widgets.labels import IconLabel, text_label
from ctidesk.ui.widgets.sections import Line, row
from ctidesk.ui.window.question import Overlay

WIDTH = 560
DEVICE_WIDTH = 300
METER_WIDTH = 96
MARGINS = 120
"""What title and frame take of the height."""
SETTLE_MS = 150
"""A slider that is dragged is heard when it rests."""


class SoundOverlay(Overlay):
    """Runs the meters only while it is open."""

    def __init__(self, theme: Theme, over: QWidget, presenter: SoundPresenter) -> None:
        super().__init__(theme, over)
        self._presenter = presenter
        self.setObjectName("sound")
        self.frame.setAccessibleName(self.tr("Sound"))
        self._make_parts(theme)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLE_MS)
        self._settled.timeout.connect(self._tell_volumes)
        for slider in (self.mic_volume, self.speaker_volume, self.ring_volume):
            slider.valueChanged.connect(self._moved)
        self._lay_out(theme)
        presenter.live.watch(self._render)
        presenter.levels.watch(self._render_levels)

    def toggle(self) -> None:
        if self.isVisible():
            self.dismiss()
        else:
            self.open()

    def open(self) -> None:
        self._presenter.show()
        self.open_over(self.microphone)
        self._fit()  # the style has its say only now

    def dismiss(self) -> None:
        if self._settled.isActive():
            self._settled.stop()
            self._tell_volumes()
        self._presenter.hide()
        super().dismiss()

    # ----------------------------------------------------------------- private

    def _make_parts(self, theme: Theme) -> None:
        presenter = self._presenter
        self.microphone = self._devices(self.tr("Microphone"), presenter.choose_microphone)
        self.speaker = self._devices(self.tr("Where I hear callers"), presenter.choose_speaker)
        self.ring = self._devices(self.tr("Where calls ring"), presenter.choose_ring)
        self.mic_volume = self._slider(self.tr("Microphone volume"), TOP_PERCENT)
        self.speaker_volume = self._slider(self.tr("Volume of callers"), TOP_PERCENT)
        self.ring_volume = self._slider(self.tr("Volume of the ring"), 100)
        self.mic_level = LevelMeter(theme, self.tr("Microphone level"), METER_WIDTH)
        self.speaker_level = LevelMeter(theme, self.tr("Level of what I hear"), METER_WIDTH)
        self.echo_cancel = QCheckBox(self.tr("Cancel echo"))
        self.noise = QCheckBox(self.tr("Suppress noise around me"))
        for box in (self.echo_cancel, self.noise):
            box.toggled.connect(self._tell_comfort)
        self.echo = ActionButton(theme, "mic", self.tr("Echo test"))
        self.echo.clicked.connect(presenter.echo)
        self.ring_test = ActionButton(theme, "speaker", self.tr("Ring once"))
        self.ring_test.clicked.connect(presenter.ring)
        self._close = IconButton(theme, "cross", self.tr("Close"), Variant.QUIET)
        self._close.clicked.connect(self.dismiss)
        self._icon = IconLabel(theme, "info")
        self._text = text_label(theme, "", Type.BODY)
        self._remedy = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._echo_text = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        for label in (self._text, self._remedy, self._echo_text):
            label.setWordWrap(True)
        self._percents = {
            slider: text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
            for slider in (self.mic_volume, self.speaker_volume, self.ring_volume)
        }
        for label in self._percents.values():
            label.setFont(theme.figures(Type.CAPTION, SEMIBOLD))

    def _lay_out(self, theme: Theme) -> None:
        sheet = QWidget()
        body = QVBoxLayout(sheet)
        body.setContentsMargins(0, 0, Space.M, 0)  # beside the scroll bar
        body.setSpacing(Space.S)
        said = row(self._icon, self._text, gap=Space.S)
        said.setStretch(1, 1)
        said.setAlignment(self._icon, Qt.AlignmentFlag.AlignTop)
        body.addLayout(said)
        body.addWidget(self._remedy)
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.S)
        grid.setColumnStretch(1, 1)
        self._lines(grid, theme)
        body.addLayout(grid)
        body.addWidget(Line())
        body.addLayout(row(self.echo_cancel, self.noise, None, gap=Space.XL))
        test = row(self.echo, self._echo_text, gap=Space.M)
        test.setStretch(1, 1)
        body.addLayout(test)
        self._sheet, self._body = sheet, body
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(sheet)
        frame = self.frame.layout()
        assert isinstance(frame, QVBoxLayout)
        frame.setContentsMargins(Space.XL, Space.L, Space.L, Space.XL)
        title = text_label(theme, self.tr("Sound"), Type.TITLE, SEMIBOLD)
        frame.addLayout(row(title, None, self._close))
        frame.addWidget(self._scroll)
        self._scroll.setFixedWidth(WIDTH)

    def _lines(self, grid: QGridLayout, theme: Theme) -> None:
        groups = (
            (self.tr("Microphone"), self.microphone, self.mic_volume, self.mic_level),
            (self.tr("Callers"), self.speaker, self.speaker_volume, self.speaker_level),
            (self.tr("Ring"), self.ring, self.ring_volume, self.ring_test),
        )
        for number, (name, devices, slider, beside) in enumerate(groups):
            at = 2 * number
            grid.addWidget(self._caption(theme, name), at, 0)
            grid.addWidget(devices, at, 1)
            grid.addWidget(beside, at, 2)
            grid.addLayout(row(slider, self._percents[slider], gap=Space.S), at + 1, 1)
            grid.setRowMinimumHeight(at + 1, Space.XL)

    def _caption(self, theme: Theme, text: str) -> QLabel:
        return text_label(theme, text, Type.BODY, SEMIBOLD)

    def _devices(self, name: str, choose: Callable[[str], None]) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setMinimumWidth(DEVICE_WIDTH)
        box.setMinimumContentsLength(10)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.activated.connect(lambda index: choose(str(box.itemData(index))))
        return box

    def _slider(self, name: str, top: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setAccessibleName(name)
        slider.setRange(0, top)
        slider.setPageStep(10)
        return slider

    def _moved(self) -> None:
        self._show_percents()
        self._settled.start()

    def _tell_volumes(self) -> None:
        self._presenter.set_volumes(
            self.mic_volume.value(), self.speaker_volume.value(), self.ring_volume.value()
        )

    def _tell_comfort(self) -> None:
        self._presenter.set_comfort(self.echo_cancel.isChecked(), self.noise.isChecked())

    def _show_percents(self) -> None:
        for slider, label in self._percents.items():
            label.setText(f"{slider.value()} %")
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance("200 %"))

    def _render(self, state: SoundState) -> None:
        self._icon.set_icon(state.icon, state.role)
        self._text.setText(state.text)
        set_tone(self._text, state.role if state.role is Role.DANGER else Role.TEXT)
        self._remedy.setText(state.remedy)
        self._remedy.setVisible(bool(state.remedy))
        for box, choice in (
            (self.microphone, state.microphone),
            (self.speaker, state.speaker),
            (self.ring, state.ring),
        ):
            _fill(box, choice)
        if not self._settled.isActive():
            for slider, percent in (
                (self.mic_volume, state.mic_percent),
                (self.speaker_volume, state.speaker_percent),
                (self.ring_volume, state.ring_percent),
            ):
                with QSignalBlocker(slider):
                    slider.setValue(percent)
        for check, wanted in (
            (self.echo_cancel, state.echo_cancel),
            (self.noise, state.noise_suppression),
        ):
            with QSignalBlocker(check):
                check.setChecked(wanted)
        self.noise.setEnabled(state.echo_cancel)
        self.echo.setEnabled(state.can_echo)
        self.ring_test.setEnabled(state.can_ring)
        self._echo_text.setText(state.echo_text)
        self._show_percents()
        if self.isVisible():
            self._fit()

    def _render_levels(self, levels: Levels) -> None:
        self.mic_level.set_level(levels.microphone)
        self.speaker_level.set_level(levels.speaker)

    def _fit(self) -> None:
        """As high as its content, at most as the window."""
        wanted = max(self._body.heightForWidth(WIDTH - Space.M), self._sheet.sizeHint().height())
        self._scroll.setFixedHeight(min(wanted + Space.XS, max(160, self._over.height() - MARGINS)))


def _fill(box: QComboBox, choice: DeviceChoice) -> None:
    shown = [(box.itemData(i), box.itemText(i)) for i in range(box.count())]
    wanted = [(option.key, option.label) for option in choice.options]
    with QSignalBlocker(box):
        if shown != wanted:
            box.clear()
            for key, label in wanted:
                box.addItem(label, key)
        box.setCurrentIndex(next(i for i, (key, _) in enumerate(wanted) if key == choice.chosen))
