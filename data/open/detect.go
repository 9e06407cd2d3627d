package open

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/internal/suggest"
)

// Detect is the kind of what a user named: a data set that is part of the
// program, or a file or folder, by its ending and its first bytes. What is named
// is set as its path; what else it needs, such as a target, is not.
func Detect(name string) (kind string, o Opener, err error) {
	if c, err := shipped.Lookup(name); err == nil {
		k, err := Lookup(c.Name)
		if err != nil {
			return "", nil, err
		}
		return c.Name, k.New(), nil
	}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		hint := suggest.Hint(name, shipped.Names())
		return "", nil, fmt.Errorf("%s: there is no such file or folder, and no data set of that name is part of the program; %s", name, hint)
	case err != nil:
		return "", nil, err
	case info.IsDir():
		m := NewImages()
		m.Path = name
		return "images", m, nil
	}
	head, err := headOf(name, 512)
	if err != nil {
		return "", nil, err
	}
	switch kind = detect(filepath.Base(name), head); kind {
	case "csv", "parquet":
		t := NewTable()
		t.Path = Path(name)
		return kind, t, nil
	case "npz":
		return kind, &Archive{Path: name}, nil
	case "npy", "idx":
		return kind, &Arrays{Examples: name}, nil
	case "text":
		t := NewText()
		t.Path = name
		return kind, t, nil
	}
	return "", nil, fmt.Errorf("%s: what this is cannot be told from its ending and first bytes; give its kind: %s", name, strings.Join(Names()[:len(Kinds())-len(shipped.All())], ", "))
}

// detect is the kind of a file by its name and first bytes, or "".
func detect(base string, head []byte) string {
	lower := strings.ToLower(base)
	packed := bytes.HasPrefix(head, []byte("\x1f\x8b"))
	switch {
	case bytes.HasPrefix(head, []byte("PAR1")):
		return "parquet"
	case bytes.HasPrefix(head, []byte("\x93NUMPY")):
		return "npy"
	case bytes.HasPrefix(head, []byte("PK")) && strings.HasSuffix(lower, ".npz"):
		return "npz"
	}
	lower = strings.TrimSuffix(lower, ".gz")
	switch ext := filepath.Ext(lower); {
	case ext == ".csv" || ext == ".tsv" || ext == ".tab":
		return "csv"
	case ext == ".idx" || strings.HasSuffix(lower, "-ubyte"):
		return "idx"
	case ext == ".txt" || ext == ".text" || ext == ".md":
		return "text"
	}
	if packed || len(head) == 0 {
		return ""
	}
	if len(head) >= 4 && head[0] == 0 && head[1] == 0 && head[2] >= 8 && head[2] <= 14 {
		return "idx"
	}
	// Text: a first line with cells is a table, any other a text.
	for cut := 0; cut < utf8.UTFMax && !utf8.Valid(head); cut++ {
		head = head[:max(0, len(head)-1)]
	}
	if len(head) == 0 || bytes.IndexByte(head, 0) >= 0 {
		return ""
	}
	line, _, _ := bytes.Cut(head, []byte("\n"))
	if bytes.ContainsAny(line, "\t;") || bytes.Count(line, []byte(",")) > 0 && !bytes.Contains(line, []byte(", ")) {
		return "csv"
	}
	return "text"
}
