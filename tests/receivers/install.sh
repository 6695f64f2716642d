#!/bin/sh
# Installs what the receivers and clients in this directory need into target/receivers, at the versions that are pinned here.
# Does nothing where that has been done; the tests themselves never use the network.
set -eu
cd "$(dirname "$0")"
into=../../target/receivers
pins="requirements.txt package.json package-lock.json .npmrc"

installed() {
    for pin in $pins; do
        cmp -s "$pin" "$into/$pin" || return 1
    done
    "$into/venv/bin/python" -c 'import openapi_spec_validator, requests, schemathesis, standardwebhooks' 2>/dev/null &&
        (cd "$into" && node -e 'require("standardwebhooks")' 2>/dev/null)
}

if installed; then
    exit 0
fi
mkdir -p "$into"
# The pins of Python's half are the last to be copied: they say that all of it is done.
rm -f "$into/requirements.txt"
cp package.json package-lock.json .npmrc "$into"
(cd "$into" && npm ci --ignore-scripts --no-audit --no-fund)
python3 -m venv --clear "$into/venv"
"$into/venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
cp requirements.txt "$into"
installed || { echo "install.sh: what was installed cannot be loaded" >&2; exit 1; }
