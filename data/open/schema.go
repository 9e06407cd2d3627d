package open

import (
	"encoding/json"
	"fmt"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/images"
	"github.com/godescent/descent/data/text"
)

// Schema turns other data into the features that a model was trained on. It is
// kept with the model, by MarshalSchema.
type Schema interface {
	// Kind is what the data are: "table", "arrays", "images" or "text".
	Kind() string
	// Read reads the data at a path.
	Read(path string, o ReadOptions) (*Rows, error)
	// Check is nil if the schema can be applied.
	Check() error
}

// ReadOptions are how other data are read.
type ReadOptions struct {
	Options

	// Predict says that there is nothing to compare with: targets are not read, even
	// if they are there.
	Predict bool
}

// Rows are other data.
type Rows struct {
	Set    *data.Set
	Source data.RowSource // in place of Set, if they are streamed
	Names  []string       // of each row: the file of an image; nil otherwise
	Notes  []string       // what a user should know

	open closers // that Source reads
}

// Close closes what Source keeps open.
func (r *Rows) Close() error { return r.open.Close() }

// stored is a schema as it is kept.
type stored struct {
	Kind   string          `json:"kind"`
	Schema json.RawMessage `json:"schema"`
}

// MarshalSchema is a schema as JSON.
func MarshalSchema(s Schema) ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("schema of %s: %w", s.Kind(), err)
	}
	return json.Marshal(stored{s.Kind(), b})
}

// UnmarshalSchema reads what MarshalSchema wrote and refuses what Check refuses.
func UnmarshalSchema(b []byte) (Schema, error) {
	var in stored
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	for _, s := range []Schema{&tableSchema{}, &arraySchema{}, &imageSchema{&images.Schema{}}, &textSchema{&text.Schema{}}} {
		if s.Kind() != in.Kind {
			continue
		}
		if err := json.Unmarshal(in.Schema, s); err != nil {
			return nil, err
		}
		if err := s.Check(); err != nil {
			return nil, err
		}
		return s, nil
	}
	return nil, fmt.Errorf("schema: unknown kind %q; known: table, arrays, images, text", in.Kind)
}
