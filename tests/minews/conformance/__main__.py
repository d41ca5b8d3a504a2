"""Judge any endpoint that sends messages back, and print a table.

python -m tests.minews.conformance ws://127.0.0.1:9001/     a server
python -m tests.minews.conformance --listen                 a client, which connects until it gets 410
"""

from __future__ import annotations

import argparse
import json
import ssl
import sys
from collections.abc import Sequence

from minews.tls import server_tls_context
from tests.minews.conformance.cases import choose, choose_openings
from tests.minews.conformance.driver import PATIENCE, Listener, judge_server
from tests.minews.conformance.judge import Result
from tests.minews.conformance.report import write_table


def main(words: Sequence[str] | None = None) -> int:
    """Run the cases; return 0 if none failed, 1 if one did, 2 if the endpoint is not there."""
    arguments = parse(words)
    cases = [*choose_openings(arguments.only), *choose(arguments.only, slow=not arguments.quick)]
    try:
        results = judge_client(arguments, cases) if arguments.url is None else judge_url(arguments, cases)
    except OSError as error:
        print(f"nobody to judge: {error}", file=sys.stderr)
        return 2
    if arguments.json:
        json.dump([result.as_json() for result in results], sys.stdout, indent=1)
    else:
        print(write_table(results, arguments.verbose))
    return int(any(result.verdict == "fail" for result in results))


def judge_url(arguments: argparse.Namespace, cases: list) -> list[Result]:
    tls = ssl.create_default_context(cafile=arguments.cafile) if arguments.cafile else None
    return judge_server(arguments.url, cases, tls=tls, patience=arguments.patience, at_once=arguments.at_once)


def judge_client(arguments: argparse.Namespace, cases: list) -> list[Result]:
    host, _, port = arguments.listen.rpartition(":")
    tls = server_tls_context(*arguments.tls) if arguments.tls else None
    listener = Listener(
        cases, host=host or "127.0.0.1", port=int(port or 0), tls=tls, patience=arguments.patience
    )
    print(f"listening on {listener.url}", file=sys.stderr, flush=True)
    return list(listener.judge())


def parse(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.minews.conformance", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    endpoint = parser.add_mutually_exclusive_group(required=True)
    endpoint.add_argument("url", nargs="?", help="of a server that sends messages back")
    endpoint.add_argument(
        "--listen", nargs="?", const=":0", metavar="HOST:PORT", help="wait for a client that does"
    )
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="such as 6 or 6.4")
    parser.add_argument("--quick", action="store_true", help="leave the large messages out")
    parser.add_argument("--json", action="store_true", help="print every case as JSON")
    parser.add_argument("--verbose", action="store_true", help="show what was said in each case")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds for one case")
    parser.add_argument("--at-once", type=int, default=1, help="cases that run at the same time")
    parser.add_argument("--cafile", help="certificates to trust, for a wss URL")
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"), help="listen with TLS")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
