"""Correct answers to the exercises of lesson 4 that look different from the reference.

Each must pass every case, and none may be called a mistake: where RFC 6455 leaves something open, they choose
another way than the reference does. The first variant of each exercise is the plain one, from which the third
hint is made.
"""

# ruff: noqa: RUF005, UP031 (people write it so)

import base64
import binascii
import hashlib
import ipaddress
import os
import re
import string
import urllib.parse
from io import BytesIO
from urllib.parse import urlsplit

from classroom.mistakes import variant
from minews.handshake import accept_value
from minews.http import header_tokens
from minews.types import HandshakeError, WsUrl

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


# 4.1 make_key


@variant(
    "4.1",
    blocks=True,
    stray={"twenty-four-bytes": "nonce = random_bytes(24)", "str-of-bytes": "return str(letters)"},
)
def key_one_step_a_line(random_bytes=os.urandom):
    nonce = random_bytes(16)
    letters = base64.b64encode(nonce)
    return letters.decode("ascii")


@variant("4.1")
def through_binascii(random_bytes=os.urandom):
    return binascii.b2a_base64(random_bytes(16), newline=False).decode("ascii")


@variant("4.1")
def encodebytes_stripped(random_bytes=os.urandom):
    nonce = random_bytes(16)
    return str(base64.encodebytes(nonce), "utf-8").strip()


ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


@variant("4.1")
def six_bits_at_a_time(random_bytes=os.urandom):
    number = int.from_bytes(random_bytes(16), "big") << 4  # 132 bits are 22 letters of 6
    return "".join(ALPHABET[number >> shift & 63] for shift in range(126, -1, -6)) + "=="


# 4.2 accept_value


@variant(
    "4.2",
    blocks=True,
    stray={
        "guid-before-key": "text = GUID + key",
        "hexdigest": 'digest = hashlib.sha1(text.encode("ascii")).hexdigest()',
    },
)
def accept_one_step_a_line(key):
    text = key + GUID
    digest = hashlib.sha1(text.encode("ascii")).digest()
    return base64.b64encode(digest).decode("ascii")


@variant("4.2")
def two_updates(key):
    digest = hashlib.new("sha1")
    digest.update(key.encode("utf-8"))
    digest.update(GUID.encode("utf-8"))
    return base64.standard_b64encode(digest.digest()).decode("utf-8")


@variant("4.2")
def bytes_joined(key):
    text = b"".join([bytes(key, "latin-1"), b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"])
    return binascii.b2a_base64(hashlib.sha1(text).digest()).decode()[:-1]


@variant("4.2")
def back_from_hex(key):
    hexadecimal = hashlib.sha1(f"{key}{GUID}".encode()).hexdigest()
    return str(base64.b64encode(bytes.fromhex(hexadecimal)), encoding="ascii")


class Digest:
    def __init__(self, key):
        self.sha1 = hashlib.sha1(key.encode(), usedforsecurity=False)
        self.sha1.update(GUID.encode())

    def __str__(self):
        return base64.b64encode(self.sha1.digest()).decode()


@variant("4.2")
def through_a_class(key):
    return str(Digest(key))


# 4.3 parse_ws_url


@variant(
    "4.3",
    blocks=True,
    stray={
        "secure-for-both": 'secure = parts.scheme.startswith("ws")',
        "empty-resource-name": "name = parts.path",
        "port-in-host": "return WsUrl(secure, parts.netloc, port, name)",
    },
)
def split_then_checked(url):
    for character in url:
        if not "!" <= character <= "~" or character == "#":
            raise ValueError("a character that a WebSocket URL can't have")
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss"):
        raise ValueError("neither ws nor wss")
    if not parts.hostname or parts.username is not None:
        raise ValueError("no host, or a user name")
    secure = parts.scheme == "wss"
    port = parts.port
    if port is None:
        port = 443 if secure else 80
    if port == 0:
        raise ValueError("no port has the number 0")
    name = parts.path or "/"
    if parts.query:
        name += "?" + parts.query
    return WsUrl(secure, parts.hostname, port, name)


@variant("4.3")
def with_urlsplit(url):
    if not url.isascii() or not url.isprintable() or " " in url or "#" in url:
        raise ValueError("a character or a fragment that a WebSocket URL can't have")
    parts = urlsplit(url)
    if parts.scheme not in {"ws", "wss"}:
        raise ValueError(f"{parts.scheme} is neither ws nor wss")
    if parts.username is not None or not parts.hostname:
        raise ValueError("a user name, or no host")
    secure = parts.scheme == "wss"
    port = parts.port
    if port is None:
        port = 443 if secure else 80
    elif port == 0:
        raise ValueError("nothing listens on port 0")
    return WsUrl(
        secure, parts.hostname, port, urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
    )


URL = re.compile(
    r"(?P<scheme>wss?)://(?P<host>\[[0-9a-f:.]+\]|[^][/?#@:\s]+)(:(?P<port>[0-9]{1,5}))?(?P<path>/[^?#\s]*)?(?P<query>\?[^#\s]*)?",
    re.IGNORECASE | re.ASCII,
)


@variant("4.3")
def with_a_pattern(url):
    match = URL.fullmatch(url)
    if not match:
        raise ValueError(url)
    secure = len(match["scheme"]) == 3
    port = int(match["port"] or (443 if secure else 80))
    if port not in range(1, 65536):
        raise ValueError(f"port {port}")
    host = match["host"]
    if host[0] == "[":
        host = ipaddress.ip_address(host[1:-1]).compressed
    return WsUrl(
        secure=secure, host=host, port=port, resource_name=(match["path"] or "/") + (match["query"] or "")
    )


@variant("4.3")
def cut_by_hand(url):
    for character in url:
        if not "!" <= character <= "~" or character in '#"<>\\^`{|}':
            raise ValueError(f"{character!r} in {url!r}")
    scheme, slashes, rest = url.partition("://")
    ports = {"ws": 80, "wss": 443}
    if not slashes or scheme.lower() not in ports:
        raise ValueError(f"not a WebSocket URL: {url}")
    end = min(rest.find(mark) if mark in rest else len(rest) for mark in "/?")
    authority, name = rest[:end], rest[end:]
    if "@" in authority:
        raise ValueError("a user name")
    if authority.startswith("["):
        host, bracket, port = authority[1:].partition("]")
        if not bracket or port[:1] not in ("", ":"):
            raise ValueError("brackets")
        port = port[1:]
    else:
        host, _, port = authority.partition(":")
    if not host:
        raise ValueError("no host")
    number = int(port) if port else ports[scheme.lower()]
    if number < 1 or number > 0xFFFF:
        raise ValueError("port")
    if not name.startswith("/"):
        name = "/" + name
    return WsUrl(scheme.lower() == "wss", host, number, name)


@variant("4.3")
def as_if_it_were_http(url):
    """urlsplit knows http best, so let it read that."""
    if re.search(r"[\x00-\x20\x7f-\uffff#]", url):
        raise ValueError("not a URL")
    lower = url.lower()
    if lower.startswith("wss:"):
        secure, parts = True, urlsplit("https" + url[3:])
    elif lower.startswith("ws:"):
        secure, parts = False, urlsplit("http" + url[2:])
    else:
        raise ValueError("not ws or wss")
    if not parts.netloc or "@" in parts.netloc or not parts.hostname or parts.port == 0:
        raise ValueError("the part between // and the path")
    path = parts.path if parts.path else "/"
    if parts.query:
        path += "?" + parts.query
    return WsUrl(secure, parts.hostname, parts.port or {True: 443, False: 80}[secure], path)


# 4.4 build_client_handshake


@variant(
    "4.4",
    blocks=True,
    stray={
        "default-port-of-the-other-scheme": 'if url.port not in (80, 443):\n    host += f":{url.port}"',
        "subprotocols-joined-with-spaces": "if subprotocols:\n"
        "    lines.append(f\"Sec-WebSocket-Protocol: {' '.join(subprotocols)}\")",
        "missing-blank-line": 'return "\\r\\n".join(lines).encode("ascii")',
    },
)
def request_from_a_list_of_lines(url, key, *, origin=None, subprotocols=()):
    for name in subprotocols:
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ValueError(f"{name!r} is no token")
    if len(set(subprotocols)) < len(subprotocols):
        raise ValueError("a subprotocol is named twice")
    host = url.host
    if ":" in host:
        host = f"[{host}]"
    if url.port != (443 if url.secure else 80):
        host += f":{url.port}"
    lines = [
        f"GET {url.resource_name} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    if origin is not None:
        lines.append(f"Origin: {origin}")
    if subprotocols:
        lines.append(f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}")
    for line in lines:
        if "\r" in line or "\n" in line:
            raise ValueError("a line end inside a line")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def refuse_bad_arguments(url, key, origin, subprotocols):
    separators = set('()<>@,;:\\"/[]?={} \t')
    for name in subprotocols:
        if name == "" or any(letter in separators or not "!" <= letter <= "~" for letter in name):
            raise ValueError(f"{name!r} is no token")
    if len(subprotocols) != len({*subprotocols}):
        raise ValueError("a subprotocol is there twice")
    for text in (url.resource_name, url.host, key, origin or ""):
        if "\r" in text or "\n" in text:
            raise ValueError("a line end")


@variant("4.4")
def f_string_with_the_port_always(url, key, *, origin=None, subprotocols=()):
    refuse_bad_arguments(url, key, origin, subprotocols)
    host = "[" + url.host + "]" if url.host.count(":") else url.host
    head = (
        f"GET {url.resource_name} HTTP/1.1\r\n"
        f"Host: {host}:{url.port}\r\n"
        f"Upgrade: websocket\r\n"
        f"Connection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\n"
        f"Sec-WebSocket-Version: 13\r\n"
    )
    if origin is not None:
        head += f"Origin: {origin}\r\n"
    if len(subprotocols) > 0:
        head += f"Sec-WebSocket-Protocol: {', '.join(subprotocols)}\r\n"
    return (head + "\r\n").encode("ascii")


@variant("4.4")
def dict_in_another_order(url, key, *, origin=None, subprotocols=()):
    refuse_bad_arguments(url, key, origin, subprotocols)
    try:
        ipaddress.IPv6Address(url.host)
        host = f"[{url.host}]"
    except ValueError:
        host = url.host
    if (url.secure, url.port) not in ((True, 443), (False, 80)):
        host += f":{url.port}"
    headers = {
        "sec-websocket-version": "13",
        "sec-websocket-key": key,
        "sec-websocket-protocol": ",".join(subprotocols) or None,
        "origin": origin,
        "connection": "keep-alive, Upgrade",
        "upgrade": "WebSocket",
        "user-agent": "minews",
        "host": host,
    }
    lines = [f"GET {url.resource_name} HTTP/1.1"]
    lines.extend(f"{name}: {value}" for name, value in headers.items() if value is not None)
    return b"".join(line.encode() + b"\r\n" for line in [*lines, ""])


@variant("4.4")
def bytes_from_the_start(url, key, *, origin=None, subprotocols=()):
    refuse_bad_arguments(url, key, origin, subprotocols)
    out = BytesIO()

    def line(*parts):
        for part in parts:
            out.write(part if isinstance(part, bytes) else str(part).encode())
        out.write(b"\r\n")

    line(b"GET ", url.resource_name, b" HTTP/1.1")
    authority = url.host if ":" not in url.host else f"[{url.host}]"
    if url.port in (80, 443) and (url.port == 443) is url.secure:
        line(b"Host:", authority)
    else:
        line(b"Host:", authority, b":", url.port)
    line(b"Connection:upgrade")
    line(b"Upgrade:websocket")
    line(b"Sec-WebSocket-Version:13")
    line(b"Sec-WebSocket-Key:", key)
    if origin is not None:
        line(b"Origin:", origin)
    for name in subprotocols:
        line(b"Sec-WebSocket-Protocol:", name)
    line()
    return out.getvalue()


@variant("4.4")
def percent_template(url, key, *, origin=None, subprotocols=()):
    refuse_bad_arguments(url, key, origin, subprotocols)
    default = (80, 443)[url.secure]
    host = ("[%s]" if ":" in url.host else "%s") % url.host
    optional = "" if origin is None else "Origin: %s\r\n" % origin
    optional += "Sec-WebSocket-Protocol: %s\r\n" % ", ".join(subprotocols) if subprotocols else ""
    return (
        "GET %s HTTP/1.1\r\nHost: %s\r\nPragma: no-cache\r\nCache-Control: no-cache\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
        % (url.resource_name, host if url.port == default else "%s:%d" % (host, url.port), key, optional)
    ).encode()


# 4.5 check_client_handshake


@variant(
    "4.5",
    blocks=True,
    stray={
        "connection-exact-match": 'if headers.get("Connection") != "Upgrade":\n    raise HandshakeError(400)',
        "version-not-offered": 'if headers.get("Sec-WebSocket-Version") != "13":\n'
        "    raise HandshakeError(426)",
        "true-not-the-key": "return True",
    },
)
def row_after_row(request):
    headers = request.headers
    if request.method != "GET":
        raise HandshakeError(405)
    if request.version < "HTTP/1.1":
        raise HandshakeError(400)
    for name in ("Host", "Sec-WebSocket-Version", "Sec-WebSocket-Key"):
        if len(headers.get_all(name)) != 1:
            raise HandshakeError(400)
    if "websocket" not in header_tokens(headers.get_all("Upgrade")):
        raise HandshakeError(426)
    if "upgrade" not in header_tokens(headers.get_all("Connection")):
        raise HandshakeError(400)
    if headers.get("Sec-WebSocket-Version") != "13":
        raise HandshakeError(426, [("Sec-WebSocket-Version", "13")])
    key = headers.get("Sec-WebSocket-Key")
    try:
        nonce = base64.b64decode(key, validate=True)
    except ValueError:
        raise HandshakeError(400) from None
    if len(nonce) != 16:
        raise HandshakeError(400)
    return key


@variant("4.5")
def always_400(request):
    """400 in place of 405 and 426 is allowed; the version that is welcome is named in every refusal."""
    headers = request.headers
    refusal = HandshakeError(400, [("Sec-WebSocket-Version", "13")])
    keys = headers.get_all("Sec-WebSocket-Key")
    try:
        (key,) = keys
        nonce = base64.b64decode(key, validate=True)
    except ValueError:
        raise refusal from None
    right = (
        request.method == "GET"
        and request.version not in ("HTTP/0.9", "HTTP/1.0")
        and len(headers.get_all("host")) == 1
        and "websocket" in header_tokens(headers.get_all("upgrade"))
        and "upgrade" in header_tokens(headers.get_all("connection"))
        and headers.get_all("sec-websocket-version") == ["13"]
        and len(nonce) == 16
    )
    if not right:
        raise refusal
    return key


@variant("4.5")
def table_of_headers(request):
    """A dict of lists, made by hand; tokens, too."""
    fields = {}
    for name, value in request.headers.items():
        fields.setdefault(name.lower(), []).append(value)

    def tokens(name):
        return {token.strip().lower() for value in fields.get(name, []) for token in value.split(",")}

    if request.method != "GET":
        raise HandshakeError(405)
    major, _, minor = request.version.removeprefix("HTTP/").partition(".")
    if (int(major), int(minor)) < (1, 1):
        raise HandshakeError(505)
    for name in ("host", "sec-websocket-key", "sec-websocket-version"):
        if len(fields.get(name, [])) != 1:
            raise HandshakeError(400, reason=f"one {name}, please")
    if "websocket" not in tokens("upgrade"):
        raise HandshakeError(426, [("Upgrade", "websocket")])
    if "upgrade" not in tokens("connection"):
        raise HandshakeError(426, [("Connection", "Upgrade")])
    if fields["sec-websocket-version"][0] != "13":
        raise HandshakeError(426, headers=[("sec-websocket-version", "13")])
    try:
        nonce = binascii.a2b_base64(fields["sec-websocket-key"][0], strict_mode=False)
    except binascii.Error as error:
        raise HandshakeError(400) from error
    key = fields["sec-websocket-key"][0]
    if len(nonce) != 16 or set(key) - set(ALPHABET + "="):
        raise HandshakeError(400)
    return key


@variant("4.5")
def checks_from_a_generator(request):
    """One pass over pairs of (is it wrong, which error)."""
    headers = request.headers
    keys = headers.get_all("Sec-WebSocket-Key")
    versions = headers.get_all("Sec-WebSocket-Version")

    def problems():
        yield len(versions) != 1, HandshakeError(426)
        yield versions[0] not in {"13"}, HandshakeError(426, (("Sec-WebSocket-Version", "13"),), "13, please")
        yield len(keys) != 1, HandshakeError(400)
        yield not re.match(r"^[a-zA-Z0-9+/]{21}[a-zA-Z0-9+/]==\Z", keys[0]), HandshakeError(400)
        yield header_tokens(headers.get_all("Upgrade")).count("websocket") == 0, HandshakeError(400)
        yield header_tokens(headers.get_all("Connection")).count("upgrade") == 0, HandshakeError(400)
        yield request.method != "GET", HandshakeError(501)
        yield request.version not in ("HTTP/1.1", "HTTP/1.2"), HandshakeError(426)
        yield len(headers.get_all("Host")) != 1, HandshakeError(400)

    for wrong, error in problems():
        if wrong:
            raise error
    return keys[0]


class Refused(HandshakeError):
    """An exception of one's own is one of the right class, too."""


@variant("4.5")
def error_of_ones_own(request):
    def need(condition, status=400, *headers):
        if not condition:
            raise Refused(status, headers)

    def only(name):
        values = request.headers.get_all(name)
        need(len(values) == 1)
        return values[0]

    need(request.method == "GET", 405, ("Allow", "GET"))
    need(request.version >= "HTTP/1.1")
    only("Host")
    need("websocket" in header_tokens(request.headers.get_all("Upgrade")), 426)
    need("upgrade" in header_tokens(request.headers.get_all("Connection")))
    need(only("Sec-WebSocket-Version") == "13", 426, ("Sec-WebSocket-Version", "13"))
    key = only("Sec-WebSocket-Key")
    body, padding = key[:-2], key[-2:]
    need(len(body) == 22 and padding == "==" and all(letter in ALPHABET for letter in body))
    return key


# 4.6 choose_subprotocol


@variant(
    "4.6",
    blocks=True,
    stray={"empty-name-for-none": 'return ""', "true-not-the-name": "        return True"},
)
def first_that_both_know(offered, supported):
    for name in offered:
        if name in supported:
            return name
    return None


@variant("4.6")
def servers_order(offered, supported):
    for name in supported:
        if name in offered:
            return name
    return None


@variant("4.6")
def sets_and_min(offered, supported):
    common = set(offered) & set(supported)
    if not common:
        return None
    return min(common, key=list(offered).index)


@variant("4.6")
def filtered_list(offered, supported):
    common = [*filter(supported.__contains__, offered)]
    return common[0] if common else None


@variant("4.6")
def last_of_the_alphabet(offered, supported):
    common = sorted(set(offered).intersection(supported))
    try:
        return common.pop()
    except IndexError:
        return None


@variant("4.6")
def falls_off_the_end(offered, supported):
    index = 0
    while index < len(offered):
        if any(offered[index] == name for name in supported):
            return offered[index]
        index += 1


# 4.7 build_server_handshake


@variant(
    "4.7",
    blocks=True,
    stray={
        "subprotocol-none": 'if subprotocol != "":',
        "missing-blank-line": 'return "\\r\\n".join(lines).encode("ascii")',
    },
)
def answer_from_a_list_of_lines(key, subprotocol=None):
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept_value(key)}",
    ]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    for line in lines:
        if "\r" in line or "\n" in line:
            raise ValueError("a line end inside a line")
    return "\r\n".join([*lines, "", ""]).encode("ascii")


@variant("4.7")
def one_f_string(key, subprotocol=None):
    chosen = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
    return f"""HTTP/1.1 101 Switching Protocols\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Accept: {accept_value(key)}\r
{chosen}\r
""".encode()


@variant("4.7")
def bytes_added_up(key, subprotocol=None):
    response = b"HTTP/1.1 101 \r\n"  # the reason phrase may be empty
    response += b"Sec-WebSocket-Accept:" + accept_value(key).encode() + b"\r\n"
    if subprotocol is not None:
        response += b"Sec-WebSocket-Protocol:" + subprotocol.encode() + b"\r\n"
    response += b"connection:upgrade\r\nupgrade:WebSocket\r\n"
    return response + b"\r\n"


@variant("4.7")
def pairs_joined(key, subprotocol=None):
    pairs = [
        ("Server", "minews"),
        ("Date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("Sec-WebSocket-Protocol", subprotocol),
        ("Connection", "keep-alive, Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Accept", accept_value(key)),
    ]
    lines = ["HTTP/1.1 101 Web Socket Protocol Handshake"]
    lines += [": ".join(pair) for pair in pairs if pair[1]]
    return bytes("".join(map("{}\r\n".format, lines)) + "\r\n", "ascii")


@variant("4.7")
def digest_of_its_own(key, subprotocol=None):
    accept = base64.b64encode(hashlib.sha1(key.encode() + GUID.encode()).digest())
    lines = [b"HTTP/1.1 101 Switching Protocols", b"Upgrade: websocket", b"Connection: Upgrade"]
    lines.append(b"Sec-WebSocket-Accept: %s" % accept)
    if subprotocol is not None:
        lines.append(b"Sec-WebSocket-Protocol: %b" % subprotocol.encode())
    return b"\r\n".join(lines + [b"", b""])


# 4.8 check_server_handshake


@variant(
    "4.8",
    blocks=True,
    stray={
        "connection-exact-match": 'if headers.get("Connection") != "Upgrade":\n'
        "    raise HandshakeError(response.status)",
        "accept-compared-with-the-key": 'if headers.get_all("Sec-WebSocket-Accept") != [key]:\n'
        "    raise HandshakeError(response.status)",
        "true-not-the-subprotocol": "return True",
    },
)
def demand_after_demand(response, key, offered=()):
    headers = response.headers
    if response.status != 101:
        raise HandshakeError(response.status)
    if header_tokens(headers.get_all("Upgrade")) != ["websocket"]:
        raise HandshakeError(response.status)
    if "upgrade" not in header_tokens(headers.get_all("Connection")):
        raise HandshakeError(response.status)
    if headers.get_all("Sec-WebSocket-Accept") != [accept_value(key)]:
        raise HandshakeError(response.status)
    if "Sec-WebSocket-Extensions" in headers:
        raise HandshakeError(response.status)
    names = headers.get_all("Sec-WebSocket-Protocol")
    if not names:
        return None
    if len(names) > 1 or names[0] not in offered:
        raise HandshakeError(response.status)
    return names[0]


@variant("4.8")
def one_condition(response, key, offered=()):
    headers = response.headers
    names = headers.get_all("Sec-WebSocket-Protocol")
    good = (
        response.status == 101
        and headers.get("Upgrade", "").lower() == "websocket"
        and "upgrade" in header_tokens(headers.get_all("Connection"))
        and headers.get_all("Sec-WebSocket-Accept") == [accept_value(key)]
        and headers.get("Sec-WebSocket-Extensions") is None
        and (not names or (len(names) == 1 and names[0] in offered))
    )
    if not good:
        raise HandshakeError(502)
    return names[0] if names else None


@variant("4.8")
def dict_of_lists(response, key, offered=()):
    fields = {}
    for name, value in response.headers.items():
        fields[name.casefold()] = [*fields.get(name.casefold(), []), value.strip()]
    try:
        assert response.status == 101, "the status"
        assert [value.lower() for value in fields["upgrade"]] == ["websocket"], "Upgrade"
        tokens = re.split(r"\s*,\s*", ",".join(fields["connection"]).lower())
        assert "upgrade" in tokens, "Connection"
        (accept,) = fields["sec-websocket-accept"]
        assert accept == accept_value(key), "Sec-WebSocket-Accept"
        assert "sec-websocket-extensions" not in fields, "Sec-WebSocket-Extensions"
        chosen = fields.get("sec-websocket-protocol", [None])
        assert chosen == [None] or (len(chosen) == 1 and chosen[0] in list(offered)), "Sec-WebSocket-Protocol"
    except (AssertionError, KeyError, ValueError) as error:
        raise HandshakeError(response.status, reason=str(error)) from error
    return chosen[0]


@variant("4.8")
def one_check_after_another(response, key, offered=()):
    def fail(reason):
        raise HandshakeError(response.status, (), reason)

    if response.status != 101:
        fail("no 101")
    upgrades = header_tokens(response.headers.get_all("Upgrade"))
    if upgrades != ["websocket"]:
        fail("no Upgrade: websocket")
    if not set(header_tokens(response.headers.get_all("Connection"))).issuperset({"upgrade"}):
        fail("no Connection: Upgrade")
    expected = base64.b64encode(hashlib.sha1(f"{key}{GUID}".encode()).digest()).decode()
    accepts = response.headers.get_all("Sec-WebSocket-Accept")
    if len(accepts) != 1 or accepts[0] != expected:
        fail("the accept value is wrong")
    for name, _ in response.headers.items():
        if name.lower() == "sec-websocket-extensions":
            fail("an extension")
    protocols = response.headers.get_all("Sec-WebSocket-Protocol")
    match protocols:
        case []:
            return None
        case [one] if one in offered:
            return one
        case _:
            fail("a subprotocol that was not offered")


# 4.9 handshake_examples


@variant("4.9", blocks=True)
def one_change_at_a_time():
    # 1 one good head, which every right server accepts
    good = (
        b"GET /chat HTTP/1.1\r\n"
        b"Host: example.com\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n"
        b"\r\n"
    )
    # 2 what may vary: case, lists of tokens, the space behind a colon, unknown headers, spare bits of the key
    accepted = [good, good.replace(b"Connection: Upgrade", b"Connection: keep-alive, Upgrade")]
    accepted.append(good.replace(b"websocket", b"WebSocket"))
    accepted.append(good.replace(b"ZQ==", b"ZX=="))
    accepted.append(good.replace(b"Host: ", b"Host:"))
    accepted.append(good.replace(b"Host", b"X-Unknown: lang=en: Upgrade\r\nHost"))
    # 3 a wrong value in one row of the table of 4.5 after the other
    refused = [good.replace(b"GET", b"POST")]
    refused.append(good.replace(b"HTTP/1.1", b"HTTP/1.0"))
    refused.append(good.replace(b": websocket", b": h2c"))
    refused.append(good.replace(b": Upgrade", b": close"))
    refused.append(good.replace(b": 13", b": 8"))
    # 4 a header that is left out, or there twice
    refused.append(good.replace(b"Host: example.com\r\n", b""))
    refused.append(good.replace(b"Upgrade: websocket\r\n", b""))
    refused.append(good.replace(b"Sec-WebSocket-Version: 13\r\n", b""))
    refused.append(good.replace(b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", b""))
    refused.append(
        good.replace(
            b"Sec-WebSocket-Key", b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Key"
        )
    )
    # 5 the right word in the wrong place: in another header, or as a part of a longer token
    refused.append(good.replace(b": Upgrade", b": not-upgrade"))
    refused.append(good.replace(b": websocket", b": not-websocket"))
    refused.append(good.replace(b"Connection: Upgrade", b"Cookie: Connection: Upgrade"))
    # 6 a wrong key: of another length, and of the right length but no base64, or not of 16 bytes
    refused.append(good.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"c2hvcnQ="))
    refused.append(good.replace(b"dGhlIHNh", b"dGhl!HNh"))
    refused.append(good.replace(b"ZQ==", b"ZQAA"))
    return [(head, True) for head in accepted] + [(head, False) for head in refused]


LINES = (
    b"GET /chat HTTP/1.1",
    b"Host: example.com",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Sec-WebSocket-Version: 13",
)


def head(lines):
    return b"\r\n".join([*lines, b"", b""])


@variant("4.9")
def lines_left_out_and_changed(lines=LINES):
    """Systematic: each line left out, then each line changed in ways that are right and wrong."""
    examples = [(head(lines), True)]
    for number in range(1, len(lines)):
        examples.append((head(lines[:number] + lines[number + 1 :]), False))
    changes = {
        0: [(b"PUT /chat HTTP/1.1", False), (b"GET /chat HTTP/1.0", False)],
        1: [(b"HOST:example.com", True)],
        2: [(b"upgrade: WEBSOCKET", True), (b"Upgrade: websockets", False), (b"Upgrade: h2c", False)],
        3: [
            (b"Connection: keep-alive, Upgrade", True),
            (b"Connection: upgraded", False),
            (b"X-Connection: Upgrade", False),
        ],
        4: [
            (b"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==", True),
            (b"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PECAQ", False),
            (b"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P", False),
            (b"Sec-WebSocket-Key: x", False),
        ],
        5: [(b"Sec-WebSocket-Version: 7", False), (b"Sec-WebSocket-Version: 13\r\nX-New: 1: 2", True)],
    }
    for number, wordings in changes.items():
        for line, accepted in wordings:
            examples.append((head([*lines[:number], line, *lines[number + 1 :]]), accepted))
    examples.append((head([*lines, lines[4]]), False))
    examples.append((head([*lines, lines[5]]), False))
    return examples


@variant("4.9")
def typed_out():
    """Texts as one would write them down, line ends put right at the end."""
    accepted = [
        """
        GET / HTTP/1.1
        Host: a
        Upgrade: websocket
        Connection: Upgrade
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==
        Sec-WebSocket-Version: 13
        """,
        """
        GET / HTTP/1.1
        Host: a:9001
        User-Agent: Mozilla/5.0: Gecko
        Accept-Language: de
        Sec-WebSocket-Version:13
        Origin: http://a
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAB==
        Connection: keep-alive, Upgrade
        Upgrade: WebSocket
        """,
    ]
    good = accepted[0]
    refused = [
        good.replace("GET", "POST"),
        good.replace("HTTP/1.1", "HTTP/1.0"),
        good.replace("Host: a", "Hosts: a"),
        good.replace("Upgrade: websocket", "Upgrade: TLS/1.0"),
        good.replace("Connection: Upgrade", "Connection: close"),
        good.replace("Connection: Upgrade", "Connection: not-upgrade"),
        good.replace("Connection: Upgrade", "Cookie: upgrade"),
        good.replace("Version: 13", "Version: 12"),
        good.replace("Sec-WebSocket-Version: 13", "X-Version: 13"),
        good.replace("AAAAAAAAAAAAAAAAAAAAAA==", "AAAA"),
        good.replace("AAAAAAAAAAAAAAAAAAAAAA==", "!!!!!!!!!!!!!!!!!!!!!!=="),
        good.replace("Sec-WebSocket-Key", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\nSec-WebSocket-Key"),
    ]

    def as_bytes(text):
        return "".join(line.strip() + "\r\n" for line in text.strip().split("\n")).encode() + b"\r\n"

    return [(as_bytes(text), True) for text in accepted] + [(as_bytes(text), False) for text in refused]


class Examples:
    """Built by a class, from changes to one good request."""

    def __init__(self):
        self.found = []

    def add(self, accepted, old=b"", new=b""):
        request = head(LINES)
        assert old in request
        self.found.append((request.replace(old, new, 1) if old else request, accepted))


@variant("4.9")
def built_by_a_class():
    examples = Examples()
    examples.add(True)
    examples.add(True, b"Connection: Upgrade", b"Connection: Keep-Alive, UPGRADE")
    examples.add(True, b"websocket", b"Websocket")
    examples.add(True, b"ZQ==", b"ZX==")
    examples.add(True, b"Host: ", b"Pragma: no-cache\r\nCookie: a=1: b=2\r\nHost:\t")
    for old in (b"Host: example.com\r\n", b"Upgrade: websocket\r\n", b"Sec-WebSocket-Version: 13\r\n"):
        examples.add(False, old, b"")
    examples.add(False, b"GET", b"DELETE")
    examples.add(False, b"1.1", b"1.0")
    examples.add(False, b"Connection: Upgrade", b"Connection: Upgrade2")
    examples.add(False, b"Connection", b"Connections")
    examples.add(False, b": websocket", b": socket")
    examples.add(False, b": 13", b": 14")
    examples.add(False, b"ZQ==", b"ZQ=")
    examples.add(False, b"dGhl", b"d-hl")
    examples.add(False, b"dGhlIHNhbXBsZSBub25jZQ==", b"dGhlIHNhbXBs")
    examples.add(
        False, b"Sec-WebSocket-Key", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key"
    )
    return examples.found
