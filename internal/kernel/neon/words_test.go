package neon

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// TestWords has the GNU assembler translate the mnemonic beside every word of
// the assembly, and compares.
func TestWords(t *testing.T) {
	as, err := exec.LookPath("aarch64-linux-gnu-as")
	if err != nil {
		t.Skip("needs aarch64-linux-gnu-as (Debian: binutils-aarch64-linux-gnu)")
	}
	words := map[string]uint32{}
	files, err := filepath.Glob("*_arm64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("assembly: %v, %v", files, err)
	}
	line := regexp.MustCompile(`(?m)^\tWORD \$0x([0-9a-f]{8}) // (.*)$`)
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllSubmatch(text, -1) {
			bits, err := strconv.ParseUint(string(m[1]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			if other, ok := words[string(m[2])]; ok && other != uint32(bits) {
				t.Errorf("%s: %s is %#x here and %#x elsewhere", f, m[2], bits, other)
			}
			words[string(m[2])] = uint32(bits)
		}
	}
	var order []string
	var source bytes.Buffer
	for text := range words {
		order = append(order, text)
	}
	slices.Sort(order)
	for _, text := range order {
		source.WriteString(text + "\n")
	}
	object := filepath.Join(t.TempDir(), "words.o")
	cmd := exec.Command(as, "-o", object, "-")
	cmd.Stdin = &source
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file, err := elf.Open(object)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	code, err := file.Section(".text").Data()
	if err != nil {
		t.Fatal(err)
	}
	if len(code) != 4*len(order) {
		t.Fatalf("%d bytes of code for %d instructions", len(code), len(order))
	}
	for i, text := range order {
		if want := binary.LittleEndian.Uint32(code[4*i:]); words[text] != want {
			t.Errorf("%s is %#08x, the assembler has %#08x", text, words[text], want)
		}
	}
}
