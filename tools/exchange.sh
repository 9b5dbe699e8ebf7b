#!/bin/sh
# Fetches a telephone exchange for the tests: Asterisk and the SIP phone sipp, which Debian's
# release 11 carries and later ones do not. Usage: tools/exchange.sh      prints the folder
# Environment: EXCHANGE_ROOT (default: a folder in the user's cache), EXCHANGE_MIRROR (default: the
# mirror of Debian that this machine's apt uses)
# The packages are unpacked into that folder and run with their own C library: nothing is installed
# on the system, no rights are needed, and no daemon starts by itself.
set -eu
cd "$(dirname "$0")/.."
. tools/say.sh

release=bullseye
keys=/usr/share/keyrings/debian-archive-keyring.gpg
root=${EXCHANGE_ROOT:-${XDG_CACHE_HOME:-$HOME/.cache}/waihu/exchange-$release}
wanted=$(cksum <tools/exchange.sh)
if [ -x "$root/run" ] && [ "$(cat "$root/.made" 2>/dev/null)" = "$wanted" ]; then
    echo "$root"
    exit 0
fi
command -v apt-get >/dev/null 2>&1 && [ -f "$keys" ] ||
    die "an exchange for the tests is fetched with Debian's apt, and its keys / 需要 Debian 的 apt"
mkdir -p "$(dirname "$root")"

# Whoever comes second waits, and finds it made.
if [ -z "${EXCHANGE_LOCKED:-}" ]; then
    EXCHANGE_LOCKED=yes EXCHANGE_ROOT=$root exec flock "$root.lock" sh tools/exchange.sh
fi

new=$root.new
fetched=$root.fetched
rm -rf "$new" "$fetched"
trap 'rm -rf "$new" "$fetched"' EXIT
mkdir -p "$new" "$fetched/lists/partial" "$fetched/archives/partial"

# The mirror is the one this machine already uses; a system that never asked it has no lists yet.
name_mirror() {
    apt-get "$@" indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' 2>/dev/null |
        awk '$2 == "Debian" { print $1; exit }'
}

mirror=${EXCHANGE_MIRROR:-$(name_mirror)}
if [ -z "$mirror" ]; then
    apt-get -qq -o Dir::State::lists="$fetched/lists" -o Debug::NoLocking=true \
        -o APT::Sandbox::User= update >/dev/null || true
    mirror=$(name_mirror -o Dir::State::lists="$fetched/lists")
fi
[ -n "$mirror" ] || die "apt names no mirror of Debian / apt 未配置 Debian 镜像"
echo "deb [signed-by=$keys] $mirror $release main" >"$fetched/sources.list"
: >"$fetched/status"

# apt with a system of its own in the folder: nothing is installed there, so all is needed.
fetch() {
    apt-get -qq -o Dir::Etc::sourcelist="$fetched/sources.list" -o Dir::Etc::sourceparts=- \
        -o Dir::State="$fetched" -o Dir::State::status="$fetched/status" \
        -o Dir::State::lists="$fetched/lists" -o Dir::Cache="$fetched" \
        -o Dir::Cache::archives="$fetched/archives" -o Debug::NoLocking=true \
        -o APT::Sandbox::User= -o Acquire::Languages=none "$@" >/dev/null
}

say "Fetching a telephone exchange for the tests (70 MB, about 20 s) / 下载测试用电话交换机"
fetch update && fetch install -y --download-only --no-install-recommends asterisk sip-tester ||
    die "Debian's $release could not be fetched; apt says why above / 下载失败"
say "Unpacking it into $root / 解压"
find "$fetched/archives" -name '*.deb' | xargs -P 2 -n 1 sh -c 'dpkg-deb --extract "$2" "$1"' - "$new"
rm -rf "$new/usr/share/doc" "$new/usr/share/man" "$new/usr/share/locale" "$new/usr/share/perl"

cat >"$new/run" <<'END'
#!/bin/sh
# Runs one of the programs in this folder with the libraries in this folder: run PROGRAM ARGUMENTS
here=$(dirname "$0")
library=$(echo "$here"/lib/*-linux-gnu*)
exec "$library"/ld-linux*.so.* \
    --library-path "$library:$here/usr/lib/${library##*/}:$here/usr/lib" "$@"
END
chmod +x "$new/run"
"$new/run" "$new/usr/sbin/asterisk" -V >/dev/null || die "the exchange does not run here"
echo "$wanted" >"$new/.made"
rm -rf "$root"
mv "$new" "$root"
echo "$root"
