"""What kind of text a file is: its encoding, its lines, and whether it may have been cut.

UTF-8 (with or without a byte-order mark) and GB18030 are what county systems write. Each is tried in turn and nothing
is replaced: a byte that fits neither refuses the file and names the line.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from opencmc.base.errors import DataError
from opencmc.facts.manifest import SourceFile

_CHUNK = 1 << 23
#: Bytes after the first that is not UTF-8, by which damaged UTF-8 is told from GB18030.
_SAMPLE = 1 << 16

#: No-break space, ideographic space and byte-order mark in UTF-8, and the ideographic space in GB18030.
_ODD_BLANKS = (b"\xc2\xa0", b"\xe3\x80\x80", b"\xef\xbb\xbf", b"\xa1\xa1")

_OTHER_KINDS = {
    b"PK\x03\x04": "这是 Excel 工作簿或压缩包：请另存为“CSV UTF-8（逗号分隔）”再装入",
    b"\xd0\xcf\x11\xe0": "这是旧版 Excel 工作簿：请另存为“CSV UTF-8（逗号分隔）”再装入",
    b"\x1f\x8b": "这是 gzip 压缩文件：请先解压",
    b"\xff\xfe": "文件是 UTF-16 编码：请另存为“CSV UTF-8（逗号分隔）”再装入",
    b"\xfe\xff": "文件是 UTF-16 编码：请另存为“CSV UTF-8（逗号分隔）”再装入",
}


@dataclass(frozen=True, slots=True)
class Examined:
    """A file that has been looked through once. ``lines`` counts physical lines, the header among them.

    ``cut_character``: the file ends in the middle of a character. ``odd_blanks``: there may be blanks other than spaces.
    """

    path: Path
    source: SourceFile
    is_parquet: bool
    encoding: str = "utf-8"
    lines: int = 0
    final_newline: bool = True
    cut_character: bool = False
    odd_blanks: bool = False


def examine(path: Path, table_name: str, progress: Callable[[float], None]) -> Examined:
    """Read the file once: SHA-256, lines, encoding. Raises :class:`DataError` for what cannot be read as data."""
    if not path.is_file():
        raise DataError(f"没有文件 {path.name}", table=table_name)
    size = path.stat().st_size
    if size == 0:
        raise DataError(f"{path.name} 是空的：连表头也没有", table=table_name)
    with path.open("rb") as handle:
        start = handle.read(4)
    for magic, sentence in _OTHER_KINDS.items():
        if start.startswith(magic):
            raise DataError(f"{path.name}：{sentence}", table=table_name)
    is_parquet = start == b"PAR1"
    digest, newlines, seen, last = hashlib.sha256(), 0, 0, b""
    decoder: codecs.IncrementalDecoder | None = codecs.getincrementaldecoder("utf-8")()
    bad_at, odd_blanks = -1, False
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
            if not is_parquet:
                newlines += chunk.count(b"\n")
                plain = chunk.isascii()
                odd_blanks = (
                    odd_blanks or b"\t" in chunk or (not plain and any(blank in chunk for blank in _ODD_BLANKS))
                )
                if decoder is not None:
                    pending = len(decoder.getstate()[0])
                    try:
                        if pending or not plain:
                            decoder.decode(chunk)
                    except UnicodeDecodeError as error:
                        decoder, bad_at = None, seen - pending + error.start
            seen += len(chunk)
            last = chunk[-1:]
            progress(seen / size)
    source = SourceFile(path.name, digest.hexdigest(), size)
    if is_parquet:
        return Examined(path, source, is_parquet=True)
    final_newline = last == b"\n"
    if not newlines and b"\r" in path.read_bytes()[:_SAMPLE]:
        raise DataError(f"{path.name} 的各行以回车符分隔：请改为换行符（另存为 CSV UTF-8 即可）", table=table_name)
    encoding = "utf-8"
    if bad_at >= 0:
        encoding = _encoding_of(path, bad_at, table_name)
    return Examined(
        path,
        source,
        is_parquet=False,
        encoding=encoding,
        lines=newlines + (not final_newline),
        final_newline=final_newline,
        cut_character=decoder is not None and bool(decoder.getstate()[0]),
        odd_blanks=odd_blanks,
    )


def _encoding_of(path: Path, bad_at: int, table_name: str) -> str:
    """``gb18030`` for a file that is not UTF-8, unless it is UTF-8 with a few damaged bytes."""
    with path.open("rb") as handle:
        handle.seek(max(0, bad_at - _SAMPLE // 2))
        sample = handle.read(_SAMPLE)
    shown = sample.decode("utf-8", "replace")
    damaged = shown.count("\ufffd")
    sound = sum(1 for character in shown if character > "\x7f") - damaged
    if sound > 4 * damaged:
        line = _line_at(path, bad_at)
        raise DataError(
            f"{path.name} 第 {line} 行有不属于 UTF-8 的字节：请从原系统重新导出，或改正这一行", table=table_name
        )
    return "gb18030"


def _line_at(path: Path, position: int) -> int:
    """The line (from 1) on which the byte at ``position`` stands."""
    lines, left = 1, position
    with path.open("rb") as handle:
        while left > 0 and (chunk := handle.read(min(left, _CHUNK))):
            lines += chunk.count(b"\n")
            left -= len(chunk)
    return lines


def as_utf8(file: Examined, folder: Path, table_name: str) -> Path:
    """The file itself when it is UTF-8, else a UTF-8 copy in ``folder``; bounded memory."""
    if file.encoding == "utf-8":
        return file.path
    copy = folder / f"{file.source.sha256[:16]}.utf8.csv"
    decoder = codecs.getincrementaldecoder(file.encoding)()
    lines = 1
    with file.path.open("rb") as source, copy.open("wb") as target:
        while True:
            chunk = source.read(_CHUNK)
            pending = decoder.getstate()[0]
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line = lines + (pending + chunk)[: error.start].count(b"\n")
                raise DataError(
                    f"{file.source.name} 第 {line} 行的字节既不是 UTF-8 也不是 GB18030：请另存为“CSV UTF-8”再装入",
                    table=table_name,
                ) from error
            target.write(text.encode("utf-8"))
            lines += chunk.count(b"\n")
            if not chunk:
                return copy
