package segment

import (
	"encoding/binary"
	"hash/crc32"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum returns the CRC-32C of a row: each number as 8 bytes, then each
// blob's length as 8 bytes and its bytes; all numbers little-endian.
func checksum(numbers []int64, blobs ...[]byte) int64 {
	var b [8]byte
	sum := uint32(0)
	for _, n := range numbers {
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		sum = crc32.Update(sum, castagnoli, b[:])
	}
	for _, blob := range blobs {
		binary.LittleEndian.PutUint64(b[:], uint64(len(blob)))
		sum = crc32.Update(crc32.Update(sum, castagnoli, b[:]), castagnoli, blob)
	}
	return int64(sum)
}
