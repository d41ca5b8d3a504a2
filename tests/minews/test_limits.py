"""Limits: each has a default that is safe, and nobody changes it by accident."""

from __future__ import annotations

import dataclasses

import pytest

from minews.http import MAX_HEAD
from minews.limits import Limits
from minews.messages import MessageAssembler
from minews.opening import Agreement
from minews.types import Role


class TestDefaults:
    @pytest.mark.rfc("R110")
    def test_every_limit_has_a_default_and_none_is_endless(self):
        values = dataclasses.asdict(Limits())
        assert all(0 < value < float("inf") for value in values.values()), values

    def test_sizes_are_those_of_the_parts_that_keep_them(self):
        limits = Limits()
        assert limits.max_head == MAX_HEAD
        assert limits.max_message == MessageAssembler()._max_message

    def test_what_one_end_sends_in_a_frame_the_other_takes(self):
        sender, receiver = (Agreement(role, None, None).connect(Limits()) for role in Role)
        sender.send_binary(bytes(Limits().max_message))
        (message,) = receiver.receive_data(sender.data_to_send())
        assert len(message.data) == Limits().max_message

    def test_a_handshake_a_frame_and_a_ping_fit_the_time_that_they_have(self):
        limits = Limits()
        assert limits.max_head < limits.max_frame <= limits.max_message
        assert 2 * limits.ping_time < limits.idle_time, "one Pong may get lost"
        assert limits.open_time < limits.idle_time


def test_they_are_named_and_cannot_be_changed_but_in_a_copy():
    limits = Limits(max_message=10, ping_time=None)
    assert (limits.max_message, limits.ping_time, limits.max_frame) == (10, None, Limits().max_frame)
    with pytest.raises(dataclasses.FrozenInstanceError):
        limits.max_message = 11
    assert dataclasses.replace(limits, max_message=11) == Limits(max_message=11, ping_time=None)
    with pytest.raises(TypeError):
        Limits(max_mesage=10)


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Limits)])
def test_what_is_no_limit_is_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        Limits(**{name: value})
