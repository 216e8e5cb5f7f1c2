"""What a browser would find wrong with a page, without one."""

import base64
import re
from html.parser import HTMLParser

ADDRESSES = ("src", "href", "srcset", "poster", "action", "formaction", "data", "background")
"""Attributes that a browser may fetch or follow."""
EMPTY = {"meta", "link", "img", "br", "hr", "input"}
"""Tags that have no end."""
FOREIGN = ("script", "iframe", "object", "embed")
"""Tags that have no place on a page of ours."""
OPENINGS = {"png": b"\x89PNG", "svg+xml": b"<?xml"}
"""What an image begins with, by its type."""


class Page(HTMLParser):
    """What stands on a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.problems: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.targets: list[str] = []
        self.feed(text)
        self.problems += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.open += [] if tag in EMPTY else [tag]
        self.images += [given] if tag == "img" else []
        self.ids += [str(given["id"])] if "id" in given else []
        for name, value in given.items():
            address = str(value)
            if name.startswith("on"):
                self.problems.append(f"<{tag}> runs {name}")
            if name in ADDRESSES and address.startswith("#"):
                self.targets.append(address[1:])
            elif name in ADDRESSES and not address.startswith("data:"):
                self.problems.append(f"<{tag}> refers to {address[:60]}")
            if name == "style":
                self._look_into(address)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes what is not open")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self._look_into(data)

    def _look_into(self, style: str) -> None:
        """Find what a style would fetch."""
        found = re.findall(r"@import[^;]*|url\([^)]*\)", style)
        self.problems += [f"a style refers to {one}" for one in found]


def find_faults(text: str) -> list[str]:
    """What is wrong with a page: requests, scripts, images without data or words, dead links."""
    page = Page(text)
    faults = [*page.problems]
    faults += [
        f"<{tag}> has no place" for tag in ("script", "iframe", "object") if tag in page.tags
    ]
    faults += [f"nothing is called {one}" for one in page.targets if one not in page.ids]
    faults += [f"{one} is there twice" for one in set(page.ids) if page.ids.count(one) > 1]
    for image in page.images:
        faults += [] if image.get("alt") else ["an image says nothing"]
        kind, _, data = str(image.get("src")).removeprefix("data:image/").partition(";base64,")
        if not base64.b64decode(data).startswith(OPENINGS.get(kind, b"no such")):
            faults.append(f"{image.get('alt')} is no image")
    return faults
