package spec

import (
	"path/filepath"
	"reflect"
)

// Relative makes the paths of the data start from a folder, that of the file which
// the Spec is to be written to.
func (s *Spec) Relative(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	v := reflect.ValueOf(s.Data).Elem()
	for i := range v.NumField() {
		f := v.Field(i)
		if f.Type() != pathType || f.Len() == 0 {
			continue
		}
		rel, err := filepath.Rel(dir, f.String())
		if err != nil {
			return nil // on another drive: it stays absolute
		}
		f.SetString(filepath.ToSlash(rel))
	}
	return nil
}
