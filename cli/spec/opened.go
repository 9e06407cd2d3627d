package spec

import (
	"errors"
	"io/fs"

	"github.com/godescent/descent/data/open"
)

// file is a path of a Source with the key that names it.
type file struct {
	key  string
	path Path
}

// opened are the examples of an opener that reads files.
func opened(o open.Opener, to Loading, limit int, files ...file) (*Examples, error) {
	data, err := o.Open(open.Options{DType: to.DType, Stream: to.Stream})
	if err != nil {
		return nil, keyedBy(err, files)
	}
	e := &Examples{
		Name: data.Name, Train: data.Train, Validation: data.Validation, Test: data.Test, Sources: data.Sources,
		Shipped: len(files) == 0, Notes: data.Notes, Close: data.Close,
	}
	if data.Train == nil {
		e.Limit = limit
	} else if e.Train, err = first(e.Train, limit); err != nil {
		return nil, At("limit", err)
	}
	e.Fit = func(rows []int32) (map[string]string, error) {
		if err := data.Fit(rows); err != nil {
			return nil, err
		}
		schema, err := open.MarshalSchema(data.Schema)
		return map[string]string{MetaSchema: string(schema)}, err
	}
	return e, nil
}

// keyedBy is an error At its key, if it has one, or at that of a file that cannot be opened.
func keyedBy(err error, files []file) error {
	if at := (*open.At)(nil); errors.As(err, &at) {
		return At(at.Key, at.Err)
	}
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		for _, f := range files {
			if f.path != "" && f.path.Shown() == p.Path {
				return unreadable(f.key, err)
			}
		}
	}
	return err
}

// orNone is how messages print a path; "" is none.
func orNone(p Path) string {
	if p == "" {
		return ""
	}
	return p.Shown()
}
