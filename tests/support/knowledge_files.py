"""Files of a knowledge base, written for a test."""

from __future__ import annotations

import random
from pathlib import Path

_LISTED = """nebuliser inhaler copay referral refill prescription authorisation supplier oxygen
delivery address appointment clinic network doctor insurer policy claim payment complaint result"""
WORDS = _LISTED.split()


def write_article(
    folder: Path, name: str, title: str, *, body: str = "Text.", language: str = "en", **more: str
) -> Path:
    """`more`: further fields of the head."""
    path = folder / language / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = "".join(f"{key}: {value}\n" for key, value in more.items())
    path.write_text(f"---\ntitle: {title}\nlanguage: {language}\n{fields}---\n{body}\n", "utf-8")
    return path


def many_articles(folder: Path, count: int) -> None:
    """Of some hundred words each, always the same."""
    dice = random.Random(5)
    for number in range(count):
        body = " ".join(dice.choice(WORDS) for _ in range(120))
        write_article(folder, f"a{number}", f"{dice.choice(WORDS).title()} {number}", body=body)
