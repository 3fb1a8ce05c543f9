"""The knowledge panel in the desk's window: by keyboard, in pictures, with hostile files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument
from PySide6.QtWidgets import QApplication, QLineEdit
from tests.support.desk_scenes import SHARED, Scene
from tests.support.fake_knowledge import FakeKnowledge
from tests.support.screens import SIZES, grab

from ctidesk.care.knowledge import Article
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.knowledge.view import KnowledgePanel
from ctidesk.ui.theme.theme import Theme

Open = Callable[[Scene], DeskWindow]


def article(body: str, **more: object) -> Article:
    values: dict[str, object] = {"name": "bad", "language": "en", "title": "Bad article"}
    return Article(body=body, **(values | more))  # type: ignore[arg-type]


@pytest.fixture
def base() -> FakeKnowledge:
    return FakeKnowledge()


@pytest.fixture
def scene(base: FakeKnowledge) -> Scene:
    return Scene(knowledge=base)


@pytest.fixture
def desk_window(scene: Scene, open_desk: Open) -> DeskWindow:
    return open_desk(scene)


@pytest.fixture
def panel(desk_window: DeskWindow) -> KnowledgePanel:
    found = desk_window.window.findChild(KnowledgePanel)
    assert isinstance(found, KnowledgePanel)
    return found


def shown_text(panel: KnowledgePanel) -> str:
    return panel.article.text.toPlainText()


def test_from_the_key_to_the_article_and_back_without_a_mouse(
    qtbot, desk_window: DeskWindow, panel: KnowledgePanel
) -> None:
    desk_window.commands.perform("desk.knowledge")
    assert panel.field.hasFocus()
    qtbot.keyClicks(panel.field, "copay")
    qtbot.keyClick(panel.field, Qt.Key.Key_Down)
    assert panel.hits.hasFocus() and panel.hits.current_key == "insurance-terms/copay"
    qtbot.keyClick(panel.hits, Qt.Key.Key_Return)
    assert panel.article.text.hasFocus()
    assert "fixed amount" in shown_text(panel)
    panel.article.text.anchorClicked.emit(QUrl("article:why-must-i-pay"))
    assert "Three amounts" in shown_text(panel)
    qtbot.keyClick(panel.article.text, Qt.Key.Key_Escape)
    assert "fixed amount" in shown_text(panel)
    qtbot.keyClick(panel.article.text, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    assert panel.hits.isVisible() and panel.hits.hasFocus()


def test_enter_opens_the_first_hit_at_once(
    qtbot, base: FakeKnowledge, desk_window: DeskWindow, panel: KnowledgePanel
) -> None:
    base.later = True
    desk_window.commands.perform("desk.knowledge")
    qtbot.keyClicks(panel.field, "expired prescription")
    qtbot.keyClick(panel.field, Qt.Key.Key_Return)
    while base.waiting:
        base.answer()
    assert "cannot be refilled" in shown_text(panel)
    assert panel.article.text.hasFocus()


def test_what_belongs_to_the_call_does_not_take_the_keyboard(
    scene: Scene, desk_window: DeskWindow, panel: KnowledgePanel
) -> None:
    dial = desk_window.panels.dialler.field
    dial.setFocus()
    call_id = scene.talk(SHARED)
    scene.actions.set_party(call_id, "provider", "agent")
    assert isinstance(QApplication.focusWidget(), QLineEdit)
    assert QApplication.focusWidget() is dial
    assert "provider-eligibility" in [line.key for line in panel.hits.lines]


class Listening(HTTPServer):
    asked: list[str]


@pytest.fixture
def web() -> Iterator[Listening]:
    """Whoever loads something from it is found out."""

    class Ask(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.server.asked.append(self.path)  # type: ignore[attr-defined]
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = Listening(("127.0.0.1", 0), Ask)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_hostile_file_loads_runs_and_opens_nothing(
    web: Listening,
    base: FakeKnowledge,
    desk_window: DeskWindow,
    panel: KnowledgePanel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of the disk", "utf-8")
    site = f"http://127.0.0.1:{web.server_port}"
    base.articles = [
        article(
            f"![picture]({site}/a.png) ![file]({secret.as_uri()}) ![ref][r]\n\n"
            f"[r]: {site}/r.png\n\n"
            f'<img src="{site}/b.png"><script src="{site}/c.js">alert(1)</script>\n\n'
            f'<iframe src="{site}/d"></iframe><link rel=stylesheet href="{site}/e.css">\n\n'
            f'<style>@import url("{site}/f.css"); body {{ background: url({site}/g) }}</style>\n\n'
            f"[press me]({site}/h) [code](javascript:alert(1)) [file]({secret.as_uri()})\n"
        )
    ]
    desk_window.commands.perform("desk.knowledge")
    panel.article.wants_keyboard = True
    desk_window.presenters.knowledge.open("bad")
    for _ in range(20):
        QApplication.processEvents()
    panel.grab()
    text = shown_text(panel)
    assert "picture" in text and "<img src=" in text and "the secret" not in text
    for address in (f"{site}/h", "javascript:alert(1)", secret.as_uri(), "article:../../etc"):
        panel.article.text.anchorClicked.emit(QUrl(address))
    resource = QTextDocument.ResourceType.ImageResource
    assert panel.article.text.document().resource(resource, QUrl(f"{site}/a.png")) is None
    for _ in range(20):
        QApplication.processEvents()
    assert web.asked == [] and opened == []


def test_a_link_to_the_web_is_told_and_not_opened(
    base: FakeKnowledge, desk_window: DeskWindow, panel: KnowledgePanel
) -> None:
    base.articles = [article("[there](https://example.org/a)")]
    desk_window.commands.perform("desk.knowledge")
    desk_window.presenters.knowledge.open("bad")
    panel.article.text.anchorClicked.emit(QUrl("https://example.org/a"))
    said = panel.findChild(type(panel.article._foot), "article_elsewhere")
    assert said is not None and said.isVisible()
    assert said.text().endswith("https://example.org/a")


PICTURES: dict[str, Callable[[Scene, DeskWindow, FakeKnowledge], None]] = {}


def picture(show: Callable[[Scene, DeskWindow, FakeKnowledge], None]) -> None:
    PICTURES[show.__name__] = show


@picture
def empty(scene: Scene, shown: DeskWindow, base: FakeKnowledge) -> None:
    """Nothing typed, no call."""


@picture
def offered(scene: Scene, shown: DeskWindow, base: FakeKnowledge) -> None:
    call_id = scene.talk(SHARED, "Jane D.")
    scene.actions.set_party(call_id, "member", "agent")
    shown.presenters.wrap_up.choose_code("refill_refused")


@picture
def found(scene: Scene, shown: DeskWindow, base: FakeKnowledge) -> None:
    base.articles = [
        *base.articles,
        article(
            "An old text on refill.",
            name="old",
            title="Refill of old",
            valid_until=date(2026, 1, 31),
        ),
    ]
    shown.presenters.knowledge.type("refill")


@picture
def nothing(scene: Scene, shown: DeskWindow, base: FakeKnowledge) -> None:
    shown.presenters.knowledge.type("zzz")


@picture
def read(scene: Scene, shown: DeskWindow, base: FakeKnowledge) -> None:
    scene.talk(SHARED, "Jane D.")
    shown.presenters.knowledge.type("refill")
    shown.presenters.knowledge.open("refill-expired")


@picture
def table(scene: Scene, shown: DeskWindow, base: FakeKnowledge) -> None:
    body = next(each.body for each in base.articles if each.name == "speaking-for-a-member")
    base.articles = [
        article(body, title="Somebody speaks for a member", valid_until=date(2026, 1, 31))
    ]
    shown.presenters.knowledge.open("bad")


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(
    name: str,
    scene: Scene,
    base: FakeKnowledge,
    desk_window: DeskWindow,
    theme: Theme,
    tmp_path: Path,
) -> None:
    PICTURES[name](scene, desk_window, base)
    desk_window.show_aid("knowledge")
    files = grab(theme, desk_window.window, f"knowledge-{name}", tmp_path, SIZES)
    assert len(files) == 4
