"""The judge is judged: servers with one fault each fail the cases about it; each case is failed by some."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from functools import partial

import pytest

from minews import BlockingServer, Connection, Frame, Role, encode_frame
from tests.minews.asynchronous import PATIENCE
from tests.minews.conformance import faulty
from tests.minews.conformance.cases import CASES, choose
from tests.minews.conformance.driver import Listener, judge_server
from tests.minews.conformance.script import Case, Say, Send, Sent

AT_ONCE = 16
SHORT = 1.0  # seconds: enough for who keeps silent

# What may be refused or taken (lengths not in the shortest form, torn deflate), or ends either way.
BOTH_RIGHT = {"1.3.1", "1.3.2", "1.3.3", "1.3.4", "1.3.5", "2.14", "13.8.10", "6.4.3", "6.4.4"}
BOTH_RIGHT |= {"7.2.2", "7.2.3"}


@functools.cache
def failed_by(talk: type[faulty.Honest], only: tuple[str, ...] = (), patience: float = 20.0) -> set[str]:
    """Return the ids of the quick cases that a faulty server fails."""
    with faulty.running(talk) as url:
        cases = choose(only, slow=False, role="server")
        results = judge_server(url, cases, patience=patience, at_once=AT_ONCE)
    return {result.case.id for result in results if result.verdict == "fail"}


def test_ids_are_unique_and_titles_are_sentences():
    assert len({case.id for case in CASES}) == len(CASES)
    assert all(len(case.title) > 8 and not case.title.endswith(".") for case in CASES)


def test_a_server_without_a_fault_fails_nothing():
    assert failed_by(faulty.Honest) == set()


# Faults that show wherever one looks, and some of the cases that show them.
FAULTS = {
    faulty.MasksItsFrames: {"1.1.1", "2.1", "7.1.1"},
    faulty.WritesLongLengths: {"1.1.1", "2.1", "7.1.1"},
    faulty.WritesLengthsLittleEndian: {"1.1.3", "1.1.4", "1.1.5", "1.1.7", "1.1.8"},
    faulty.SpeaksOnAfterItsClose: {"1.1.1", "2.1", "7.1.1"},
    faulty.SendsNoClose: {"1.1.1", "2.1", "7.3.3"},
    faulty.SendsNoPongs: {"2.1", "2.9"},
    faulty.NeverEndsTcp: {"1.1.1", "2.1", "7.1.1"},
    faulty.OneRecvIsOneMessage: {"1.1.4", "1.1.7", "1.5.3", "2.1", "2.7", "7.1.5", "7.3.2"},
    faulty.OneFrameIsOneMessage: {"1.4.1", "2.9", "3.4", "7.3.2", "7.9.1"},
}
# Faults that show in these cases, of those that are looked at, and in no other.
SINGLE = {
    faulty.EmptiesPongs: (("2",), {f"2.{n}" for n in (2, 3, 4, 6, 7, 8, 9, 10, 11, 13)}),
    faulty.AnswersPongs: (("2", "5"), {"2.7", "2.8", "2.9", "5.26"}),
    faulty.SendsAllAsText: (("5", "6"), {"5.21", "5.27", "6.3.4", "6.3.5"}),
    faulty.TidiesText: (("6",), {"6.5.10", "6.5.17"}),
    faulty.ClosesWithoutACode: (("1", "7"), set()),
    faulty.KnowsNoCompression: (("12", "13"), set()),
    faulty.RemembersWhatItSaid: (
        ("13.1", "13.2", "13.3"),
        {"13.1.1", *(f"13.2.{n}" for n in range(1, 7)), *(f"13.3.{n}" for n in (1, 2, 3, 5, 6))},
    ),
}


@pytest.mark.parametrize("talk", FAULTS, ids=lambda talk: talk.__name__)
def test_a_fault_shows_in_many_places(talk):
    ids = tuple(FAULTS[talk])
    assert failed_by(talk, ids, SHORT) == set(ids)


@pytest.mark.parametrize("talk", SINGLE, ids=lambda talk: talk.__name__)
def test_a_fault_shows_where_it_is_and_nowhere_else(talk):
    only, shown = SINGLE[talk]
    assert failed_by(talk, only) == shown


def test_a_server_that_forgets_fails_where_it_was_to_remember():
    failed = failed_by(faulty.ForgetsWhatWasSaid, ("12.1", "13.1"))
    assert {"12.1.4", "13.1.1"} <= failed
    assert "13.1.2" not in failed, "there it was agreed that it may forget"


def test_each_case_is_failed_by_who_refuses_all_or_takes_all_or_sends_no_close():
    extremes = (faulty.RefusesAll, faulty.TakesAll, faulty.SendsNoClose)
    failed = set().union(*(failed_by(talk, (), SHORT) for talk in extremes))
    others = {case.id for case in choose(slow=False, role="server")} - failed
    assert others <= BOTH_RIGHT
    assert others <= failed_by(faulty.SaysNonsense), "but nonsense is never right"


def in_fragments(case: Case) -> bool:
    """Whether a case sends a message in fragments."""
    sent = [item for step in case.steps if isinstance(step, Send) for item in step.items]
    return any(
        not item.fin if isinstance(item, Sent) else isinstance(item, Say) and item.fragment for item in sent
    )


def test_the_server_of_lesson_6_fails_only_where_messages_come_in_fragments():
    cases = choose(["1", "2", "3", "4", "5", "6", "7", "10"], slow=False, role="server")
    with BlockingServer(str, on_binary=bytes) as server:
        failed = {result.case.id for result in judge_server(server.url(), cases) if result.verdict == "fail"}
    assert {"5.3", "6.1.2", "10.1.1"} <= failed <= {case.id for case in cases if in_fragments(case)}


class Unmasked(Connection):
    """A client that does not mask what it sends."""

    def _write(self, frame: Frame) -> None:
        self._output.append(encode_frame(frame))


def failed_by_client(only: tuple[str, ...], make: Callable[[], Connection]) -> set[str]:
    """Return the ids of the cases that a client fails which takes any answer to its offer."""
    listener = Listener(choose(only, slow=False))
    visitor = threading.Thread(target=faulty.visit_until_gone, args=(listener.url, make))
    visitor.start()
    failed = {result.case.id for result in listener.judge() if result.verdict == "fail"}
    visitor.join(PATIENCE)
    return failed


def test_a_client_that_takes_any_extension_is_found_out():
    failed = failed_by_client(("1.5", "13.5"), partial(Connection, Role.CLIENT))
    assert failed == {f"13.5.{n}" for n in range(1, 10)}


def test_a_client_with_one_masking_key_for_all_is_found_out():
    make = partial(Connection, Role.CLIENT, random_bytes=lambda size: b"same")
    assert failed_by_client(("1.5", "5.27"), make) == {"1.5.3", "1.5.4", "1.5.5", "5.27"}


def test_a_client_that_does_not_mask_is_found_out():
    assert failed_by_client(("2.1", "7.1.2"), partial(Unmasked, Role.CLIENT)) == {"2.1", "7.1.2"}
