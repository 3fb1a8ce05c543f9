#!/usr/bin/env bash
# cross.sh SOURCES OUT: builds pjproject and what it needs for Windows with Debian's MinGW, makes
# OUT/peer.exe, and lets two of it talk under Wine: TLS, SRTP with AES-GCM, a tone through the sound device.
# SOURCES: the archives of sources.toml and of SHA256SUMS beside this file. See README.md.
set -euo pipefail
sources=$(cd "${1:?folder of the archives}" && pwd) out=${2:?folder}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out" && out=$(cd "$out" && pwd)
export HOST=x86_64-w64-mingw32 PREFIX=$out/prefix
for tool in "$HOST-g++-posix" wine pulseaudio openssl perl; do
  command -v "$tool" >/dev/null || {
    echo "cross.sh: $tool is missing. On Debian: apt-get install g++-mingw-w64-x86-64-posix wine64 wine pulseaudio openssl perl" >&2
    exit 1
  }
done
(cd "$sources" && sha256sum --quiet --check "$here/SHA256SUMS")
work=$(mktemp -d) sound=
finish() {
  [ -z "$sound" ] || kill "$sound"
  rm -rf "$work"
}
trap finish EXIT
for archive in "$sources"/{openssl,opus,speexdsp}_*; do tar -xf "$archive" -C "$work"; done

if [ ! -f "$PREFIX/done" ]; then
  common=("--host=$HOST" "--prefix=$PREFIX" --disable-shared)
  export CFLAGS="-O2 -fstack-protector-strong -w"
  (cd "$work"/speexdsp-* && ./configure "${common[@]}" --disable-examples && make -j2 install)
  (cd "$work"/opus-* && ./configure "${common[@]}" --disable-doc --disable-extra-programs && make -j2 install)
  # only what a telephone speaks, and no configuration that another program could change
  (cd "$work"/openssl-* && ./Configure mingw64 "--cross-compile-prefix=$HOST-" "--prefix=$PREFIX" --libdir=lib \
    --openssldir=C:/ctidesk/none no-shared no-tests no-module no-dso no-engine no-legacy no-ssl3 no-tls1 \
    no-tls1_1 no-dtls no-comp && make -j2 build_libs && make install_dev)
  touch "$PREFIX/done"
fi >"$out/libraries.log" 2>&1
mkdir "$work/pinned"
for archive in "$sources"/{*Xpjproject*,libsrtp2*}; do ln -s "$archive" "$work/pinned"; done
"$here/../elsewhere.sh" windows "$work/pinned" "$out" >"$out/pjproject.log" 2>&1

cd "$work"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out cert.pem -subj /CN=127.0.0.1 \
  -addext subjectAltName=IP:127.0.0.1 2>/dev/null
export WINEPREFIX=$work/wine WINEARCH=win64 WINEDEBUG=-all HOME=$work XDG_RUNTIME_DIR=$work
pulseaudio -n --daemonize=no --exit-idle-time=-1 --disable-shm -L module-null-sink \
  -L "module-native-protocol-unix socket=$work/sound auth-anonymous=1" >"$out/sound.log" 2>&1 &
sound=$!
export PULSE_SERVER=unix:$work/sound
wine wineboot -i >/dev/null 2>&1
port=$((40000 + RANDOM % 9000 * 2))
wine "$out/peer.exe" listen "$port" cert.pem key.pem wmme >"$out/listen.log" 2>&1 &
listens=$!
for _ in $(seq 100); do
  if ss -Hltn "sport = :$port" | grep -q .; then break; fi
  sleep 0.3
done
wine "$out/peer.exe" call "$port" cert.pem key.pem wmme >"$out/call.log" 2>&1 || { cat "$out/call.log"; exit 1; }
wait "$listens" || { cat "$out/listen.log"; exit 1; }
tail -qn 1 "$out/call.log" "$out/listen.log"
