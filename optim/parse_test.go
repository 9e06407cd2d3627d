package optim_test

import (
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/godescent/descent/optim"
)

func TestParse(t *testing.T) {
	adam := optim.NewAdam()
	adam.Beta1, adam.Eps = 0.95, 0
	torch := optim.NewNesterov()
	torch.Form, torch.Mu = "torch", 0.5
	rms := optim.NewRMSProp()
	rms.Beta = 0.99
	clip, decay := optim.NewClipNorm(), optim.NewDecay()
	clip.Limit, decay.Lambda = 0.5, 0.1
	for _, c := range []struct {
		spec string
		rule optim.Rule
		lr   float64
	}{
		{"adam", optim.NewAdam(), 0.001},
		{"sgd:lr=0.5", optim.NewSGD(), 0.5},
		{"adam:lr=1e-2,beta1=0.95,eps=0", adam, 0.01},
		{" nesterov : form = torch , momentum = 0.5 ", torch, 0.01},
		{"nesterov:form=torch,mu=0.5", torch, 0.01},
		{"rmsprop:rho=0.99", rms, 0.001},
		{"rmsprop:alpha=0.99", rms, 0.001},
		{"adamw:weight_decay=0.1", optim.After(optim.NewAdam(), decay), 0.001},
		{"adam:weight_decay=0.1", optim.After(optim.NewAdam(), decay), 0.001},
		{"sgd:clip_norm=0.5", optim.Before(optim.NewSGD(), clip), 0.1},
		{"adamw:clip_norm=0.5,weight_decay=0.1", optim.Before(optim.After(optim.NewAdam(), decay), clip), 0.001},
		{"sgd:weight_decay=0.1,clip_norm=0.5", optim.After(optim.Before(optim.NewSGD(), clip), decay), 0.1},
	} {
		r, lr, err := optim.Parse(c.spec)
		if err != nil || lr != c.lr || !reflect.DeepEqual(r, c.rule) {
			t.Errorf("Parse(%q) = %+v, %v, %v", c.spec, r, lr, err)
		}
	}
}

// Counted by hand in the equations: scalars are free, SAM asks for a second gradient at a point of its own, SPSA for none.
func TestCost(t *testing.T) {
	for _, c := range []struct {
		spec string
		want optim.Cost
	}{
		{"sgd", optim.Cost{Flops: 1, Gradients: 1}},
		{"momentum", optim.Cost{Bytes: 4, Flops: 3, Gradients: 1}},
		{"nesterov", optim.Cost{Bytes: 4, Flops: 4, Gradients: 1}},                // and w + μΔw
		{"adam", optim.Cost{Bytes: 8, Flops: 3 + 4 + 6, Gradients: 1}},            // m, v, two corrections, √, + ε, η, ÷
		{"sgd:sam=0.1", optim.Cost{Flops: 1 + 4, Gradients: 2}},                   // g², its sum, ρg/‖g‖ and w + that
		{"spsa", optim.Cost{Flops: 3 + 3 + 1, Losses: 2}},                         // the signs, both points, the step
		{"sophia", optim.Cost{Bytes: 8, Flops: 3 + 5 + 6, Gradients: 1, HVPs: 1}}, // m, h and the choice, γh, max, ÷, two bounds, η
		{"sgd:ema=0.9", optim.Cost{Bytes: 4, Flops: 1 + 5, Gradients: 1}},         // w + Δw, the first mean, the mean
	} {
		got, err := optim.CostOf(parsed(t, c.spec))
		if err != nil {
			t.Fatal(err)
		}
		got.Flops, got.Bytes = math.Round(got.Flops), math.Round(got.Bytes)
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.spec, got, c.want)
		}
	}
}

// Each mistake is answered in one line with the name, the value and what is right.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ spec, want string }{
		{"adma", `optimizer "adma" is unknown; did you mean "adam"?`},
		{"Adam", `optimizer "Adam" is unknown; did you mean "adam"?`},
		{"lbfgs", `optimizer "lbfgs" is unknown; known: sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw`},
		{"", `optimizer "" is unknown; known: sgd,`},
		{"adam:lr=-1", `optimizer adam: lr=-1 is not in (0,inf); a learning rate is a positive number`},
		{"adam:lr=0", `optimizer adam: lr=0 is not in (0,inf); a learning rate is a positive number`},
		{"adam:lr=NaN", `optimizer adam: lr=NaN is not in (0,inf); a learning rate is a positive number`},
		{"adam:lr=Inf", `optimizer adam: lr=+Inf is not in (0,inf); a learning rate is a positive number`},
		{"adam:lr=fast", `optimizer adam: lr=fast is not a number in (0,inf)`},
		{"adam:lr=1e-3,lr=1", `optimizer adam: "lr" is given twice`},
		{"adam:beta1=1", `optimizer adam: beta1=1 is not in [0,1)`},
		{"adam:beta1=-0.1", `optimizer adam: beta1=-0.1 is not in [0,1)`},
		{"adam:beta2=NaN", `optimizer adam: beta2=NaN is not in [0,1)`},
		{"adam:eps=-1", `optimizer adam: eps=-1 is not in [0,inf)`},
		{"adam:eps=inf", `optimizer adam: eps=+Inf is not in [0,inf)`},
		{"adam:eps=tiny", `optimizer adam: eps=tiny is not a number in [0,inf), nor a formula of t and K: at character 5: "tiny" is unknown; known: K`},
		{"adam:beta3=0.9", `optimizer adam: "beta3" is not one of its hyper-parameters; did you mean "beta1"?`},
		{"adam:moment=0.9", `optimizer adam: "moment" is not one of its hyper-parameters; known:`},
		{"momentum:momntum=0.9", `optimizer momentum: "momntum" is not one of its hyper-parameters; did you mean "momentum"?`},
		{"momentum:form=keras", `optimizer momentum: form=keras is not lecture or torch`},
		{"sgd:weight_decy=1", `did you mean "weight_decay"?`},
		{"sgd:clip_norm=0", `optimizer sgd: clip_norm=0 is not in (0,inf)`},
		{"sgd:clip_value=-1", `optimizer sgd: clip_value=-1 is not in (0,inf)`},
		{"adamw:weight_decay=-1", `optimizer adamw: weight_decay=-1 is not in [0,inf)`},
		{"adam:", `optimizer adam: "adam:" has an empty entry; write adam:key=value,key=value`},
		{"adam:lr", `optimizer adam: "lr" is not of the form key=value`},
		{"adam:lr=1e-3;beta1=0.9", `optimizer adam: lr=1e-3;beta1=0.9 is not a number in (0,inf)`},
	} {
		r, _, err := optim.Parse(c.spec)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("Parse(%q) = %v, %v; want an error with %q", c.spec, r, err, c.want)
		}
	}
}

func TestSet(t *testing.T) {
	r := optim.After(optim.Before(optim.NewAdam(), optim.NewClipNorm()), optim.NewDecay())
	for name, value := range map[string]any{"beta1": 0.5, "clip_norm": "2", "after/decay/weight_decay": 0.25} {
		if err := optim.Set(r, name, value); err != nil {
			t.Errorf("Set(%s): %v", name, err)
		}
	}
	infos, err := optim.Describe(r)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][2]any{}
	for _, h := range infos {
		got[h.Name] = [2]any{h.Default, h.Value}
	}
	want := map[string][2]any{
		"beta1": {0.9, 0.5}, "beta2": {0.999, 0.999}, "eps": {1e-8, 1e-8}, "form": {"lecture", "lecture"},
		"clip_norm": {1.0, 2.0}, "weight_decay": {0.01, 0.25},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("name: default, value are %v, want %v", got, want)
	}
	// Two parts with the same name are told apart by their paths.
	twice := optim.Before(optim.NewSGD(), optim.NewClipNorm(), optim.NewClipNorm())
	if err := optim.Set(twice, "clip_norm", 2.0); err == nil ||
		!strings.Contains(err.Error(), "name one: before/clip_norm/clip_norm, before/clip_norm2/clip_norm") {
		t.Errorf("an ambiguous name: %v", err)
	}
	if err := optim.Set(twice, "before/clip_norm2/clip_norm", 2.0); err != nil {
		t.Error(err)
	}
	infos, err = optim.Describe(twice)
	if err != nil || len(infos) != 2 || infos[1].Name != "before/clip_norm2/clip_norm" || infos[1].Value != 2.0 || infos[0].Value != 1.0 {
		t.Errorf("%+v, %v", infos, err)
	}
	if _, err := optim.Describe(&optim.Adam{}); err == nil {
		t.Error("a bare Adam is described")
	}
}

// A user's table adds rules beside the shipped ones.
func TestTable(t *testing.T) {
	mine := append(optim.Rules(), optim.Entry{Name: "mine", New: func() optim.Rule { return newCustom(nil) }, DefaultLR: 2})
	r, lr, err := mine.Parse("mine:pace=0.25")
	if err != nil || lr != 2 || r.(*custom).Rate != 0.25 {
		t.Errorf("%+v, %v, %v", r, lr, err)
	}
	infos, err := mine.Describe(r)
	if err != nil || infos[0].Name != "pace" || infos[0].Default != 0.5 || infos[1].Path != "inner/beta1" {
		t.Errorf("%+v, %v", infos, err)
	}
	if _, _, err := mine.Parse("mime"); err == nil || !strings.Contains(err.Error(), `did you mean "mine"?`) {
		t.Errorf("mime: %v", err)
	}
}

// State counts what a rule remembers of every weight.
func TestState(t *testing.T) {
	want := map[string][]string{
		"sgd": nil, "momentum": {"velocity"}, "nesterov": {"velocity"}, "adagrad": {"sum"},
		"rmsprop": {"v"}, "adam": {"m", "v"}, "adamw": {"m", "v"},
		"adadelta": {"step_square", "v"}, "rmsprop_momentum": {"v", "velocity"}, "rprop": {"step_size", "sign"},
		"amsgrad": {"m", "v", "v_max"}, "adamax": {"m", "u"}, "adamaxw": {"m", "u"},
		"nadam": {"m", "v", "momentum_product"}, "nadamw": {"m", "v", "momentum_product"}, "radam": {"m", "v"},
		"adabelief": {"m", "u"}, "yogi": {"m", "v"}, "lion": {"m"}, "adan": {"gradient", "m", "v", "n"},
		"ademamix": {"m", "slow", "v"}, "adopt": {"m", "v"}, "signum": {"m"}, "optimistic": {"gradient"},
		"madgrad": {"sum", "v", "origin"}, "laprop": {"v", "m"}, "qhm": {"m"}, "qhadam": {"m", "v"},
		"aggmo": {"buffer1", "buffer2"}, "lamb": {"m", "v"}, "lars": {"velocity"}, "sophia": {"m", "h"}, "adahessian": {"m", "v"}, "novograd": {"v", "m"},
		"noisy_sgd": nil, "polyak": nil, "asgd": {"mean_weights"}, "ftrl": {"n", "z", "rate"}, "mars": {"gradient", "m", "v"},
		"fromage": nil, "stable_adamw": {"m", "v"}, "adam_mini": {"m", "v"}, "adafactor": {"v"}, "came": {"v", "m"},
		"sm3": {"sum", "m"}, "dog": {"distance", "squares", "origin"}, "dowg": {"distance", "squares", "origin"},
		"cocob": {"scale", "sizes", "reward", "sum", "origin"}, "dadapt_sgd": {"d", "r", "first", "sum", "origin"},
		"dadapt_adam": {"d", "r", "sum", "v", "m"}, "prodigy": {"d", "r", "sum", "origin", "m", "v"},
		"momo": {"m", "loss", "along"}, "momo_adam": {"m", "v", "loss", "along"}, "spsa": nil,
	}
	scalar := map[string]int{ // numbers that are not one a weight
		"nadam": 1, "nadamw": 1, "novograd": 1, "ftrl": 1, "adam_mini": 1, "dog": 2, "dowg": 2,
		"dadapt_sgd": 3, "dadapt_adam": 2, "prodigy": 2, "momo": 2, "momo_adam": 2,
	}
	for _, e := range optim.Rules() {
		if e.Matrix {
			continue // several pieces a matrix, see TestMatrixState
		}
		n, keys, err := optim.State(e.New())
		if err != nil || n != len(want[e.Name])-scalar[e.Name] || !reflect.DeepEqual(keys, want[e.Name]) {
			t.Errorf("%s: %d, %v, %v; want %v", e.Name, n, keys, err, want[e.Name])
		}
	}
}

// Parse never panics, and what it accepts is a valid rule and a positive rate.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"adam:lr=1e-3,beta1=0.9", "sgd:clip_norm=1,weight_decay=0", "nesterov:form=torch", "x:y=z", ":,=", "adam:lr=0x1p-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		r, lr, err := optim.Parse(spec)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("Parse(%q): an error of more than one line: %v", spec, err)
			}
			return
		}
		if err := optim.CheckRate(lr); err != nil {
			t.Errorf("Parse(%q): %v", spec, err)
		}
		if _, _, err := optim.State(r); err != nil {
			t.Errorf("Parse(%q): %v", spec, err)
		}
	})
}
