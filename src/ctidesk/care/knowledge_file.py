"""A file of the knowledge base: a head of fields, then Markdown; checked field by field.

Runs in: desk process, any thread.

    ---
    title: Refill asked for too early
    language: en                  # else the folder's name
    kind: article                 # or: glossary, whose "## Headings" are a term each
    parties: member, carer        # offered when one of these calls
    codes: refill                 # … when this wrap-up code is set
    steps: refill.too_early       # … at this step of a guide
    tags: pharmacy
    also: repeat prescription     # further words that find it
    related: refill-how           # names of other articles: their files without .md
    valid_until: 2027-06-30       # the last good day
    owner: Pharmacy team
    ---
    The text, in Markdown. [[refill-how]] and [[refill-how|these words]] are links.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import PurePosixPath

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text import plain
from ctidesk.care.knowledge import Article, Kind

MAX_BYTES = 128 * 1024
MAX_BODY_CHARS = 12_000
"""Read on the screen at once, within the time in which nobody notices; more is two articles."""
MAX_TITLE_CHARS = 120
MAX_ENTRIES = 2_000
MAX_LIST = 40
PARTIES = ("member", "carer", "provider", "supplier", "insurer")
_FIELDS = (
    "title",
    "language",
    "kind",
    "parties",
    "codes",
    "steps",
    "tags",
    "also",
    "related",
    "valid_until",
    "owner",
)
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_./-]{0,79}")
_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")
_LINK = re.compile(r"\[\[([^\[\]|\n]{1,80})(?:\|([^\[\]\n]{1,120}))?\]\]")
_FIELD = re.compile(r"([A-Za-z][A-Za-z_ ]{0,30})\s*:\s*(.*)")
_KEPT_CONTROLS = {"\n", "\t", "\u200c", "\u200d"}


class _Head:
    """The fields with their lines, read one by one; raises `KnownError` bad_article."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[str, str] = {}
        self.lines: dict[str, int] = {}

    def bad(self, problem: str, field: str = "", line: int = 0) -> KnownError:
        line = line or self.lines.get(field, 0)
        where = f", line {line}" if line else ""
        what = f", field “{field}”" if field else ""
        return KnownError(
            "bad_article",
            f"{plain(self.file, 120)}{where}{what}: {problem}.",
            "Correct the file; until then the version that was read before stays.",
        )

    def add(self, line: str, number: int) -> None:
        if not line.strip() or line.lstrip().startswith("#"):
            return
        read = _FIELD.fullmatch(line.strip())
        if read is None:
            raise self.bad("a field is written as “name: value”", line=number)
        key = read[1].strip().lower().replace(" ", "_")
        if key not in _FIELDS:
            raise self.bad(f"there is no such field; known are {', '.join(_FIELDS)}", key, number)
        if key in self.values:
            raise self.bad("it is there twice", key, number)
        self.values[key] = re.split(r"\s#\s", read[2], maxsplit=1)[0].strip().strip("\"'")
        self.lines[key] = number

    def listed(self, field: str) -> tuple[str, ...]:
        value = self.values.get(field, "").strip("[]")
        parts = [plain(part.strip(), 80) for part in value.split(",")]
        parts = [part for part in parts if part]
        if len(parts) > MAX_LIST:
            raise self.bad(f"more than {MAX_LIST} entries", field)
        return tuple(dict.fromkeys(parts))

    def keys(self, field: str, shape: re.Pattern[str] = _KEY) -> tuple[str, ...]:
        found = tuple(part.lower() for part in self.listed(field))
        for part in found:
            if not shape.fullmatch(part):
                raise self.bad("only a–z, 0–9, “_”, “-” and “.” are allowed in an entry", field)
        return found

    def parties(self) -> tuple[str, ...]:
        found = self.keys("parties")
        for party in found:
            if party not in PARTIES:
                raise self.bad(f"an entry is none of {', '.join(PARTIES)}", "parties")
        return found

    def day(self, field: str) -> date | None:
        value = self.values.get(field, "")
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.bad("write a day as 2027-06-30", field) from None

    def language(self, path: PurePosixPath) -> str:
        said = self.values.get("language", "").lower()
        if said:
            if not _LANGUAGE.fullmatch(said):
                raise self.bad("write the code of a language, such as en or pl", "language")
            return said
        folder = path.parts[0].lower() if len(path.parts) > 1 else ""
        return folder if re.fullmatch(r"[a-z]{2}", folder) else "en"


def read_articles(path: PurePosixPath, raw: bytes) -> tuple[Article, ...]:
    """What the file at `path` (from the folder's top) holds. Raises `KnownError` bad_article that
    names file, line and field."""
    head = _Head(str(path))
    if len(raw) > MAX_BYTES:
        raise head.bad(f"it is larger than {MAX_BYTES // 1024} kB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as broken:
        line = raw.count(b"\n", 0, broken.start) + 1
        raise head.bad("it is not UTF-8 text", line=line) from None
    lines = _readable(text).split("\n")
    begins = _read_head(head, lines)
    article = _article(head, path, "\n".join(lines[begins:]).strip("\n"))
    if head.values.get("kind") == "glossary":
        return tuple(_terms(head, article, lines, begins))
    if not article.body.strip():
        raise head.bad("there is no text under the fields", line=begins + 1)
    if len(article.body) > MAX_BODY_CHARS:
        raise head.bad(f"the text is longer than {MAX_BODY_CHARS:,} characters: make two of it")
    return (article,)


def name_of(path: PurePosixPath) -> str:
    """What others call the article: its file without folder and ending."""
    return path.stem.lower().replace(" ", "-")


def with_links(body: str, titles: Mapping[str, str] | None = None) -> str:
    """`body` with `[[links]]` as Markdown links to `article:name`, by the titles that are known
    where the link has no words of its own."""
    known = titles or {}

    def link(read: re.Match[str]) -> str:
        name = _link_name(read[1])
        words = (read[2] or known.get(name) or read[1]).strip().replace("]", "")
        return f"[{words}](article:{name})" if _NAME.fullmatch(name) else words

    return _LINK.sub(link, body)


def _read_head(head: _Head, lines: list[str]) -> int:
    """The index of the first line of the text."""
    if not lines or lines[0].strip() != "---":
        raise head.bad("the file begins with a line “---” and its fields", line=1)
    for index, line in enumerate(lines[1:], 1):
        if line.strip() == "---":
            if not head.values.get("title"):
                raise head.bad("it is missing", "title", index + 1)
            return index + 1
        head.add(line, index + 1)
    raise head.bad("a second line “---” must end the fields", line=len(lines))


def _article(head: _Head, path: PurePosixPath, body: str) -> Article:
    name = name_of(path)
    if not _NAME.fullmatch(name):
        raise head.bad("the file's name may have only a–z, 0–9, “_”, “-” and “.”")
    kind = head.values.get("kind", "article").lower()
    if kind not in ("article", "term", "glossary"):
        raise head.bad("it is none of article, term, glossary", "kind")
    return Article(
        name=name,
        language=head.language(path),
        title=_title(head, head.values["title"], head.lines["title"]),
        body=body,
        kind=Kind.ARTICLE if kind == "article" else Kind.TERM,
        also=head.listed("also"),
        tags=head.listed("tags"),
        parties=head.parties(),
        codes=head.keys("codes"),
        steps=head.keys("steps"),
        links=_links(body, head.keys("related", _NAME)),
        valid_until=head.day("valid_until"),
        owner=plain(head.values.get("owner", ""), 80),
    )


def _terms(head: _Head, whole: Article, lines: list[str], begins: int) -> Iterator[Article]:
    """A term for each "## Heading"; words in brackets behind it find it too."""
    seen: set[str] = set()
    starts = [at for at in range(begins, len(lines)) if lines[at].startswith("## ")]
    if not starts:
        raise head.bad("a glossary has a heading “## Term” for each term", line=begins + 1)
    if len(starts) > MAX_ENTRIES:
        raise head.bad(f"more than {MAX_ENTRIES:,} terms: make two files of it")
    for at, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        title = _title(head, lines[at][3:], at + 1)
        body = "\n".join(lines[at + 1 : end]).strip("\n")
        if not body.strip():
            raise head.bad("the term has no text", line=at + 1)
        if len(body) > MAX_BODY_CHARS:
            raise head.bad("the term's text is too long", line=at + 1)
        bare, brackets = _brackets(title)
        name = f"{whole.name}/{_slug(bare)}"
        if name in seen:
            raise head.bad("the term is there twice", line=at + 1)
        seen.add(name)
        yield Article(
            name=name,
            language=whole.language,
            title=title,
            body=body,
            kind=Kind.TERM,
            also=(*whole.also, *brackets),
            tags=whole.tags,
            links=_links(body, ()),
            valid_until=whole.valid_until,
            owner=whole.owner,
        )


def _title(head: _Head, text: str, line: int) -> str:
    title = plain(text.strip(), MAX_TITLE_CHARS + 1)
    if not title or len(title) > MAX_TITLE_CHARS:
        raise head.bad(f"a title has 1 to {MAX_TITLE_CHARS} characters", "title", line)
    return title


def _brackets(title: str) -> tuple[str, tuple[str, ...]]:
    """("Asthma", ("J45",)) of "Asthma (J45)"."""
    read = re.fullmatch(r"(.+?)\s*\(([^()]*)\)", title)
    if read is None:
        return title, ()
    return read[1], tuple(part.strip() for part in read[2].split(",") if part.strip())


def _slug(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.lower())
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in folded if c.isascii())
    return re.sub("-+", "-", kept).strip("-")[:60] or "term"


def _links(body: str, related: tuple[str, ...]) -> tuple[str, ...]:
    inside = [_link_name(read[1]) for read in _LINK.finditer(body)]
    known = [name for name in inside if _NAME.fullmatch(name)]
    return tuple(dict.fromkeys((*related, *known)))[:MAX_LIST]


def _link_name(text: str) -> str:
    return text.strip().lower().replace(" ", "-").removesuffix(".md")


def _readable(text: str) -> str:
    """Without control and bidi characters, which could hide or reorder what stands there."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c)[0] != "C")
