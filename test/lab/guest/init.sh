#!/bin/bash
# Process 1 of a guest. Makes its root from the host's, which is mounted read-only, and hands over to systemd or plain.sh.
# Its environment is from the kernel command line: LAB, the host's throwaway directory, LAB_MANAGER and LAB_DELEGATE.
# When it fails, the kernel panics, and that is the end of the guest.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
root=/mnt/root home=/mnt/root/home/guest

mount -t proc proc /proc
modules=/usr/lib/uml/modules/$(uname -r)/kernel
grep -qw overlay /proc/filesystems || insmod "$modules/fs/overlayfs/overlay.ko"
# Once the root is another, modprobe would look for it among those of the host's kernel.
[ ! -d "$modules" ] || for module in net/sched/sch_netem drivers/net/veth; do insmod "$modules/$module.ko"; done
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work $root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay $root

# The user. Files that the host keeps from who started the guest cannot be copied up: shadow is a new one.
for file in passwd group; do
  { echo "guest:x:1000:$([ $file = group ] || echo 1000::/home/guest:/bin/bash)"; grep -v -e '^guest:' -e '^[^:]*:[^:]*:1000:' $root/etc/$file; } >/mnt/new
  rm $root/etc/$file
  cp /mnt/new $root/etc/$file
done
rm -f $root/etc/shadow $root/etc/fstab $root/.dockerenv $root/run/.containerenv
(umask 077; printf '%s:!:19000::::::\n' root guest >$root/etc/shadow)
touch $root/etc/fstab

# His home is on a real file system: only two overlays may lie on each other, and no tmpfs before Linux 6.6 has user xattrs.
mountpoint -q /dev || mount -t devtmpfs devtmpfs /dev
mkdir -p $home
mount -t ext4 "$LAB_DISK" $home
mkdir $home/tmp $home/upper $home/work
# What tools keep in node_modules belongs to the host's user: whiteouts (overlayfs.rst), so that the guest's makes its own.
for cache in .vite .vite-temp .vitest-cache; do mknod $home/upper/$cache c 0 0; done
chown -R 1000:1000 $home
chmod 1777 $home/tmp
for place in tmp var/tmp; do mount --bind $home/tmp $root/$place; done
mount -t overlay -o "lowerdir=$LAB/node_modules,upperdir=$home/upper,workdir=$home/work" overlay $home/project/node_modules
mount --bind "$LAB/vitest4_modules" $home/project/test/vitest4/node_modules

. "$LAB/guest/$LAB_MANAGER.sh"
for place in dev proc; do mount -n --move /$place $root/$place; done
cd $root
mount -n --move . /
exec chroot . "${next[@]}"
