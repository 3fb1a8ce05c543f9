#!/usr/bin/env bash
# elsewhere.sh macos|windows SOURCES OUT: the recipe for systems without apt, run by the workflow
# `engine`. SOURCES holds the archives of sources.toml, OUT gets the folder `pjsua2`. Linux has
# compile.py, which is what is tested; this follows it and has to be proven on its runners.
# windows/cross.sh runs it with HOST (the cross compiler) and PREFIX (libraries for it); OUT gets peer.exe.
set -euo pipefail
system=${1:?macos or windows} sources=$(cd "${2:?folder of the archives}" && pwd) out=${3:?folder}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$out" && out=$(cd "$out" && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# pin NAME: the SHA-256 that sources.toml has for the archive
pin() { awk -F'"' -v name="$1" '/^file/ { file = $2 } /^sha256/ && file == name { print $2 }' "$here/sources.toml"; }
for archive in "$sources"/*.tar.*; do
  sum=$( (sha256sum "$archive" 2>/dev/null || shasum -a 256 "$archive") | cut -d' ' -f1)
  [ "$sum" = "$(pin "$(basename "$archive")")" ] || { echo "not the pinned archive: $archive" >&2; exit 1; }
done
mkdir "$work/pjproject" && tar -xf "$sources"/*Xpjproject* -C "$work/pjproject" --strip-components=1
mkdir -p "$work/pjproject/third_party/srtp"
tar -xf "$sources"/libsrtp2* -C "$work/pjproject/third_party/srtp" --strip-components=1
cd "$work/pjproject"
for patch in "$here"/patches/*.patch; do patch -p1 --forward --batch -i "$patch"; done
cp "$here/config_site.h" pjlib/include/pj/

# the same options as on Linux, read from where they stand; epoll is Linux'
options=$(sed -n '/^CONFIGURE = (/,/^)/p' "$here/compile.py" | sed -n 's/^ *"\(--[^"]*\)".*/\1/p' | grep -v epoll)
case $system in
macos)
  brew=$(brew --prefix)
  export CFLAGS="-O2 -fPIC -DNDEBUG -fstack-protector-strong -D_FORTIFY_SOURCE=2 -w -I$brew/include"
  export LDFLAGS="-L$brew/lib"
  options="$options --with-ssl=$(brew --prefix openssl@3) --with-opus=$(brew --prefix opus)"
  link="-bundle -undefined dynamic_lookup"
  ;;
windows)
  patch -p1 --forward --batch -i "$here/windows/aec3-with-mingw.patch"
  export CFLAGS="-O2 -DNDEBUG -fstack-protector-strong -w${PREFIX:+ -I$PREFIX/include}"
  export LDFLAGS="${PREFIX:+-L$PREFIX/lib}" LIBS="-lws2_32 -lcrypt32 -lgdi32"
  if [ -n "${HOST:-}" ]; then
    options="$options --host=$HOST --with-ssl=$PREFIX --with-opus=$PREFIX"
  else
    home=$("$python" -c 'import sys; print(sys.base_prefix.replace("\\", "/"))')
    link="-shared -static-libgcc -static-libstdc++ -L$home/libs -lpython311"
  fi
  ;;
*) echo "elsewhere.sh: macos or windows" >&2; exit 2 ;;
esac
export CXXFLAGS=$CFLAGS
# shellcheck disable=SC2086 # words are wanted
./configure $options
mkdir -p {pjlib,pjlib-util,pjnath,pjmedia,pjsip,third_party}/lib
make -j2 lib

cd pjsip-apps/src/swig/python
if [ -n "${HOST:-}" ]; then
  flags="$(make --no-print-directory -f helper.mak cflags | tr '\n' ' ')"
  for part in pjlib pjlib-util pjnath pjmedia pjsip; do flags="$flags -I$work/pjproject/$part/include"; done
  libraries="$(make --no-print-directory -f helper.mak ldflags | tr '\n' ' ') $(make --no-print-directory -f helper.mak libs | sed 's/^/-l/' | tr '\n' ' ') -lspeexdsp $LIBS"
  # shellcheck disable=SC2086
  "$HOST-gcc" ${flags//-std=c++17/} -w -c "$here/extra/guard.c" -o guard.o
  # shellcheck disable=SC2086
  "$HOST-g++" -O1 $flags "$here/windows/peer.cpp" guard.o -o "$out/peer.exe" $LDFLAGS $libraries -static
  exit
fi
cat "$here"/extra/*.i >> ../pjsua2.i
cp "$here"/extra/*.[ch] . 2>/dev/null || true
includes=$(for part in pjlib pjlib-util pjnath pjmedia pjsip; do echo "-I$work/pjproject/$part/include"; done)
# shellcheck disable=SC2086
swig -c++ -python -threads -w312 $includes -o pjsua2_wrap.cpp ../pjsua2.i
flags="$CFLAGS $(make --no-print-directory -f helper.mak cflags | tr '\n' ' ') $includes"
headers="-I$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"].replace("\\", "/"))')"
# shellcheck disable=SC2086
g++ $flags $headers -O1 -c pjsua2_wrap.cpp -o pjsua2_wrap.o
for source in *.c; do
  case $source in cc_mingw.c | '*.c') continue ;; esac
  # shellcheck disable=SC2086
  gcc ${flags//-std=c++17/} -c "$source" -o "${source%.c}.o"
done
suffix=$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
libraries="$(make --no-print-directory -f helper.mak ldflags | tr '\n' ' ') $(make --no-print-directory -f helper.mak libs | sed 's/^/-l/' | tr '\n' ' ') -lspeexdsp"
mkdir -p "$out/pjsua2"
# shellcheck disable=SC2086
g++ -o "$out/pjsua2/_pjsua2$suffix" ./*.o $libraries $link
cp pjsua2.py "$out/pjsua2/__init__.py"
facts=$("$python" -I "$here/smoke.py" "$out")
echo "$facts"
case $facts in *": false"*) echo "elsewhere.sh: something that must be there is missing" >&2; exit 1 ;; esac
