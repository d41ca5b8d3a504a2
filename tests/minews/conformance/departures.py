"""Where libraries of others depart from the strict answer: the verdict of each case, and why.

One table for both ends of a library: the cases say which end they are for.
"""

from __future__ import annotations

NOT_SHORTEST = "a length need not be written in its shortest form: only the sender is told to (section 5.2)"
TOO_LONG = "it looks at the size before the top bit, so it says 1009"
AT_THE_END = "text is looked at once the message is whole (section 8.1 does not say when)"
CLOSE_BETWEEN = "a Close between fragments is taken for a fault, and answered with 1002"
LISTED = "codes up to 2999 that are not in the registry are refused (section 7.4.2 leaves it open)"
FRAGMENTS = "a message in more than {} fragments is refused with {}: a limit that its user can set"
NO_HOST = "nobody looks at Host (RFC 9112 section 3.2: 400 to none, and to two)"
UPGRADE_LIST = "an Upgrade that names another protocol besides is refused"
TORN = "a message that ends amid a block is given as far as it goes"

WEBSOCKETS = {
    **dict.fromkeys(["1.3.1", "1.3.2", "1.3.3", "1.3.4", "1.3.5", "2.14"], ("non-strict", NOT_SHORTEST)),
    "1.3.6": ("non-strict", TOO_LONG),
    **dict.fromkeys(["6.4.1", "6.4.2", "6.4.3", "6.4.4", "6.4.5", "6.4.6"], ("non-strict", AT_THE_END)),
    **dict.fromkeys(["7.1.5", "7.1.7"], ("non-strict", CLOSE_BETWEEN)),
    **dict.fromkeys(["7.13.2", "7.13.3", "7.13.4", "7.13.5"], ("non-strict", LISTED)),
    **dict.fromkeys(["9.3.1", "9.3.2", "9.4.1", "9.4.2"], ("fail", FRAGMENTS.format("4,096", 1009))),
    "14.1.1": ("non-strict", "its 426 does not say which version it speaks (section 4.4)"),
    **dict.fromkeys(["14.1.13", "14.1.14"], ("fail", NO_HOST)),
    "14.1.15": ("non-strict", "it ends TCP where it should answer with 400"),
    "14.1.18": ("non-strict", "a subprotocol may be offered twice"),
    "14.2.3": ("fail", UPGRADE_LIST),
    "13.7.12": ("fail", "what comes behind a block with BFINAL is lost (RFC 7692 section 7.2.3.4 allows it)"),
    "13.8.10": ("non-strict", TORN),
}

REFUSED_WHOLE = "a wrong offer is answered with 400, where it MUST be declined (RFC 7692 section 7.1)"

NODE_WS = {
    **dict.fromkeys(["1.3.1", "1.3.2", "1.3.3", "1.3.4", "1.3.5"], ("non-strict", NOT_SHORTEST)),
    "1.3.6": ("non-strict", TOO_LONG),
    **dict.fromkeys(["6.4.1", "6.4.2", "6.4.3", "6.4.4", "6.4.5", "6.4.6"], ("non-strict", AT_THE_END)),
    **dict.fromkeys(["7.13.2", "7.13.3", "7.13.4", "7.13.5"], ("non-strict", LISTED)),
    **dict.fromkeys(["9.3.1", "9.4.1"], ("fail", FRAGMENTS.format("16,384", 1008))),
    **dict.fromkeys(["13.4.1", "13.4.2", "13.4.3", "13.4.5"], ("fail", REFUSED_WHOLE)),
    **dict.fromkeys(["13.4.6", "13.4.7", "13.4.8", "13.4.9", "13.6.1"], ("fail", REFUSED_WHOLE)),
    "13.5.9": ("fail", "an extension that stands twice in the answer is taken"),
    "14.1.1": ("non-strict", "another version is answered with 400, and the one that it speaks"),
    "14.1.12": ("fail", "HTTP/1.0 is taken (section 4.2.1: 1.1 or higher)"),
    **dict.fromkeys(["14.1.13", "14.1.14"], ("fail", NO_HOST)),
    "14.2.3": ("fail", UPGRADE_LIST),
    "14.2.7": ("fail", "it agrees to the first subprotocol, whatever it is, if its user has no say"),
    "14.3.13": ("non-strict", "an answer of HTTP/1.0 is taken"),
    "13.4.4": ("fail", "010 is taken for 10 (RFC 7692 section 7.1.2.1: no leading zero)"),
    "13.8.10": ("non-strict", TORN),
}
