package optim_test

import (
	"math"
	"strings"
	"testing"

	"github.com/godescent/descent/graph"
	"github.com/godescent/descent/optim"
)

// A grafted step has the direction of one rule and by layers the length of another, which the equations of
// Adam, Lion and momentum give here in plain Go.
func TestGraft(t *testing.T) {
	segments := [][2]int{{0, 12}, {12, 16}, {16, 28}} // the layers of matrixNet
	rates := matrixRates(0.05, 25)
	run := onNet(t, "adam:graft=momentum,momentum=0.8,beta1=0.7")
	lion := onNet(t, "lion:graft=adam")
	n := len(run.W())
	m, v, velocity := make([]float64, n), make([]float64, n), make([]float64, n)
	lm, am, av := make([]float64, n), make([]float64, n), make([]float64, n)
	adam := func(m, v, g []float64, β1, η float64, i, t int) float64 {
		m[i] = β1*m[i] + (1-β1)*g[i]
		v[i] = 0.999*v[i] + 0.001*g[i]*g[i]
		return -η * (m[i] / (1 - math.Pow(β1, float64(t)))) / (math.Sqrt(v[i]/(1-math.Pow(0.999, float64(t)))) + 1e-8)
	}
	check := func(name string, before, after, direction, magnitude []float64, step int) {
		t.Helper()
		for _, seg := range segments {
			dd, mm := 0.0, 0.0
			for i := seg[0]; i < seg[1]; i++ {
				dd += direction[i] * direction[i]
				mm += magnitude[i] * magnitude[i]
			}
			for i := seg[0]; i < seg[1]; i++ {
				if want := direction[i] * math.Sqrt(mm/dd); !near(after[i]-before[i], want, 1e-10) {
					t.Fatalf("%s: update %d moves w[%d] by %v, want %v", name, step, i, after[i]-before[i], want)
				}
			}
		}
	}
	for k, η := range rates {
		before, g := run.W(), gradientAt(t, run.W())
		d, long := make([]float64, n), make([]float64, n)
		for i := range g {
			d[i] = adam(m, v, g, 0.7, η, i, k+1)
			velocity[i] = 0.8*velocity[i] - η*g[i]
			long[i] = velocity[i]
		}
		if err := run.Update(η); err != nil {
			t.Fatal(err)
		}
		check("adam of momentum's length", before, run.W(), d, long, k+1)

		before, g = lion.W(), gradientAt(t, lion.W())
		for i := range g {
			d[i] = -η * math.Copysign(1, 0.9*lm[i]+0.1*g[i])
			lm[i] = 0.99*lm[i] + 0.01*g[i]
			long[i] = adam(am, av, g, 0.9, η, i, k+1)
		}
		if err := lion.Update(η); err != nil {
			t.Fatal(err)
		}
		check("lion of adam's length", before, lion.W(), d, long, k+1)
	}
}

// A rule that is grafted on itself is the rule; one that does not move is not made to.
func TestGraftEnds(t *testing.T) {
	rates := matrixRates(0.02, 30)
	for _, name := range []string{"adam", "shampoo", "muon", "momentum"} {
		a, b := points(t, onNet(t, name), rates...), points(t, onNet(t, name+":graft="+name), rates...)
		if d := distance(a[30], b[30]); !(d < 1e-9) {
			t.Errorf("%s grafted on itself is %v away", name, d)
		}
	}
	still := newCustom(func(_ *custom, s *optim.Step) graph.Value { return s.Gradient().Zeros() })
	if p := update(t, runner(t, optim.NewGraft("sgd", optim.NewSGD(), still), slope(3, 4), 1, 2), 0.1); distance(p[1], p[0]) != 0 {
		t.Errorf("a direction of 0 moves w from %v to %v", p[0], p[1])
	}
	// A zero gradient has no direction: 0, not NaN.
	if p := update(t, runner(t, optim.NewGraft("adam", optim.NewAdam(), optim.NewSGD()), slope(0, 0), 1, 2), 0.1); distance(p[1], p[0]) != 0 {
		t.Errorf("a zero gradient moves w from %v to %v", p[0], p[1])
	}
}

func TestGraftSpec(t *testing.T) {
	r, lr, err := optim.Parse("shampoo:clip_norm=1,graft=adam,graft/beta1=0.8,ema=0.9,graft/beta2=0.7")
	if err != nil || lr != 0.001 {
		t.Fatalf("lr %v, %v; want Adam's 0.001", lr, err)
	}
	_, keys, err := optim.State(r)
	if got := strings.Join(keys, " "); err != nil || !strings.Contains(got, "graft/m") || !strings.Contains(got, "graft/v") {
		t.Errorf("state %s, %v", got, err)
	}
	if _, lr, err := optim.Parse("lion:lr=0.3,graft=sgd"); err != nil || lr != 0.3 {
		t.Errorf("lr %v, %v", lr, err)
	}
	for spec, want := range map[string]string{
		"adam:graft=sdg": `optimizer adam: graft=sdg: optimizer "sdg" is unknown; did you mean "sgd"?`,
	} {
		if _, _, err := optim.Parse(spec); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", spec, err, want)
		}
	}
	g := optim.NewGraft("sgd", optim.NewSGD(), optim.NewLion())
	if err := optim.Set(g, "graft", "adam"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := optim.State(g); err == nil || !strings.Contains(err.Error(), "graft: its rule is sgd and cannot be made adam by setting graft; parse it anew") {
		t.Errorf("%v", err)
	}
}
