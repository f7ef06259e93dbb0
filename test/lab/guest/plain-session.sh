#!/bin/bash
# Process 1 of a plain guest, in its root.
set -eu
mkdir -p /dev/shm /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /run
mount -t sysfs sysfs /sys
ip link set lo up
cgroups=/sys/fs/cgroup
mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 $cgroups
for controller in cpuset cpu io memory pids; do
  ! grep -qw $controller $cgroups/cgroup.controllers || echo +$controller >$cgroups/cgroup.subtree_control
done
own=$cgroups/guest
mkdir $own
chown 1000:1000 $own $own/cgroup.{procs,threads,subtree_control}
(
  echo $BASHPID >$own/cgroup.procs
  exec setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all /home/guest/lab/run
) || :
sync
echo o >/proc/sysrq-trigger
sleep 60
