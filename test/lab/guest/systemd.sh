# Sourced by init.sh: systemd, with a manager for the user that lingers. What runs the tests is a service outside of that manager.
units=$root/etc/systemd/system
mkdir -p $root/var/lib/systemd/linger $units/user@.service.d
touch $root/var/lib/systemd/linger/guest
[ "$LAB_DELEGATE" = default ] || printf '[Service]\nDelegate=cpu cpuset io memory pids\n' >$units/user@.service.d/delegate.conf

cat >$units/lab.target <<'UNIT'
[Unit]
DefaultDependencies=no
Wants=dbus.service systemd-logind.service user@1000.service lab.service
UNIT

cat >$units/lab.service <<'UNIT'
[Unit]
Wants=user@1000.service
After=user@1000.service systemd-logind.service
[Service]
Type=oneshot
User=guest
ExecStart=/home/guest/lab/run
ExecStopPost=+/bin/sh -c 'sync; echo o >/proc/sysrq-trigger'
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
UNIT

# Not needed here, and slow.
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-{control,kernel}.socket \
  systemd-journald{,-dev-log,-audit}.socket systemd-journald.service systemd-journal-flush.service \
  systemd-tmpfiles-setup{,-dev}.service systemd-tmpfiles-clean.timer kmod-static-nodes.service systemd-update-utmp.service \
  systemd-timesyncd.service systemd-binfmt.service proc-sys-fs-binfmt_misc.automount systemd-sysusers.service \
  systemd-modules-load.service systemd-remount-fs.service modprobe@{configfs,drm,fuse,efi_pstore,dm_mod,loop}.service; do
  ln -sf /dev/null "$units/$unit"
done
next=(/lib/systemd/systemd --unit=lab.target --show-status=0)
