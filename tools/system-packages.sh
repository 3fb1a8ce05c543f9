#!/bin/sh
# system-packages.sh demo|test|engine: are the system's own parts there? As root on Debian or Ubuntu the
# missing ones are installed, otherwise they are named with the command that installs them.
set -eu
purpose=${1:?demo, test or engine}
python=${PYTHON:-python3}

demo="python3-venv libegl1 libgl1 libfontconfig1 libdbus-1-3 libxkbcommon-x11-0 libxcb-cursor0
libxcb-icccm4 libxcb-keysyms1 libxcb-image0 libxcb-render-util0 libxcb-shape0 libxcb-randr0
libglib2.0-0 fonts-dejavu-core"
test="$demo xvfb openbox xdotool age baresip openssl x11-utils procps zstd dbus-daemon gnome-keyring libnss3 iproute2"
# a sound server of the tests' own, with headsets that can be pulled
test="$test pulseaudio pulseaudio-utils libasound2-plugins"
# a clock that is put: a piece of C
test="$test gcc libc6-dev"
# a real FHIR server: Node and npm (a Node that isn't Debian's may bring npm with it)
test="$test nodejs npm"
# a real browser for the page of a web CRM
test="$test chromium"
engine="python3-venv python3-dev build-essential swig patch xz-utils debian-archive-keyring
libasound2-dev libssl-dev libopus-dev libspeexdsp-dev uuid-dev"
case $purpose in
demo) wanted=$demo ;;
test) wanted=$test ;;
engine) wanted=$engine ;;
*) echo "system-packages: demo, test or engine" >&2; exit 2 ;;
esac

"$python" - <<'P' || exit 1
import sys
if not (3, 11) <= sys.version_info[:2] <= (3, 12):
    sys.exit("ctidesk needs Python 3.11 or 3.12, this is %d.%d. Set PYTHON=python3.11, say." % sys.version_info[:2])
P

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "system-packages: not Debian or Ubuntu; if the start fails, install the counterparts of: $(echo $wanted)" >&2
  exit 0
fi

missing=
for package in $wanted; do
  # a Python that isn't the system's brings its own venv and headers
  [ "$package" = python3-dev ] && [ -f "$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')/Python.h" ] && continue
  [ "$package" = python3-venv ] && "$python" -c 'import ensurepip, venv' 2>/dev/null && continue
  { [ "$package" = nodejs ] || [ "$package" = npm ]; } && command -v "${package%js}" >/dev/null 2>&1 && continue
  # Ubuntu has it as a snap only, which cannot be driven here: its tests are then skipped by name
  [ "$package" = chromium ] && grep -qs '^ID=ubuntu' /etc/os-release && continue
  # `Provides` covers renamed packages (libglib2.0-0t64 on newer systems)
  dpkg-query -W -f='${Package} ${Provides} ${db:Status-Status}\n' 2>/dev/null |
    grep -E "(^| )$package( |,|$)" | grep -q ' installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  echo "system-packages: installing$missing" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update >/dev/null
  apt-get -qq install -y --no-install-recommends $missing >/dev/null
else
  echo "ctidesk needs these system packages for 'make $purpose':$missing" >&2
  echo "Install them with:" >&2
  echo "  sudo apt-get update && sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
