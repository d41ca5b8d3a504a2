"""Run notebooks from top to bottom, several at once, each in a kernel and a work folder of its own."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from .. import places

CELL_SECONDS = 120
AT_ONCE = max(1, min(4, os.cpu_count() or 1))
WIDGET = "application/vnd.jupyter.widget-view+json"

# Beginnings of paths that only the machine of the build has.
MACHINE_PATH = re.compile(
    r"(?<![\w.])(?:/(?:home|Users|root|tmp|work|var/folders|private)/[\w.-]+|[A-Z]:\\+Users\\)"
)


class OwnPython(AsyncKernelManager):
    """Starts kernels in the Python that runs this, whatever "python3" is installed for Jupyter."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._kernel_spec = KernelSpec(**get_kernel_dict())
        if self.has_trait("transport_encryption"):
            self.transport_encryption = "auto"


def run_notebooks(notebooks: Sequence[NotebookNode]) -> list[list[str]]:
    """Run notebooks in place.

    Returns:
        For each notebook what is wrong with it, a line each: a cell that failed, no output where one belongs,
        a path of this machine in an output.
    """

    async def run_all() -> list[list[str]]:
        slots = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(_run(notebook, slots) for notebook in notebooks))

    return asyncio.run(run_all())


async def _run(notebook: NotebookNode, slots: asyncio.Semaphore) -> list[str]:
    async with slots:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            stopped = await _run_in(notebook, Path(folder))
    _strip_traces(notebook)
    return stopped or list(find_output_problems(notebook))


def make_client(notebook: NotebookNode) -> NotebookClient:
    """A client that runs a notebook in a kernel of this Python."""
    return NotebookClient(
        notebook,
        kernel_manager_class=OwnPython,
        timeout=CELL_SECONDS,
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
    )


async def _run_in(notebook: NotebookNode, work: Path) -> list[str]:
    client = make_client(notebook)
    try:
        # A check that does not pass raises, as it does for a grader: a wrong reference stops the build.
        environment = kernel_environment(work) | {"MINEWS_RAISE": "1"}
        await client.async_execute(env=environment, cwd=str(work))
    except CellExecutionError as error:
        return [f"a cell failed: {error.ename}: {error.evalue}"]
    except (CellTimeoutError, DeadKernelError) as error:
        return [f"a cell did not come back: {str(error).splitlines()[0]}"]
    return []


def kernel_environment(work: Path) -> dict[str, str]:
    """The environment of a kernel that sees this checkout, works in `work` and reads nobody's settings."""
    path = os.pathsep.join([str(places.ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    own = {"MINEWS_WORK": str(work), "IPYTHONDIR": str(work / ".ipython"), "PYTHONPATH": path}
    return {**os.environ, **own}


def find_output_problems(notebook: NotebookNode) -> Iterator[str]:
    """Say what is wrong with the outputs of a notebook that was run."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if all(cell.get("execution_count") is None for cell in cells):
        yield "was not run"
        return
    for cell in cells:
        if cell.get("execution_count") is None:
            yield f'cell "{cell.id}" was not run'
        if cell.id.startswith("exercise-") and not cell.outputs:
            yield f'cell "{cell.id}" shows no verdict'
        for output in cell.outputs:
            if output.output_type == "error":
                yield f'cell "{cell.id}" failed: {output.ename}: {output.evalue}'
            elif WIDGET in output.get("data", {}):
                yield f'cell "{cell.id}" shows a widget that leaves no picture where no kernel runs'
            elif found := MACHINE_PATH.search(_output_text(output)):
                yield f'cell "{cell.id}" shows a path of the machine that built it: {found[0]}'


def _output_text(output: NotebookNode) -> str:
    data = output.get("data", {})
    texts = [
        output.get("text", ""),
        *(value for kind, value in data.items() if not kind.startswith("image/png")),
    ]
    return "\n".join(str(text) for text in texts)


def _strip_traces(notebook: NotebookNode) -> None:
    """Remove when and where a notebook ran, and widget views, which are dead without their state."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output.data.pop(WIDGET, None)
