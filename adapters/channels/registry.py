"""Which lines an installation has, opened from its settings. The one place that knows them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.channels.base import CallbackReader, SmsLine, VoiceLine
from adapters.line_settings import is_loopback
from adapters.settings import Settings
from campaigns.values import LineName


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of an installation by name. A name that is missing is a line that is not set up."""

    voice: Mapping[LineName, VoiceLine] = field(default_factory=dict)
    sms: Mapping[LineName, SmsLine] = field(default_factory=dict)
    readers: Mapping[LineName, CallbackReader] = field(default_factory=dict)


def open_lines(settings: Settings, *, is_training: bool) -> Lines:
    """Open every line that has its settings.

    A training shop never leaves the machine: of its lines only those are opened whose address is on
    it; an exchange, which has its trunk from there, only where it is said to be for training. A
    provider's library is loaded only where its line is set up.
    """
    voice: dict[LineName, VoiceLine] = {}
    sms: dict[LineName, SmsLine] = {}
    readers: dict[LineName, CallbackReader] = {}
    own = settings.lines
    if own.twilio is not None and (own.twilio.is_local or not is_training):
        from adapters.channels.twilio_callbacks import TwilioCallbacks
        from adapters.channels.twilio_sms import TwilioSms
        from adapters.channels.twilio_voice import TwilioVoice

        public = settings.callback_url
        voice[LineName.TWILIO] = TwilioVoice(own.twilio, public)
        sms[LineName.TWILIO] = TwilioSms(own.twilio, public)
        readers[LineName.TWILIO] = TwilioCallbacks(own.twilio, public)
    if own.asterisk is not None and (own.asterisk.is_for_training or not is_training):
        from adapters.channels.asterisk import AsteriskLine

        voice[LineName.ASTERISK] = AsteriskLine(own.asterisk)
    if own.aliyun is not None and (is_loopback(own.aliyun.base_url) or not is_training):
        from adapters.channels.aliyun import AliyunCallbacks, AliyunSms

        sms[LineName.ALIYUN] = AliyunSms(own.aliyun)
        readers[LineName.ALIYUN] = AliyunCallbacks(own.aliyun)
    return Lines(voice, sms, readers)
