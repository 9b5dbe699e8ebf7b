#!/bin/sh
# Sees to what the tests need beside Python: PostgreSQL's server, Chromium, a Chinese font, and a
# telephone exchange in a folder of the user's cache.
# Where they cannot be installed the tests that need them are skipped, or fail when CI=true.
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh

has_postgres() {
    [ -n "${TEST_POSTGRES_DSN:-}" ] || command -v initdb >/dev/null 2>&1 ||
        ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1
}

has_chinese_font() {
    command -v fc-list >/dev/null 2>&1 && [ -n "$(fc-list :lang=zh-cn family)" ]
}

missing=
has_postgres || missing="$missing postgresql"
# The shell draws as the browser does, without a window: a fresh context costs a seventh.
command -v chromium-headless-shell >/dev/null 2>&1 || missing="$missing chromium-headless-shell"
has_chinese_font || missing="$missing fontconfig fonts-noto-cjk"
# The browser's driver is linked to it, and a bare system does not have it.
ls /usr/lib*/libatomic.so.1 /usr/lib*/*/libatomic.so.1 2>/dev/null | grep -q . || missing="$missing libatomic1"
if [ -n "$missing" ] && ! need_packages $missing; then
    [ "${CI:-}" != true ] || die "CI needs them all"
    say "Going on without; the tests that need them are skipped / 跳过相关测试"
fi
if ! sh tools/exchange.sh >/dev/null; then
    [ "${CI:-}" != true ] || die "CI needs the telephone exchange"
    say "Going on without; the tests of the Asterisk line are skipped / 跳过相关测试"
fi
