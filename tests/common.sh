# shellcheck shell=bash
# What the scripts in readers/ and cluster/ share; they source it. Sets `brownout` (the binary, an absolute path),
# `study` (the folder of the study they use), `packages` (where downloads are kept) and `temp` (a folder that is gone at
# the end).

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=$(realpath -m "${CARGO_TARGET_DIR:-$repository/target}")
brownout=$(realpath -m "${BROWNOUT:-$target/debug/brownout}")
# shellcheck disable=SC2034  # The scripts use it.
study=$repository/tests/study
packages=$target/packages

say() { printf -- '-- %2d s: %s\n' "$SECONDS" "$*"; }

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# For what cannot be had here. With BROWNOUT_NO_SKIP=1 that is a failure.
skip() {
    [ "${BROWNOUT_NO_SKIP:-0}" != 1 ] || fail "$*, and BROWNOUT_NO_SKIP is set"
    printf 'skipped: %s\n' "$*"
    exit 0
}

[ -x "$brownout" ] || fail "there is no binary $brownout; \`cargo build\` makes it, or name one with BROWNOUT="

temp=$(mktemp -d "${TMPDIR:-/tmp}/brownout-test.XXXXXX")
clean_up() { :; }
on_exit() {
    local code=$?
    trap - EXIT
    trap '' INT TERM HUP
    set +e
    clean_up "$code"
    rm -rf "$temp"
    exit "$code"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Runs apt-get install --simulate or download, and once more with fresh lists of packages if that fails and we may fetch
# them.
apt_get() {
    apt-get --quiet=2 -o APT::Sandbox::User=root "$@" 2> "$temp/apt.err" && return
    [ "$(id -u)" = 0 ] && apt-get --quiet=2 update > /dev/null 2>&1 &&
        apt-get --quiet=2 -o APT::Sandbox::User=root "$@" 2> "$temp/apt.err"
}

# Unpacks packages and what they need into $temp/root, without installing them. What is installed already is not
# fetched.
unpack() {
    local missing deb
    mkdir -p "$temp/debs" "$temp/root"
    if ! command -v apt-get > /dev/null; then skip "$* cannot be had: no apt-get here"; fi
    missing=$(apt_get install --simulate --no-install-recommends "$@") ||
        skip "$* cannot be had: $(tail -n 1 "$temp/apt.err")"
    missing=$(awk '$1 == "Inst" { print $2 }' <<< "$missing")
    [ -n "$missing" ] || return 0
    # One word for each package.
    # shellcheck disable=SC2086
    (cd "$temp/debs" && apt_get download $missing > /dev/null) ||
        skip "$* cannot be had: $(tail -n 1 "$temp/apt.err")"
    for deb in "$temp"/debs/*.deb; do
        dpkg --extract "$deb" "$temp/root"
    done
    rm -r "$temp/debs"
}

environment_in() { python3 -m venv --clear "$1" > /dev/null 2>&1; }

# Sets `python` to a Python in an environment of its own that holds these packages of PyPI.
python_with() {
    local environment=$packages/python
    python=$environment/bin/python
    if ! "$python" -m pip --version > /dev/null 2>&1; then
        mkdir -p "$packages"
        # Debian has the means to make environments in a package of its own.
        if ! environment_in "$environment"; then
            if [ "$(id -u)" = 0 ]; then
                apt_get install --yes --no-install-recommends python3 python3-venv > /dev/null || true
            fi
            environment_in "$environment" ||
                skip "no Python environment can be made here (on Debian: apt-get install python3-venv)"
        fi
    fi
    "$python" -m pip install --quiet --disable-pip-version-check "$@" > "$temp/pip.log" 2>&1 ||
        skip "$* cannot be had from PyPI: $(tail -n 1 "$temp/pip.log")"
}

# Two results folders hold the same files with the same bytes. Locks and the shards that a whole was joined of do not
# count.
same_results() {
    diff --recursive --brief --exclude=.lock --exclude=shards "$1" "$2" || fail "$1 and $2 are not the same"
    if [ ! -s "$1/runs.parquet" ] || [ ! -s "$1/cells.csv" ]; then fail "$1 holds no results"; fi
    say "$(find "$1" -maxdepth 1 -type f ! -name .lock | wc -l) files, the same bytes"
}
