// Command _gen writes the arm64 assembly of package neon and the Go that calls
// it. Go's assembler has few of the vector instructions on floating-point
// numbers, so every vector instruction is written as a WORD beside the mnemonic
// that it encodes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"path/filepath"
)

// part is one generated pair of files, name_arm64.s and name_stubs_arm64.go.
type part struct {
	name  string
	build func(f *file)
}

var parts = []part{
	{"peak", genPeak},
	{"gemm", genGemm},
	{"pack", genPack},
	{"elementwise", genElementwise},
	{"reduce", genReduce},
	{"cast", genCast},
	{"math", genMath},
	{"random", genRandom},
}

func main() {
	log.SetFlags(0)
	dir := flag.String("dir", ".", "folder to write to")
	flag.Parse()
	files, err := generate(filepath.Join(*dir, "..", "coefficients.go"))
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range files {
		if err := f.write(*dir); err != nil {
			log.Fatalf("%s: %v", f.name, err)
		}
	}
	if err := errors.Join(writeTables(*dir), writeWrappers(*dir)); err != nil {
		log.Fatal(err)
	}
}

// generate makes every part, with the portable code's numbers from the named file.
func generate(coefficients string) ([]*file, error) {
	numbers, err := readCoefficients(coefficients)
	if err != nil {
		return nil, err
	}
	var files []*file
	for _, p := range parts {
		f := &file{name: p.name, numbers: numbers, pool: map[string]int{}}
		p.build(f)
		files = append(files, f)
	}
	return files, nil
}

func itoa(n int) string { return fmt.Sprint(n) }
