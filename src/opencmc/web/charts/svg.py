"""Elements of SVG as text. Looks come from classes in the one stylesheet; nothing here writes a style.

Pictures are as wide as their frame: positions across are percentages, positions down are pixels, so that text keeps its
size on a phone and at 200 %. What needs a path is drawn in a stretched inner picture of width 100.
"""

from __future__ import annotations

from html import escape


def tag(name: str, inner: str = "", /, **attributes: object) -> str:
    """An element; underscores in attribute names become hyphens, ``class_`` becomes ``class``; None leaves one out."""
    text = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{text}>{inner}</{name}>"


def percent(share: float) -> str:
    """A place across: ``0.5`` → ``50%``."""
    return f"{round(share * 100, 2):g}%"


def number(value: float) -> str:
    return f"{round(value, 2):g}"


def words(content: str, x: str, y: float, class_: str = "", anchor: str | None = None, **more: object) -> str:
    return tag("text", escape(content), x=x, y=number(y), class_=class_ or None, text_anchor=anchor, **more)


def frame(name: str, title: str, description: str, inner: str, *, height: float, class_: str, role: str = "img") -> str:
    """The outer picture, named and described for a screen reader."""
    head = tag("title", escape(title), id=f"{name}-t") + tag("desc", escape(description), id=f"{name}-d")
    return tag(
        "svg",
        head + inner,
        role=role,
        aria_labelledby=f"{name}-t {name}-d",
        class_=f"picture {class_}",
        width="100%",
        height=number(height),
    )


def stretched(inner: str, height: float, *, x: str = "0", width: str = "100%") -> str:
    """A part whose width of 100 is stretched over the frame; its heights are pixels."""
    return tag(
        "svg",
        inner,
        x=x,
        y="0",
        width=width,
        height=number(height),
        viewBox=f"0 0 100 {number(height)}",
        preserveAspectRatio="none",
        class_="stretched",
    )


def shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
