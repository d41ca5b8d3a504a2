"""Peers: the programs on this machine that speak WebSocket, HTTP or TLS with the student's code, or show it.

Nothing in minews needs one of them; the lessons and the tests call them as witnesses. Standard library only.

    python3 -m classroom.peers      installs the Node packages (ws, axe-core) into .peers/
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from classroom.installing import SetUpError, only_one
from classroom.places import ROOT, TESTS

NODE_PEERS = ROOT / ".peers"


@dataclass(frozen=True)
class Peer:
    """A program that is there."""

    name: str
    path: Path
    version: str
    """ "" where it can't be told without starting the program's window."""


class MissingPeer(Exception):
    """A program isn't there; the text says what it is for and what to type to get it."""


# Finding them


def find_curl() -> Peer | None:
    """curl: the plainest client of all, which shows an opening handshake as it is."""
    return _find("curl", ["curl"], "--version", r"curl ([\d.]+)")


def find_node() -> Peer | None:
    """Node.js."""
    return _find("node", ["node", "nodejs"], "--version", r"v([\d.]+)")


def find_node_ws() -> Peer | None:
    """The Node package ws, the most used WebSocket library there is, in .peers/node_modules/ws."""
    package = _find_package("node-ws", "ws")
    return package if find_node() else None


def find_axe() -> Peer | None:
    """The Node package axe-core, which looks for barriers in a page, in .peers/node_modules/axe-core."""
    return _find_package("axe", "axe-core")


def _find_package(name: str, package: str) -> Peer | None:
    folder = NODE_PEERS / "node_modules" / package
    try:
        version = json.loads((folder / "package.json").read_text(encoding="utf-8"))["version"]
    except (OSError, ValueError, KeyError):
        return None
    return Peer(name, folder, str(version))


def find_openssl() -> Peer | None:
    """openssl (or LibreSSL), which makes certificates and shows a TLS handshake."""
    return _find("openssl", ["openssl"], "version", r"\w+SSL ([\w.]+)", *_git_for_windows())


def find_browser() -> Peer | None:
    """A browser that the Chrome DevTools protocol can drive: Chromium, Chrome or Edge."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"]
    asked = None if sys.platform == "win32" else "--version"  # there, it would open a window
    return _find("browser", names, asked, r"([\d.]+\d)", *_installed_browsers())


def find_tshark() -> Peer | None:
    """tshark, Wireshark's command line."""
    folder = Path(os.environ.get("PROGRAMFILES", "")) / "Wireshark"
    return _find("tshark", ["tshark"], "--version", r"TShark[^\d]*([\d.]+)", folder / "tshark.exe")


def find_ss() -> Peer | None:
    """ss, which lists the sockets of a Linux machine."""
    return _find("ss", ["ss"], "-V", r"iproute2-([\d.]+)")


def _find(name: str, commands: list[str], asked: str | None, pattern: str, *more: Path) -> Peer | None:
    found = (shutil.which(command) for command in commands)
    for path in [*map(Path, filter(None, found)), *more]:
        if path.is_file():
            version = _ask_version(path, asked, pattern) if asked else ""
            if version is not None:
                return Peer(name, path, version)
    return None


@functools.cache  # starting a browser to ask takes a good part of a second
def _ask_version(path: Path, asked: str, pattern: str) -> str | None:
    """The version that a program says it has; None if it doesn't run."""
    try:
        done = subprocess.run(
            [path, asked], stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
            timeout=20,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(pattern, done.stdout + done.stderr)
    return match[1] if match else None


def _installed_browsers() -> Iterator[Path]:
    """Where browsers are that no PATH lists."""
    if sys.platform == "darwin":
        for name in ("Chromium", "Google Chrome", "Microsoft Edge"):
            yield Path(f"/Applications/{name}.app/Contents/MacOS/{name}")
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder := os.environ.get(variable):
            for part in ("Chromium/Application/chrome", "Google/Chrome/Application/chrome"):
                yield Path(folder) / f"{part}.exe"
            yield Path(folder) / "Microsoft/Edge/Application/msedge.exe"


def _git_for_windows() -> Iterator[Path]:
    if folder := os.environ.get("PROGRAMFILES"):
        yield Path(folder) / "Git" / "usr" / "bin" / "openssl.exe"


# What each is for, and how to get it


@dataclass(frozen=True)
class Kind:
    """A kind of peer: how to find it, what needs it, and its package's name in each package manager."""

    find: Callable[[], Peer | None]
    needs: str
    apt: str
    brew: str
    winget: str


KINDS: dict[str, Kind] = {
    "curl": Kind(find_curl, "a client that isn't ours, in lessons 1 and 4", "curl", "curl", "cURL.cURL"),
    "node": Kind(find_node, "runs ws, in lesson 4", "nodejs npm", "node", "OpenJS.NodeJS.LTS"),
    "node-ws": Kind(find_node_ws, "a widely used library that isn't ours, in lesson 4", "", "", ""),
    "axe": Kind(find_axe, "tests that widgets can be used by everybody", "", "", ""),
    "openssl": Kind(find_openssl, "certificates, in lesson 9", "openssl", "openssl", "FireDaemon.OpenSSL"),
    "browser": Kind(find_browser, "tests that drive a browser", "chromium", "chromium", "Google.Chrome"),
    "tshark": Kind(find_tshark, "captures, lesson 2", "tshark", "wireshark", "WiresharkFoundation.Wireshark"),
    "ss": Kind(find_ss, "a list of all sockets, in lesson 2", "iproute2", "", ""),
}


def how_to_install(name: str) -> str:
    """What to type on this system to get a peer; "" where there is no way."""
    kind = KINDS[name]
    if name in ("node-ws", "axe"):
        return "python3 -m classroom.peers" if find_node() else how_to_install("node")
    if sys.platform == "win32":
        return f"winget install {kind.winget}" if kind.winget else ""
    if sys.platform == "darwin":
        return f"brew install {kind.brew}" if kind.brew else ""
    sudo = "" if getattr(os, "geteuid", lambda: 1)() == 0 else "sudo "
    managers = {"apt-get": "apt-get install", "dnf": "dnf install", "pacman": "pacman -S", "apk": "apk add"}
    words = next((words for manager, words in managers.items() if shutil.which(manager)), "apt-get install")
    return f"{sudo}{words} {kind.apt}"


def require_peer(name: str) -> Peer:
    """The peer of this name.

    Arguments:
        name: a key of KINDS.

    Raises:
        MissingPeer: it isn't there.
    """
    peer = KINDS[name].find()
    if peer is None:
        raise MissingPeer(f"{name} is missing ({KINDS[name].needs}). To get it: {how_to_install(name)}")
    return peer


# The Node peers


def install_node_peers() -> Peer:
    """Install the pinned Node packages of tests/peers into .peers/, once.

    Raises:
        MissingPeer: there is no Node, or npm failed.
    """
    require_peer("node")
    npm = shutil.which("npm")
    if npm is None:
        raise MissingPeer(f"npm is missing. To get it: {how_to_install('node')}")
    with only_one(ROOT / ".peers.lock", print):
        if not _node_peers_are_current():
            _run_npm(npm)
    return require_peer("node-ws")


def _node_peers_are_current() -> bool:
    asked, has = (folder / "package-lock.json" for folder in (TESTS / "peers", NODE_PEERS))
    return has.exists() and has.read_bytes() == asked.read_bytes() and all((find_node_ws(), find_axe()))


def _run_npm(npm: str) -> None:
    NODE_PEERS.mkdir(exist_ok=True)
    for name in ("package.json", ".npmrc", "package-lock.json"):
        shutil.copyfile(TESTS / "peers" / name, NODE_PEERS / name)
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=NODE_PEERS, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace",
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-600:]
        raise MissingPeer(f"npm could not install the Node packages:\n{said}")


def main() -> int:
    """Install the Node peers, and say how that went."""
    try:
        peer = install_node_peers()
    except (MissingPeer, SetUpError) as error:
        print(error, file=sys.stderr)
        return 1
    axe = require_peer("axe")
    print(f"ws {peer.version} and axe-core {axe.version} are installed in {NODE_PEERS.name}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
