# SPDX-License-Identifier: GPL-2.0
# A host takes the registers of a traced process back only whole, and a processor with AMX has 11 008 octets of them.
s/(HOST_FP_SIZE, 2696)/(HOST_FP_SIZE, 12288)/
