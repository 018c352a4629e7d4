# Yocto recipe, built from this checkout: add the layer, or copy the folder into one together with LICENSE.
# `bitbake mctp-relay` puts /usr/bin/mctp-relay into the image; on a board that is running, copy the binary to its tmpfs.
SUMMARY = "Carries MCTP messages, packets and frames between a BMC's interfaces and a conformance tester"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${THISDIR}/../../LICENSE;md5=5c3e76b5d68ab259e2723b1346d02cda"
PV = "0.1.0"

inherit externalsrc
EXTERNALSRC = "${THISDIR}"
EXTERNALSRC_BUILD = "${WORKDIR}/build"

do_compile() {
    ${CC} ${CFLAGS} ${LDFLAGS} -std=c11 -D_GNU_SOURCE -o mctp-relay ${S}/*.c
}

do_install() {
    install -d ${D}${bindir}
    install -m 0755 mctp-relay ${D}${bindir}/mctp-relay
}

# AF_MCTP and AF_PACKET are built in or modules; slave-mqueue is out of tree, and only the i2c back end needs it.
RRECOMMENDS:${PN} += "kernel-module-mctp-i2c kernel-module-mctp-serial kernel-module-i2c-dev"
