package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/godescent/descent/cli/spec"
	"github.com/godescent/descent/train"
)

// exportFlags are the flags of export.
type exportFlags struct {
	onnx, safetensors string
	batch             int
	best, json        bool
}

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export RUN",
		Short: "Write a trained network for other programs",
		Long: `Write the network in a run's folder for other programs.

--onnx writes the whole network in evaluation as an ONNX model (operator set 18), which
onnxruntime and others compute. Its input x is examples [batch, ...] as they were before
the normalisation, which is part of the file: pixels, a table's numbers (metadata
"features" names the columns, one-hot ones as column=category), or int64 characters
(their places in "classes"). Its outputs are logits and probabilities of the classes, or
prediction in its own units, with deviation if loss gaussian has it told. The batch is of
any size unless --batch names one.

--safetensors writes the weights alone, by the names that descent inspect shows, and
running statistics under "running."; they are [in, out], kernels [height, width, in, out].

Either file, or the folder itself, starts another run: descent train --weights FILE.`,
		Example: `  descent export runs/flowers --onnx flowers.onnx
  descent export runs/mnist-adam --safetensors weights.safetensors --best`,
		Args: between(1, 1, "a run's folder"),
		RunE: func(_ *cobra.Command, args []string) error { return a.export(args[0], f) },
	}
	c.Flags().StringVar(&f.onnx, "onnx", "", "`file` for the network as an ONNX model")
	c.Flags().StringVar(&f.safetensors, "safetensors", "", "`file` for the weights alone")
	c.Flags().IntVar(&f.batch, "batch", 0, "the only number of examples that the ONNX model takes; 0 is any")
	c.Flags().BoolVar(&f.best, "best", false, "the checkpoint with the smallest validation loss instead of the last")
	c.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
	return c
}

// exported is the object that export --json prints.
type exported struct {
	Run     string         `json:"run"`
	Model   string         `json:"model"`
	Step    int64          `json:"step"`
	Weights int            `json:"weights"`
	Files   []exportedFile `json:"files"`
}

type exportedFile struct {
	Format string `json:"format"`
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
}

func (a *app) export(dir string, f exportFlags) error {
	switch {
	case f.onnx == "" && f.safetensors == "":
		return errors.New("export: as what? give --onnx FILE, --safetensors FILE or both")
	case f.batch < 0 || f.batch > 1<<20:
		return fmt.Errorf("--batch: %d is not a whole number in [0,%d]", f.batch, 1<<20)
	case f.batch > 0 && f.onnx == "":
		return errors.New("--batch: only an ONNX model has a batch; give --onnx FILE too")
	}
	r, err := a.open("export", dir, f.best, 1)
	if err != nil {
		return err
	}
	defer r.Close()
	out := exported{Run: dir, Model: r.Title, Step: r.saved.Step, Weights: r.Network.Plan.Weights.Size()}
	meta, err := r.metadata()
	if err != nil {
		return failed(fmt.Errorf("export: %w", err))
	}
	for _, file := range []struct {
		format, path string
		write        func(io.Writer) error
	}{
		{"onnx", f.onnx, func(w io.Writer) error {
			return r.saved.WriteONNX(w, train.Export{
				Network: r.Network, Targets: r.Targets, Batch: f.batch, Doc: r.Title, Version: thisBuild().Version, Metadata: meta,
			})
		}},
		{"safetensors", f.safetensors, func(w io.Writer) error { return r.saved.WriteSafetensors(w, r.Network, meta) }},
	} {
		if file.path == "" {
			continue
		}
		n, err := writeFile(file.path, file.write)
		if p := (*os.PathError)(nil); errors.As(err, &p) {
			err := fmt.Errorf("--%s: cannot write %s: %w", file.format, file.path, p.Err)
			if p.Op == "write" { // the folder and the name are right
				return failed(err)
			}
			return err
		}
		if err != nil {
			return failed(fmt.Errorf("export: %w", err))
		}
		out.Files = append(out.Files, exportedFile{file.format, file.path, n})
	}
	if f.json {
		return failed(a.printJSON(out))
	}
	var rows [][]string
	for _, file := range out.Files {
		rows = append(rows, []string{a.out.paint(dim, file.Format), file.Path, grouped(file.Bytes) + " bytes"})
	}
	return failed(a.out.table(rows))
}

// metadata is what a file of the network says of it.
func (r *trained) metadata() (map[string]string, error) {
	m := map[string]string{"model": r.Title, "schema": r.saved.Meta[spec.MetaSchema]} // not the specification, which has paths
	lists := map[string][]string{"classes": r.Classes}
	if s, ok := r.Schema.(interface{ Features() []string }); ok {
		lists["features"] = s.Features()
	}
	for name, list := range lists {
		if len(list) == 0 {
			continue
		}
		text, err := json.Marshal(list)
		if err != nil {
			return nil, err
		}
		m[name] = string(text)
	}
	return m, nil
}

// writeFile replaces a file by what write writes, whole or not at all, and gives its length.
func writeFile(path string, write func(io.Writer) error) (n int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // what matters is the error that led here
		}
	}()
	_ = f.Chmod(0o644) // a file system without modes needs none
	w := bufio.NewWriter(f)
	err = write(w)
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		n, err = f.Seek(0, io.SeekCurrent)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return n, os.Rename(f.Name(), path)
}
