"""The arrows of the house hold, and the contracts that guard them do fail on a breach."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(folder / "src")}
    )


@pytest.fixture
def copy_of_the_house(repository: Path, tmp_path: Path) -> Path:
    shutil.copytree(repository / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(repository / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_arrows_hold(copy_of_the_house):
    result = lint_imports(copy_of_the_house)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "breach", "contract"),
    [
        ("policy/breach.py", "import opencmc.facts.tables", "Layers point downwards"),
        ("base/breach.py", "import opencmc.policy", "Layers point downwards"),
        ("synthetic/breach.py", "import opencmc.methods", "Layers point downwards"),
        ("methods/breach.py", "import django", "Django stays in the pages and commands"),
        ("methods/breach.py", "import duckdb", "Only facts.engines knows a query engine"),
        ("apps/breach.py", "import pyspark", "Only facts.engines knows a query engine"),
        ("base/breach.py", "import numpy", "base uses the standard library only"),
        ("reports/__init__.py", "", "Layers point downwards"),
    ],
)
def test_a_breach_is_found(copy_of_the_house, module, breach, contract):
    path = copy_of_the_house / "src" / "opencmc" / module
    path.parent.mkdir(exist_ok=True)
    path.write_text(breach + "\n", encoding="utf-8")
    result = lint_imports(copy_of_the_house)
    assert result.returncode != 0
    assert contract in result.stdout + result.stderr
