#!/bin/sh
# Builds the virtual environment from a locked, hashed list, then installs the project into it.
# Usage: tools/setup.sh runtime|dev      Environment: VENV (default .venv), PYTHON
# A stamp inside the environment makes every later call return at once.
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh

kind=$1
venv=${VENV:-.venv}
case $kind in
    runtime) lock=requirements.lock ;;
    dev) lock=requirements-dev.lock ;;
    *) die "usage: tools/setup.sh runtime|dev" ;;
esac

# What the environment was made from; the folder counts because scripts carry its full name.
wanted="$PWD $(cksum "$lock" pyproject.toml tools/setup.sh)"
stamp=$venv/.made-$kind
if [ -x "$venv/bin/waihu" ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

# Prints nothing and fails when no interpreter will do.
find_python() {
    for candidate in ${PYTHON:-} python3.11 python3; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

make_venv() {
    python=$(find_python) || die "Python 3.11 or newer is needed: $(apt_line python3.11 python3.11-venv)"
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        say "Python's venv module is missing / 缺少 venv 模块"
        need_packages "python$version-venv"
    fi
    say "Making $venv with Python $version / 建立虚拟环境"
    "$python" -m venv --clear "$venv"
}

moved() {
    for made in "$venv"/.made-*; do
        [ ! -f "$made" ] || case $(head -n 1 "$made") in "$PWD "*) ;; *) return 0 ;; esac
    done
    return 1
}

if ! new_enough "$venv/bin/python" || moved; then
    make_venv
elif ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    "$venv/bin/python" -m ensurepip >/dev/null 2>&1 || make_venv
fi

packages=$(grep -c '^[a-z].*==' "$lock")
say "Installing $packages locked packages ($lock) / 安装依赖，首次约一分钟"
{
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps \
        --only-binary :all: --require-hashes -r "$lock" && echo "status 0" || echo "status 1"
} | awk -v total="$packages" -v tty="$([ -t 2 ] && echo 1 || echo 0)" '
    /^(Collecting|Requirement already satisfied|Ignoring)/ { done++ }
    /^Collecting/ && tty { printf "\r\033[K    %d/%d %s", done, total, $2 >"/dev/stderr" }
    /^Installing/ && tty { printf "\r\033[K    %d/%d writing", done, total >"/dev/stderr" }
    /^status/ { if (tty) printf "\r\033[K" >"/dev/stderr"; exit $2 }
' || die "The packages could not be installed; pip says why above / 依赖安装失败"
say "Installing waihu itself / 安装本程序"
"$venv/bin/python" -m pip install --disable-pip-version-check --no-input --quiet \
    --no-deps --no-build-isolation --no-index --editable .
# A command answers in half a second only from compiled modules, also where Python may not write them.
"$venv/bin/python" -m compileall -q campaigns scripts_zh adapters scheduler web
echo "$wanted" >"$stamp"
say "Ready / 就绪: $venv/bin/waihu"
