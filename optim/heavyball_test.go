package optim_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
	"github.com/godescent/descent/optim/optimtest"
	"github.com/godescent/descent/tensor"
)

// Wrappers that leave the steps to the rule are looked through, one in another too; those that change
// the steps are not.
func TestInner(t *testing.T) {
	for spec, want := range map[string]string{
		"sgd": "*optim.SGD", "adamw": "*optim.Adam", "adamw:clip_norm=1,ema=0.99": "*optim.Adam",
		"momentum:l2=1e-4,weight_decay=0.01,swa=3,clip_value=2": "*optim.Momentum", "nesterov:noise=0.1,cautious_decay=0.1,matrix_decay=0.1": "*optim.Nesterov",
		"adam:sam=0.05": "*optim.SAM", "sgd:lookahead=5": "*optim.Lookahead", "sgd:layer_lr=a*:2": "*optim.after", "sgd:centralise=true": "*optim.before",
		"adam:accumulate=2": "*optim.Accumulate",
	} {
		r, _, err := optim.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%T", optim.Inner(r)); got != want {
			t.Errorf("inside %s is %s, want %s", spec, got, want)
		}
		if _, _, _, plain := optim.HeavyBall(r); plain != strings.Contains("*optim.SGD *optim.Momentum *optim.Nesterov", want) {
			t.Errorf("%s: plain is %v", spec, plain)
		}
	}
}

// On E = ½·26·w² the steps of a wrapped rule shrink just below the limit that HeavyBall gives, and grow just above.
func TestHeavyBallLimit(t *testing.T) {
	bowl := func(w graph.Value) graph.Value { return w.Square().SumAll().Scale(13) }
	for _, spec := range []string{"sgd", "sgd:clip_norm=1e9,ema=0.9", "momentum:momentum=0.8,weight_decay=1e-6", "nesterov:momentum=0.8,swa=2"} {
		for _, c := range []struct {
			share float64
			grows bool
		}{{0.99, false}, {1.01, true}} {
			r, _, err := optim.Parse(spec)
			if err != nil {
				t.Fatal(err)
			}
			_, room, _, plain := optim.HeavyBall(r)
			run, err := optimtest.NewRunner(r, bowl, tensor.Float64, 1)
			if err != nil {
				t.Fatal(err)
			}
			rates := make([]float64, 2000)
			for i := range rates {
				rates[i] = c.share * room * 2 / 26
			}
			w := points(t, run, rates...)
			if far := math.Abs(w[len(w)-1][0]); !plain || far > 1 != c.grows {
				t.Errorf("%s at %v of the limit: %v away after %d steps, plain is %v", spec, c.share, far, len(rates), plain)
			}
		}
	}
}
