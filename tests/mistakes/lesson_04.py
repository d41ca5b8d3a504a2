"""Known wrong answers to the exercises of lesson 4, each with a name and a question.

They are code as people write it. What the answers to one exercise have in common stands above them;
`answering.py` cuts an answer out together with the helpers that it needs.
"""

# ruff: noqa: RUF015 (people write it so)

import base64
import binascii
import hashlib
import os
import random
import re
import secrets
import string
import uuid
from urllib.parse import unquote, urlsplit

from classroom.mistakes import mistake
from minews.handshake import accept_value
from minews.http import header_tokens
from minews.types import HandshakeError, WsUrl

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


# 4.1 make_key


@mistake("4.1", "What would somebody see who watches two of your connections?", rfc="4.1")
def client_key_constant(random_bytes=os.urandom):
    return "dGhlIHNhbXBsZSBub25jZQ=="


NONCE = os.urandom(16)


@mistake("4.1", "When does the line run that draws the bytes: for each key, or once?", rfc="4.1", varies=True)
def key_drawn_once(random_bytes=os.urandom):
    return base64.b64encode(NONCE).decode()


@mistake("4.1", "Where in your code is the function that you were given?", rfc="4.1", varies=True)
def random_bytes_ignored(random_bytes=os.urandom):
    return base64.b64encode(os.urandom(16)).decode()


@mistake("4.1", "How many bytes do your 24 letters decode to?", rfc="4.1, RFC 4648 4", varies=True)
def letters_at_random(random_bytes=os.urandom):
    return "".join(random.choices(string.ascii_letters + string.digits, k=24))


@mistake(
    "4.1", "How do the letters of your key differ from those of the RFC's example?", rfc="4.1", varies=True
)
def token_urlsafe(random_bytes=os.urandom):
    return secrets.token_urlsafe(16)


@mistake("4.1", "Which way of writing bytes as text takes 24 letters for 16 bytes?", rfc="4.1, RFC 4648 4")
def key_in_hex(random_bytes=os.urandom):
    return random_bytes(16).hex()


@mistake("4.1", "What type does b64encode return, and what does the header need?", rfc="4.1")
def decode_forgotten(random_bytes=os.urandom):
    return base64.b64encode(random_bytes(16))


@mistake("4.1", "Where do the b and the quotes in your text come from?", rfc="4.1")
def str_of_bytes(random_bytes=os.urandom):
    return str(base64.b64encode(random_bytes(16)))


@mistake("4.1", "Is 24 the number of bytes to draw, or of letters to send?", rfc="4.1")
def twenty_four_bytes(random_bytes=os.urandom):
    return base64.b64encode(random_bytes(24)).decode()


@mistake("4.1", "Your key has 24 letters, so how many bytes are behind it?", rfc="4.1")
def eighteen_bytes(random_bytes=os.urandom):
    # 24 letters of 6 bits each
    return base64.b64encode(random_bytes(24 * 6 // 8)).decode()


@mistake(
    "4.1",
    "What is the last character of your key, as repr shows it?",
    name="encodebytes-newline",
    rfc="4.1, 4.3",
    source="http://stackoverflow.com/questions/12879274",
)
def encodebytes_key(random_bytes=os.urandom):
    return base64.encodebytes(random_bytes(16)).decode()


@mistake(
    "4.1",
    "Which two letters of the base64 that the RFC means differ from yours?",
    name="urlsafe-base64",
    rfc="4.3, RFC 4648 4",
)
def urlsafe_key(random_bytes=os.urandom):
    return base64.urlsafe_b64encode(random_bytes(16)).decode()


@mistake("4.1", "How often do you call random_bytes for one key?", rfc="4.1")
def one_byte_at_a_time(random_bytes=os.urandom):
    nonce = b""
    for _ in range(16):
        nonce += random_bytes(1)
    return base64.b64encode(nonce).decode()


@mistake("4.1", "Do the two = at the end of base64 belong to it?", rfc="4.1, RFC 4648 4")
def padding_stripped(random_bytes=os.urandom):
    return base64.b64encode(random_bytes(16)).decode().rstrip("=")


@mistake("4.1", "What do you put into base64: the 16 bytes, or the letters of a text about them?", rfc="4.1")
def hex_in_base64(random_bytes=os.urandom):
    return base64.b64encode(random_bytes(16).hex().encode()).decode()


@mistake("4.1", "Are 16 random bytes a text in UTF-8?", rfc="4.1", varies=True)
def random_bytes_decoded(random_bytes=os.urandom):
    return random_bytes(16).decode()


# 4.2 accept_value


@mistake(
    "4.2",
    "Both ingredients are there, but which of the two stands first in the text that you hash?",
    rfc="4.2.2, 1.3",
    source="https://github.com/swoole/swoole-src/issues/195",
)
def guid_before_key(key):
    digest = hashlib.sha1((GUID + key).encode()).digest()
    return base64.b64encode(digest).decode()


@mistake("4.2", "How many bytes is a SHA-1 digest, and how many did you put into base64?", rfc="4.2.2")
def hexdigest(key):
    digest = hashlib.sha1((key + GUID).encode()).hexdigest()
    return base64.b64encode(digest.encode()).decode()


@mistake("4.2", "Do you hash the key as the text that came, or something behind it?", rfc="4.2.2")
def key_decoded_first(key):
    digest = hashlib.sha1(base64.b64decode(key) + GUID.encode()).digest()
    return base64.b64encode(digest).decode()


@mistake(
    "4.2",
    "What is the last character of your value, as repr shows it?",
    name="encodebytes-newline",
    rfc="4.2.2, 4.3",
    source="http://stackoverflow.com/questions/12879274",
)
def encodebytes_accept(key):
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return base64.encodebytes(digest).decode()


@mistake(
    "4.2", "Which two letters of the base64 that the RFC means differ from yours?", rfc="4.3, RFC 4648 4"
)
def urlsafe_base64(key):
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()


@mistake(
    "4.2",
    "How would the client, who must compute the same, learn the text that you made up?",
    rfc="1.3, 4.2.2",
    source="https://softwareengineering.stackexchange.com/q/198661",
    varies=True,
)
def guid_generated(key):
    guid = str(uuid.uuid4()).upper()
    digest = hashlib.sha1((key + guid).encode()).digest()
    return base64.b64encode(digest).decode()


@mistake("4.2", "What does your function give for a second key?", rfc="4.2.2")
def constant_accept(key):
    return "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@mistake("4.2", "Your value describes the 20 bytes in letters, but in which notation?", rfc="4.2.2")
def hex_not_base64(key):
    return hashlib.sha1((key + GUID).encode()).hexdigest()


@mistake("4.2", "How many bytes long is your digest, and how many does the RFC's have?", rfc="4.2.2, 10.8")
def sha256_not_sha1(key):
    digest = hashlib.sha256((key + GUID).encode()).digest()
    return base64.b64encode(digest).decode()


@mistake("4.2", "A hash sees every letter: in which case does the RFC print the magic string?", rfc="1.3")
def guid_in_lower_case(key):
    digest = hashlib.sha1((key + GUID.lower()).encode()).digest()
    return base64.b64encode(digest).decode()


@mistake(
    "4.2",
    "Is your magic string, letter by letter, the RFC's?",
    rfc="1.3, 4.2.2",
    source="https://github.com/SAIL-Research-Lab/cheetahclaws/pull/91",
)
def guid_typed_wrong(key):
    guid = "258EAFA5-E914-47DA-95CA-5AB5DC11B735"
    digest = hashlib.sha1((key + guid).encode()).digest()
    return base64.b64encode(digest).decode()


@mistake(
    "4.2", "What is there in your value that only a WebSocket server would know to add?", rfc="1.3, 4.2.2"
)
def guid_forgotten(key):
    digest = hashlib.sha1(key.encode()).digest()
    return base64.b64encode(digest).decode()


@mistake("4.2", "Is the magic string a number that you must decode, or plain text?", rfc="1.3, 4.2.2")
def guid_as_16_bytes(key):
    digest = hashlib.sha1(key.encode() + uuid.UUID(GUID).bytes).digest()
    return base64.b64encode(digest).decode()


@mistake(
    "4.2",
    "Print the text that you hash: is there anything in it besides the key and the magic string?",
    rfc="1.3",
)
def space_between(key):
    digest = hashlib.sha1(f"{key} {GUID}".encode()).digest()
    return base64.b64encode(digest).decode()


@mistake("4.2", "Which comes first in the recipe, the digest or the base64?", rfc="4.2.2")
def base64_before_sha1(key):
    return hashlib.sha1(base64.b64encode((key + GUID).encode())).hexdigest()


@mistake(
    "4.2",
    "What type does b64encode return, and what does the header need?",
    name="decode-forgotten",
    rfc="4.2.2",
)
def accept_as_bytes(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())


@mistake("4.2", "Where do the b and the quotes in your text come from?", name="str-of-bytes", rfc="4.2.2")
def accept_in_quotes(key):
    return str(base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()))


@mistake("4.2", "Which line gives the value to whoever called your function?", rfc="4.2.2")
def return_forgotten(key):
    digest = hashlib.sha1((key + GUID).encode()).digest()
    print(base64.b64encode(digest).decode())


@mistake("4.2", "What does SHA-1 work on, str or bytes, and which of your lines makes those?", rfc="4.2.2")
def text_hashed(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()


@mistake("4.2", "What does hashlib.sha1 give, and how do you get the 20 bytes out of it?", rfc="4.2.2")
def digest_not_called(key):
    return base64.b64encode(hashlib.sha1((key + GUID).encode())).decode()


@mistake("4.2", "Are the 20 bytes of a digest a text, and what turns them into one?", rfc="4.2.2")
def digest_decoded(key):
    return hashlib.sha1((key + GUID).encode()).digest().decode()


@mistake("4.2", "Which line of yours computes a SHA-1 digest?", rfc="4.2.2")
def sha1_forgotten(key):
    return base64.b64encode((key + GUID).encode()).decode()


@mistake("4.2", "Is the key used as it came, or without its = at the end?", rfc="4.2.2")
def padding_stripped_from_the_key(key):
    return base64.b64encode(hashlib.sha1((key.rstrip("=") + GUID).encode()).digest()).decode()


# 4.3 parse_ws_url


def take_apart(url):
    """What most of these get right: whatever must be refused is refused."""
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname or "#" in url or "@" in parts.netloc:
        raise ValueError(url)
    if re.search(r"[^!-~]", url) or parts.port == 0:
        raise ValueError(url)
    return parts


def name_of(parts):
    return (parts.path or "/") + ("?" + parts.query if parts.query else "")


def port_of(parts):
    return parts.port or (443 if parts.scheme == "wss" else 80)


@mistake("4.3", "Which port does https mean when the URL names none, and so which does wss?", rfc="3")
def wrong_default_port(url):
    parts = take_apart(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, parts.port or 80, name_of(parts))


@mistake("4.3", "Your port looks right, but what is its type?", rfc="3")
def port_as_str(url):
    parts = take_apart(url)
    _, _, port = parts.netloc.rpartition("]")[2].partition(":")
    default = "443" if parts.scheme == "wss" else "80"
    return WsUrl(parts.scheme == "wss", parts.hostname, port or default, name_of(parts))


@mistake("4.3", "What does a server know about ?room=1 that only ever sees your resource name?", rfc="3")
def query_lost(url):
    parts = take_apart(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), parts.path or "/")


@mistake("4.3", "What stands between GET and HTTP/1.1 when the path is empty?", rfc="3, 4.1")
def empty_resource_name(url):
    parts = take_apart(url)
    name = parts.path + ("?" + parts.query if parts.query else "")
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name)


@mistake("4.3", "What does your code add to a path when there is no query?", rfc="3")
def question_mark_always(url):
    parts = take_apart(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), f"{parts.path or '/'}?{parts.query}")


@mistake(
    "4.3",
    "What are the brackets around an IPv6 address for, and who needs them no more?",
    rfc="3, RFC 3986 3.2.2",
)
def brackets_kept(url):
    parts = take_apart(url)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return WsUrl(parts.scheme == "wss", host, port_of(parts), name_of(parts))


@mistake("4.3", "How many colons may there be in netloc?", rfc="3, RFC 3986 3.2.2")
def split_at_every_colon(url):
    parts = take_apart(url)
    port = 443 if parts.scheme == "wss" else 80
    host = parts.netloc
    if ":" in host:
        host, port = host.split(":")
    return WsUrl(parts.scheme == "wss", host, int(port), name_of(parts))


@mistake("4.3", "netloc holds two things where you want one: which attributes hold each alone?", rfc="3")
def port_in_host(url):
    parts = take_apart(url)
    return WsUrl(parts.scheme == "wss", parts.netloc.strip("[]"), port_of(parts), name_of(parts))


@mistake("4.3", "Does the server get the path as it is spelled, or as it reads?", rfc="3, 4.1")
def path_unquoted(url):
    parts = take_apart(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), unquote(name_of(parts)))


@mistake("4.3", "Is WSS://example.com another scheme than wss://example.com?", rfc="3, RFC 3986 3.1")
def scheme_case_sensitive(url):
    parts = take_apart(url)
    if not url.startswith(("ws://", "wss://")):
        raise ValueError("not a WebSocket URL")
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts))


@mistake("4.3", "Print secure for ws and for wss: which of the two is True?", rfc="3")
def secure_for_both(url):
    parts = take_apart(url)
    return WsUrl(url.lower().startswith("ws"), parts.hostname, port_of(parts), name_of(parts))


@mistake("4.3", "Which schemes does your code let through, and is wxs one of them?", rfc="3")
def scheme_not_checked(url):
    parts = urlsplit(url)
    if (
        not parts.hostname
        or "#" in url
        or "@" in parts.netloc
        or re.search(r"[^!-~]", url)
        or parts.port == 0
    ):
        raise ValueError(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts))


@mistake("4.3", "The URL has a part that your result has not: may you drop it?", rfc="3")
def fragment_dropped(url):
    parts = take_apart(url.partition("#")[0])
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts))


@mistake("4.3", "What is parts.fragment for a URL that ends in #?", rfc="3")
def empty_fragment_missed(url):
    if urlsplit(url).fragment:
        raise ValueError("a WebSocket URL has no fragment")
    parts = take_apart(url.rstrip("#"))
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts))


@mistake("4.3", "Is port 0 the same as no port?", rfc="3")
def port_0_is_no_port(url):
    parts = take_apart(url.replace(":0/", "/"))
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts))


@mistake("4.3", "How large can a TCP port be?", rfc="3, RFC 9293 3.1")
def port_range_not_checked(url):
    found = re.fullmatch(r"(?i)(wss?)://(\[[^\]]+\]|[^:/?#@\s\[\]]+)(?::(\d+))?(/[^?#\s]*)?(\?[^#\s]*)?", url)
    if not found:
        raise ValueError(url)
    secure = found[1].lower() == "wss"
    port = int(found[3]) if found[3] else 443 if secure else 80
    return WsUrl(secure, found[2].strip("[]"), port, (found[4] or "/") + (found[5] or ""))


@mistake("4.3", "What does find give for a letter that is not there?", rfc="3", loops=True)
def looks_for_a_slash_for_ever(url):
    parts = take_apart(url)
    name = url.partition("//")[2]
    while name.find("/") != 0:
        name = name[name.find("/") :]
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name)


@mistake("4.3", "To whom would the name before the @ go?", rfc="3, RFC 3986 3.2.1")
def user_name_dropped(url):
    before, at, rest = url.partition("@")
    if at and "/" not in before.partition("//")[2]:
        url = before.partition("//")[0] + "//" + rest
    parts = take_apart(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts))


@mistake(
    "4.3",
    "Where in a URL does an @ end a user name, and where is it a plain character?",
    rfc="3, RFC 3986 3.3",
)
def at_sign_anywhere(url):
    if "@" in url:
        raise ValueError("there is a user name")
    parts = take_apart(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts))


@mistake("4.3", "What does urlsplit do with a tab or a line end, and what with a space?", rfc="3, RFC 3986 2")
def urlsplit_lets_it_pass(url):
    parts = urlsplit(url)
    if (
        parts.scheme not in ("ws", "wss")
        or not parts.hostname
        or "#" in url
        or "@" in parts.netloc
        or parts.port == 0
    ):
        raise ValueError(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts))


@mistake("4.3", "Which host does the client call for ws:///chat?", rfc="3, RFC 3986 3.2.2")
def empty_host_accepted(url):
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or "#" in url or "@" in parts.netloc or "//" not in url:
        raise ValueError(url)
    if re.search(r"[^!-~]", url) or parts.port == 0:
        raise ValueError(url)
    return WsUrl(parts.scheme == "wss", parts.hostname or "", port_of(parts), name_of(parts))


@mistake("4.3", "What does your function say to its caller when the URL is wrong?", rfc="3")
def none_for_a_bad_url(url):
    try:
        parts = take_apart(url)
    except ValueError:
        return None
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts))


@mistake("4.3", "Your four values are right, but what holds them together?", rfc="3")
def tuple_not_ws_url(url):
    parts = take_apart(url)
    return parts.scheme == "wss", parts.hostname, port_of(parts), name_of(parts)


@mistake("4.3", "What else does netloc hold beside the host?", rfc="3, RFC 3986 3.2")
def netloc_as_host(url):
    parts = take_apart(url)
    return WsUrl(parts.scheme == "wss", parts.netloc, port_of(parts), name_of(parts))


@mistake("4.3", "urlsplit takes any URL apart. Which demands of the docstring does it not look at?", rfc="3")
def urlsplit_alone(url):
    parts = urlsplit(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), parts.path)


@mistake("4.3", "What does your line make of a URL that has neither a path nor a query?", rfc="3")
def path_and_query_glued(url):
    parts = take_apart(url)
    return WsUrl(parts.scheme == "wss", parts.hostname, port_of(parts), parts.path + "?" + parts.query)


# 4.4 build_client_handshake

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


def check_arguments(origin, subprotocols):
    """What most of these get right."""
    if len(set(subprotocols)) < len(subprotocols) or not all(TOKEN.fullmatch(name) for name in subprotocols):
        raise ValueError(subprotocols)
    if origin and re.search(r"[\r\n]", origin):
        raise ValueError(origin)


def host_and_port(url):
    host = f"[{url.host}]" if ":" in url.host else url.host
    return host if url.port == (443 if url.secure else 80) else f"{host}:{url.port}"


def request_lines(url, key, origin, subprotocols):
    check_arguments(origin, subprotocols)
    if re.search(r"[\r\n]", url.host + url.resource_name + key):
        raise ValueError(url, key)
    lines = [
        f"GET {url.resource_name} HTTP/1.1",
        f"Host: {host_and_port(url)}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    if origin is not None:
        lines.append(f"Origin: {origin}")
    if subprotocols:
        lines.append("Sec-WebSocket-Protocol: " + ", ".join(subprotocols))
    return lines


def request_bytes(lines):
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake("4.4", "How does the server know that no more headers come?", rfc="4.1, RFC 9112 2.1")
def missing_blank_line(url, key, *, origin=None, subprotocols=()):
    request = ""
    for line in request_lines(url, key, origin, subprotocols):
        request += line + "\r\n"
    return request.encode()


@mistake(
    "4.4",
    "Which two bytes end a line of HTTP, and which does repr show in yours?",
    rfc="RFC 9112 2.1, RFC 9112 2.2",
)
def bare_lf(url, key, *, origin=None, subprotocols=()):
    return ("\n".join(request_lines(url, key, origin, subprotocols)) + "\n\n").encode()


@mistake(
    "4.4", "How many empty lines end a head, and whose bytes are those after it?", rfc="4.1, RFC 9112 2.1"
)
def one_empty_line_too_many(url, key, *, origin=None, subprotocols=()):
    return ("\r\n".join(request_lines(url, key, origin, subprotocols)) + "\r\n\r\n\r\n").encode()


@mistake("4.4", "What travels over a socket, and of which type is it in Python?", rfc="4.1")
def str_not_bytes(url, key, *, origin=None, subprotocols=()):
    return "\r\n".join(request_lines(url, key, origin, subprotocols)) + "\r\n\r\n"


@mistake(
    "4.4",
    "How does a server on port 9001 learn that you meant that port?",
    rfc="4.1, RFC 9110 7.2",
    source="https://github.com/Textalk/websocket-php/pull/14",
)
def host_port_lost(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    lines[1] = f"Host: [{url.host}]" if ":" in url.host else f"Host: {url.host}"
    return request_bytes(lines)


@mistake("4.4", "Is 443 the default port of every URL, and is 80?", rfc="3, 4.1")
def default_port_of_the_other_scheme(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    host = f"[{url.host}]" if ":" in url.host else url.host
    lines[1] = f"Host: {host}" if url.port in (80, 443) else f"Host: {host}:{url.port}"
    return request_bytes(lines)


@mistake(
    "4.4",
    "Where does the address end in ::1:9001?",
    rfc="4.1, RFC 3986 3.2.2",
    source="https://github.com/python-websockets/websockets/issues/802",
)
def host_without_brackets(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    default = 443 if url.secure else 80
    lines[1] = f"Host: {url.host}" if url.port == default else f"Host: {url.host}:{url.port}"
    return request_bytes(lines)


@mistake(
    "4.4", "Which part of the URL does the request line name, and which does Host?", rfc="4.1, RFC 9112 3.2.1"
)
def whole_url_as_target(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    lines[0] = f"GET {url} HTTP/1.1"
    return request_bytes(lines)


@mistake(
    "4.4", "What is a client without an origin to send: an empty header, or none?", rfc="4.1, RFC 6454 7.3"
)
def origin_empty_header(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, None, subprotocols)
    lines.append(f"Origin: {origin or ''}")
    check_arguments(origin, subprotocols)
    return request_bytes(lines)


@mistake("4.4", "What does an f-string make of None?", rfc="4.1, RFC 6454 7.3")
def origin_none(url, key, *, origin=None, subprotocols=()):
    check_arguments(origin, subprotocols)
    lines = request_lines(url, key, None, subprotocols)
    lines.append(f"Origin: {origin}")
    return request_bytes(lines)


@mistake("4.4", "Which of your arguments never reaches the head?", rfc="4.1")
def origin_ignored(url, key, *, origin=None, subprotocols=()):
    check_arguments(origin, subprotocols)
    return request_bytes(request_lines(url, key, None, subprotocols))


@mistake(
    "4.4",
    "What shows that there is nothing to offer: an empty header, or none?",
    rfc="4.1",
    source="https://github.com/websockets/ws/pull/2016",
)
def subprotocol_empty_header(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    if not subprotocols:
        lines.append("Sec-WebSocket-Protocol: ")
    return request_bytes(lines)


@mistake("4.4", "What stands between the elements of a list in an HTTP header?", rfc="4.1, RFC 9110 5.6.1")
def subprotocols_joined_with_spaces(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, ())
    check_arguments(origin, subprotocols)
    if subprotocols:
        lines.append("Sec-WebSocket-Protocol: " + " ".join(subprotocols))
    return request_bytes(lines)


@mistake("4.4", "Where do the brackets and quotes in your header come from?", rfc="4.1, RFC 9110 5.6.1")
def list_in_an_f_string(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, ())
    check_arguments(origin, subprotocols)
    if subprotocols:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocols}")
    return request_bytes(lines)


@mistake(
    "4.4",
    "Which names may a client not offer, and where does your code look at them?",
    rfc="4.1, RFC 9110 5.6.2",
)
def subprotocols_not_checked(url, key, *, origin=None, subprotocols=()):
    check_arguments(origin, ())
    lines = request_lines(url, key, origin, ())
    if subprotocols:
        lines.append("Sec-WebSocket-Protocol: " + ", ".join(subprotocols))
    return request_bytes(lines)


@mistake("4.4", "What would your code write for an origin that holds a line end?", rfc="4.1, RFC 9110 5.5")
def line_end_let_through(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, None, subprotocols)
    if origin is not None:
        lines.append(f"Origin: {origin}")
    return request_bytes(lines)


@mistake("4.4", "How does the server learn which version of the protocol you speak?", rfc="4.1, 11.3.5")
def version_forgotten(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    lines.remove("Sec-WebSocket-Version: 13")
    return request_bytes(lines)


@mistake("4.4", "What does Connection say to the next hop about Upgrade?", rfc="4.1, RFC 9110 7.8")
def connection_keep_alive(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    lines[3] = "Connection: keep-alive"
    return request_bytes(lines)


@mistake("4.4", "Since which version of HTTP is there an Upgrade?", rfc="4.1")
def http_1_0(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    lines[0] = f"GET {url.resource_name} HTTP/1.0"
    return request_bytes(lines)


@mistake(
    "4.4", "Will you understand what you offer, or did the line come with a copied request?", rfc="4.1, 9.1"
)
def extension_of_the_browser(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    lines.append("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")
    return request_bytes(lines)


@mistake(
    "4.4",
    "Of which year is the text that your headers come from, and which version does it name?",
    name="old-draft-tutorial",
    rfc="4.1, 11.3.5",
    source="https://github.com/cyrus-great/phpwebsocket/issues/39",
)
def old_draft_request(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    lines[4:6] = [
        "Sec-WebSocket-Key1: 18x 6]8vM;54 *(5:  {   U1]8  z [  8",
        "Sec-WebSocket-Key2: 1_ tx7X d  <  nw  334J702) 7]o}` 0",
    ]
    return request_bytes(lines) + b"Tm[K T2u"


@mistake(
    "4.4",
    "Your head ends in CR LF. Which two bytes end the lines before?",
    rfc="RFC 9112 2.1, RFC 9112 2.2",
)
def crlf_at_the_end_only(url, key, *, origin=None, subprotocols=()):
    return ("\n".join(request_lines(url, key, origin, subprotocols)) + "\r\n\r\n").encode()


@mistake(
    "4.4",
    "Your lines end in CR LF. Which bytes make the empty line at the end?",
    rfc="RFC 9112 2.1, RFC 9112 2.2",
)
def lf_at_the_end(url, key, *, origin=None, subprotocols=()):
    return ("\r\n".join(request_lines(url, key, origin, subprotocols)) + "\n\n").encode()


@mistake(
    "4.4",
    "Your lines end in LF alone, and none is empty. Which bytes end a line, and what follows the last?",
    rfc="RFC 9112 2.1, RFC 9112 2.2",
)
def bare_lf_and_no_empty_line(url, key, *, origin=None, subprotocols=()):
    return ("\n".join(request_lines(url, key, origin, subprotocols)) + "\n").encode()


@mistake(
    "4.4",
    "Carriage return and line feed: which of the two is written first?",
    rfc="RFC 9112 2.1, RFC 9112 2.2",
)
def lf_before_cr(url, key, *, origin=None, subprotocols=()):
    return ("\n\r".join(request_lines(url, key, origin, subprotocols)) + "\n\r\n\r").encode()


@mistake("4.4", "In which cases does Host say the port, and in which not?", rfc="4.1, RFC 9110 7.2")
def port_but_no_brackets(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    lines[1] = f"Host: {url.host}:{url.port}"
    return request_bytes(lines)


def request_lines_unchecked(url, key, origin, subprotocols):
    lines = request_lines(url, key, origin, ())
    return lines + ["Sec-WebSocket-Protocol: " + ", ".join(subprotocols)] * bool(subprotocols)


@mistake("4.4", "May one name be offered twice, and which line of yours looks?", rfc="4.1")
def a_name_twice(url, key, *, origin=None, subprotocols=()):
    if not all(TOKEN.fullmatch(name) for name in subprotocols):
        raise ValueError(subprotocols)
    return request_bytes(request_lines_unchecked(url, key, origin, subprotocols))


@mistake("4.4", "Which letters may a name have so that it is a token?", rfc="4.1, RFC 9110 5.6.2")
def names_that_are_no_tokens(url, key, *, origin=None, subprotocols=()):
    if len(set(subprotocols)) < len(subprotocols):
        raise ValueError(subprotocols)
    return request_bytes(request_lines_unchecked(url, key, origin, subprotocols))


@mistake("4.4", "Which three words make a request line?", rfc="4.1, RFC 9112 3")
def version_of_http_left_out(url, key, *, origin=None, subprotocols=()):
    lines = request_lines(url, key, origin, subprotocols)
    lines[0] = f"GET {url.resource_name}"
    return request_bytes(lines)


# 4.5 check_client_handshake


def check_all_but(request, *left_out):
    """The checks of a right server in their usual order, all but those left out. Return the key."""
    headers = request.headers
    if "method" not in left_out and request.method != "GET":
        raise HandshakeError(405)
    if "http" not in left_out and request.version < "HTTP/1.1":
        raise HandshakeError(400)
    if "host" not in left_out and len(headers.get_all("Host")) != 1:
        raise HandshakeError(400)
    if "upgrade" not in left_out and "websocket" not in header_tokens(headers.get_all("Upgrade")):
        raise HandshakeError(426)
    if "connection" not in left_out and "upgrade" not in header_tokens(headers.get_all("Connection")):
        raise HandshakeError(400)
    if "version" not in left_out:
        if len(headers.get_all("Sec-WebSocket-Version")) != 1:
            raise HandshakeError(400)
        if headers.get("Sec-WebSocket-Version") != "13":
            raise HandshakeError(426, [("Sec-WebSocket-Version", "13")])
    if "key" not in left_out:
        keys = headers.get_all("Sec-WebSocket-Key")
        if len(keys) != 1 or not re.fullmatch("[A-Za-z0-9+/]{22}==", keys[0]):
            raise HandshakeError(400)
    return headers.get("Sec-WebSocket-Key")


@mistake(
    "4.5",
    "What does Firefox put in front of Upgrade, and what does your comparison make of it?",
    rfc="4.2.1, RFC 9110 7.6.1",
    source="https://github.com/Links2004/arduinoWebSockets/issues/6, "
    "https://github.com/joewalnes/websocketd/issues/5, https://github.com/sirn-se/websocket-php/issues/39",
)
def connection_exact_match(request):
    if request.headers.get("Connection") != "Upgrade":
        raise HandshakeError(400)
    return check_all_but(request, "connection")


@mistake("4.5", "Which of these values match in any case, and do yours?", rfc="4.2.1")
def upgrade_case_sensitive(request):
    if request.headers.get("Upgrade") != "websocket":
        raise HandshakeError(426)
    return check_all_but(request, "upgrade")


@mistake(
    "4.5", "Where else in a request could the words stand that you search for?", rfc="4.2.1, RFC 9110 5.1"
)
def substring_header_test(request):
    text = "".join(f"{name}: {value}; " for name, value in request.headers.items())
    if "Upgrade: websocket" not in text or "Connection: Upgrade" not in text:
        raise HandshakeError(400)
    return check_all_but(request, "upgrade", "connection")


@mistake("4.5", "Of which longer words is the token that you look for a part?", rfc="4.2.1, RFC 9110 5.6.1")
def substring_token_test(request):
    headers = request.headers
    if "websocket" not in headers.get("Upgrade", "").lower():
        raise HandshakeError(426)
    if "upgrade" not in ",".join(headers.get_all("Connection")).lower():
        raise HandshakeError(400)
    return check_all_but(request, "upgrade", "connection")


@mistake("4.5", "Must there be a space behind the comma of a list?", rfc="4.2.1, RFC 9110 5.6.1")
def split_at_comma_and_space(request):
    tokens = [token.lower() for value in request.headers.get_all("Connection") for token in value.split(", ")]
    if "upgrade" not in tokens:
        raise HandshakeError(400)
    return check_all_but(request, "connection")


KNOWN = {
    "host",
    "upgrade",
    "connection",
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-protocol",
    "sec-websocket-extensions",
    "origin",
}


@mistake(
    "4.5",
    "What does the last point of the section say about headers that a server does not know?",
    rfc="4.2.1",
)
def unknown_header_refused(request):
    for name, _ in request.headers.items():
        if name.lower() not in KNOWN:
            raise HandshakeError(400)
    return check_all_but(request)


@mistake(
    "4.5",
    "Must a key be spelled as your base64 would spell it, or decode to 16 bytes?",
    rfc="4.1, 4.2.1",
    source="https://www.rfc-editor.org/errata/eid3150",
)
def over_strict_key(request):
    key = check_all_but(request)
    if base64.b64encode(base64.b64decode(key)).decode() != key:
        raise HandshakeError(400)
    return key


@mistake("4.5", "Which 24 characters are no base64 of 16 bytes?", rfc="4.2.1, 4.3")
def key_not_decoded(request):
    keys = request.headers.get_all("Sec-WebSocket-Key")
    if len(keys) != 1 or len(keys[0]) != 24:
        raise HandshakeError(400)
    return check_all_but(request, "key")


@mistake(
    "4.5",
    "What does b64decode do with characters that base64 has not, unless you ask it to be strict?",
    rfc="4.2.1, RFC 4648 3.3",
)
def base64_not_validated(request):
    keys = request.headers.get_all("Sec-WebSocket-Key")
    try:
        if len(keys) != 1 or len(base64.b64decode(keys[0])) != 16:
            raise HandshakeError(400)
    except binascii.Error:
        raise HandshakeError(400) from None
    return check_all_but(request, "key")


@mistake(
    "4.5",
    "Your function decodes the key, but how many bytes must come out?",
    rfc="4.2.1",
    source="https://github.com/Theldus/wsServer/pull/119",
)
def key_length_not_checked(request):
    keys = request.headers.get_all("Sec-WebSocket-Key")
    try:
        if len(keys) != 1 or not base64.b64decode(keys[0], validate=True):
            raise HandshakeError(400)
    except binascii.Error:
        raise HandshakeError(400) from None
    return check_all_but(request, "key")


@mistake("4.5", "What does b64decode do with what is no base64, and who catches it?", rfc="4.2.1")
def decode_error_escapes(request):
    keys = request.headers.get_all("Sec-WebSocket-Key")
    if len(keys) != 1 or len(base64.b64decode(keys[0], validate=True)) != 16:
        raise HandshakeError(400)
    return check_all_but(request, "key")


@mistake(
    "4.5",
    "Which letters of base64 does your pattern know, and which has it forgotten?",
    rfc="4.3, RFC 4648 4",
)
def letters_of_base64_forgotten(request):
    keys = request.headers.get_all("Sec-WebSocket-Key")
    if len(keys) != 1 or not re.fullmatch(r"\w{22}==", keys[0]):
        raise HandshakeError(400)
    return check_all_but(request, "key")


@mistake("4.5", "Do you speak every version from 13 on, or 13?", rfc="4.2.1, 4.4")
def version_at_least_13(request):
    versions = request.headers.get_all("Sec-WebSocket-Version")
    if len(versions) != 1:
        raise HandshakeError(400)
    try:
        number = int(versions[0])
    except ValueError:
        number = 0
    if number < 13:
        raise HandshakeError(426, [("Sec-WebSocket-Version", "13")])
    return check_all_but(request, "version")


@mistake("4.5", "What does int do with a text that is no whole number, and who catches it?", rfc="4.2.1, 4.4")
def version_through_int(request):
    versions = request.headers.get_all("Sec-WebSocket-Version")
    if len(versions) != 1:
        raise HandshakeError(400)
    if int(versions[0]) != 13:
        raise HandshakeError(426, [("Sec-WebSocket-Version", "13")])
    return check_all_but(request, "version")


@mistake("4.5", "Of which type is the value of a header, and of which is your 13?", rfc="4.2.1")
def version_compared_with_int(request):
    if request.headers.get("Sec-WebSocket-Version") != 13:
        raise HandshakeError(426, [("Sec-WebSocket-Version", "13")])
    return check_all_but(request, "version")


@mistake(
    "4.5", "How does the client learn from your refusal which version would be welcome?", rfc="4.4, 4.2.2"
)
def version_not_offered(request):
    if request.headers.get_all("Sec-WebSocket-Version") != ["13"]:
        raise HandshakeError(426)
    return check_all_but(request)


@mistake("4.5", "What would you do with a client that speaks version 8?", rfc="4.2.1, 4.4")
def version_ignored(request):
    return check_all_but(request, "version")


@mistake("4.5", "Your code checks the version where there is one, and where there is none?", rfc="4.2.1")
def version_optional(request):
    if "Sec-WebSocket-Version" in request.headers:
        return check_all_but(request)
    return check_all_but(request, "version")


@mistake("4.5", "What will your server say when HTTP/1.2 comes?", rfc="4.2.1")
def http_1_1_exactly(request):
    if request.version != "HTTP/1.1":
        raise HandshakeError(400)
    return check_all_but(request)


@mistake("4.5", "Which methods may open a WebSocket?", rfc="4.2.1")
def method_ignored(request):
    return check_all_but(request, "method")


@mistake("4.5", "Do methods match in any case, as headers do?", rfc="4.2.1, RFC 9110 9.1")
def method_in_any_case(request):
    if request.method.upper() != "GET":
        raise HandshakeError(405)
    return check_all_but(request, "method")


@mistake(
    "4.5", "Since which version of HTTP is there an Upgrade, and what does the request line say?", rfc="4.2.1"
)
def http_version_ignored(request):
    return check_all_but(request, "http")


@mistake(
    "4.5",
    "One machine may serve many names: which header says which of them is meant?",
    rfc="4.2.1, RFC 9112 3.2",
    source="https://github.com/status-im/nim-websock/issues/32",
)
def host_not_needed(request):
    return check_all_but(request, "host")


@mistake("4.5", "Your code knows that there is an Upgrade, but does it know to what?", rfc="4.2.1")
def upgrade_to_anything(request):
    if "Upgrade" not in request.headers:
        raise HandshakeError(426)
    return check_all_but(request, "upgrade")


@mistake("4.5", "What does get give when a header is there twice?", rfc="4.2.1, 11.3.1, 11.3.5")
def first_header_wins(request):
    headers = request.headers
    if headers.get("Host") is None or headers.get("Sec-WebSocket-Version") is None:
        raise HandshakeError(400)
    if headers.get("Sec-WebSocket-Version") != "13":
        raise HandshakeError(426, [("Sec-WebSocket-Version", "13")])
    key = headers.get("Sec-WebSocket-Key", "")
    if not re.fullmatch("[A-Za-z0-9+/]{22}==", key):
        raise HandshakeError(400)
    check_all_but(request, "host", "version", "key")
    return key


@mistake("4.5", "What does a dict do with two lines of one name?", rfc="4.2.1, 11.3.1, 11.3.5")
def last_header_wins(request):
    fields = {name.lower(): value for name, value in request.headers.items()}
    if "host" not in fields or "sec-websocket-version" not in fields:
        raise HandshakeError(400)
    if fields["sec-websocket-version"] != "13":
        raise HandshakeError(426, [("Sec-WebSocket-Version", "13")])
    if not re.fullmatch("[A-Za-z0-9+/]{22}==", fields.get("sec-websocket-key", "")):
        raise HandshakeError(400)
    check_all_but(request, "host", "version", "key")
    return fields["sec-websocket-key"]


@mistake(
    "4.5", "Is a header another one when its name is spelled in small letters?", rfc="RFC 9110 5.1, 4.2.1"
)
def names_case_sensitive(request):
    fields = dict(request.headers.items())
    for name in ("Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version"):
        if name not in fields:
            raise HandshakeError(400)
    return check_all_but(request)


@mistake(
    "4.5",
    "Which status says what is wrong here: that the client may not, or that it said it wrongly?",
    rfc="4.2.1",
)
def status_403(request):
    try:
        return check_all_but(request)
    except HandshakeError as error:
        raise HandshakeError(403, error.headers) from None


@mistake("4.5", "Which exception does your caller wait for, to turn it into an answer?", rfc="4.2.1")
def value_error_raised(request):
    try:
        return check_all_but(request)
    except HandshakeError:
        raise ValueError("bad handshake") from None


@mistake("4.5", "How does your caller notice that the request was refused?", rfc="4.2.1")
def refuses_quietly(request):
    try:
        return check_all_but(request)
    except HandshakeError:
        return None


@mistake(
    "4.5", "What does the rest of the handshake need from this function besides a yes?", rfc="4.2.1, 4.2.2"
)
def true_not_the_key(request):
    check_all_but(request)
    return True


@mistake("4.5", "In which form does the accept value need the key?", rfc="4.2.1, 4.2.2")
def decoded_key_returned(request):
    return base64.b64decode(check_all_but(request))


@mistake(
    "4.5",
    "Of which year is the text that your headers come from, and which version does it name?",
    name="old-draft-tutorial",
    rfc="4.2.1, 11.3.5",
    source="https://github.com/cyrus-great/phpwebsocket/issues/39",
)
def old_draft_check(request):
    key1 = request.headers.get("Sec-WebSocket-Key1")
    key2 = request.headers.get("Sec-WebSocket-Key2")
    if key1 is None or key2 is None:
        raise HandshakeError(400)
    return key1 + key2


@mistake(
    "4.5",
    "Is what you take a value from with [...] a dict, and what does it offer instead?",
    rfc="4.2.1, RFC 9110 5.1",
)
def subscripted_like_a_dict(request):
    check_all_but(request)
    return request.headers["Sec-WebSocket-Key"]


@mistake(
    "4.5", "What does a client learn from 405, from 426, and from 400?", rfc="4.2.1, 4.4, RFC 9110 15.5.6"
)
def status_400_for_all(request):
    try:
        return check_all_but(request)
    except HandshakeError:
        raise HandshakeError(400) from None


# 4.6 choose_subprotocol


@mistake("4.6", "How many languages will the two ends speak on this connection?", rfc="4.2.2, 11.3.4")
def subprotocol_echo_list(offered, supported):
    return ", ".join(name for name in offered if name in supported) or None


@mistake("4.6", "Your list may hold several names, so which one will be spoken?", rfc="4.2.2")
def list_of_names(offered, supported):
    common = [name for name in offered if name in supported]
    return common or None


@mistake("4.6", "On how many lists must the name stand?", rfc="4.2.2")
def first_offered(offered, supported):
    return offered[0] if offered else None


@mistake("4.6", "Has the client offered what you chose?", rfc="4.2.2, 4.1")
def server_decides_alone(offered, supported):
    return supported[0] if supported else None


@mistake("4.6", "What does the header say if the name that you chose is empty?", rfc="4.2.2")
def empty_name_for_none(offered, supported):
    for name in offered:
        if name in supported:
            return name
    return ""


@mistake("4.6", "How many names has your loop looked at when it gives up?", rfc="4.2.2")
def gives_up_after_one(offered, supported):
    for name in offered:
        if name in supported:
            return name
        else:
            return None


@mistake("4.6", "What does `in` look for when the thing behind it is a str?", rfc="4.2.2")
def in_on_a_str(offered, supported):
    for name in offered:
        if name in ", ".join(supported):
            return name
    return None


@mistake("4.6", "Is Chat the same name as chat?", rfc="4.2.2, 11.3.4")
def names_in_any_case(offered, supported):
    known = [name.lower() for name in supported]
    return next((name for name in offered if name.lower() in known), None)


@mistake("4.6", "What is the first element of an empty list?", rfc="4.2.2")
def no_common_name_crashes(offered, supported):
    return [name for name in offered if name in supported][0]


@mistake(
    "4.6",
    "What will a browser do that offered names and never gets one back?",
    rfc="4.2.2",
    source="https://github.com/sitegui/nodejs-websocket/issues/24, https://github.com/SWI-Prolog/packages-http/issues/57",
)
def subprotocol_ignored(offered, supported):
    return None


@mistake("4.6", "Your function says whether there is a name, but which one?", rfc="4.2.2")
def true_not_the_name(offered, supported):
    return any(name in supported for name in offered) or None


@mistake("4.6", "Is a handshake without a common name refused, or goes it on without one?", rfc="4.2.2")
def no_common_name_refused(offered, supported):
    for name in offered:
        if name in supported:
            return name
    raise HandshakeError(400)


@mistake("4.6", "Would a client understand a name that it did not offer?", rfc="4.1, 4.2.2")
def own_name_as_a_last_resort(offered, supported):
    for name in offered:
        if name in supported:
            return name
    return supported[0] if supported else None


# 4.7 build_server_handshake


def response_lines(key, subprotocol):
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: " + accept_value(key),
    ]
    if subprotocol is not None:
        lines.append("Sec-WebSocket-Protocol: " + subprotocol)
    return lines


@mistake(
    "4.7",
    "How does the client know that the head is over?",
    name="missing-blank-line",
    rfc="4.2.2, RFC 9112 2.1",
)
def response_without_blank_line(key, subprotocol=None):
    return ("\r\n".join(response_lines(key, subprotocol)) + "\r\n").encode()


@mistake(
    "4.7",
    "Which two bytes end a line of HTTP, and which does repr show in yours?",
    name="bare-lf",
    rfc="RFC 9112 2.1, RFC 9112 2.2",
)
def response_with_bare_lf(key, subprotocol=None):
    return ("\n".join(response_lines(key, subprotocol)) + "\n\n").encode()


@mistake("4.7", "What does the client read after the first empty line?", rfc="4.2.2, RFC 9112 2.1")
def empty_line_after_the_status(key, subprotocol=None):
    status, *headers = response_lines(key, subprotocol)
    return (status + "\r\n\r\n" + "\r\n".join(headers) + "\r\n\r\n").encode()


@mistake("4.7", "Which status says that the language changes from here on?", rfc="4.2.2, 1.3")
def status_200(key, subprotocol=None):
    lines = response_lines(key, subprotocol)
    lines[0] = "HTTP/1.1 200 OK"
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake("4.7", "Since which version of HTTP is there an Upgrade?", name="http-1-0", rfc="4.2.2")
def response_of_http_1_0(key, subprotocol=None):
    lines = response_lines(key, subprotocol)
    lines[0] = "HTTP/1.0 101 Switching Protocols"
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake(
    "4.7",
    "What shows that nothing was chosen: an empty header, or none?",
    name="subprotocol-empty-header",
    rfc="4.2.2",
    source="https://github.com/websockets/ws/pull/2016",
)
def response_with_empty_subprotocol(key, subprotocol=None):
    lines = response_lines(key, None)
    lines.append(f"Sec-WebSocket-Protocol: {subprotocol or ''}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake("4.7", "What does an f-string make of None?", rfc="4.2.2")
def subprotocol_none(key, subprotocol=None):
    lines = response_lines(key, None)
    lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake(
    "4.7",
    "How does a client that offered names learn which one was chosen?",
    name="subprotocol-ignored",
    rfc="4.2.2, 11.3.4",
    source="https://github.com/sitegui/nodejs-websocket/issues/24, https://github.com/SWI-Prolog/packages-http/issues/57",
)
def response_without_subprotocol(key, subprotocol=None):
    return ("\r\n".join(response_lines(key, None)) + "\r\n\r\n").encode()


@mistake("4.7", "Which of the values that you know proves that the server understood the key?", rfc="4.2.2")
def key_sent_back(key, subprotocol=None):
    lines = response_lines(key, subprotocol)
    lines[3] = "Sec-WebSocket-Accept: " + key
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake("4.7", "Under which name does the client look for the accept value?", rfc="4.2.2, 11.3.3")
def accept_under_another_name(key, subprotocol=None):
    lines = response_lines(key, subprotocol)
    lines[3] = "Sec-WebSocket-Key: " + accept_value(key)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake(
    "4.7",
    "Connection is there no more, so who tells the hop that Upgrade is meant for it?",
    rfc="4.2.2, RFC 9110 7.8",
)
def connection_forgotten(key, subprotocol=None):
    lines = response_lines(key, subprotocol)
    lines.remove("Connection: Upgrade")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake(
    "4.7",
    "What is Content-Length to count in a response whose head is followed by frames?",
    rfc="4.2.2, RFC 9110 8.6",
)
def content_length_0(key, subprotocol=None):
    lines = [*response_lines(key, subprotocol), "Content-Length: 0"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake("4.7", "Has the client offered an extension, and will your frames use it?", rfc="4.2.2, 9.1")
def extension_unasked(key, subprotocol=None):
    lines = [*response_lines(key, subprotocol), "Sec-WebSocket-Extensions: permessage-deflate"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake(
    "4.7",
    "Which line end in your bytes have you not written yourself?",
    name="encodebytes-newline",
    rfc="4.2.2, 4.3",
    source="http://stackoverflow.com/questions/12879274",
)
def response_through_encodebytes(key, subprotocol=None):
    accept = base64.encodebytes(hashlib.sha1((key + GUID).encode()).digest()).decode()
    lines = response_lines(key, subprotocol)
    lines[3] = "Sec-WebSocket-Accept: " + accept
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake(
    "4.7", "What travels over a socket, and of which type is it in Python?", name="str-not-bytes", rfc="4.2.2"
)
def response_as_str(key, subprotocol=None):
    return "\r\n".join(response_lines(key, subprotocol)) + "\r\n\r\n"


@mistake(
    "4.7",
    "Of which year is the text that your headers come from, and which version does it name?",
    rfc="4.2.2, 11.3.3",
    source="https://github.com/cyrus-great/phpwebsocket/issues/39",
)
def old_draft_tutorial(key, subprotocol=None):
    numbers = [int("".join(re.findall(r"\d", part)) or 0) for part in (key[:12], key[12:])]
    body = hashlib.md5(b"".join(number.to_bytes(20, "big") for number in numbers)).digest()
    head = (
        "HTTP/1.1 101 WebSocket Protocol Handshake\r\n"
        "Upgrade: WebSocket\r\n"
        "Connection: Upgrade\r\n"
        "Sec-WebSocket-Origin: http://example.com\r\n"
        "Sec-WebSocket-Location: ws://example.com/chat\r\n"
    )
    if subprotocol:
        head += f"Sec-WebSocket-Protocol: {subprotocol}\r\n"
    return head.encode() + b"\r\n" + body


@mistake(
    "4.7",
    "Your head ends in CR LF. Which two bytes end the lines before?",
    name="crlf-at-the-end-only",
    rfc="RFC 9112 2.1, RFC 9112 2.2",
)
def response_with_crlf_at_the_end_only(key, subprotocol=None):
    return ("\n".join(response_lines(key, subprotocol)) + "\r\n\r\n").encode()


@mistake(
    "4.7",
    "Your lines end in CR LF. Which bytes make the empty line at the end?",
    name="lf-at-the-end",
    rfc="RFC 9112 2.1, RFC 9112 2.2",
)
def response_with_lf_at_the_end(key, subprotocol=None):
    return ("\r\n".join(response_lines(key, subprotocol)) + "\n\n").encode()


@mistake(
    "4.7",
    "Your lines end in LF alone, and none is empty. Which bytes end a line, and what follows the last?",
    name="bare-lf-and-no-empty-line",
    rfc="RFC 9112 2.1, RFC 9112 2.2",
)
def response_with_lf_and_no_empty_line(key, subprotocol=None):
    return ("\n".join(response_lines(key, subprotocol)) + "\n").encode()


@mistake("4.7", "To which protocol does the server change, and which header says it?", rfc="4.2.2")
def upgrade_forgotten(key, subprotocol=None):
    lines = response_lines(key, subprotocol)
    lines.remove("Upgrade: websocket")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


@mistake("4.7", "What stands behind the number in a status line?", rfc="4.2.2, RFC 9112 4")
def reason_left_out(key, subprotocol=None):
    lines = response_lines(key, subprotocol)
    lines[0] = "HTTP/1.1 101"
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


# 4.8 check_server_handshake


def check_answer_but(response, key, offered, *left_out):
    """The checks of a right client in their usual order, all but those left out. Return the subprotocol."""
    headers = response.headers
    if "status" not in left_out and response.status != 101:
        raise HandshakeError(response.status)
    if "upgrade" not in left_out and [value.lower() for value in headers.get_all("Upgrade")] != ["websocket"]:
        raise HandshakeError(response.status)
    if "connection" not in left_out and "upgrade" not in header_tokens(headers.get_all("Connection")):
        raise HandshakeError(response.status)
    if "accept" not in left_out and headers.get_all("Sec-WebSocket-Accept") != [accept_value(key)]:
        raise HandshakeError(response.status)
    if "extensions" not in left_out and "Sec-WebSocket-Extensions" in headers:
        raise HandshakeError(response.status)
    chosen = headers.get_all("Sec-WebSocket-Protocol")
    if "subprotocol" not in left_out and chosen and (len(chosen) > 1 or chosen[0] not in offered):
        raise HandshakeError(response.status)
    return chosen[0] if chosen else None


@mistake(
    "4.8", "Which status says that the server changed the language, and where do you look at it?", rfc="4.1"
)
def status_not_checked(response, key, offered=()):
    return check_answer_but(response, key, offered, "status")


@mistake("4.8", "Does an answer that names no subprotocol go wrong in your code?", rfc="4.1")
def none_is_no_offer(response, key, offered=()):
    check_answer_but(response, key, offered, "nothing")
    chosen = response.headers.get("Sec-WebSocket-Protocol")
    if chosen not in offered:
        raise HandshakeError(response.status)
    return chosen


@mistake("4.8", "Is every status below 200 a yes?", rfc="4.1")
def any_1xx_status(response, key, offered=()):
    if not 100 <= response.status < 200:
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "status")


@mistake("4.8", "To what does your client think the connection was upgraded?", rfc="4.1")
def upgrade_not_checked(response, key, offered=()):
    return check_answer_but(response, key, offered, "upgrade")


@mistake(
    "4.8",
    "Which of the values in this answer match in any case, and do yours?",
    name="upgrade-case-sensitive",
    rfc="4.1",
)
def answer_case_sensitive(response, key, offered=()):
    if response.headers.get_all("Upgrade") != ["websocket"]:
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "upgrade")


@mistake(
    "4.8",
    "Is Connection one value, or a list of tokens that match in any case?",
    name="connection-exact-match",
    rfc="4.1, RFC 9110 7.6.1",
)
def answer_connection_exact(response, key, offered=()):
    if response.headers.get("Connection") != "Upgrade":
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "connection")


@mistake("4.8", "Which line of your code reads Connection?", rfc="4.1")
def connection_not_checked(response, key, offered=()):
    return check_answer_but(response, key, offered, "connection")


@mistake(
    "4.8",
    "Of which longer words is the token that you look for a part?",
    name="substring-token-test",
    rfc="4.1, RFC 9110 5.6.1",
)
def answer_token_in_text(response, key, offered=()):
    headers = response.headers
    if (
        "websocket" not in headers.get("Upgrade", "").lower()
        or "upgrade" not in headers.get("Connection", "").lower()
    ):
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "upgrade", "connection")


@mistake("4.8", "What would your client say to a server that made its accept value up?", rfc="4.1, 1.3")
def accept_not_checked(response, key, offered=()):
    if "Sec-WebSocket-Accept" not in response.headers:
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "accept")


@mistake("4.8", "Are a and A the same letter in base64?", rfc="4.1, RFC 4648 4")
def accept_in_any_case(response, key, offered=()):
    values = response.headers.get_all("Sec-WebSocket-Accept")
    if len(values) != 1 or values[0].lower() != accept_value(key).lower():
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "accept")


@mistake("4.8", "What may stand behind the accept value without your noticing it?", rfc="4.1")
def accept_starts_right(response, key, offered=()):
    values = response.headers.get_all("Sec-WebSocket-Accept")
    if len(values) != 1 or not values[0].startswith(accept_value(key)):
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "accept")


@mistake("4.8", "Which text is contained in every other, and what if the server sends just that?", rfc="4.1")
def accept_in_the_right_one(response, key, offered=()):
    values = response.headers.get_all("Sec-WebSocket-Accept")
    if len(values) != 1 or values[0] not in accept_value(key):
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "accept")


@mistake("4.8", "Does the server send your key back, or something computed from it?", rfc="4.1, 4.2.2")
def accept_compared_with_the_key(response, key, offered=()):
    if response.headers.get_all("Sec-WebSocket-Accept") != [key]:
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "accept")


@mistake(
    "4.8",
    "What does get give when a header is there twice?",
    name="first-header-wins",
    rfc="4.1, 11.3.3, 11.3.4",
)
def answer_first_header(response, key, offered=()):
    headers = response.headers
    if headers.get("Sec-WebSocket-Accept") != accept_value(key):
        raise HandshakeError(response.status)
    chosen = headers.get("Sec-WebSocket-Protocol")
    if chosen is not None and chosen not in offered:
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "accept", "subprotocol")


@mistake(
    "4.8",
    "What does a dict do with two lines of one name?",
    name="last-header-wins",
    rfc="4.1, 11.3.3, 11.3.4",
)
def answer_last_header(response, key, offered=()):
    fields = {name.lower(): value for name, value in response.headers.items()}
    if fields.get("sec-websocket-accept") != accept_value(key):
        raise HandshakeError(response.status)
    chosen = fields.get("sec-websocket-protocol")
    if chosen is not None and chosen not in offered:
        raise HandshakeError(response.status)
    check_answer_but(response, key, offered, "accept", "subprotocol")
    return chosen


@mistake("4.8", "Which extension did your client offer, so that the server may use it?", rfc="4.1, 9.1")
def extension_ignored(response, key, offered=()):
    return check_answer_but(response, key, offered, "extensions")


@mistake("4.8", "Which names may a server choose from?", rfc="4.1, 11.3.4")
def subprotocol_not_checked(response, key, offered=()):
    return check_answer_but(response, key, offered, "subprotocol")


@mistake("4.8", "How does your caller learn which subprotocol to speak?", rfc="4.1")
def subprotocol_not_returned(response, key, offered=()):
    check_answer_but(response, key, offered)


@mistake("4.8", "Is an empty header the same as none?", rfc="4.1, 11.3.4")
def empty_subprotocol_let_in(response, key, offered=()):
    chosen = response.headers.get_all("Sec-WebSocket-Protocol")
    if chosen and chosen[0] and (len(chosen) > 1 or chosen[0] not in offered):
        raise HandshakeError(response.status)
    check_answer_but(response, key, offered, "subprotocol")
    return chosen[0] or None if chosen else None


@mistake("4.8", "Is Chat the same name as chat?", name="names-in-any-case", rfc="4.1, 11.3.4")
def answer_subprotocol_in_any_case(response, key, offered=()):
    chosen = response.headers.get_all("Sec-WebSocket-Protocol")
    if chosen and (len(chosen) > 1 or chosen[0].lower() not in [name.lower() for name in offered]):
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "subprotocol")


@mistake(
    "4.8", "May the server choose several names, or one?", name="subprotocol-echo-list", rfc="4.1, 11.3.4"
)
def answer_with_several_names(response, key, offered=()):
    chosen = [
        name.strip()
        for value in response.headers.get_all("Sec-WebSocket-Protocol")
        for name in value.split(",")
    ]
    if any(name not in offered for name in chosen):
        raise HandshakeError(response.status)
    check_answer_but(response, key, offered, "subprotocol")
    return chosen[0] if chosen else None


@mistake("4.8", "What does `in` look for when the thing behind it is a str?", name="in-on-a-str", rfc="4.1")
def answer_name_in_text(response, key, offered=()):
    chosen = response.headers.get_all("Sec-WebSocket-Protocol")
    if chosen and (len(chosen) > 1 or chosen[0] not in ", ".join(offered)):
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered, "subprotocol")


@mistake("4.8", "Which of the two lists of names is the client's own?", rfc="4.1")
def subprotocol_refused_always(response, key, offered=()):
    if "Sec-WebSocket-Protocol" in response.headers:
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered)


@mistake(
    "4.8", "A browser may offer names and get none back: is that a failure by the RFC?", rfc="4.1, 4.2.2"
)
def subprotocol_demanded(response, key, offered=()):
    if offered and "Sec-WebSocket-Protocol" not in response.headers:
        raise HandshakeError(response.status)
    return check_answer_but(response, key, offered)


@mistake("4.8", "Your function says that all is well, but what does its caller want to know?", rfc="4.1")
def true_not_the_subprotocol(response, key, offered=()):
    check_answer_but(response, key, offered)
    return True


@mistake("4.8", "How does your caller notice that the handshake failed?", name="refuses-quietly", rfc="4.1")
def answer_refused_quietly(response, key, offered=()):
    try:
        return check_answer_but(response, key, offered)
    except HandshakeError:
        return None


@mistake("4.8", "Which exception does your caller wait for?", name="value-error-raised", rfc="4.1")
def answer_value_error(response, key, offered=()):
    try:
        return check_answer_but(response, key, offered)
    except HandshakeError:
        raise ValueError("the handshake failed") from None


@mistake(
    "4.8",
    "Is what you take a value from with [...] a dict, and what does it offer instead?",
    name="subscripted-like-a-dict",
    rfc="4.1, RFC 9110 5.1",
)
def answer_subscripted(response, key, offered=()):
    check_answer_but(response, key, offered)
    return response.headers["Sec-WebSocket-Protocol"]


# 4.9 handshake_examples

GOOD = {
    "Host": "example.com",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


def request_text(start="GET /chat HTTP/1.1", more=(), **changes):
    """The lines of a good request with some headers changed, added or (None) left out."""
    headers = GOOD | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [start, *(f"{name}: {value}" for name, value in headers.items() if value is not None), *more]
    return "\r\n".join(lines)


def texts():
    """Right examples, as texts without the end of the head."""
    return [
        (request_text(), True),
        (request_text(Connection="keep-alive, Upgrade"), True),
        (request_text(Connection="upgrade", Upgrade="WebSocket"), True),
        (request_text(Cookie="a=b: Upgrade: websocket", X_Unknown="anything"), True),
        (request_text(Sec_WebSocket_Key="AQIDBAUGBwgJCgsMDQ4PEC=="), True),
        (request_text().replace(": ", ":"), True),
        (request_text("POST /chat HTTP/1.1"), False),
        (request_text("GET /chat HTTP/1.0"), False),
        (request_text(Host=None), False),
        (request_text(Upgrade=None), False),
        (request_text(Upgrade="not-websocket"), False),
        (request_text(Connection="keep-alive", Cookie="Connection: Upgrade"), False),
        (request_text(Connection="not-upgrade"), False),
        (request_text(Sec_WebSocket_Version="8"), False),
        (request_text(Sec_WebSocket_Version=None), False),
        (request_text(Sec_WebSocket_Key=None), False),
        (request_text(Sec_WebSocket_Key="c2hvcnQ="), False),
        (request_text(Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25j!Q=="), False),
        (request_text(more=["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]), False),
    ]


def examples():
    return [((text + "\r\n\r\n").encode(), accepted) for text, accepted in texts()]


@mistake(
    "4.9",
    "What tells a server that the head of your example is over?",
    name="missing-blank-line",
    rfc="RFC 9112 2.1",
)
def examples_without_blank_line():
    return [((text + "\r\n").encode(), accepted) for text, accepted in texts()]


@mistake(
    "4.9", "Which bytes end the lines of your examples?", name="bare-lf", rfc="RFC 9112 2.1, RFC 9112 2.2"
)
def examples_with_bare_lf():
    return [((text + "\r\n\r\n").replace("\r\n", "\n").encode(), accepted) for text, accepted in texts()]


@mistake("4.9", "Of which type is a head that comes from a socket?", name="str-not-bytes", rfc="4.2.1")
def examples_as_str():
    return [(text + "\r\n\r\n", accepted) for text, accepted in texts()]


@mistake("4.9", 'Of which type is the answer to "may a server accept it"?', rfc="4.2.1")
def status_not_bool():
    return [(head, 101 if accepted else 400) for head, accepted in examples()]


@mistake("4.9", "May two examples have the same request, and can a dict hold them?", rfc="4.2.1")
def dict_not_list():
    return dict(examples())


@mistake("4.9", "What holds the two parts of one example together?", rfc="4.2.1")
def list_pairs():
    return [list(example) for example in examples()]


@mistake("4.9", "What does the caller get from a function with `yield` in it?", rfc="4.2.1")
def yields_them():
    yield from examples()


@mistake("4.9", "Which of your examples would a server get wrong that says yes to all?", rfc="4.2.1")
def only_good_requests():
    return [(head, accepted) for head, accepted in examples() if accepted]


@mistake("4.9", "Which of your examples would a server get wrong that says no to all?", rfc="4.2.1")
def only_bad_requests():
    return [(head, accepted) for head, accepted in examples() if not accepted]


@mistake(
    "4.9",
    "In which case must the tokens of Upgrade and Connection be spelled?",
    rfc="4.2.1",
    name="upgrade-case-sensitive",
)
def any_case_marked_false():
    return [(head, accepted and b"WebSocket\r\n" not in head) for head, accepted in examples()]


@mistake(
    "4.9",
    "Is Connection one value, or a list of tokens?",
    rfc="4.2.1, RFC 9110 7.6.1",
    name="connection-exact-match",
)
def token_list_marked_false():
    return [(head, accepted and b"keep-alive, Upgrade" not in head) for head, accepted in examples()]


@mistake(
    "4.9",
    "Must a key be spelled as your base64 would spell it, or decode to 16 bytes?",
    rfc="4.1, 4.2.1",
    name="over-strict-key",
    source="https://www.rfc-editor.org/errata/eid3150",
)
def spare_bits_marked_false():
    return [(head, accepted and b"4PEC==" not in head) for head, accepted in examples()]


@mistake(
    "4.9", "Must there be a space behind the colon of a header?", rfc="RFC 9112 5", name="split-colon-space"
)
def colon_without_space_marked_false():
    return [(head, accepted and b"Host:example.com" not in head) for head, accepted in examples()]


@mistake(
    "4.9",
    "What does a right server do with a header that it has never heard of?",
    rfc="4.2.1",
    name="unknown-header-refused",
)
def unknown_header_marked_false():
    return [(head, accepted and b"X-Unknown" not in head) for head, accepted in examples()]


@mistake("4.9", "Does the RFC settle what a server does with a request that has a body?", rfc="4.2.1")
def open_question_asked():
    open_one = (request_text(Content_Length="5") + "\r\n\r\n").encode()
    return [*examples(), (open_one, False)]
