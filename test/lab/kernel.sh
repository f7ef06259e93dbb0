#!/usr/bin/env bash
# kernel.sh DIRECTORY: downloads Debian's cloud kernel and unpacks it there. Nothing is installed.
set -euo pipefail
mkdir -p "$1"
cd "$1"
package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p')
apt-get download -qq "$package"
dpkg --extract "$package"_*.deb .
rm "$package"_*.deb
depmod --basedir "$PWD" "$(ls lib/modules)"
