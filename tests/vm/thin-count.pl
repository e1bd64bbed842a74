#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# thin-count.pl DEVICE OFFSET BLOCK COUNT: in the metadata of an inactive thin pool, which are OFFSET bytes into DEVICE, a
# data block has so many references (0 to 2): what a power cut may leave there. The format is that of the kernel's
# drivers/md/dm-thin-metadata.c and persistent-data/.
use strict;
use warnings;
my ($file, $offset, $block, $count) = @ARGV;
use constant { SIZE => 4096, SPACE_MAP => 64, LEAF => 2, SALT => 240779 };

open(my $device, '+<:raw', $file) or die "$file: $!\n";

sub get {
	my ($at) = @_;
	seek($device, $offset + $at * SIZE, 0) or die;
	read($device, my $data, SIZE) == SIZE or die "no block $at\n";
	return $data;
}

sub number { return unpack('Q<', substr($_[0], $_[1], 8)) }

# CRC-32C, not inverted at the end
my @table = map {
	my $x = $_;
	$x = $x & 1 ? ($x >> 1) ^ 0x82f63b78 : $x >> 1 for 1 .. 8;
	$x
} 0 .. 255;

sub checksum {
	my $x = 0xffffffff;
	$x = $table[($x ^ ord) & 255] ^ ($x >> 8) for split //, substr($_[0], 4);
	return $x ^ SALT;
}

# the superblock knows the root of the data's space map, whose leaves know the bitmaps, of two bits a block
my $data = get(number(get(0), SPACE_MAP + 16));
sub values_at { return 32 + 8 * unpack('L<', substr($data, 20, 4)) }
$data = get(number($data, values_at())) until unpack('L<', substr($data, 4, 4)) & LEAF;
my $at = number($data, values_at());
$data = get($at);
die "not a bitmap\n" if checksum($data) != unpack('L<', substr($data, 0, 4));
my ($byte, $shift) = (16 + int($block / 4), $block % 4 * 2);
my $bits = (($count & 1) << 1 | $count >> 1) << $shift;
substr($data, $byte, 1) = chr(ord(substr($data, $byte, 1)) & ~(3 << $shift) | $bits);
substr($data, 0, 4) = pack('L<', checksum($data));
seek($device, $offset + $at * SIZE, 0) or die;
print $device $data;
close($device) or die "$file: $!\n";
