# Sourced by the other scripts: messages, and packages of the system.

say() {
    printf '\033[1m==>\033[0m %s\n' "$*" >&2
}

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

apt_line() {
    echo "apt-get install --no-install-recommends $*"
}

# Installs packages of the system when we may, else says which are needed and fails.
need_packages() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        printf 'error: missing on this machine / 本机缺少: %s\n       as root / 请以 root 执行: %s\n' \
            "$*" "$(apt_line "$*")" >&2
        return 1
    fi
    say "Installing system packages / 安装系统软件包: $*"
    apt-get update -qq
    # shellcheck disable=SC2068  # one word per package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $@ >/dev/null
}
