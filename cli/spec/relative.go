package spec

import (
	"path/filepath"
	"reflect"
)

// Relative makes the paths of the Spec and its data start from a folder, that of the file which
// the Spec is to be written to.
func (s *Spec) Relative(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	paths := []reflect.Value{reflect.ValueOf(&s.Weights).Elem()}
	v := reflect.ValueOf(s.Data).Elem()
	for _, k := range keys(v.Type()) {
		paths = append(paths, v.FieldByIndex(k.index))
	}
	for _, f := range paths {
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
