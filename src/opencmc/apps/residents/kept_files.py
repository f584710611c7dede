"""An uploaded file until its job has run: sealed, in the home, named by its content."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from opencmc.apps.residents.sealing import sealer
from opencmc.base.errors import Refused

_FIELD = "import.file"


def _path(digest: str) -> Path:
    if len(digest) != 64 or not digest.isalnum():
        raise Refused("没有这个文件。")
    return Path(settings.OPENCMC_HOME) / "imports" / digest


def keep_file(digest: str, content: bytes) -> None:
    path = _path(digest)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_bytes(sealer().seal(_FIELD, digest, content.decode("latin-1")))
    draft.chmod(0o600)
    draft.rename(path)


def kept_file(digest: str) -> bytes:
    path = _path(digest)
    if not path.exists():
        raise Refused("上传的文件已经不在了。", possible_when="请重新上传。")
    return sealer().open(_FIELD, digest, path.read_bytes()).encode("latin-1")


def forget_file(digest: str) -> None:
    _path(digest).unlink(missing_ok=True)
