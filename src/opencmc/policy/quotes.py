"""Are a citation's quoted words in the document's text?

Both are folded before they are compared: white space goes, full-width signs become half-width, quotation marks lose their
shape, and the pinyin glosses that some web pages put after their characters (``經(jīng)濟(jì)``) are taken out. Nothing else is
forgiven; a quotation is the document's own words.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

#: A gloss is Latin letters, at least one of them with a tone mark or ü, in parentheses behind a Han character. A few syllables
#: (``(de)``, ``(ge)``) carry no tone mark; they are letters only and equally short.
_GLOSS = re.compile(r"(?<=[\u3400-\u9fff])\([a-zà-öø-ÿāēīōūǎěǐǒǔǖǘǚǜńňǹ]{1,7}\)")
_MARKS = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "「": '"', "」": '"', "『": '"', "』": '"', "‘": "'", "’": "'", "〔": "[", "〕": "]",
        "【": "[", "】": "]", "、": ",", "。": ".", "—": "-", "–": "-", "―": "-", "−": "-", "〜": "~", "·": ".", "・": ".", "●": ".",
    }
)  # fmt: skip
_SPACE = re.compile(r"[\s\u200b-\u200f\ufeff]+")


def fold(text: str) -> str:
    """The text without what type-setting adds. Only for comparing."""
    return _GLOSS.sub("", _SPACE.sub("", unicodedata.normalize("NFKC", text).translate(_MARKS)))


class Texts:
    """The documents' texts in a folder, each folded once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folded: dict[str, str | None] = {}

    def folded(self, file: str) -> str | None:
        """The folded text of ``file``, or ``None`` when the folder has no such file."""
        if file not in self._folded:
            path = self.folder / file
            self._folded[file] = fold(path.read_text(encoding="utf-8", errors="replace")) if path.is_file() else None
        return self._folded[file]

    def holds(self, file: str, quote: str) -> bool:
        text = self.folded(file)
        return text is not None and fold(quote) in text

    def nearest(self, file: str, quote: str) -> str:
        """What the text says where it comes closest to ``quote``: the longest beginning of it that is found, continued as the
        text goes on. Empty when not even its first characters are there."""
        text, folded = self.folded(file) or "", fold(quote)
        low, high = 0, len(folded)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if folded[:middle] in text else (low, middle - 1)
        if low < 4:
            return ""
        at = text.index(folded[:low])
        return text[at : at + low + 12]
