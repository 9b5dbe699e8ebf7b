"""Recordings: begun and ended with a talk, told of afterwards, and a tone to listen to."""

from __future__ import annotations

import array
import io
import math
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import format_datetime
from functools import lru_cache

from adapters.carrier.books import Leg, Recording, new_sid
from adapters.carrier.desk import API_VERSION, Desk

READY_AFTER_S = 1.0
TONE_MAX_S = 5
TONE_HZ = 440
SAMPLES_PER_S = 8_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded (`source` is the provider's word), and how it is told of."""

    source: str
    channels: int = 1
    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset({"completed"})


@contextmanager
def recording_of(desk: Desk, leg: Leg, wanted: Recorded | None) -> Iterator[Recording | None]:
    """Record while the block lasts. `leg` is the first leg of a call, which has a life of its own."""
    if wanted is None or leg.task is None:
        yield None
        return
    task, began = leg.task, leg.task.second
    made = Recording(new_sid("RE"), leg.sid, desk.now(), wanted.source, wanted.channels)
    recording = desk.books.keep_recording(made)
    _tell(desk, leg, recording, wanted, "in-progress")
    try:
        yield recording
    finally:
        recording.duration_s = round(task.second - began)
        desk.timeline.after(READY_AFTER_S, lambda: _tell(desk, leg, recording, wanted, "completed"))


def recording_url(desk: Desk, recording: Recording) -> str:
    """Where to hear it; `.wav` may be added."""
    account = f"{desk.url}/{API_VERSION}/Accounts/{desk.settings.account_sid}"
    return f"{account}/Recordings/{recording.sid}"


def _tell(desk: Desk, leg: Leg, recording: Recording, wanted: Recorded, status: str) -> None:
    if not wanted.url or status not in wanted.events or recording.sid not in desk.books.recordings:
        return
    fields = {
        "AccountSid": desk.settings.account_sid,
        "CallSid": recording.call_sid,
        "RecordingSid": recording.sid,
        "RecordingUrl": recording_url(desk, recording),
        "RecordingStatus": status,
        "RecordingChannels": str(recording.channels),
        "RecordingSource": recording.source,
        "RecordingStartTime": format_datetime(recording.created_at),
        "ErrorCode": "0",
    }
    if recording.duration_s is not None:
        fields["RecordingDuration"] = str(recording.duration_s)
    desk.send("recording", wanted.url, wanted.method, fields, leg.root.sid)


def tone(seconds: int, channels: int) -> bytes:
    """A WAV file of at most `TONE_MAX_S` seconds of one tone, 16 bit."""
    return _tone(max(1, min(seconds, TONE_MAX_S)), channels)


@lru_cache(maxsize=2 * TONE_MAX_S)
def _tone(seconds: int, channels: int) -> bytes:
    wave_length = [
        int(8_000 * math.sin(2 * math.pi * TONE_HZ * n / SAMPLES_PER_S))
        for n in range(SAMPLES_PER_S * seconds)
    ]
    samples = array.array("h", [sample for sample in wave_length for _ in range(channels)])
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(SAMPLES_PER_S)
        out.writeframes(samples.tobytes())
    return file.getvalue()
