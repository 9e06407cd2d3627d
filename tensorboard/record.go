package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// masked is a checksum of bytes that may hold checksums themselves: the CRC-32C, turned
// right by 15 bits, plus 0xa282ead8.
//
// Source: TensorFlow, tensorflow/core/lib/hash/crc32c.h.
func masked(b []byte) uint32 {
	c := crc32.Checksum(b, castagnoli)
	return (c>>15 | c<<17) + 0xa282ead8
}

// appendRecord appends a TFRecord:
//
//	uint64  length n, little-endian
//	uint32  masked checksum of the length
//	n bytes
//	uint32  masked checksum of the bytes
//
// Source: TensorFlow, tensorflow/core/lib/io/record_writer.h.
func appendRecord(to, data []byte) []byte {
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(data)))
	to = append(to, length[:]...)
	to = binary.LittleEndian.AppendUint32(to, masked(length[:]))
	to = append(to, data...)
	return binary.LittleEndian.AppendUint32(to, masked(data))
}
