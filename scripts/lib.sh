# shellcheck shell=sh
# Shared by the scripts beside it, which source it after `set -eu`. Works from any directory: it moves to the root.

CDPATH='' cd -- "$(dirname -- "$0")/.." || exit

say() { printf '%s\n' "$*" >&2; }

# Packages of Debian 12 by purpose. `docs/dependencies.md` says what each library is for.
packages_for() {
    case $1 in
    build)
        # The first line is what the Swift toolchain itself needs to compile, link and read C headers.
        echo binutils git libc6-dev libstdc++-12-dev libncurses6 libxml2 ca-certificates tzdata
        echo pkg-config libssl-dev libsodium-dev libp11-kit-dev libsqlite3-dev libpq-dev libzip-dev
        echo libarchive-dev libmicrohttpd-dev libcurl4-openssl-dev libjpeg62-turbo-dev libpng-dev zlib1g-dev
        ;;
    lint) echo shellcheck ;;
    test)
        echo python3 python3-venv chromium chromium-driver fonts-dejavu-core
        echo curl jq openssl zstd softhsm2
        echo golang-go golang-golang-x-mod-dev
        echo postgresql-15 postgresql-client-15
        echo nginx-light prometheus systemd
        ;;
    bench) echo python3 python3-venv curl wrk postgresql-15 postgresql-client-15 ;;
    *) say "no package list is called '$1' (build, lint, test, bench)" && return 2 ;;
    esac
}

# install_missing PURPOSE: names what is missing, then installs just that; silent and quick when all is there.
install_missing() {
    wanted=$(packages_for "$1") || return
    [ "${CXR_SKIP_INSTALL:-0}" = 1 ] && return
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "This is not Debian: install the equivalents of these packages, then set CXR_SKIP_INSTALL=1:"
        say "   " "$(echo "$wanted" | xargs)"
        return 1
    fi
    missing=
    for package in $wanted; do
        dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    say "installing:$missing (to $1 cxrledger)"
    if [ "$(id -u)" = 0 ]; then
        as_root=
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        say "Installing needs root, and sudo is not here. As root, run: apt-get install$missing"
        return 1
    fi
    $as_root apt-get -q update >&2 || say "apt-get update failed; going on with the package lists that are here"
    # The lists of words are split on purpose.
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $missing >&2 </dev/null
}

# require_build: Swift, the one thing these scripts do not install, and the packages that a build needs.
require_build() {
    if ! command -v swift >/dev/null; then
        say "swift is not on PATH. Install Swift 6.3 for Debian 12 (https://www.swift.org/install/linux/) and try again."
        return 1
    fi
    install_missing build || return  # the compiler itself runs only with some of them
    found=$(swift --version 2>/dev/null | sed -n 's/^.*Swift version \([0-9]*\)\.\([0-9]*\).*/\1 \2/p')
    # The two numbers are split on purpose.
    # shellcheck disable=SC2086
    set -- ${found:-0 0}
    [ "$1" -gt 6 ] || { [ "$1" = 6 ] && [ "$2" -ge 3 ]; } && return
    say "This is Swift $1.$2. Install Swift 6.3 or later (https://www.swift.org/install/linux/) and try again."
    return 1
}

# build_release: makes .build/release/cxrledger.
build_release() { swift build --configuration release --product cxrledger >&2; }
