package train

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// MetricsName is the name of the metrics file in a run's folder: a JSON object
// a line, of every logSteps-th step and of every epoch.
const MetricsName = "metrics.jsonl"

// logSteps is the number of steps between two lines.
const logSteps = 10

// metricsLog appends to the metrics file. A nil log writes nothing.
type metricsLog struct {
	f *os.File
	w *bufio.Writer
}

// metricsLine is a line of the file.
type metricsLine struct {
	Kind       string   `json:"kind"` // "step" or "epoch"; see Watched and Fall for others
	Step       int64    `json:"step"`
	Epoch      int      `json:"epoch"`
	Loss       *float64 `json:"loss"`
	Accuracy   *float64 `json:"accuracy,omitempty"`
	Gradient   *float64 `json:"gradient_norm,omitempty"`
	Rate       *float64 `json:"lr,omitempty"`
	ValLoss    *float64 `json:"validation_loss,omitempty"`
	ValAcc     *float64 `json:"validation_accuracy,omitempty"`
	ValR2      *float64 `json:"validation_r2,omitempty"`
	ValD2      *float64 `json:"validation_d2,omitempty"`
	ElapsedSec float64  `json:"seconds"`
}

// openLog opens the file, without the lines of steps after the given one,
// which a resumed run does again.
func openLog(path string, step int64) (*metricsLog, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, fmt.Errorf("out: %w", err)
	}
	keep, err := keptBytes(f, step)
	if err == nil {
		err = f.Truncate(keep)
	}
	if err == nil {
		_, err = f.Seek(keep, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("out: %s: %w", path, err), f.Close())
	}
	return &metricsLog{f, bufio.NewWriter(f)}, nil
}

// keptBytes is the length of the file's whole lines of steps up to the given one.
func keptBytes(r io.Reader, step int64) (int64, error) {
	var n int64
	b := bufio.NewReader(r)
	for {
		line, err := b.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		var m metricsLine
		if json.Unmarshal(line, &m) != nil || m.Step > step || step == 0 {
			return n, nil
		}
		n += int64(len(line))
	}
}

func (l *metricsLog) write(kind string, e Event) error {
	if l == nil {
		return nil
	}
	m := metricsLine{
		Kind: kind, Step: e.Step, Epoch: e.Epoch, Loss: finite(e.Loss), Accuracy: finite(e.Accuracy),
		Gradient: finite(e.Gradient), Rate: finite(e.Rate), ElapsedSec: e.Elapsed.Seconds(),
	}
	if v := e.Validation; v != nil {
		m.ValLoss, m.ValAcc, m.ValR2, m.ValD2 = finite(v.Loss), finite(v.Accuracy), finite(v.R2), finite(v.D2)
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = l.w.Write(append(b, '\n'))
	return err
}

func (l *metricsLog) step(e Event) error {
	if l == nil || e.Step%logSteps != 0 {
		return nil
	}
	return l.write("step", e)
}

// other writes a line that is neither a step's nor an epoch's.
func (l *metricsLog) other(m any) error {
	if l == nil {
		return nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = l.w.Write(append(b, '\n'))
	return err
}

func (l *metricsLog) epoch(e Event) error { return l.write("epoch", e) }

func (l *metricsLog) flush() error {
	if l == nil {
		return nil
	}
	return l.w.Flush()
}

func (l *metricsLog) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.w.Flush(), l.f.Close())
}
