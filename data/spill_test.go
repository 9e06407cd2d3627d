package data

import (
	"bytes"
	"errors"
	"iter"
	"os"
	"strings"
	"testing"

	"github.com/godescent/descent/tensor"
)

// onlyBlocks is a source that cannot start at any row and fills its block anew.
type onlyBlocks struct{ set *Set }

func (o onlyBlocks) Blocks(rows int) iter.Seq2[*Set, error] { return o.set.Blocks(rows) }

// What was written once is read from any row, and nothing is left when it is closed.
func TestSpill(t *testing.T) {
	const n = 1000
	set := &Set{Name: "s", X: tensor.New(tensor.Float32, n, 3), Y: tensor.New(tensor.Int32, n), Classes: []string{"a", "b"}}
	for i := range n {
		set.X.SetAt(3*i, float64(i))
		set.Y.SetAt(i, float64(i%2))
	}
	dir := t.TempDir()
	seen := 0
	s, err := Spill(onlyBlocks{set}, dir, func(b *Set) error { seen += b.Len(); return nil })
	if err != nil {
		t.Fatal(err)
	}
	if k, seekable, err := s.Count(); k != n || !seekable || err != nil || seen != n || s.Bytes() != n*16 {
		t.Errorf("%d rows, seekable %v, %v; %d seen, %d bytes", k, seekable, err, seen, s.Bytes())
	}
	for _, from := range []int{0, 1, 255, 998} {
		at := from
		for b, err := range s.BlocksFrom(from, 300) {
			if err != nil {
				t.Fatal(err)
			}
			k := b.Len()
			if !bytes.Equal(b.X.Raw(), set.X.Raw()[at*12:(at+k)*12]) || !bytes.Equal(b.Y.Raw(), set.Y.Raw()[at*4:(at+k)*4]) || b.Classes[1] != "b" {
				t.Fatalf("rows from %d on are others", at)
			}
			at += k
		}
		if at != n {
			t.Errorf("from %d on there are rows up to %d", from, at)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wrong := errors.New("wrong")
	if _, err := Spill(onlyBlocks{set}, dir, func(*Set) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("error %v", err)
	}
	if _, err := Spill(onlyBlocks{set}, dir+"/none", nil); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

// Rows that are changed in place are read as they were changed.
func TestSpillChange(t *testing.T) {
	const n = 1000
	set := &Set{Name: "s", X: tensor.New(tensor.Float32, n, 3), Y: tensor.New(tensor.Int32, n), Classes: []string{"a", "b"}}
	for i := range 3 * n {
		set.X.SetAt(i, float64(i))
	}
	s, err := Spill(onlyBlocks{set}, t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Change(func(b *Set) error {
		for i := range b.Len() {
			b.X.SetAt(3*i+1, -1)
			b.Y.SetAt(i, float64(int(b.X.At(3*i))/3%2))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	all, err := Collect(s, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if all.X.At(3*i) != float64(3*i) || all.X.At(3*i+1) != -1 || all.Y.At(i) != float64(i%2) {
			t.Fatalf("row %d is %v %v %v", i, all.X.At(3*i), all.X.At(3*i+1), all.Y.At(i))
		}
	}
	wrong := errors.New("wrong")
	if err := s.Change(func(*Set) error { return wrong }); !errors.Is(err, wrong) {
		t.Errorf("error %v", err)
	}
}
