"""`python -m minews serve` and `connect`: as processes, against each other and against programs of others."""

from __future__ import annotations

import contextlib
import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect as websockets_connect

import minews.__main__ as command
from classroom.places import ROOT
from minews import ProtocolError, decode_payload_len, listen_on
from minews.opening import ServerOptions
from minews.sync import SyncConnection, connect, serve
from minews.tls import client_tls_context, server_tls_context
from tests.minews.talks import CODES, ECHO_CLIENT, ECHO_SERVER, SIZES, exchange, node, websockets_server

PATIENCE = 30  # seconds, until a test that hangs fails
CERTIFICATE = str(Path(__file__).with_name("localhost.pem"))  # and its key; for localhost and 127.0.0.1
SERVERS = [["serve"], ["serve", "--sync"]]


NEEDS_SHELL = pytest.mark.skipif(
    sys.platform == "win32", reason="there, no shell closes what a program begins with"
)


def start(*words, **options):
    """Start a process of `python -m minews`."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    arguments = [sys.executable, "-m", "minews", *words]
    return subprocess.Popen(arguments, env=environment, text=True, encoding="utf-8", **pipes | options)


def run_in_shell(redirections, *words):
    """Run a command as a process that a shell redirects; return its exit code, stdout and stderr."""
    arguments = ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, "-m", "minews", *words]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout, done.stderr


@contextlib.contextmanager
def serving(*words):
    """Run a server in a process; give it and its URL. Afterwards SIGTERM must end it without an error."""
    with start(*words) as process:
        try:
            first = process.stdout.readline()
            match = re.fullmatch(r"listening on (wss?://127\.0\.0\.1:\d+/)\n", first)
            assert match, first
            yield process, match[1]
            process.terminate()
            said = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    if sys.platform != "win32":  # where terminate() does not ask
        assert (process.returncode, said) == (0, ("", ""))


def run(*words, lines="", encoding="utf-8"):
    """Run a command here, with lines on its input; return its exit code."""
    kept, (source, sink) = os.dup(0), os.pipe()
    try:
        os.dup2(source, 0)
        os.write(sink, lines.encode(encoding))
        os.close(sink)
        return command.main(list(words))
    finally:
        os.dup2(kept, 0)
        os.close(kept)
        os.close(source)


@pytest.fixture
def told(capsys):
    """What a command printed here: a function that gives the lines of stdout, and those of stderr."""

    def read():
        said = capsys.readouterr()
        return said.out.splitlines(), said.err.splitlines()

    return read


@contextlib.contextmanager
def answering(handler, **options):
    with serve(handler, **options) as server:
        yield server.url()


def echo(conn):
    for message in conn:
        conn.send(message)


class TestServeAsAProcess:
    @pytest.mark.parametrize("words", SERVERS, ids=" ".join)
    def test_it_says_where_it_listens_sends_back_and_says_goodbye(self, words):
        with serving(*words) as (process, url), websockets_connect(url, proxy=None) as client:
            exchange(client)
            process.send_signal(signal.SIGINT if sys.platform != "win32" else signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as caught:
                client.recv(PATIENCE)
            assert sys.platform == "win32" or caught.value.rcvd.code == 1001
            process.wait(PATIENCE)

    @pytest.mark.peer("node", "node-ws")
    @pytest.mark.parametrize("words", SERVERS, ids=" ".join)
    def test_npm_ws_gets_back_what_it_sends_deflated(self, words):
        with serving(*words, "--deflate") as (_, url):
            arguments = node(ECHO_CLIENT, url, json.dumps(SIZES), json.dumps(CODES))
            done = subprocess.run(arguments, capture_output=True, timeout=PATIENCE, check=True)
        said = json.loads(done.stdout)
        assert said == {"echoed": 2 * len(SIZES), "pong": "ff00", "codes": [1000, *CODES]}

    @pytest.mark.parametrize("words", SERVERS, ids=" ".join)
    def test_it_takes_all_its_options(self, words):
        files = "--tls", CERTIFICATE, CERTIFICATE
        limits = "--max-size", "100", "--origin", "https://a.example", "--origin", "https://b.example"
        tls = client_tls_context(CERTIFICATE)
        with serving(*words, *files, *limits, "--deflate") as (_, url):
            assert url.startswith("wss://")
            with websockets_connect(url, proxy=None, ssl=tls, origin="https://b.example") as client:
                assert [extension.name for extension in client.protocol.extensions] == ["permessage-deflate"]
                client.send("a" * 100)
                assert client.recv(PATIENCE) == "a" * 100
                client.send("a" * 101)
                with pytest.raises(ConnectionClosed) as caught:
                    client.recv(PATIENCE)
                assert caught.value.rcvd.code == 1009
            with pytest.raises(InvalidStatus) as refused:
                websockets_connect(url, proxy=None, ssl=tls, origin="https://c.example")
            assert refused.value.response.status_code == 403

    @pytest.mark.parametrize("words", SERVERS, ids=" ".join)
    def test_who_does_not_read_where_it_listens_ends_it_without_a_word(self, words):
        source, sink = os.pipe()
        os.close(source)
        with start(*words, stdout=sink) as process:
            os.close(sink)
            assert process.wait(PATIENCE) == 1
            assert process.stderr.read() == ""


class TestConnectAsAProcess:
    @pytest.mark.parametrize("words", SERVERS, ids=" ".join)
    def test_lines_from_a_pipe_come_back(self, words):
        lines = "".join(f"line {number} é€\n" for number in range(200))
        with serving(*words, "--deflate") as (_, url), start("connect", url, "--deflate") as client:
            client.stdin.write(lines)
            client.stdin.flush()
            assert "".join(client.stdout.readline() for _ in range(200)) == lines
            assert client.communicate(timeout=PATIENCE) == ("", "closed with 1000\n")
        assert client.returncode == 0

    @pytest.mark.peer("node", "node-ws")
    def test_it_talks_with_npm_ws(self):
        with subprocess.Popen(node(ECHO_SERVER), stdout=subprocess.PIPE, text=True) as server:
            try:
                url = f"ws://127.0.0.1:{int(server.stdout.readline())}/"
                with start("connect", url) as client:
                    said = client.communicate("Hello\n3000\n", timeout=PATIENCE)
            finally:
                server.terminate()
        assert "Hello" in said[0].splitlines()
        assert (said[1], client.returncode) == ("closed with 3000 bye\n", 1)

    @pytest.mark.skipif(sys.platform == "win32", reason="there, a process can't be sent Ctrl-C alone")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_ctrl_c_says_goodbye(self, number):
        codes = []

        def handler(websocket):
            websocket.send("Hello")
            with contextlib.suppress(ConnectionClosed):
                websocket.recv(PATIENCE)
            codes.append(websocket.protocol.close_rcvd.code)

        with websockets_server(handler) as url, start("connect", url) as client:
            assert client.stdout.readline() == "Hello\n"
            client.send_signal(number)
            assert client.wait(PATIENCE) == 0
            assert client.stderr.read() == "closed with 1000\n"
        assert codes == [1000]

    @NEEDS_SHELL
    @pytest.mark.parametrize("words", [["connect", "URL"], ["connect", "URL", "--trace"]], ids=" ".join)
    @pytest.mark.parametrize("redirections", [">&-", "2>&-", ">&- 2>&-"])
    def test_what_is_closed_is_not_written_to(self, redirections, words):
        with answering(lambda conn: conn.send("Hello")) as url:
            code, out, errors = run_in_shell(
                redirections, *[url if word == "URL" else word for word in words]
            )
        assert (code, out) == (0, "" if redirections.startswith(">") else "Hello\n")
        assert errors.splitlines()[-1:] == ([] if "2" in redirections else ["closed with 1000"])
        assert "Traceback" not in errors

    def test_who_does_not_read_on_ends_it_without_a_word(self):
        codes = []

        def send_on(conn):
            conn.send("Hello")
            if conn.recv(PATIENCE):
                conn.send("Hello again")
            codes.append(list(conn) or conn.close_code)

        with answering(send_on) as url, start("connect", url) as client:
            assert client.stdout.readline() == "Hello\n"
            client.stdout.close()
            client.stdin.write("go on\n")
            client.stdin.flush()
            assert client.wait(PATIENCE) == 1
            assert client.stderr.read() == ""
        assert codes == [1000]

    @NEEDS_SHELL
    def test_a_closed_stdin_is_an_empty_one(self):
        with answering(echo) as url:
            done = run_in_shell("<&-", "connect", url)
        assert done == (0, "", "closed with 1000\n")

    def test_a_server_that_leaves_is_no_reason_to_wait_for_another_line(self):
        with answering(lambda conn: conn.send("bye")) as url, start("connect", url) as client:
            assert client.wait(PATIENCE) == 0
            assert (client.stdout.read(), client.stderr.read()) == ("bye\n", "closed with 1000\n")


class TestServeHere:
    @pytest.mark.parametrize("words", SERVERS, ids=" ".join)
    def test_a_signal_ends_it(self, words, monkeypatch, told):
        codes, threads = [], []

        def talk(url):
            with connect(url) as conn:
                conn.send("Hello")
                assert conn.recv(PATIENCE) == "Hello"
                signal.raise_signal(signal.SIGTERM)
                list(conn)
            codes.append(conn.close_code)

        def announce(server, host):
            announced(server, host)
            threads.append(threading.Thread(target=talk, args=(server.url(),)))
            threads[0].start()

        announced = command._announce
        monkeypatch.setattr(command, "_announce", announce)
        before = signal.getsignal(signal.SIGTERM)
        assert run(*words, "--max-size", "1000") == 0
        threads[0].join(PATIENCE)
        assert codes == [1001]
        assert signal.getsignal(signal.SIGTERM) is before
        (first,), errors = told()
        assert re.fullmatch(r"listening on ws://127\.0\.0\.1:\d+/", first)
        assert errors == []

    def test_an_ipv6_address_stands_in_brackets(self, told):
        class Server:
            def url(self, host):
                return f"ws://{host}:1/"

        command._announce(Server(), "::1")
        assert told()[0] == ["listening on ws://[::1]:1/"]

    def test_addresses_of_one_name_that_get_different_ports_are_all_told(self, monkeypatch, told):
        def two_addresses(host, port, *_, **__):  # which are one, so that every machine has them
            kind = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
            return [(*kind, name, ("127.0.0.1", port or 0)) for name in ("", "localhost")]

        def look(server, host):
            announced(server, host)
            signal.raise_signal(signal.SIGTERM)

        announced = command._announce
        monkeypatch.setattr(command, "_announce", look)
        monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
        assert run("serve", "--host", "localhost") == 0
        lines = told()[0]
        assert len(set(lines)) == 2
        assert all(re.fullmatch(r"listening on ws://127\.0\.0\.1:[1-9]\d*/", line) for line in lines)

    def test_a_port_that_is_taken_is_one_line(self, told):
        with listen_on(0) as taken:
            assert run("serve", "--port", str(taken.getsockname()[1])) == 1
        out, errors = told()
        assert (out, len(errors)) == ([], 1)

    def test_files_without_a_certificate_are_one_line(self, told):
        assert run("serve", "--tls", "nothing.pem", CERTIFICATE) == 1
        assert told() == ([], ["--tls nothing.pem: No such file or directory"])
        assert run("serve", "--tls", CERTIFICATE, "nothing.key") == 1
        assert told() == ([], ["--tls nothing.key: No such file or directory"])

    def test_files_that_do_not_fit_are_both_named(self, told, work_folder):
        empty = work_folder / "empty.pem"
        empty.touch()
        for files in [(str(empty), CERTIFICATE), (CERTIFICATE, str(empty))]:
            assert run("serve", "--tls", *files) == 1
            (line,) = told()[1]
            assert line.startswith(f"--tls {files[0]} {files[1]}: no certificate with its key: ")

    @pytest.mark.parametrize("words", SERVERS, ids=" ".join)
    @pytest.mark.parametrize(
        ("host", "why"),
        [
            ("nosuch.invalid", ""),
            ("a..b", "no host can have such a name"),
            ("a" * 64, "no host can have such a name"),
        ],
    )
    def test_a_host_that_is_none_is_named(self, words, host, why, told):
        assert run(*words, "--host", host) == 1
        out, (line,) = told()
        assert out == [] and line.startswith(f"--host {host}: ") and why in line

    @pytest.mark.parametrize(
        "words", [["serve", "--host", ""], ["connect", "wss://a.example/", "--cafile", ""]]
    )
    def test_an_empty_name_is_told_with_the_usage(self, words, told):
        with pytest.raises(SystemExit) as caught:
            run(*words)
        assert caught.value.code == 2
        assert told()[1][-1].endswith(f"argument {words[-2]}: it must not be empty")

    @pytest.mark.parametrize("words", [["--port", "70000"], ["--port", "-1"], ["--max-size", "a"]])
    def test_a_number_that_is_none_is_told_with_the_usage(self, words, told):
        with pytest.raises(SystemExit) as caught:
            run("serve", *words)
        assert caught.value.code == 2
        assert words[0] in told()[1][-1]

    def test_it_is_a_module_to_run(self, monkeypatch, told):
        monkeypatch.setattr(sys, "argv", ["minews", "connect", "http://example.com/"])
        monkeypatch.delitem(sys.modules, "minews.__main__")
        with pytest.raises(SystemExit) as caught:
            runpy.run_module("minews", run_name="__main__")
        assert caught.value.code == 1


class TestConnectHere:
    def test_no_answer_on_its_way_is_lost_at_the_end_of_the_input(self, told):
        def answer_late(conn):
            messages = conn.recv(), conn.recv()
            threading.Event().wait(0.2)
            for message in messages:
                conn.send(message.upper())

        with answering(answer_late) as url:
            assert run("connect", url, "--linger", str(PATIENCE), lines="a\nb\n") == 0
        assert told() == (["A", "B"], ["closed with 1000"])

    def test_who_does_not_want_to_wait_says_so(self, told):
        with answering(lambda conn: list(conn)) as url:
            assert run("connect", url, "--linger", "0", lines="a\n") == 0
        assert told() == ([], ["closed with 1000"])

    def test_a_server_that_does_not_stop_does_not_make_it_wait_longer(self, told):
        def tick(conn):
            with contextlib.suppress(EOFError):
                for _ in range(PATIENCE * 20):
                    conn.send("tick")
                    with contextlib.suppress(TimeoutError):
                        conn.recv(0.05)

        with answering(tick) as url:
            assert run("connect", url, "--linger", "0.3", lines="a\n") == 0
        ticks, errors = told()
        assert 0 < len(ticks) < PATIENCE * 20 and errors == ["closed with 1000"]

    @pytest.mark.parametrize("word", ["nan", "inf", "-1", "1e999", "soon"])
    def test_a_time_to_wait_that_is_none_is_told_with_the_usage(self, word, told):
        with pytest.raises(SystemExit) as caught:
            run("connect", "ws://a.example/", f"--linger={word}")
        assert caught.value.code == 2
        assert told()[1][-1].endswith(f"argument --linger: not a number of seconds: '{word}'")

    def test_bytes_that_are_not_text_do_not_stop_it(self, told):
        with answering(echo) as url:
            assert run("connect", url, lines="\xff\r\n", encoding="latin-1") == 0
        assert told()[0] == ["\N{REPLACEMENT CHARACTER}"]

    def test_a_trace_that_nobody_reads_stops_nothing(self, monkeypatch, told):
        source, sink = os.pipe()
        os.close(source)
        with os.fdopen(sink, "w") as unread, answering(echo) as url:
            monkeypatch.setattr(sys, "stderr", unread)
            assert run("connect", url, "--trace", lines="Hello\n") == 0
        assert told()[0] == ["Hello"]

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a file that is always full")
    def test_an_output_that_takes_no_more_is_one_line(self, monkeypatch, told):
        with open("/dev/full", "w") as full, answering(lambda conn: conn.send("Hello")) as url:
            monkeypatch.setattr(sys, "stdout", full)
            assert run("connect", url) == 1
        assert told()[1] == ["stdout: No space left on device"]

    def test_lines_end_with_lf_or_cr_lf_and_a_lone_cr_is_text(self, told):
        with answering(lambda conn: conn.send(repr([conn.recv() for _ in range(4)]))) as url:
            assert run("connect", url, "--linger", str(PATIENCE), lines="a\rb\n\r\nc\r\r\nd\r") == 0
        assert told()[0] == [repr(["a\rb", "", "c\r", "d\r"])]

    @pytest.mark.parametrize(
        ("encoding", "lines", "why"), [("utf-16", "abc\n", "UTF-16"), ("utf-7", "+2AA-\n", "surrogate")]
    )
    def test_an_input_that_is_no_text_ends_it_in_one_line(self, encoding, lines, why, monkeypatch, told):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(encoding=encoding))
        with answering(lambda conn: conn.recv(PATIENCE)) as url:
            assert run("connect", url, lines=lines) == 1
        out, (line,) = told()
        assert out == [] and line.startswith("stdin: ") and why in line

    def test_an_input_that_can_not_be_read_ends_it_in_one_line(self, monkeypatch, told):
        def fail(*_, **__):
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(command, "open", fail, raising=False)
        with answering(lambda conn: conn.recv(PATIENCE)) as url:
            assert run("connect", url) == 1
        assert told() == ([], ["stdin: Input/output error"])

    def test_without_an_input_there_is_nothing_to_send(self, monkeypatch, told):
        monkeypatch.setattr(sys, "stdin", None)
        with answering(echo) as url:
            assert run("connect", url, lines="Hello\n") == 0
        assert told() == ([], ["closed with 1000"])

    def test_what_is_for_a_stderr_that_is_closed_is_told_nowhere(self, monkeypatch, told):
        monkeypatch.setattr(sys, "stderr", None)
        assert run("connect", "http://a.example/") == 1
        monkeypatch.undo()
        assert told() == ([], [])

    def test_nothing_is_said_of_an_output_that_nobody_reads(self, monkeypatch, told):
        def fail(message):
            raise command._Trouble("")

        monkeypatch.setattr(command, "_show", fail)
        with answering(echo) as url:
            assert run("connect", url, lines="Hello\n") == 1
        assert told() == ([], [])

    def test_no_more_is_sent_once_the_connection_has_ended(self, monkeypatch, told):
        def fail(conn, message):
            sent.append(message)
            raise EOFError

        sent = []
        monkeypatch.setattr(SyncConnection, "send", fail)
        with answering(list) as url:
            assert run("connect", url, lines="one\ntwo\n") == 0
        assert (sent, told()) == (["one"], ([], ["closed with 1000"]))

    def test_binary_answers_are_shown_as_hex(self, told):
        with answering(lambda conn: conn.send(bytes(range(40)))) as url:
            assert run("connect", url) == 0
        assert told()[0] == [bytes(range(40)).hex(" ")]

    def test_every_frame_is_shown_and_compressed_ones_are_marked(self, told):
        options = ServerOptions(deflate=True, subprotocols=["chat"])
        words = "--trace", "--deflate", "--subprotocol", "chat"
        with answering(echo, options=options) as url:
            assert run("connect", url, *words, lines="Hi\n" + "Hello " * 100 + "\n") == 0
        _, lines = told()
        for arrow, key in [(">", " key [0-9a-f]{8}"), ("<", "")]:
            frame = rf"{arrow} TEXT \[FIN RSV1\]{key} \d+ bytes of deflate: [0-9a-f ]+"
            assert [line for line in lines if re.fullmatch(frame, line)]
        assert re.fullmatch(r"> CLOSE \[FIN\] key [0-9a-f]{8} 2 bytes: 03 e8", lines[-3])
        assert lines[-2:] == ["< CLOSE [FIN] 2 bytes: 03 e8", "closed with 1000"]

    def test_a_frame_that_breaks_a_rule_is_shown_or_said_to_be_none(self, told):
        tracer = command._Tracer()
        with pytest.raises(ProtocolError) as wrong:
            decode_payload_len(b"\x7e\x00\x01")
        tracer.show("received", b"\x8b\x00\x82\x7e\x00\x01a")
        tracer.show("sent", b"\x82\x28" + bytes(40))
        shown = " ".join(["00"] * 32)
        assert told()[1] == [
            "< opcode 0xb [FIN] 0 bytes",
            f"< {wrong.value}",
            f"> BINARY [FIN] 40 bytes: {shown} ...",
        ]

    def test_a_connection_that_is_lost_is_one_line(self, told):
        with answering(lambda conn: conn.abort()) as url:
            assert run("connect", url) == 1
        assert told() == ([], ["the connection is lost"])

    def test_a_server_that_says_why_it_ends_is_quoted(self, told):
        with answering(lambda conn: conn.close(1008, "not \x1b[2J you")) as url:
            assert run("connect", url) == 1
        assert told() == ([], ["closed with 1008 not \\x1b[2J you"])

    def test_a_refusal_is_one_line(self, told):
        with answering(echo, options=ServerOptions(resource_names=[])) as url:
            assert run("connect", url) == 1
            assert told()[1] == [f"{url}: 404 the server answered 404 Not Found, not 101"]

    def test_a_server_that_is_not_there_is_one_line(self, told):
        with listen_on(0) as free:
            url = f"ws://127.0.0.1:{free.getsockname()[1]}/"
        assert run("connect", url) == 1
        (line,) = told()[1]
        assert line.startswith(f"{url}: ") and "refused" in line

    def test_what_is_no_url_is_one_line(self, told):
        assert run("connect", "http://example.com/") == 1
        assert told() == ([], ["http://example.com/: not a ws or wss URL: 'http://example.com/'"])

    def test_a_server_that_is_none_is_one_line(self, told):
        with listen_on(0) as listener:
            url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
            thread = threading.Thread(target=lambda: listener.accept()[0].close())
            thread.start()
            assert run("connect", url) == 1
            thread.join(PATIENCE)
        assert len(told()[1]) == 1

    def test_what_goes_wrong_with_tls_is_explained(self, told):
        tls = server_tls_context(CERTIFICATE, CERTIFICATE)
        with answering(echo, tls=tls) as url:
            assert run("connect", url) == 1
            assert "--cafile" in told()[1][0]
            assert run("connect", url, "--cafile", CERTIFICATE, lines="Hello\n") == 0
            assert told()[0] == ["Hello"]

    def test_a_file_that_names_nobody_to_trust_is_named(self, told, work_folder):
        url, empty = "wss://127.0.0.1:1/", work_folder / "empty.pem"
        assert run("connect", url, "--cafile", "nothing.pem") == 1
        assert told() == ([], ["--cafile nothing.pem: No such file or directory"])
        empty.touch()
        assert run("connect", url, "--cafile", str(empty)) == 1
        (line,) = told()[1]
        assert line.startswith(f"--cafile {empty}: no certificate: ")

    def test_certificates_are_for_wss(self, told):
        with answering(echo) as url:
            assert run("connect", url, "--cafile", CERTIFICATE) == 1
        assert told() == ([], [f"{url}: --cafile is for wss, not ws"])

    @pytest.mark.parametrize("url", ["ws://a..b/", "wss://a..b:1/", f"ws://{'a' * 64}/"])
    def test_what_is_no_name_of_a_host_is_one_line(self, url, told):
        assert run("connect", url) == 1
        out, (line,) = told()
        assert out == [] and line.startswith(f"{url}: no host can have the name 'a")

    @pytest.mark.parametrize("name", ["", "user:word@"])
    def test_a_proxy_that_is_not_there_is_named_without_its_password(self, name, told):
        with listen_on(0) as free:
            proxy = f"127.0.0.1:{free.getsockname()[1]}"
        assert run("connect", "ws://a.example/", "--proxy", f"http://{name}{proxy}") == 1
        (line,) = told()[1]
        assert line.startswith(f"ws://a.example/ through the proxy http://{proxy}: ") and "refused" in line

    def test_a_proxy_that_is_none_is_one_line(self, told):
        assert run("connect", "ws://a.example/", "--proxy", "socks5://127.0.0.1") == 1
        assert "http://proxy.example" in told()[1][0]

    def test_ctrl_c_before_there_is_a_connection_ends_it(self, monkeypatch):
        def interrupt(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(command.sync, "connect", interrupt)
        assert run("connect", "ws://a.example/") == 0

    def test_a_signal_ends_it(self, told):
        def interrupt(conn):
            assert conn.recv() == "Hello"
            signal.raise_signal(signal.SIGTERM)
            codes.append(list(conn) or conn.close_code)

        codes = []
        with answering(interrupt) as url:
            assert run("connect", url, "--linger", str(PATIENCE), lines="Hello\n") == 0
        assert codes == [1000]

    def test_a_terminal_is_shown_no_control_characters(self, monkeypatch, told):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        command._show("a\x1b[2J\x9b\tb\x00")
        assert told()[0] == ["a\\x1b[2J\\x9b\tb\\x00"]

    def test_stdout_may_be_something_else(self, monkeypatch):
        monkeypatch.setattr(sys, "stdout", object())
        assert run("connect", "nothing") == 1
