package idx

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// standard is what compress/gzip, the judge of every test here, makes of b.
func standard(b []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}

// inPieces reads everything by Reads of the given sizes in turn.
func inPieces(r io.Reader, sizes []int) ([]byte, error) {
	var out []byte
	for i := 0; ; i++ {
		p := make([]byte, sizes[i%len(sizes)])
		n, err := r.Read(p)
		out = append(out, p[:n]...)
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return out, err
		}
	}
}

// texts are data of different make: what compresses by long runs, by short
// periods, by far matches, little, and not at all.
func texts() [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100_000)
	few := make([]byte, 200_000)
	words := []byte{}
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	for i := range few {
		few[i] = byte(random.ExpFloat64() * 3)
	}
	for len(words) < 150_000 {
		n := 1 + random.IntN(300)
		if from := random.IntN(len(words) + 1); random.IntN(3) > 0 && from+n <= len(words) {
			words = append(words, words[from:from+n]...)
		} else {
			words = append(words, noise[random.IntN(1000):][:n]...)
		}
	}
	far := slices.Concat(noise[:40], make([]byte, 32768-40), noise[:40], noise[:32768-7], noise[:40])
	var skewed []byte // one byte in two a 0, one in four a 1, ...: the longest codes
	for i := range 200_000 {
		skewed = append(skewed, byte(min(40, bitsBelow(uint32(i*2654435761)))))
	}
	return [][]byte{nil, {7}, []byte("abcabcabcabcabcabcd"), make([]byte, 70_000), noise, few, words, far, skewed}
}

func bitsBelow(x uint32) int {
	n := 0
	for ; x&1 == 1; x >>= 1 {
		n++
	}
	return n
}

func gzipped(t testing.TB, b []byte, level int) []byte {
	t.Helper()
	var w bytes.Buffer
	z, err := gzip.NewWriterLevel(&w, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

func TestInflateEveryLevel(t *testing.T) {
	for i, text := range texts() {
		for _, level := range []int{flate.NoCompression, flate.BestSpeed, 5, flate.BestCompression, flate.HuffmanOnly} {
			in := gzipped(t, text, level)
			for _, sizes := range [][]int{{1 << 20}, {4, 4, 1 << 20, 1}, {1000}, {40_000, 3}} {
				got, err := inPieces(newInflater(in), sizes)
				if err != nil || !bytes.Equal(got, text) {
					t.Errorf("text %d, level %d, reads of %v: %d bytes of %d, error %v", i, level, sizes, len(got), len(text), err)
				}
			}
		}
	}
}

// fixedBlock is "aaaa...": the literal a, then matches of length 258 and
// distance 1, in the fixed code, written bit by bit from RFC 1951: codes go
// highest bit first, 'a' (97) is 8 bits 0x30+97, 285 is 8 bits 0xc0+(285−280),
// distance 1 is 5 zero bits, the end is 7 zero bits.
func fixedBlock(matches int) []byte {
	var b []byte
	var acc, n uint
	put := func(code, width uint) {
		for i := int(width) - 1; i >= 0; i-- {
			acc |= code >> i & 1 << n
			if n++; n == 8 {
				b, acc, n = append(b, byte(acc)), 0, 0
			}
		}
	}
	put(1, 1)    // the last block
	put(0b10, 2) // type 1, lowest bit first
	put(0x30+97, 8)
	for range matches {
		put(0xc0+285-280, 8)
		put(0, 5)
	}
	put(0, 7)
	return append(b, byte(acc))
}

func member(deflated, plain []byte) []byte {
	b := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, deflated...)
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(plain))
	return binary.LittleEndian.AppendUint32(b, uint32(len(plain)))
}

func TestInflateFixedCodes(t *testing.T) {
	for _, matches := range []int{0, 1, 5, 1000} {
		plain := bytes.Repeat([]byte("a"), 1+258*matches)
		got, err := io.ReadAll(newInflater(member(fixedBlock(matches), plain)))
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d matches: %d bytes, error %v", matches, len(got), err)
		}
	}
}

func TestInflateHeaders(t *testing.T) {
	var w bytes.Buffer
	z := gzip.NewWriter(&w)
	z.Name, z.Comment, z.Extra = "name.idx", "a comment", []byte("extra")
	z.Write([]byte("first"))
	z.Close()
	named := bytes.Clone(w.Bytes())
	two := slices.Concat(named, gzipped(t, []byte(", second"), 9))
	got, err := io.ReadAll(newInflater(two))
	if err != nil || string(got) != "first, second" {
		t.Errorf("two members: %q, %v", got, err)
	}
	// A header with its own checksum: flag 2, the low half of the CRC-32.
	body := gzipped(t, []byte("first"), 9)
	head := append(bytes.Clone(body[:10]), 0, 0)
	head[3] = 2
	binary.LittleEndian.PutUint16(head[10:], uint16(crc32.ChecksumIEEE(head[:10])))
	if got, err = io.ReadAll(newInflater(append(head, body[10:]...))); err != nil || string(got) != "first" {
		t.Errorf("a checked header: %q, %v", got, err)
	}
	head[10] ^= 1
	if _, err = io.ReadAll(newInflater(append(head, body[10:]...))); !errors.Is(err, gzip.ErrHeader) {
		t.Errorf("a damaged header: %v", err)
	}
	for n := range two {
		got, err := io.ReadAll(newInflater(two[:n]))
		if n == len(named) {
			if err != nil || string(got) != "first" {
				t.Errorf("the first member alone: %q, %v", got, err)
			}
		} else if !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at byte %d: %v", n, err)
		}
	}
	if _, err := io.ReadAll(newInflater(append(named, "trailing bytes"...))); !errors.Is(err, gzip.ErrHeader) {
		t.Errorf("trailing bytes: %v", err)
	}
	if n, err := newInflater(named).Read(nil); n != 0 || err != nil {
		t.Errorf("a read of nothing: %d, %v", n, err)
	}
}

// agree checks that the two readers unpack the same bytes or both refuse.
func agree(t interface {
	Helper()
	Fatalf(string, ...any)
}, in []byte, sizes []int) {
	t.Helper()
	want, wantErr := standard(in)
	got, err := inPieces(newInflater(in), sizes)
	if (err == nil) != (wantErr == nil) {
		// compress/gzip refuses names longer than it has room for; the format
		// has no such limit.
		if len(in) > 512 && errors.Is(wantErr, gzip.ErrHeader) {
			return
		}
		t.Fatalf("error %v, compress/gzip has %v", err, wantErr)
	}
	if err == nil && !bytes.Equal(got, want) {
		t.Fatalf("%d bytes differ from compress/gzip's %d", len(got), len(want))
	}
}

// Any data, packed at any level, damaged anywhere or not, read in any pieces.
func TestInflateAgreesWithTheStandardLibrary(t *testing.T) {
	long := texts()
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOfN(rapid.ByteRange(0, 9), 0, 600).Draw(t, "short")
		if rapid.Bool().Draw(t, "long") {
			text := rapid.SampledFrom(long).Draw(t, "text")
			text = text[:min(len(text), rapid.IntRange(0, 70_000).Draw(t, "length"))]
			plain = slices.Concat(plain, text, plain)
		}
		var w bytes.Buffer
		z, err := gzip.NewWriterLevel(&w, rapid.IntRange(-2, 9).Draw(t, "level"))
		if err != nil {
			t.Fatal(err)
		}
		for len(plain) > 0 { // flushes begin new blocks
			n := rapid.IntRange(1, len(plain)).Draw(t, "write")
			z.Write(plain[:n])
			z.Flush()
			plain = plain[n:]
		}
		z.Close()
		in := w.Bytes()
		for range rapid.IntRange(0, 2).Draw(t, "damage") {
			at := rapid.IntRange(10, len(in)-1).Draw(t, "at")
			in[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		in = in[:len(in)-rapid.SampledFrom([]int{0, 0, 0, 1, 5, 9}).Draw(t, "cut")]
		agree(t, in, rapid.SliceOfN(rapid.IntRange(1, 50_000), 1, 4).Draw(t, "reads"))
	})
}

func FuzzInflate(f *testing.F) {
	all := texts()
	for _, text := range [][]byte{nil, all[2], all[3][:300], all[5][:500], all[6][:700]} {
		for _, level := range []int{0, 1, 9, -2} {
			f.Add(gzipped(f, text, level), 1<<20)
		}
	}
	f.Add(member(fixedBlock(5), bytes.Repeat([]byte("a"), 1+5*258)), 300)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		if size < 1 || size > 1<<20 {
			size = 1000
		}
		agree(t, in, []int{size})
		// Most inputs fail at a checksum; a body is tried under a good one too.
		if len(in) > 18 {
			body := in[10 : len(in)-8]
			if plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(body)), 1<<20)); err == nil {
				agree(t, member(body, plain), []int{size})
			}
		}
	})
}

func TestDecodeIsRead(t *testing.T) {
	plain := append(header(0x0b, 100, 30), texts()[6][:6000]...)
	want, err := Read(bytes.NewReader(plain), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range [][]byte{plain, packed(t, plain)} {
		a, err := Decode(string(file), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if a.DType() != want.DType() || !a.Shape().Equal(want.Shape()) || !bytes.Equal(a.Raw(), want.Raw()) {
			t.Errorf("decoded %v %v", a.DType(), a.Shape())
		}
	}
}

func BenchmarkInflate(b *testing.B) {
	text := texts()[5]
	in := gzipped(b, text, 9)
	out := make([]byte, len(text))
	run := func(name string, open func() io.Reader) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for range b.N {
				if _, err := io.ReadFull(open(), out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	run("ours", func() io.Reader { return newInflater(in) })
	run("standard", func() io.Reader {
		z, err := gzip.NewReader(bytes.NewReader(in))
		if err != nil {
			b.Fatal(err)
		}
		return z
	})
}
