package train

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/godescent/descent/internal/suggest"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/onnx"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/weights"
)

// Start is the weights that a run begins with instead of drawn ones.
type Start struct {
	name    string
	tensors map[string]*tensor.Array
	loose   bool     // the file has constants that are no weights
	unread  []string // tensors that could not be read, and why
}

// maxStart bounds what is read of an ONNX model, which is one protobuf message.
const maxStart = 1<<31 - 1

// ReadStart reads first weights from a file or a run's folder: the network of a
// checkpoint as it is measured, a safetensors file, or the constants of an ONNX model
// (*.onnx). Their names are those of a checkpoint.
func ReadStart(path string) (*Start, error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		path = filepath.Join(path, CheckpointName)
	}
	s := &Start{name: path, tensors: map[string]*tensor.Array{}}
	read := s.safetensors
	if strings.EqualFold(filepath.Ext(path), ".onnx") {
		read = s.onnx
	}
	if err := read(path); err != nil {
		if p := (*fs.PathError)(nil); errors.As(err, &p) {
			err = p.Err
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func (s *Start) safetensors(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	st, err := f.Stat()
	if err != nil {
		return err
	}
	list, meta, err := tensor.ReadSafetensors(f, st.Size())
	if err != nil {
		return err
	}
	if meta[keyPosition] == "" {
		return s.keep(list)
	}
	c, err := OpenFile(path) // checked for damage
	if err != nil {
		return err
	}
	w, running := "", "running."
	if c.presented != "" {
		w, running = "optimizer."+c.presented+".", presentedPrefix
	}
	for name, a := range c.tensors {
		state := strings.HasPrefix(name, "optimizer.") || strings.HasPrefix(name, presentedPrefix) || strings.HasPrefix(name, "running.")
		if rest, ok := strings.CutPrefix(name, running); ok {
			s.tensors["running."+rest] = a
		} else if rest, ok := strings.CutPrefix(name, w); ok && (w != "" || !state) {
			s.tensors[rest] = a
		}
	}
	return nil
}

func (s *Start) onnx(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if st.Size() > maxStart {
		return fmt.Errorf("%d bytes; a protobuf message has at most %d", st.Size(), maxStart)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	f, err := onnx.Read(b)
	if err != nil {
		return err
	}
	s.loose, s.unread = true, f.Unread
	return s.keep(f.Constants)
}

func (s *Start) keep(list []tensor.Named) error {
	for _, n := range list {
		if s.tensors[n.Name] != nil {
			return fmt.Errorf("two tensors are named %q", n.Name)
		}
		s.tensors[n.Name] = n.Array
	}
	return nil
}

// Check is nil if the weights are those of a network: each by its name, with its shape,
// and, but in an ONNX model, no other. Floats of another width are converted. Running
// state is there in whole or not at all, and then begins as it does without weights.
func (s *Start) Check(plan *nn.Plan) error {
	known := map[string]bool{}
	for _, v := range plan.Weights.Views() {
		known[v.Name] = true
		if err := s.fits(v.Name, v, plan.DType); err != nil {
			return err
		}
	}
	for _, v := range plan.State.Views() {
		known["running."+v.Name] = true
		if !s.hasState(plan) {
			continue
		}
		if err := s.fits("running."+v.Name, v, plan.DType); err != nil {
			return err
		}
	}
	if s.loose {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.tensors)) {
		if !known[name] {
			return fmt.Errorf("%s has a tensor %q that the network has no weight for; %s", s.name, name, near(name, slices.Sorted(maps.Keys(known))))
		}
	}
	return nil
}

func (s *Start) hasState(plan *nn.Plan) bool {
	for _, v := range plan.State.Views() {
		if s.tensors["running."+v.Name] != nil {
			return true
		}
	}
	return false
}

func (s *Start) fits(name string, v weights.View, d tensor.DType) error {
	a := s.tensors[name]
	switch {
	case a == nil:
		for _, why := range s.unread {
			if strings.HasPrefix(why, name+" ") {
				return fmt.Errorf("%s: %s", s.name, why)
			}
		}
		return fmt.Errorf("%s has no tensor %q %v; %s", s.name, name, v.Shape, near(name, slices.Sorted(maps.Keys(s.tensors))))
	case !a.DType().IsFloat() || !a.Shape().Equal(v.Shape):
		return fmt.Errorf("%s: %q is %v%v and the network wants %v%v", s.name, name, a.DType(), a.Shape(), d, v.Shape)
	}
	return nil
}

// near is the name that may be meant, or some that there are.
func near(name string, names []string) string {
	if n := suggest.Nearest(name, names); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	if len(names) > 4 {
		names = append(slices.Clone(names[:4]), "...")
	}
	return "there are " + strings.Join(names, ", ")
}

// first are the weights and running state that a run begins with: those of Start, or
// drawn by the seed.
func (c *Config) first(seed int64) (w, running *tensor.Array, err error) {
	plan := c.Network.Plan
	if w, err = plan.Weights.Initial(plan.DType, seed); err != nil {
		return nil, nil, fmt.Errorf("train: first weights: %w", err)
	}
	if plan.State.Size() > 0 {
		if running, err = plan.State.Initial(plan.DType, seed); err != nil {
			return nil, nil, fmt.Errorf("train: first running state: %w", err)
		}
	}
	if c.Start == nil {
		return w, running, nil
	}
	if err := c.Start.Check(plan); err != nil {
		return nil, nil, fmt.Errorf("train: first weights: %w", err)
	}
	to := parts("", plan.Weights, w)
	if running != nil && c.Start.hasState(plan) {
		to = append(to, parts("running.", plan.State, running)...)
	}
	for _, n := range to {
		from := c.Start.tensors[n.Name]
		if from.DType() == plan.DType {
			copy(n.Array.Raw(), from.Raw())
			continue
		}
		for i := range n.Array.Size() {
			n.Array.SetAt(i, from.At(i))
		}
	}
	return w, running, nil
}
