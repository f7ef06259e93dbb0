# Sourced by init.sh: a cgroup subtree given to the user by chown(2), as cgroups(7) has it, and no manager.
cp "$LAB/guest/plain-session.sh" $root/lab-session
next=(/bin/bash /lab-session)
