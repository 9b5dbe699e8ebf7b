"""Recordings: begun and ended with a talk, told of afterwards, and a sound as long as the talk."""

from __future__ import annotations

import array
import io
import math
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import format_datetime
from functools import cache

from adapters.carrier.books import Leg, Recording, new_sid
from adapters.carrier.desk import API_VERSION, Desk

READY_AFTER_S = 1.0
LONGEST_S = 1_800
"""No recording is longer, whatever was talked: its sound is made in memory."""
TONE_EVERY_S = 5
TONE_HZ = 440
LOUDNESS = 4_000
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
        recording.duration_s = min(max(1, round(task.second - began)), LONGEST_S)
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


def sound(seconds: int, channels: int) -> bytes:
    """A WAV file of that many seconds, 16 bit: a soft tone for one second of five, then silence."""
    tone = _second(TONE_HZ, channels)
    silence = bytes(len(tone))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(SAMPLES_PER_S)
        out.setnframes(SAMPLES_PER_S * seconds)
        for second in range(seconds):
            out.writeframesraw(silence if second % TONE_EVERY_S else tone)
    return file.getvalue()


@cache
def _second(hertz: int, channels: int) -> bytes:
    wave_form = (
        int(LOUDNESS * math.sin(2 * math.pi * hertz * n / SAMPLES_PER_S))
        for n in range(SAMPLES_PER_S)
    )
    return array.array("h", [sample for sample in wave_form for _ in range(channels)]).tobytes()
