package kernel

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "rewrite testdata/bits.txt, which changes what every instruction set must compute")

// TestBits compares a hash of each routine's results with the recorded one. The
// record was made on amd64; a compiler that fuses x*y+z, as it may on other
// architectures, or a change to a definition, shows here.
func TestBits(t *testing.T) {
	var b bytes.Buffer
	p := Portable()
	recordOps(&b, "float32", &p.F32, func(w uint64) float32 { return math.Float32frombits(uint32(w >> 32)) })
	recordOps(&b, "float64", &p.F64, math.Float64frombits)
	const path = "testdata/bits.txt"
	if *rewrite {
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, recorded := bytes.Split(b.Bytes(), []byte("\n")), bytes.Split(want, []byte("\n"))
	if len(got) != len(recorded) {
		t.Fatalf("%d lines, %s has %d", len(got), path, len(recorded))
	}
	for i := range got {
		if !bytes.Equal(got[i], recorded[i]) {
			t.Errorf("%s, recorded %s", got[i], recorded[i])
		}
	}
}

// recordOps writes a line with a name and a hash for each routine, on numbers
// of which half have any bits and half an exponent near 1.
func recordOps[T Float](b *bytes.Buffer, name string, ops *Ops[T], fromBits func(uint64) T) {
	const n = 16 * Block
	seed := uint64(1)
	draw := func() []T {
		x := make([]T, n)
		for i := range x {
			seed = seed*6364136223846793005 + 1442695040888963407
			x[i] = fromBits(seed)
			if i%2 == 0 {
				x[i] = T(float64(int64(seed)>>20) * 0x1p-40)
			}
		}
		return x
	}
	x, y, z, dst := draw(), draw(), draw(), make([]T, n)
	record := func(what string, op int) {
		h := fnv.New64a()
		for _, v := range dst {
			if v != v {
				v = 0x1p100 // any NaN is any other
			}
			binary.Write(h, binary.LittleEndian, float64(v))
		}
		fmt.Fprintf(b, "%s %s %d %016x\n", name, what, op, h.Sum64())
	}
	for op := range UnaryCount {
		ops.Unary[op](dst, x)
		record("unary", int(op))
	}
	for op := range BinaryCount {
		ops.Binary[op](dst, x, y)
		record("binary", int(op))
		ops.BinaryVS[op](dst, x, 1.7)
		record("binaryVS", int(op))
		ops.BinarySV[op](dst, 1.7, y)
		record("binarySV", int(op))
	}
	ops.Where(dst, x, y, z)
	record("where", 0)
	for i := range x { // sums take numbers of one size, or one would hide the rest
		x[i], y[i] = x[i&^1], y[i&^1]
	}
	for op := range ReduceCount {
		for i := range n / Block {
			dst[i] = ops.Reduce[op](x[i*Block:][:Block-i])
		}
		record("reduce", int(op))
	}
	for i := range n / Block {
		dst[i] = ops.Dot(x[i*Block:][:Block-i], y[i*Block:][:Block-i])
	}
	record("dot", 0)
	g := GemmArgs[T]{M: 50, N: 60, K: 64, A: x, B: y, C: dst, ARow: 64, ACol: 1, BRow: 1, BCol: 64, CRow: 60, Work: make([]T, gemmWork(50, 60, 64))}
	ops.Gemm(&g)
	record("gemm", 0)
	ops.Uniform(dst, 11, 12, 13)
	record("uniform", 0)
	ops.Normal(dst, 11, 12, 13)
	record("normal", 0)
	ops.Signs(dst, 11, 12, 13)
	record("signs", 0)
	ops.BinaryVS[Pow](dst, x, 0.5)
	record("root", 0)
}
