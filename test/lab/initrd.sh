#!/usr/bin/env bash
# initrd.sh KERNEL DIRECTORY: makes DIRECTORY/initrd, from which the kernel reaches the host's tree and the disk.
set -euo pipefail
tree=$2/initrd.d
mkdir -p "$tree"/{bin,proc,dev,modules,host}
cp "$(command -v busybox)" "$tree/bin/busybox"
version=$(ls "$1/lib/modules")
# In the order of their needs.
modprobe -d "$1" -S "$version" --show-depends --all virtio_pci virtio_blk virtio-rng virtiofs overlay ext4 sch_netem veth |
  sed -n 's/^insmod //p' | awk '!seen[$0]++' | while read -r module; do
  cp "$module" "$tree/modules"
  basename "$module" >>"$tree/modules/list"
done
cat >"$tree/init" <<'INIT'
#!/bin/busybox sh
busybox=/bin/busybox
$busybox mount -t proc proc /proc
$busybox mount -t devtmpfs devtmpfs /dev
for module in $($busybox cat /modules/list); do $busybox insmod /modules/$module; done
$busybox mount -t virtiofs -o ro host /host
$busybox umount /proc
$busybox mount -o move /dev /host/dev
exec $busybox switch_root /host "$LAB/guest/init.sh"
INIT
chmod 755 "$tree/init"
(cd "$tree" && find . | busybox cpio -o -H newc) 2>/dev/null | gzip -1 >"$2/initrd"
rm -rf "$tree"
