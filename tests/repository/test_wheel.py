"""What is installed is the whole program, and it needs nothing of the development tools."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the package."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = ROOT / "src" / "trialwright"
    files = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}

    assert held == {path.relative_to(package.parent).as_posix() for path in files}


def test_the_wheel_holds_the_license(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert any(name.endswith(".dist-info/licenses/LICENSE") for name in archive.namelist())


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needed_to_run() -> set[str]:
    """Distributions that the package needs, directly or not, without its development extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    open_names = [normal(re.split(r"[^\w.-]", text, maxsplit=1)[0]) for text in project["dependencies"]]
    found: set[str] = set()
    while open_names:
        name = open_names.pop()
        if name in found:
            continue
        found.add(name)
        try:
            required = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform
        open_names += [normal(re.split(r"[^\w.-]", text, maxsplit=1)[0]) for text in required if "extra ==" not in text]
    return found


@pytest.mark.expensive
def test_the_demo_runs_from_the_wheel_without_development_tools(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    wanted = needed_to_run()
    providers = importlib.metadata.packages_distributions()
    blocked = sorted(
        module
        for module, distributions in providers.items()
        if module.isidentifier()
        and module != "trialwright"
        and not any(normal(distribution) in wanted for distribution in distributions)
    )
    assert {"pytest", "docx", "statsmodels", "lifelines"} <= set(blocked)
    script = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked!r}))\n"
        "import trialwright; assert trialwright.__file__.startswith(sys.argv[1]), trialwright.__file__\n"
        "sys.argv[1:] = ['demo', '--out', 'demo']\n"
        "from trialwright.cli import main; main()\n"
    )

    finished = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
    )

    assert finished.returncode == 0, finished.stdout + finished.stderr
