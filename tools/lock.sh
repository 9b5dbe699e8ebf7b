#!/bin/sh
# Remakes the locked lists from pyproject.toml: hashes in, names of package indexes out.
# Needed only by who changes a dependency; uv is installed on demand.
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh

uv=$(command -v uv || echo "${VENV:-.venv}/bin/uv")
[ -x "$uv" ] || "${VENV:-.venv}/bin/python" -m pip install --quiet uv

compile() {
    say "Locking $1"
    "$uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
        --output-file "$@"
}

compile requirements.lock --group build ${UPGRADE:+--upgrade}
compile requirements-dev.lock --group build --group dev --constraint requirements.lock \
    ${UPGRADE:+--upgrade}
