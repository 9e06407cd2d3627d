package spec

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/open"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/program"
	"github.com/godescent/descent/tensor"
)

// Restored is a trained network by what its checkpoint keeps, without its data.
type Restored struct {
	Spec      *Spec
	Network   *objective.Network
	Title     string   // of the network
	Classes   []string // of what is predicted, or nil
	Binary    bool     // one output tells two classes apart
	Targets   *data.Normalizer
	Schema    open.Schema // turns other data into examples
	Precision program.Precision

	dtype tensor.DType
}

// Restore reads the Meta that a run was saved with.
func Restore(meta map[string]string, tables *Tables) (*Restored, error) {
	if meta[MetaSpec] == "" || meta[MetaShape] == "" || meta[MetaSchema] == "" {
		return nil, errors.New("the checkpoint does not say what it was trained on; it was written by an older version: train again")
	}
	doc, err := Parse([]byte(meta[MetaSpec]), "the checkpoint's specification", tables)
	if err != nil {
		return nil, err
	}
	r := &Restored{dtype: tensor.Float32}
	if r.Spec, err = doc.Spec(); err != nil {
		return nil, err
	}
	r.Spec.Weights = "" // those of the checkpoint are further; the file may be gone
	var shape Shape
	if err := json.Unmarshal([]byte(meta[MetaShape]), &shape); err != nil {
		return nil, fmt.Errorf("the checkpoint's shape: %w", err)
	}
	if r.Schema, err = open.UnmarshalSchema([]byte(meta[MetaSchema])); err != nil {
		return nil, fmt.Errorf("the checkpoint's %w", err)
	}
	for key, to := range map[string]any{MetaClasses: &r.Classes, MetaTargets: &r.Targets} {
		if meta[key] == "" {
			continue
		}
		if err := json.Unmarshal([]byte(meta[key]), to); err != nil {
			return nil, fmt.Errorf("the checkpoint's %s: %w", key, err)
		}
	}
	return r, r.network(shape)
}

func (r *Restored) network(shape Shape) error {
	s := r.Spec
	if s.DType == "float64" {
		r.dtype = tensor.Float64
	}
	if s.Loss == nil || s.Model == nil {
		return errors.New("the checkpoint's specification has no model or no loss")
	}
	_, r.Binary = s.Loss.(*BinaryCrossEntropy)
	var err error
	if r.Precision, err = program.ParsePrecision(s.Precision); err != nil {
		return err
	}
	symbols := shape.DType == tensor.Int32.String()
	layer, err := layerOf(s.Model, symbols, shape.In, shape.Out)
	if err != nil {
		return err
	}
	x := graph.Type{DType: r.dtype, Shape: append(tensor.Of(max(2, s.Batch)), shape.In...)}
	if symbols {
		x.DType = tensor.Int32
	}
	r.Title = s.Model.Title(shape.In, shape.Out)
	r.Network, err = network(layer, x, s.Loss, r.dtype)
	return err
}

// Read reads other data as the network was given its own, to predict or, with
// targets, to measure: into memory, or as a source if the run's own were streamed.
func (r *Restored) Read(path string, predict bool) (*open.Rows, error) {
	rows, err := r.Schema.Read(path, open.ReadOptions{Options: open.Options{DType: r.dtype, Stream: r.Spec.Memory > 0}, Predict: predict})
	if err != nil || predict {
		return rows, err
	}
	if err := r.targets(path, rows); err != nil {
		_ = rows.Close() // it was only read
		return nil, err
	}
	return rows, nil
}

// targets makes targets those that the network was trained on.
func (r *Restored) targets(path string, rows *open.Rows) error {
	one := rows.Set
	if one == nil {
		var err error
		if one, err = data.Like(rows.Source, 1); err != nil {
			return err
		}
	}
	if one.Y == nil {
		return fmt.Errorf("%s has no targets to compare with; descent predict needs none", path)
	}
	_, counts := r.Spec.Loss.(*Poisson)
	change := func(set *data.Set) (*data.Set, error) {
		out := *set
		if counts {
			before := 0
			if rows.Source != nil {
				before = -1
			}
			if err := checkCounts(set, before); err != nil {
				return nil, err
			}
		}
		switch {
		case r.Binary:
			out.Y, out.Classes = convertTo(set.Y, r.dtype).Reshape(set.Len(), 1), nil
		case r.Targets != nil:
			out.Y = tensor.New(r.dtype, set.Y.Shape()...)
			if err := r.Targets.Apply(out.Y, set.Y, nil); err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
		}
		return &out, out.Validate()
	}
	if rows.Source != nil {
		rows.Source = data.Map(rows.Source, change)
		return nil
	}
	var err error
	rows.Set, err = change(rows.Set)
	return err
}
