#!/usr/bin/env bash
# Proves the parts of the image where no container engine runs: the build
# line, a static binary, and a run as a numeric user on a read-only root that
# holds nothing but the binary. Needs root, for the mounts.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/data"
chmod 755 "$root"
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X cairn/bot/app.version=proof' -o "$root/cairn" .
if readelf -d "$root/cairn" 2>/dev/null | grep -q NEEDED; then
  echo "the binary needs shared libraries" >&2
  exit 1
fi

inside=$(cat <<'SCRIPT'
set -euo pipefail
mount --bind "$1" "$1"
mount -o remount,ro,bind "$1"
mount -t tmpfs -o uid=65532,gid=65532,size=64m tmpfs "$1/data"
chroot --userspec=65532:65532 "$1" /cairn ask --data /data "disk full" | head -n 3
timeout 60 chroot --userspec=65532:65532 "$1" /cairn serve --data /data --listen 127.0.0.1:18099 &
pid=$!
for _ in $(seq 50); do
  if curl -fsS http://127.0.0.1:18099/readyz 2>/dev/null; then break; fi
  sleep 0.1
done
echo
kill -TERM "$pid"
wait "$pid"
SCRIPT
)
unshare -m bash -c "$inside" proof "$root"
echo "static binary, numeric user, read-only root: proven"
