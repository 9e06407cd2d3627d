package parquet

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// codec is how pages are compressed.
type codec int32

const (
	uncompressed codec = 0
	snappy       codec = 1
	gzipped      codec = 2
	lzo          codec = 3
	brotli       codec = 4
	lz4Framed    codec = 5
	zstandard    codec = 6
	lz4Raw       codec = 7
)

var codecNames = map[codec]string{lzo: "LZO", brotli: "BROTLI", lz4Framed: "LZ4 (of Hadoop)"}

// unpack is the size bytes that a page's bytes stand for, in dst if it has room.
// Whatever it is given, it makes no more than that.
func (f *file) unpack(c codec, dst, src []byte, size int) ([]byte, error) {
	var err error
	switch c {
	case uncompressed:
		dst = append(dst[:0], src...)
	case snappy:
		dst, err = unpackSnappy(dst[:0], src, size)
	case lz4Raw:
		dst, err = unpackLZ4(dst[:0], src, size)
	case gzipped:
		dst, err = unpackGzip(dst[:0], src, size)
	case zstandard:
		dst, err = f.unpackZstd(dst, src, size)
	default:
		name := codecNames[c]
		if name == "" {
			name = fmt.Sprintf("codec %d", int32(c))
		}
		return nil, fmt.Errorf("it is compressed by %s; snappy, gzip, zstd and lz4_raw can be read", name)
	}
	if err == nil && len(dst) != size {
		err = fmt.Errorf("%d bytes instead of the %d claimed", len(dst), size)
	}
	if err != nil {
		return nil, fmt.Errorf("it does not unpack: %w", err)
	}
	return dst, nil
}

// unpackSnappy is Snappy's block format: the length, then elements that are
// bytes as they stand or copies of earlier ones.
//
//	tag & 3   the rest of the tag
//	0         length−1, or 60 to 63: it follows in 1 to 4 bytes; then the bytes
//	1         3 bits of length−4, 3 high bits of the distance; its low byte follows
//	2, 3      length−1; the distance follows in 2 or 4 bytes
//
// Source: format_description.txt of github.com/google/snappy.
func unpackSnappy(dst, src []byte, size int) ([]byte, error) {
	n, k := binary.Uvarint(src)
	if k <= 0 || n != uint64(size) {
		return nil, fmt.Errorf("a length of %d instead of the %d claimed", n, size)
	}
	src = src[k:]
	for len(src) > 0 {
		tag := src[0]
		src = src[1:]
		length, distance := int(tag>>2)+1, 0
		extra := 0 // bytes that follow the tag
		switch tag & 3 {
		case 0:
			extra = max(0, length-60)
		case 1:
			length, distance, extra = int(tag>>2&7)+4, int(tag>>5)<<8, 1
		case 2:
			extra = 2
		case 3:
			extra = 4
		}
		if len(src) < extra {
			return nil, errShort
		}
		v := 0
		for i := range extra {
			v |= int(src[i]) << (8 * i)
		}
		src = src[extra:]
		if tag&3 == 0 {
			if extra > 0 {
				length = v + 1
			}
			if length > len(src) || length > size-len(dst) {
				return nil, errShort
			}
			dst = append(dst, src[:length]...)
			src = src[length:]
			continue
		}
		var err error
		if dst, err = repeat(dst, distance+v, length, size); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// repeat appends length bytes from distance bytes back, which may overlap what it
// appends.
func repeat(dst []byte, distance, length, size int) ([]byte, error) {
	if distance < 1 || distance > len(dst) || length > size-len(dst) {
		return nil, errDamaged
	}
	for length > 0 {
		from := dst[len(dst)-distance:]
		k := min(length, len(from))
		dst = append(dst, from[:k]...)
		length -= k
	}
	return dst, nil
}

// unpackLZ4 is LZ4's block format: a token with two lengths, bytes as they stand,
// then a copy of earlier ones; the last sequence has no copy.
//
// Source: lz4_Block_format.md of github.com/lz4/lz4.
func unpackLZ4(dst, src []byte, size int) ([]byte, error) {
	long := func(n int) (int, bool) { // 15 goes on in bytes, the last below 255
		if n < 15 {
			return n, true
		}
		for len(src) > 0 && n <= size {
			b := src[0]
			src = src[1:]
			if n += int(b); b < 255 {
				return n, true
			}
		}
		return 0, false
	}
	for len(src) > 0 {
		token := src[0]
		src = src[1:]
		n, ok := long(int(token >> 4))
		if !ok || n > len(src) || n > size-len(dst) {
			return nil, errShort
		}
		dst = append(dst, src[:n]...)
		if src = src[n:]; len(src) == 0 {
			return dst, nil
		}
		if len(src) < 2 {
			return nil, errShort
		}
		distance := int(binary.LittleEndian.Uint16(src))
		src = src[2:]
		if n, ok = long(int(token & 15)); !ok {
			return nil, errShort
		}
		var err error
		if dst, err = repeat(dst, distance, n+4, size); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func unpackGzip(dst, src []byte, size int) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(src))
	if err != nil {
		return nil, err
	}
	b := bytes.NewBuffer(dst)
	_, err = io.Copy(b, io.LimitReader(z, int64(size)+1))
	return b.Bytes(), err
}

// zstdRatio is the most that a byte of Zstandard can unpack to: a block of 128 KiB
// is a header of 3 bytes and a byte that repeats (RFC 8878, 3.1.1.2).
const zstdRatio = (128 << 10) / 4

// newZstd is a decoder, which is costly to make and kept for a file's pages.
func newZstd() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPage), zstd.WithDecoderLowmem(true))
}

func (f *file) unpackZstd(dst, src []byte, size int) ([]byte, error) {
	// The decoder makes room for what a frame claims: that must be what the page
	// claims, and possible.
	var h zstd.Header
	if err := h.Decode(src); err != nil {
		return nil, err
	}
	if h.HasFCS && h.FrameContentSize > uint64(size) || size/zstdRatio > len(src) || h.WindowSize > uint64(max(size, minWindow)) {
		return nil, fmt.Errorf("%d bytes claim to unpack to %d", len(src), size)
	}
	if f.zstd == nil {
		var err error
		if f.zstd, err = newZstd(); err != nil {
			return nil, err
		}
	}
	if cap(dst) < size {
		dst = make([]byte, 0, size)
	}
	return f.zstd.DecodeAll(src, dst[:0])
}

// minWindow is the window that a decoder of Zstandard should grant (RFC 8878, 3.1.1.1.2).
const minWindow = 8 << 20
