"""The settings of one run of JupyterLab, in a folder of its own: the student's own Jupyter stays as it is."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from classroom.places import ROOT


def write_settings(folder: Path) -> dict[str, str]:
    """Lay out the settings of one run: no question about news, and `python3` is this very Python.

    Arguments:
        folder: an empty folder of this run alone.

    Returns:
        The environment variables that make Jupyter use them, before and beside the student's own.
    """
    kernel = {
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "Python 3 (ipykernel)",  # what the notebooks name; another would mark them as changed
        "language": "python",
        "metadata": {"debugger": True},
    }
    news = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    _write_json(folder / "data" / "kernels" / "python3" / "kernel.json", kernel)
    _write_json(folder / "config" / "labconfig" / "page_config.json", news)
    (folder / "runtime").mkdir(mode=0o700)
    return {
        "JUPYTER_PATH": _prepend(folder / "data", "JUPYTER_PATH"),
        "JUPYTER_CONFIG_PATH": _prepend(folder / "config", "JUPYTER_CONFIG_PATH"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "PYTHONPATH": _prepend(ROOT, "PYTHONPATH"),  # this checkout, even if another minews is installed
    }


def _write_json(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def _prepend(first: Path, variable: str) -> str:
    return os.pathsep.join([str(first), *filter(None, [os.environ.get(variable)])])
