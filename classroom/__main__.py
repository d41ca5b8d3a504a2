"""`python3 -m classroom <command>`: where every command starts, with nothing but Python.

This file has to run on any Python 3, since telling somebody that theirs is too old is its first duty; the
same holds for classroom/__init__.py, which Python reads before it. All else may ask for Python 3.11.
"""

import sys

OLDEST = (3, 11)


def describe_old_python(version: "tuple[int, ...]") -> "str | None":
    """Say what is wrong with a Python that is too old, and what to do; None if it is new enough."""
    if version >= OLDEST:
        return None
    return (
        "This is Python %d.%d, and the course needs Python %d.%d or newer.\n"  # noqa: UP031
        "Install a newer one (your system's package manager has it), then start again with it, such as\n"
        "    python3.12 -m classroom lab"
    ) % (version[0], version[1], OLDEST[0], OLDEST[1])


def main() -> int:
    """Refuse an old Python in one clear sentence; hand everything else to classroom.bootstrap."""
    message = describe_old_python(sys.version_info[:2])
    if message:
        sys.stderr.write(message + "\n")
        return 1
    from classroom import bootstrap

    return bootstrap.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
