// Out to other programs and back: a network becomes an ONNX model, which onnxruntime
// computes, and a safetensors file, with whose weights another run begins.
//
//	go run ./examples/export [FOLDER]
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/godescent/descent/data"
	"github.com/godescent/descent/data/shipped"
	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/loss"
	"github.com/godescent/descent/nn"
	"github.com/godescent/descent/objective"
	"github.com/godescent/descent/onnx"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/tensor"
	"github.com/godescent/descent/train"
)

func main() {
	folder := "."
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(folder); err != nil {
		log.Fatal(err)
	}
}

func run(folder string) error {
	wine, err := shipped.Lookup("wine")
	if err != nil {
		return err
	}
	set, _, err := wine.Load(tensor.Float32)
	if err != nil {
		return err
	}
	scale, err := data.Fit(set.X, nil, data.Standardise, data.PerFeature)
	if err != nil {
		return err
	}
	model := nn.NewSequential(nn.Name("hidden", nn.NewLinear(16)), nn.Tanh{}, nn.Name("head", nn.NewLinear(3)))
	network, err := objective.NewNetwork(model, graph.Type{DType: tensor.Float32, Shape: tensor.Of(32, 13)}, loss.NewCrossEntropy(), tensor.Float32)
	if err != nil {
		return err
	}
	config := train.Config{
		Network: network, Train: train.Part{Set: set}, Normalizer: scale,
		Rule: optim.NewAdam(), Rate: 0.01, Batch: 32, Epochs: 20, Seed: 1,
	}
	first, err := trained(config)
	if err != nil {
		return err
	}
	model1, weights := filepath.Join(folder, "wine.onnx"), filepath.Join(folder, "wine.safetensors")
	if err := write(model1, func(w io.Writer) error { return first.WriteONNX(w, train.Export{Network: network, Name: "wine"}) }); err != nil {
		return err
	}
	if err := write(weights, func(w io.Writer) error { return first.WriteSafetensors(w, network, nil) }); err != nil {
		return err
	}
	b, err := os.ReadFile(model1)
	if err != nil {
		return err
	}
	f, err := onnx.Read(b)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %v → %v by %d operators\n", filepath.Base(model1), f.Inputs, f.Outputs, len(f.Operators))
	// Another run goes on where the first one ended.
	if config.Start, err = train.ReadStart(weights); err != nil {
		return err
	}
	_, err = trained(config)
	return err
}

// trained runs a configuration and gives the network.
func trained(c train.Config) (*train.Checkpoint, error) {
	t, err := train.New(c)
	if err != nil {
		return nil, err
	}
	defer t.Close()
	before, err := t.Score(context.Background(), c.Train)
	if err != nil {
		return nil, err
	}
	if _, err := t.Run(context.Background()); err != nil {
		return nil, err
	}
	after, err := t.Score(context.Background(), c.Train)
	if err != nil {
		return nil, err
	}
	fmt.Printf("loss %.4f before training and %.4f behind it\n", before.Loss, after.Loss)
	return t.Checkpoint()
}

// write makes a file.
func write(path string, to func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	if err := to(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
