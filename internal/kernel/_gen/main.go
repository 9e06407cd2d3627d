// Command _gen writes the x86 assembly of the kernel packages: the same
// routines for AVX2+FMA and for AVX-512, in float32 and float64, from one
// description of each, and the product on tiles for AMX. It has its own go.mod so
// that nobody who builds descent needs avo.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/pass"
	"github.com/mmcloughlin/avo/printer"
)

// file is one generated pair of files, name_amd64.s and name_stubs_amd64.go.
type file struct {
	name  string
	build func(g *gen)
}

// tileFiles are those of AMX, which adds to the routines of AVX-512.
var tileFiles = []file{
	{"tiles", genTiles},
}

var files = []file{
	{"peak", genPeak},
	{"gemm", genGemm},
	{"pack", genPack},
	{"bf16", genBF16},
	{"elementwise", genElementwise},
	{"reduce", genReduce},
	{"cast", genCast},
	{"math", genMath},
	{"random", genRandom},
}

func main() {
	log.SetFlags(0)
	isa := flag.String("isa", "", "instruction set: avx2, avx512 or amx")
	dir := flag.String("dir", ".", "folder to write to")
	only := flag.String("only", "", "write only this file (all if empty)")
	flag.Parse()
	v, ok := isas[*isa]
	if !ok {
		log.Fatalf("-isa is %q; want avx2, avx512 or amx", *isa)
	}
	numbers, err := readCoefficients(filepath.Join(*dir, "..", "coefficients.go"))
	if err != nil {
		log.Fatal(err)
	}
	list := files
	if v.tiles {
		list = tileFiles
	}
	for _, f := range list {
		if *only != "" && *only != f.name {
			continue
		}
		if err := write(v, f, *dir, numbers); err != nil {
			log.Fatalf("%s: %v", f.name, err)
		}
	}
	if v.tiles {
		return
	}
	if err := errors.Join(writeTables(v, *dir), writeWrappers(v, *dir)); err != nil {
		log.Fatal(err)
	}
}

// write compiles one file description and prints it in both forms.
func write(v isa, f file, dir string, numbers coefficients) error {
	g := &gen{Context: build.NewContext(), isa: v, numbers: numbers}
	f.build(g)
	ast, err := g.Result()
	if err != nil {
		return err
	}
	for _, fn := range ast.Functions() { // one at a time, to name the one that fails
		one := ir.NewFile()
		one.AddSection(fn)
		if err := pass.Compile.Execute(one); err != nil {
			return fmt.Errorf("%s: %w", fn.Name, err)
		}
	}
	if err := pass.IncludeTextFlagHeader(ast); err != nil {
		return err
	}
	cfg := printer.Config{Name: "kernel/_gen", Pkg: g.name}
	for suffix, p := range map[string]printer.Printer{
		"_amd64.s":        printer.NewGoAsm(cfg),
		"_stubs_amd64.go": printer.NewStubs(cfg),
	} {
		text, err := p.Print(ast)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s%s", f.name, suffix)), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
