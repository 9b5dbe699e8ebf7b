"""What a real Asterisk does: the facts that the Asterisk line is built on, and that it is there."""

from __future__ import annotations

import math
import os
import struct
import threading
import time
import uuid
import wave
from pathlib import Path

import pytest

from tests.exchange import Exchange, Ring, start_exchange
from tests.exchange.rest import listening

PHONE = "PJSIP/phone-801"
SHOWN = "02888880000"


DESK_PHONE = threading.Lock()
"""Acts as one test at a time wants."""


def a_number() -> str:
    """A customer's number that no other test rings."""
    return f"139{uuid.uuid4().int % 10**8:08d}"


def customer(number: str) -> str:
    return f"PJSIP/{number}@carrier"


def loudness(path: Path) -> int:
    """The loudest sample of a recording, of 32767."""
    with wave.open(str(path)) as recording:
        samples = recording.readframes(recording.getnframes())
    return max(abs(sample) for (sample,) in struct.iter_unpack("<h", samples))


@pytest.mark.side_by_side
def test_the_phone_rings_is_picked_up_and_a_second_request_of_the_same_id_is_refused(
    exchange: Exchange,
) -> None:
    with listening(exchange) as rest:
        status, made = rest.dial(PHONE, "pick-up", appArgs="caller,7", callerId=SHOWN)
        again, refusal = rest.dial(PHONE, "pick-up")
        started = rest.wait_for("StasisStart", channel="pick-up")

        assert (status, made["id"], made["state"]) == (200, "pick-up", "Down")
        assert (again, refusal) == (
            409,
            {"message": "Channel with given unique ID already exists"},
        )
        assert (started["args"], started["channel"]["state"]) == (["caller", "7"], "Up")
        assert [
            event["channel"]["state"]
            for event in rest.events("pick-up")
            if event["type"] == "ChannelStateChange"
        ] == ["Ringing", "Up"]

        assert rest.ask("GET", "/channels/pick-up")[0] == 200
        assert rest.ask("DELETE", "/channels/pick-up") == (204, None)
        rest.wait_for("ChannelDestroyed", channel="pick-up")
        assert rest.ask("GET", "/channels/pick-up") == (404, {"message": "Channel not found"})


@pytest.mark.side_by_side
def test_an_id_is_free_again_after_the_end_so_a_missing_channel_proves_nothing(
    exchange: Exchange,
) -> None:
    number = a_number()
    with listening(exchange) as rest:
        exchange.customer(number, "busy")
        assert rest.dial(customer(number), "twice")[0] == 200
        rest.wait_for("ChannelDestroyed", channel="twice")
        assert rest.dial(customer(number), "twice", callerId=SHOWN)[0] == 200
        rest.wait_for("ChannelDestroyed", channel="twice")
        assert [ring.number for ring in exchange.rung()].count(number) == 2


@pytest.mark.side_by_side
def test_caller_and_customer_talk_are_recorded_and_one_leg_outlives_the_other(
    exchange: Exchange,
) -> None:
    number = a_number()
    with listening(exchange) as rest:
        exchange.customer(number, "hangs_up/1")
        rest.ask("POST", "/bridges/talk", type="mixing")
        for endpoint, leg in ((PHONE, "caller"), (customer(number), "customer")):
            assert rest.dial(endpoint, leg, callerId=SHOWN)[0] == 200
            rest.wait_for("StasisStart", channel=leg)
            assert rest.ask("POST", "/bridges/talk/addChannel", channel=leg) == (204, None)
            rest.wait_for("ChannelEnteredBridge", channel=leg, bridge="talk")
        status, recording = rest.ask("POST", "/bridges/talk/record", name="talk", format="wav")
        assert (status, recording["state"]) == (201, "queued")
        rest.wait_for("RecordingStarted", recording="talk")
        rest.wait_for("ChannelDestroyed", channel="customer")

        assert rest.ask("GET", "/bridges/talk")[1]["channels"] == ["caller"]
        assert rest.ask("GET", "/channels/caller")[0] == 200
        assert rest.ask("POST", "/recordings/live/talk/stop") == (204, None)
        rest.wait_for("RecordingFinished", recording="talk")
        assert rest.ask("GET", "/recordings/stored/talk")[0] == 200
        assert loudness(exchange.recordings / "talk.wav") > 1000
        assert rest.ask("DELETE", "/bridges/talk") == (204, None)
        assert Ring(number, SHOWN) in exchange.rung()


@pytest.mark.parametrize(
    ("act", "cause", "answered"),
    [
        ("busy", 17, False),
        ("rejects", 21, False),
        ("unallocated", 1, False),
        ("absent", 20, False),
        ("congested", 34, False),
        ("rings", 0, False),  # our own timeout: no cause at all, not 19
        ("hangs_up/1", 16, True),
    ],
)
@pytest.mark.side_by_side
def test_each_end_has_its_cause(exchange: Exchange, act: str, cause: int, answered: bool) -> None:
    number = a_number()
    with listening(exchange) as rest:
        exchange.customer(number, act)
        assert rest.dial(customer(number), f"ends-{act[:5]}", timeout=2)[0] == 200
        ended = rest.wait_for("ChannelDestroyed", channel=f"ends-{act[:5]}")
        told = [event["type"] for event in rest.events(f"ends-{act[:5]}")]
        assert (ended["cause"], "StasisStart" in told) == (cause, answered)


@pytest.mark.parametrize(
    ("act", "cause"), [("rings", 0), ("busy", 17), ("rejects", 21), ("hangs_up/1", 16)]
)
@pytest.mark.side_by_side
def test_a_desk_phone_can_ring_out_be_busy_reject_and_hang_up(
    exchange: Exchange, act: str, cause: int
) -> None:
    with DESK_PHONE, listening(exchange) as rest:
        exchange.customer("802", act)
        assert rest.dial("PJSIP/phone-802", f"desk-{act[:5]}", timeout=2)[0] == 200
        assert rest.wait_for("ChannelDestroyed", channel=f"desk-{act[:5]}")["cause"] == cause


@pytest.mark.side_by_side
def test_a_phone_that_is_not_plugged_in_never_rings(exchange: Exchange) -> None:
    with listening(exchange) as rest:
        rest.dial("PJSIP/phone-804", "unplugged", timeout=1)
        assert rest.wait_for("ChannelDestroyed", channel="unplugged")["cause"] == 0
        assert "ChannelStateChange" not in [event["type"] for event in rest.events("unplugged")]


@pytest.mark.side_by_side
def test_a_ringing_phone_stops_when_the_call_is_withdrawn_and_rings_again_later(
    exchange: Exchange,
) -> None:
    with listening(exchange) as rest:
        rest.dial(PHONE, "withdrawn")
        rest.wait_for("ChannelStateChange", channel="withdrawn")
        rest.ask("DELETE", "/channels/withdrawn")
        assert (
            rest.wait_for("ChannelDestroyed", channel="withdrawn")["channel"]["state"] == "Ringing"
        )
        rest.dial(PHONE, "later")
        rest.wait_for("StasisStart", channel="later")


@pytest.mark.side_by_side
def test_the_customers_digits_arrive_one_by_one(exchange: Exchange) -> None:
    number = a_number()
    with listening(exchange) as rest:
        exchange.customer(number, "presses/53")
        rest.dial(customer(number), "presses")
        rest.wait_for("StasisStart", channel="presses")
        heard = [rest.wait_for("ChannelDtmfReceived", channel="presses") for _ in range(2)]
        assert [event["digit"] for event in heard] == ["5", "3"]


@pytest.mark.side_by_side
def test_a_relay_number_hears_the_extension_that_was_dialled(exchange: Exchange) -> None:
    number = a_number()
    with listening(exchange) as rest:
        exchange.customer(number, "asks_extension/4711")
        rest.dial(customer(number), "relay")
        rest.wait_for("StasisStart", channel="relay")
        assert rest.ask("POST", "/channels/relay/dtmf", dtmf="0815") == (204, None)
        assert rest.wait_for("ChannelDestroyed", channel="relay")["cause"] == 1
        assert exchange.heard()[-1] == "0815"


@pytest.mark.parametrize(
    ("media", "state"), [("sound:beeps-done", "done"), ("sound:none", "failed")]
)
@pytest.mark.side_by_side
def test_a_prompt_is_a_wave_file_of_the_sounds_folder(
    exchange: Exchange, media: str, state: str
) -> None:
    number = a_number()
    with listening(exchange) as rest:
        with wave.open(str(exchange.sounds / f"beeps-{state}.wav"), "wb") as prompt:
            prompt.setnchannels(1)
            prompt.setsampwidth(2)
            prompt.setframerate(8000)
            prompt.writeframes(
                b"".join(struct.pack("<h", int(8000 * math.sin(at / 3))) for at in range(4000))
            )
        rest.dial(customer(number), f"prompted-{state}")
        rest.wait_for("StasisStart", channel=f"prompted-{state}")
        assert (
            rest.ask("POST", f"/channels/prompted-{state}/play/said-{state}", media=media)[0] == 201
        )
        finished = rest.wait_for("PlaybackFinished", playback=f"said-{state}")
        assert finished["playback"]["state"] == state


@pytest.mark.side_by_side
def test_who_has_no_password_is_refused_and_what_is_unknown_is_said(exchange: Exchange) -> None:
    with listening(exchange) as rest:
        assert rest.ask("GET", "/endpoints/PJSIP/carrier")[1]["state"] == "online"
        assert rest.ask("GET", "/endpoints/PJSIP/nobody")[0] == 404
        assert rest.dial("PJSIP/nobody", "nobody") == (500, {"error": "Allocation failed"})


@pytest.mark.side_by_side
def test_while_nobody_listens_calls_go_on_and_their_events_are_lost(exchange: Exchange) -> None:
    number = a_number()
    exchange.customer(number, "hangs_up/1")
    with listening(exchange, ends_calls=False) as before:
        for endpoint, leg in ((PHONE, "unheard-caller"), (customer(number), "unheard-customer")):
            before.dial(endpoint, leg)
            before.wait_for("StasisStart", channel=leg)
    deadline = time.monotonic() + 40  # it ends by itself after its second
    while before.ask("GET", "/channels/unheard-customer")[0] == 200:
        assert time.monotonic() < deadline
    with listening(exchange, before.app) as after:
        assert after.ask("GET", "/channels/unheard-caller")[0] == 200
        after.ask("DELETE", "/channels/unheard-caller")
        after.wait_for("ChannelDestroyed", channel="unheard-caller")
        assert after.events("unheard-customer") == []


@pytest.mark.side_by_side
def test_a_second_listener_takes_the_application_from_the_first(exchange: Exchange) -> None:
    with listening(exchange) as rest:
        with listening(exchange, rest.app) as second:
            rest.wait_for("ApplicationReplaced")
            second.dial(PHONE, "taken-over")
            second.wait_for("StasisStart", channel="taken-over")
        assert rest.events("taken-over") == []


def test_nothing_of_it_is_left_when_it_ends(tmp_path: Path) -> None:
    def running() -> set[str]:
        found = set()
        for process in Path("/proc").glob("[0-9]*"):
            try:
                command = (process / "cmdline").read_bytes()
            except OSError:
                continue  # it ended while we looked
            if os.fsencode(tmp_path) in command:
                found.add(process.name)
        return found

    with pytest.raises(KeyError), start_exchange(tmp_path / "x"):
        assert len(running()) == 3
        raise KeyError
    assert not running()
