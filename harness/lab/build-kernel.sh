#!/usr/bin/env bash
# Prints the path of the lab's kernel, a User Mode Linux, building it first if the cache has none for this source and these files.
# No root. Three to eight minutes on two cores, once; 1 GB below the cache meanwhile, 4 MB after.
# LAB_LINUX_SOURCE=FILE.tar.xz takes another source than that of Debian's linux-source-6.12.
set -euo pipefail
# shellcheck source=common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

kernel=$lab/kernel
ours=$(hash_of "$kernel"/{i2c-vseg.c,i2c-slave-mqueue.c,uml.config,Kconfig.append,Makefile.append,registers.sed})
source_file=${LAB_LINUX_SOURCE:-/usr/src/linux-source-6.12.tar.xz}

# A cached kernel does without the source that it was built from.
if [ ! -e "$source_file" ]; then
  for candidate in "$cache"/linux-*-"$ours"; do
    if [ -x "$candidate" ]; then
      echo "$candidate"
      exit 0
    fi
  done
  die "$source_file is not here: install linux-source-6.12 (sudo npm run lab:setup)"
fi

source_version() {
  if [ -n "${LAB_LINUX_SOURCE:-}" ]; then
    hash_of "$source_file"
  else
    dpkg-query --showformat '${Version}' --show linux-source-6.12 | tr -c 'A-Za-z0-9.\n' _
  fi
}

target=$cache/linux-$(source_version)-$ours
if [ -x "$target" ]; then
  echo "$target"
  exit 0
fi

[ "$(uname -m)" = x86_64 ] || die "User Mode Linux runs on x86_64 only, this is $(uname -m)"
for tool in make cc flex bison bc xz; do
  command -v "$tool" >/dev/null || die "$tool is missing: sudo npm run lab:setup"
done

lock kernel
if [ -x "$target" ]; then # another caller built it while we waited
  echo "$target"
  exit 0
fi

work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
SECONDS=0

# What is never compiled here is most of the source; its Kconfig files must stay, the rest only costs room.
unpack() {
  mkdir "$work/source"
  tar --extract --xz --file "$source_file" --directory "$work/source" --strip-components 1 --wildcards \
    --exclude '*/Documentation/*.rst' --exclude '*/tools/testing/*' \
    --exclude '*/arch/[a-tv-w]*/*.[chS]' --exclude '*/arch/*/*.dts*' \
    --exclude '*/drivers/gpu/*.[ch]' --exclude '*/drivers/media/*.[ch]' --exclude '*/drivers/net/ethernet/*.[ch]' \
    --exclude '*/drivers/net/wireless/*.[ch]' --exclude '*/drivers/staging/*.[ch]' --exclude '*/drivers/scsi/*.[ch]' \
    --exclude '*/drivers/infiniband/*.[ch]' --exclude '*/sound/*.[ch]'
}

add_our_drivers() {
  local i2c=$work/source/drivers/i2c
  cp "$kernel"/i2c-vseg.c "$kernel"/i2c-slave-mqueue.c "$i2c/"
  sed -i "/^config I2C_DEBUG_CORE/{
    e cat '$kernel/Kconfig.append'
  }" "$i2c/Kconfig"
  grep -q '^config I2C_VSEG' "$i2c/Kconfig" || die "drivers/i2c/Kconfig of this source has no I2C_DEBUG_CORE to stand before"
  cat "$kernel/Makefile.append" >>"$i2c/Makefile"
}

# Later kernels ask the host for the size.
make_room_for_registers() {
  local offsets=$work/source/arch/x86/um/user-offsets.c
  sed -i -f "$kernel/registers.sed" "$offsets"
  grep -q 'HOST_FP_SIZE, 12288' "$offsets" || grep -rq host_fp_size "$work/source/arch/x86/um" ||
    die "arch/x86/um of this source says in another way how large a processor's registers are"
}

kmake() { nice -n 19 make -C "$work/source" ARCH=um O="$work/out" KBUILD_BUILD_USER=lab KBUILD_BUILD_HOST=lab "$@"; }

# olddefconfig drops silently what it cannot have.
check_config() {
  local line missing=0
  while IFS= read -r line; do
    case $line in
      CONFIG_*=n) grep -q "^${line%=n}=" "$work/out/.config" || continue ;;
      CONFIG_*) ! grep -qxF "$line" "$work/out/.config" || continue ;;
      *) continue ;;
    esac
    say "asked for $line, got $(grep -w "${line%%=*}" "$work/out/.config" || echo nothing)"
    missing=1
  done <"$kernel/uml.config"
  [ "$missing" = 0 ] || die "this source does not give the configuration that the lab needs"
}

configure() {
  mkdir "$work/out" &&
    kmake tinyconfig &&
    (cd "$work/out" && "$work/source/scripts/kconfig/merge_config.sh" -m .config "$kernel/uml.config") &&
    kmake olddefconfig
}

# A line of progress now and then; the log is shown only if something fails.
compile() {
  kmake -j "$(nproc)" linux 2>&1 | tee "$work/build.log" |
    awk '/^ *(CC|AR|LD|AS) /{ if (++n % 150 == 0) { printf "lab: %d objects built\n", n; fflush() } }' >&2
}

say "unpacking $source_file"
unpack
say "configuring"
add_our_drivers
make_room_for_registers
configure >"$work/build.log" 2>&1 || {
  tail -n 30 "$work/build.log" >&2
  die "the configuration failed"
}
check_config
say "compiling: minutes; at low priority on $(nproc) cores"
compile || {
  grep -E -B 2 -A 12 'error|Error' "$work/build.log" | tail -n 60 >&2
  die "the kernel does not build"
}
strip -o "$work/linux" "$work/out/linux"
mv "$work/linux" "$target"
say "built $target ($(du -k "$target" | cut -f1) KB) in $SECONDS s"
echo "$target"
