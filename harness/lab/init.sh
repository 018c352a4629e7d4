#!/bin/bash
# The guest's first process: mounts, runs the job that boot.sh wrote, leaves its exit code in the writable folder, switches off.
# lab_work and lab_shell come from the kernel's command line.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

mount -n -t proc none /proc
mount -n -t sysfs none /sys
mount -n -t debugfs none /sys/kernel/debug
mount -n -t devtmpfs none /dev 2>/dev/null # the kernel may have done it
mkdir -p /dev/pts /dev/shm
ln -s /proc/self/fd /dev/fd
ln -s /proc/self/fd/0 /dev/stdin
ln -s /proc/self/fd/1 /dev/stdout
ln -s /proc/self/fd/2 /dev/stderr
mount -n -t devpts -o ptmxmode=666 none /dev/pts
mount -n -t tmpfs none /dev/shm
mount -n -t tmpfs none /run
mkdir -p /run/lab /run/tmp /run/home /run/netns
# shellcheck disable=SC2154 # see above
mount -n -t hostfs -o "$lab_work" none /run/lab
[ ! -e /run/lab/out-folder ] || mount -n -t hostfs -o "$(</run/lab/out-folder)" none /run/lab/out

echo lab >/proc/sys/kernel/hostname
export HOME=/run/home TMPDIR=/run/tmp LANG=C.UTF-8 NO_COLOR=1
# shellcheck disable=SC2154
unset lab_work
status=3

if [ -n "${lab_shell:-}" ]; then
  unset lab_shell NO_COLOR
  export TERM=${TERM:-linux}
  # shellcheck source=/dev/null
  source /run/lab/job
  # The system's own bashrc, which comes before, has a prompt too.
  printf '%s\n' "source '$LAB_DIR/guest.sh'" "PS1='lab:\w# '" >/run/rc
  echo "Linux $(uname -r) with AF_MCTP, mctp-i2c, mctp-serial; i2c-0 and i2c-1 are on the same wires. labctl lists its commands."
  echo "mctp-certify, mctp-relay and the helpers of guest.sh are there. Only /run, /dev/shm and \$LAB_OUT can be written. exit ends the guest."
  # shellcheck disable=SC2154
  [ -z "${lab_rows:-}" ] || stty rows "$lab_rows" cols "$lab_columns" </dev/tty0
  setsid --ctty --wait bash --rcfile /run/rc -i </dev/tty0 >/dev/tty0 2>&1
  status=$?
else
  # Through a pipe, so that the job does not believe itself at a terminal.
  stty -opost </dev/console 2>/dev/null
  exec 3> >(exec cat)
  console=$!
  (exec bash /run/lab/job) </dev/null >&3 2>&1
  status=$?
  exec 3>&-
  # What the job left running would keep the pipe open.
  for process in /proc/[0-9]*; do
    process=${process#/proc/}
    [ "$process" = 1 ] || [ "$process" = "$console" ] || kill -9 "$process" 2>/dev/null
  done
  wait "$console"
fi

echo "$status" >/run/lab/exit
echo 0 >/proc/sys/kernel/printk # or the kernel's farewell ends the output
/run/lab/bin/labctl poweroff
