"""What all tests share: where public data lies, and one small county with its figures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

#: The flush of test databases against the audit's append-only tables.
pytest_plugins = ["append_only"]

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One browser and one Spark for the whole suite, however many processes run it. Under
    ``tools/with_postgres.py`` only what asks for the pages' database is run: the rest knows no database."""
    if os.environ.get("OPENCMC_DATABASE"):
        config.hook.pytest_deselected(items=[item for item in items if not _asks_for_database(item)])
        items[:] = [item for item in items if _asks_for_database(item)]
    for item in items:
        for name in ("browser", "spark"):
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.xdist_group(name))


def _asks_for_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & {"db", "transactional_db", "django_db_setup"}) or bool(item.get_closest_marker("django_db"))


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_root() -> Path:
    """The folder with the policy documents (``seeds``) and public data (``data``)."""
    root = Path(os.environ.get("OPENCMC_SHARED", REPOSITORY.parent / "shared"))
    if not (root / "seeds").is_dir() or not (root / "data").is_dir():
        pytest.skip("需要政策文件与公开数据：把环境变量 OPENCMC_SHARED 指向含 seeds/ 与 data/ 的目录")
    return root


@pytest.fixture(scope="session")
def county_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demonstration county: 3,000 residents, 24 months, loaded, with a run of all indicators. Read only."""
    from opencmc.facts.lake import Lake
    from opencmc.methods.indicators import compute, sibling_packs
    from opencmc.policy.pack import default_root, load_pack
    from opencmc.synthetic import make_county

    home = tmp_path_factory.mktemp("county")
    make_county(home, residents=3_000, seed=7)
    pack = load_pack(default_root(), "ninghai")
    compute(Lake(home), pack, also=sibling_packs(default_root(), pack)[0])
    return home
