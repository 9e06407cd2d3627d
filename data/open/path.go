package open

import (
	"os"
	"path/filepath"
)

// Path is a file or folder. In a specification a relative one starts from the folder of the
// file that it is written in.
type Path string

// Shown is the path as messages print it: from the working folder, if it is below that.
func (p Path) Shown() string {
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, string(p)); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return string(p)
}
