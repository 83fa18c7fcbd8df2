#!/bin/sh
# Make .venv, fonts and translations. Safe to call before every command: where nothing changed it takes a second.
#   tools/setup.sh run    what the product needs (requirements.txt)
#   tools/setup.sh dev    and what building and testing need (requirements-dev.txt)
set -eu
cd "$(dirname "$0")/.."
mode=${1:-run}
case $mode in
    run) requirements=requirements.txt ;;
    dev) requirements=requirements-dev.txt ;;
    *) echo "usage: tools/setup.sh run|dev" >&2; exit 2 ;;
esac
log=var/log/setup.log
mkdir -p var/log

say() { printf '[%s/4] %s\n' "$1" "$2"; }

quiet() {
    # Run a long step in silence; show what it said only when it fails.
    if ! "$@" >"$log" 2>&1; then
        cat "$log" >&2
        return 1
    fi
}

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    for name in ${MAEUM_PYTHON:-} python3.12 python3.11 python3.13 python3; do
        if command -v "$name" >/dev/null 2>&1 && fits "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

apt_install() {
    # Only root on Debian and its family; anyone else is told what to type.
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1 || return 1
    export DEBIAN_FRONTEND=noninteractive
    quiet apt-get update -q && quiet apt-get install -q -y --no-install-recommends "$@"
}

# The interpreter and the hashed file decide what .venv holds; the stamp remembers both.
stamp_now() { { .venv/bin/python -VV; cksum <"$requirements"; cksum <tools/setup.sh; } 2>/dev/null; }
stamp=.venv/.maeum-$mode

if ! { [ -x .venv/bin/python ] && fits .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; }; then
    say 1 "Python 환경 · making .venv"
    python=$(find_python) || { apt_install python3 python3-venv && python=$(find_python); } || {
        echo "Maeum needs Python 3.11, 3.12 or 3.13. Install one (or set MAEUM_PYTHON to its path), then try again." >&2
        exit 1
    }
    if ! "$python" -m venv --clear .venv >"$log" 2>&1; then
        # Debian keeps ensurepip in a package of its own.
        { apt_install python3-venv && quiet "$python" -m venv --clear .venv; } || {
            cat "$log" >&2
            echo "Could not make .venv. On Debian or Ubuntu: sudo apt install python3-venv, then try again." >&2
            exit 1
        }
    fi
fi

if [ "$(stamp_now)" != "$(cat "$stamp" 2>/dev/null)" ]; then
    say 2 "꾸러미 설치 · installing $(grep -c '^[a-z].*==' "$requirements") packages (a few minutes the first time)"
    if [ ! -x .venv/bin/uv ]; then
        # uv itself by its hashed lines of the development file.
        awk '/^uv==/ {on = 1} on && !/^(uv==|    )/ {exit} on' requirements-dev.txt >var/log/uv.txt
        quiet .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r var/log/uv.txt
    fi
    # --no-deps: a resolver run would bring in a second OpenCV.
    quiet env UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install --no-deps --require-hashes -r "$requirements"
    stamp_now >"$stamp"
fi

.venv/bin/python tools/fonts.py "[3/4]"
.venv/bin/python tools/compile_messages.py "[4/4]"
