#!/usr/bin/env bash
# install.sh: as root on Debian, installs what guests need, and unpacks a kernel for those of qemu in test/lab/kernel.
set -euo pipefail
apt-get update -qq
apt-get install -y -qq --no-install-recommends git e2fsprogs iproute2 user-mode-linux kmod \
  systemd dbus-user-session libpam-systemd qemu-system-x86 qemu-system-common busybox-static
exec "$(dirname "$0")/kernel.sh" "$(dirname "$0")/kernel"
