package amx

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// encoded is an instruction of tiles_amd64.s: its comment and its bytes.
type encoded struct {
	text string
	code []byte
}

// assembled is all instructions of AMX in the assembly, which are bytes below a comment.
func assembled(t *testing.T) []encoded {
	t.Helper()
	text, err := os.ReadFile("tiles_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	var out []encoded
	open := false
	for _, line := range strings.Split(string(text), "\n") {
		f := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "\t// "):
			out = append(out, encoded{text: strings.TrimSpace(line)[3:]})
			open = true
		case len(f) == 2 && open && (f[0] == "LONG" || f[0] == "BYTE"):
			n, err := strconv.ParseUint(f[1], 0, 32)
			if c, ok := strings.CutPrefix(f[1], "$"); ok {
				n, err = strconv.ParseUint(c, 0, 32)
			}
			if err != nil {
				t.Fatal(err)
			}
			last := &out[len(out)-1]
			if f[0] == "BYTE" {
				last.code = append(last.code, byte(n))
			} else {
				last.code = binary.LittleEndian.AppendUint32(last.code, uint32(n))
			}
		default:
			open = false
		}
	}
	if len(out) < 50 {
		t.Fatalf("tiles_amd64.s has %d instructions of AMX", len(out))
	}
	return out
}

// TestDecode: this package's decoder, by which the emulation runs, reads each as its comment says.
func TestDecode(t *testing.T) {
	for _, c := range assembled(t) {
		i, ok := decode(append(c.code[:len(c.code):len(c.code)], 0x90, 0x90, 0x90, 0x90, 0x90, 0x90))
		if !ok || i.length != len(c.code) || i.String() != c.text {
			t.Errorf("% x is %q of %d bytes, want %q", c.code, i, i.length, c.text)
		}
	}
}

// TestObjdump: and so does binutils.
func TestObjdump(t *testing.T) {
	program, err := exec.LookPath("objdump")
	if err != nil {
		t.Skip("objdump is missing (Debian's binutils), which decodes independently of this package")
	}
	all := assembled(t)
	var blob []byte
	for _, c := range all {
		blob = append(blob, c.code...)
	}
	name := filepath.Join(t.TempDir(), "code")
	if err := os.WriteFile(name, blob, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program, "-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--insn-width=12", name).CombinedOutput()
	if err != nil {
		t.Skipf("%s does not know this processor: %v: %s", program, err, out)
	}
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^ +([0-9a-f]+):\t((?:[0-9a-f]{2} )+) *\t(.*)$`).FindAllStringSubmatch(string(out), -1) {
		got = append(got, fmt.Sprintf("%d %s", len(strings.Fields(m[2])), strings.Join(strings.Fields(m[3]), " ")))
	}
	if len(got) != len(all) {
		t.Fatalf("objdump finds %d instructions where there are %d:\n%s", len(got), len(all), out)
	}
	for i, c := range all {
		if want := fmt.Sprintf("%d %s", len(c.code), c.text); got[i] != want {
			t.Errorf("% x is %q to objdump, want %q", c.code, got[i], want)
		}
	}
}
