"""What every reader of callbacks keeps to. It plugs in with a bench, like a line."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import pytest

from adapters.channels.base import CallbackReader, RawCallback


class CallbackBench(Protocol):
    """For a reader of callbacks; `genuine` is one that the provider itself made."""

    reader: CallbackReader
    secrets: tuple[str, ...]

    def genuine(self) -> RawCallback:
        """A callback about a call or a text."""


class CallbackContract:
    """Every reader of callbacks."""

    def test_what_the_provider_sent_is_believed(self, bench: CallbackBench):
        assert bench.reader.authenticate(bench.genuine())

    def test_another_address_is_not_believed(self, bench: CallbackBench):
        raw = bench.genuine()
        assert not bench.reader.authenticate(replace(raw, path_and_query="/line/other"))

    @pytest.mark.parametrize("body", [b"", b"x=1", b"\xff\xfe", b"{}", b"a" * 70_000])
    def test_odd_headers_are_not_believed(self, bench: CallbackBench, body: bytes):
        for headers in ({}, {"content-type": "application/json"}, {"x": "\udcff"}):
            raw = RawCallback("/line/\udcff?%zz", headers, body)
            assert not bench.reader.authenticate(raw)

    def test_r_pii_1_no_secret_stands_in_its_repr(self, bench: CallbackBench):
        said = repr(bench.reader) + repr(vars(bench.reader))
        for secret in bench.secrets:
            assert secret not in said
