#!/bin/sh
# Compile requirements.in and requirements-dev.in to files with hashes for every platform and without an index address.
# Extra words go to uv: `make lock ARGS=--upgrade`, `make lock ARGS="--upgrade-package django"`.
set -eu
cd "$(dirname "$0")/.."
compile() {
    source=$1
    target=$2
    shift 2
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --override tools/overrides.txt \
        --custom-compile-command "make lock" --output-file "$target" "$@" "$source"
    echo "$target: $(grep -c '^[a-z].*==' "$target") packages"
}
compile requirements.in requirements.txt "$@"
# The same versions again, plus what building and testing need.
compile requirements-dev.in requirements-dev.txt --constraint requirements.txt "$@"
