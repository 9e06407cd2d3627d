package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/tensorboard"
	"github.com/godescent/descent/weights"
)

// CheckpointName is the checkpoint's file name in a run's folder: a safetensors
// file with the weights under their own names, running state under "running.",
// the rule's state under "optimizer.<slot>.", running state that belongs to weights
// presented in their place under "presented.running.", and the loop's position in the
// metadata under "descent.".
const CheckpointName = "checkpoint.safetensors"

// BestName is likewise the checkpoint with the smallest validation loss so far, of
// a run that keeps it.
const BestName = "best.safetensors"

// numbered is the name of the checkpoint of a step, of a run that keeps several.
func numbered(step int64) string { return fmt.Sprintf("checkpoint-%012d.safetensors", step) }

// Numbered are the checkpoints in a run's folder that are named by their step,
// the oldest first.
func Numbered(dir string) ([]string, error) {
	all, err := filepath.Glob(filepath.Join(escaped(dir), "checkpoint-????????????.safetensors"))
	slices.Sort(all)
	return all, err
}

// EventFiles are TensorBoard's event files in a run's folder.
func EventFiles(dir string) ([]string, error) {
	return filepath.Glob(filepath.Join(escaped(dir), tensorboard.Pattern))
}

// escaped is a folder as a pattern that it alone matches.
func escaped(dir string) string {
	if runtime.GOOS == "windows" {
		return dir // where a pattern has no escapes
	}
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(dir)
}

const (
	keyPosition = "descent.position"
	keyDigest   = "descent.sha256"
	keyMeta     = "descent.meta."
	keyNorm     = "descent.normalizer"
)

// position is where the loop stands.
type position struct {
	Format   int      `json:"format"`
	Step     int64    `json:"step"`
	Seconds  float64  `json:"seconds"`
	Bound    float64  `json:"bound"`
	Examples int64    `json:"examples"`
	Loss     float64  `json:"loss"`
	Correct  *float64 `json:"correct"`
	Last     *float64 `json:"last"`
	LastAcc  *float64 `json:"last_accuracy"`
	Best     *float64 `json:"best"`
	Since    int      `json:"since"`
	// Plateau is where a run with a Plateau stands.
	Plateau *plateauPosition `json:"plateau,omitempty"`
	// Presented is the piece of the rule's state that is evaluated in place of the weights.
	Presented string `json:"presented,omitempty"`
}

// plateauPosition is a descent.
type plateauPosition struct {
	Rate float64  `json:"rate"`
	Best *float64 `json:"best"`
	Bad  int      `json:"bad"`
	Cool int      `json:"cooldown"`
}

// finite is a number for JSON, which has no NaN or infinity.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func orElse(p *float64, x float64) float64 {
	if p == nil {
		return x
	}
	return *p
}

// tensors are everything the checkpoint holds, in order.
func (t *Trainer) tensors() []tensor.Named {
	plan := t.cfg.Network.Plan
	out := parts("", plan.Weights, t.w)
	if t.running != nil {
		out = append(out, parts("running.", plan.State, t.running)...)
	}
	for _, key := range t.slotKeys {
		a := t.slots[key]
		name := "optimizer." + key
		if a.Shape().Equal(t.w.Shape()) && a.DType() == t.w.DType() {
			out = append(out, parts(name+".", plan.Weights, a)...)
		} else {
			out = append(out, tensor.Named{Name: name, Array: a})
		}
	}
	if t.shown != nil && t.shown.running != nil {
		out = append(out, parts(presentedPrefix, plan.State, t.shown.running)...)
	}
	return out
}

// parts are the views of a flat vector as arrays on its memory.
func parts(prefix string, l *weights.Layout, flat *tensor.Array) []tensor.Named {
	size := flat.DType().Size()
	var out []tensor.Named
	for _, v := range l.Views() {
		mem := flat.Raw()[v.Offset*size : (v.Offset+v.Size())*size]
		out = append(out, tensor.Named{Name: prefix + v.Name, Array: tensor.Wrap(flat.DType(), v.Shape, mem)})
	}
	return out
}

// digest is over all tensors, by name, and the position: it tells damage.
func digest(tensors []tensor.Named, pos string) string {
	sorted := slices.Clone(tensors)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].Name < sorted[j].Name })
	h := sha256.New()
	for _, n := range sorted {
		fmt.Fprintf(h, "%s %v %v\n", n.Name, n.Array.DType(), n.Array.Shape())
		h.Write(n.Array.LittleEndian())
	}
	h.Write([]byte(pos))
	return hex.EncodeToString(h.Sum(nil))
}

// save writes the checkpoint, and keeps it under its step's name if several are kept.
func (t *Trainer) save() error {
	if err := t.saveAs(CheckpointName); err != nil || t.cfg.Keep < 2 || t.cfg.Out == "" {
		return err
	}
	if err := t.saveAs(numbered(t.done)); err != nil {
		return err
	}
	all, err := Numbered(t.cfg.Out)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	for len(all) > t.cfg.Keep {
		if err := os.Remove(all[0]); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
		all = all[1:]
	}
	return nil
}

// saveAs writes a checkpoint: to a new file, flushed to the disk, which then
// takes the old one's place. Whenever the process dies, one of them is whole.
func (t *Trainer) saveAs(name string) error {
	if t.cfg.Out == "" {
		return nil
	}
	if err := errors.Join(t.log.flush(), t.board.flush()); err != nil {
		return err
	}
	if err := t.refresh(); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	shown := ""
	if t.shown != nil && t.done > 0 {
		shown = t.shown.key
	}
	pos, err := json.Marshal(position{
		Format: 1, Step: t.done, Seconds: t.seconds, Bound: t.bound,
		Examples: t.epoch.Examples, Loss: t.epoch.Loss, Correct: finite(t.epoch.Correct),
		Last: finite(t.epoch.Last), LastAcc: finite(t.epoch.LastAcc), Best: finite(t.best.Loss), Since: t.best.Since,
		Presented: shown, Plateau: t.plateauPosition(),
	})
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	all := t.tensors()
	meta := map[string]string{keyPosition: string(pos), keyDigest: digest(all, string(pos))}
	for k, v := range t.cfg.Meta {
		meta[keyMeta+k] = v
	}
	if t.cfg.Normalizer != nil {
		norm, err := json.Marshal(t.cfg.Normalizer)
		if err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
		meta[keyNorm] = string(norm)
	}
	if t.cfg.Augment != nil {
		if meta[keyAugment], err = augmentMeta(t.cfg.Augment); err != nil {
			return fmt.Errorf("checkpoint: %w", err)
		}
	}
	var b bytes.Buffer
	if err := tensor.WriteSafetensors(&b, all, meta); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return WriteFile(filepath.Join(t.cfg.Out, name), b.Bytes())
}

// tempName is the pattern of the files that WriteFile writes to, and leaves if it is killed.
const tempName = "*.*.*.tmp"

// WriteFile replaces a file by way of a temporary one beside it, flushed to the
// disk: whenever the process dies, the old file or the new one is there, whole.
func WriteFile(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	// CreateTemp's files are for their owner alone; a run's files are for whoever may see its folder.
	_ = f.Chmod(0o644) // a file system without modes needs none
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if _, err = f.Write(data); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	d, derr := os.Open(dir)
	if derr != nil {
		return nil // the folder cannot be flushed here; the file is
	}
	_ = d.Sync()
	return d.Close()
}

// readCheckpoint reads and checks a checkpoint.
func readCheckpoint(path string) (tensors map[string]*tensor.Array, pos position, meta map[string]string, err error) {
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, pos, nil, fmt.Errorf("%s does not exist; a run's folder holds it once the run has saved", path)
		}
		return nil, pos, nil, err
	}
	defer func() { _ = f.Close() }()
	st, err := f.Stat()
	if err != nil {
		return nil, pos, nil, err
	}
	list, all, err := tensor.ReadSafetensors(f, st.Size())
	if err != nil {
		return nil, pos, nil, fmt.Errorf("%s is damaged or no checkpoint: %w", path, err)
	}
	if all[keyPosition] == "" {
		return nil, pos, nil, fmt.Errorf("%s is no checkpoint of a run: its metadata lacks %q", path, keyPosition)
	}
	if got := digest(list, all[keyPosition]); got != all[keyDigest] {
		return nil, pos, nil, fmt.Errorf("%s is damaged: its contents have the sha256 %.12s…, and it was written with %.12s…", path, got, all[keyDigest])
	}
	if err := json.Unmarshal([]byte(all[keyPosition]), &pos); err != nil {
		return nil, pos, nil, fmt.Errorf("%s: its position is not JSON: %w", path, err)
	}
	if pos.Format != 1 {
		return nil, pos, nil, fmt.Errorf("%s has format %d; this program reads format 1", path, pos.Format)
	}
	tensors = map[string]*tensor.Array{}
	for _, n := range list {
		tensors[n.Name] = n.Array
	}
	return tensors, pos, all, nil
}

// open makes the run's folder and, to resume, loads its checkpoint.
func (t *Trainer) open() error {
	if t.cfg.Out == "" {
		return nil
	}
	if err := os.MkdirAll(t.cfg.Out, 0o777); err != nil {
		return fmt.Errorf("out: %w", err)
	}
	if t.cfg.Resume {
		if err := t.load(); err != nil {
			return err
		}
	}
	// What a run that was killed left behind.
	left, err := filepath.Glob(filepath.Join(escaped(t.cfg.Out), tempName))
	if err != nil {
		return fmt.Errorf("out: %w", err)
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("out: %w", err)
		}
	}
	if t.log, err = openLog(filepath.Join(t.cfg.Out, MetricsName), t.done); err != nil || !t.cfg.TensorBoard {
		return err
	}
	w, err := tensorboard.Create(t.cfg.Out, t.done)
	if err == nil {
		t.board = &board{w: w}
	}
	return err
}

// load takes the checkpoint's numbers: every tensor of the run must be there
// with its type and shape, and no other.
func (t *Trainer) load() error {
	tensors, pos, _, err := readCheckpoint(filepath.Join(t.cfg.Out, CheckpointName))
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	for _, want := range t.tensors() {
		got := tensors[want.Name]
		switch {
		case got == nil:
			return fmt.Errorf("resume: the checkpoint has no tensor %q %v; the run differs from the one that wrote it", want.Name, want.Array.Shape())
		case got.DType() != want.Array.DType() || !got.Shape().Equal(want.Array.Shape()):
			return fmt.Errorf("resume: the checkpoint's tensor %q is %v%v and the run wants %v%v", want.Name, got.DType(), got.Shape(), want.Array.DType(), want.Array.Shape())
		}
		copy(want.Array.Raw(), got.Raw())
		delete(tensors, want.Name)
	}
	if len(tensors) > 0 {
		extra := slices.Sorted(maps.Keys(tensors))
		return fmt.Errorf("resume: the checkpoint has a tensor %q that the run does not know; the run differs from the one that wrote it", extra[0])
	}
	t.done, t.seconds, t.bound = pos.Step, pos.Seconds, pos.Bound
	t.step.SetAt(0, float64(pos.Step))
	t.epoch = epochSums{pos.Examples, pos.Loss, orElse(pos.Correct, math.NaN()), orElse(pos.Last, math.NaN()), orElse(pos.LastAcc, math.NaN())}
	t.best = bestLoss{orElse(pos.Best, math.Inf(1)), pos.Since}
	t.resumePlateau(pos.Plateau)
	return nil
}
