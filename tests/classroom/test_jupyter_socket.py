"""The WebSocket of a kernel: found where there is a Jupyter server, lent for a moment where there is none."""

from __future__ import annotations

import json

import psutil

from classroom.jupyter_socket import KernelSocket, find_own_kernel, kernel_socket, write_request
from minews import BlockingClient

ASK = "from classroom.jupyter_socket import find_own_kernel; print(find_own_kernel())"


def test_a_kernel_is_lent_talks_over_its_websocket_finds_that_by_itself_and_leaves_nothing():
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    assert find_own_kernel() is None, "no kernel runs the tests"
    with kernel_socket() as kernel:
        assert not kernel.is_own
        client = BlockingClient(timeout=20)
        client.connect(kernel.url)
        client.send(write_request("kernel_info_request", channel="control"))
        client.send(write_request("execute_request", {"code": ASK}))
        heard = {}
        while not {"kernel_info_reply", "execute_reply", "stream"} <= set(heard):
            message = json.loads(client.recv())
            heard[message["msg_type"]] = message["content"]
        assert client.close() == 1000
    assert heard["kernel_info_reply"]["status"] == heard["execute_reply"]["status"] == "ok"
    assert heard["stream"]["text"].strip() == str(
        KernelSocket(kernel.port, kernel.path, kernel.token, is_own=True)
    ), "seen from the kernel, it is its own"
    after = {child.pid for child in psutil.Process().children(recursive=True)}
    assert after <= before


def test_the_token_is_in_the_url_and_nowhere_else():
    kernel = KernelSocket(8888, "/api/kernels/1/channels", "a/b", is_own=True)
    assert kernel.url == "ws://127.0.0.1:8888/api/kernels/1/channels?token=a%2Fb"
    assert "a/b" not in f"{kernel!r} {kernel}" and "a%2Fb" not in f"{kernel!r} {kernel}"
