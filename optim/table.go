package optim

import (
	"fmt"

	"github.com/godescent/descent/internal/suggest"
)

// Entry is an optimizer of the table.
type Entry struct {
	Name      string
	New       func() Rule
	DefaultLR float64 // a rate that suits a small network with normalised inputs
	Equation  string  // in Unicode, one line
	Latex     string
	Reference string
	Differs   string // how PyTorch's and Optax's rules of the name differ, or that they do not
	AtZero    string // what a zero gradient does to w, if it moves it
	Layers    bool   // it looks into the network's layers: a function has none
	Matrix    bool   // it treats matrices by rules of their own, and the rest by another
	Forms     []Form // other published forms of it, chosen by form=
}

// Form is a published form of a rule that differs from its Entry's.
type Form struct {
	Name     string
	Equation string
	Latex    string
	Differs  string // when the two are not the same, and whose this one is
	With     string // hyper-parameters at which they differ, if they hardly do at the defaults: eps=0.1
}

// Table is a list of optimizers; append to Rules() to add some.
type Table []Entry

// Rules lists the shipped optimizers.
func Rules() Table {
	return Table{
		{
			Name: "sgd", New: func() Rule { return NewSGD() }, DefaultLR: 0.1,
			Equation:  "Δw = −η∇E(w)",
			Latex:     `\Delta w = -\eta \nabla E(w)`,
			Reference: "Cauchy 1847; Robbins and Monro 1951 (stochastic); Bishop and Bishop 2024, 7.2",
		},
		{
			Name: "momentum", New: func() Rule { return NewMomentum() }, DefaultLR: 0.01,
			Equation:  "Δw ← μΔw − η(1−δ)∇E(w)",
			Latex:     `\Delta w \leftarrow \mu \Delta w - \eta (1-\delta) \nabla E(w)`,
			Reference: "Polyak 1964; Bishop and Bishop 2024, 7.3.1",
			Forms: []Form{{
				Name:     "torch",
				Equation: "b ← μb + (1−δ)∇E(w), but b = ∇E(w) at first, Δw = −ηb",
				Latex:    `b \leftarrow \mu b + (1-\delta) \nabla E(w), \quad b_1 = \nabla E(w), \quad \Delta w = -\eta b`,
				Differs:  "PyTorch's and Optax's; the same while η is constant and δ = 0, which Optax has alone",
			}},
		},
		{
			Name: "nesterov", New: func() Rule { return NewNesterov() }, DefaultLR: 0.01,
			Equation:  "Δw ← μΔw − η∇E(w + μΔw)",
			Latex:     `\Delta w \leftarrow \mu \Delta w - \eta \nabla E(w + \mu \Delta w)`,
			Reference: "Nesterov 1983; Sutskever, Martens, Dahl and Hinton 2013; Bishop and Bishop 2024, 7.3.1",
			Forms: []Form{{
				Name:     "torch",
				Equation: "b ← μb + ∇E(φ), Δφ = −η(∇E(φ) + μb)",
				Latex:    `b \leftarrow \mu b + \nabla E(\varphi), \quad \Delta\varphi = -\eta\,(\nabla E(\varphi) + \mu b)`,
				Differs:  "PyTorch's and Optax's; its weights are φ = w + μΔw of the lecture's form while η and μ are constant",
			}, {
				Name:     "keras",
				Equation: "Δw ← μΔw − η∇E(φ), Δφ = μΔw − η∇E(φ)",
				Latex:    `\Delta w \leftarrow \mu\Delta w - \eta\nabla E(\varphi), \quad \Delta\varphi = \mu\Delta w - \eta\nabla E(\varphi)`,
				Differs:  "Keras's; its weights are φ = w + μΔw of the lecture's form for any η",
			}},
		},
		{
			Name: "adagrad", New: func() Rule { return NewAdaGrad() }, DefaultLR: 0.01,
			Equation:  "r ← r + g², Δw = −η g/(√r + ε)",
			Latex:     `r \leftarrow r + g^2, \quad \Delta w = -\eta \frac{g}{\sqrt{r} + \varepsilon}`,
			Reference: "Duchi, Hazan and Singer 2011; Bishop and Bishop 2024, 7.3.3",
			Differs:   "PyTorch's is the same",
			Forms: []Form{{
				Name: "optax", Equation: "r = 0.1 at first, Δw = −η g/√(r + ε)",
				Latex:   `r_0 = 0.1, \quad \Delta w = -\eta \frac{g}{\sqrt{r + \varepsilon}}`,
				Differs: "Optax's and Keras's; another method for gradients below 0.1",
			}, {
				Name: "keras", Equation: "r = 0.1 at first, Δw = −η g/√(r + ε)",
				Latex:   `r_0 = 0.1, \quad \Delta w = -\eta \frac{g}{\sqrt{r + \varepsilon}}`,
				Differs: "Keras's and Optax's",
			}},
		},
		{
			Name: "rmsprop", New: func() Rule { return NewRMSProp() }, DefaultLR: 0.001,
			Equation:  "v ← βv + (1−β)g², Δw = −η g/(√v + ε)",
			Latex:     `v \leftarrow \beta v + (1-\beta) g^2, \quad \Delta w = -\eta \frac{g}{\sqrt{v} + \varepsilon}`,
			Reference: "Hinton 2012, Neural Networks for Machine Learning, lecture 6e; Bishop and Bishop 2024, 7.3.3",
			Differs:   "PyTorch's is the same",
			Forms: []Form{{
				Name: "optax", Equation: "Δw = −η g/√(v + ε)",
				Latex:   `\Delta w = -\eta \frac{g}{\sqrt{v + \varepsilon}}`,
				Differs: "Optax's and Keras's; another method for gradients below √ε", With: "eps=0.01",
			}, {
				Name: "keras", Equation: "Δw = −η g/√(v + ε)",
				Latex:   `\Delta w = -\eta \frac{g}{\sqrt{v + \varepsilon}}`,
				Differs: "Keras's and Optax's", With: "eps=0.01",
			}},
		},
		{
			Name: "adam", New: func() Rule { return NewAdam() }, DefaultLR: 0.001,
			Equation:  "m ← β1·m + (1−β1)g, v ← β2·v + (1−β2)g², Δw = −η (m/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε)",
			Latex:     `m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad \Delta w = -\eta \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \varepsilon}`,
			Reference: "Kingma and Ba 2015, arXiv:1412.6980; Bishop and Bishop 2024, 7.3.3",
			Differs:   "PyTorch's and Optax's are the same",
			Forms: []Form{{
				Name: "keras", Equation: "Δw = −η√(1−β2ᵗ)/(1−β1ᵗ) m/(√v + ε)",
				Latex:   `\Delta w = -\eta\frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t} \frac{m}{\sqrt{v} + \varepsilon}`,
				Differs: "Keras's, the paper's ε-hat: ε is 1/√(1−β2ᵗ) times as large", With: "eps=0.1",
			}},
		},
		{
			Name: "adamw", New: NewAdamW, DefaultLR: 0.001,
			Equation:  "m ← β1·m + (1−β1)g, v ← β2·v + (1−β2)g², Δw = −η ((m/(1−β1ᵗ))/(√(v/(1−β2ᵗ)) + ε) + λw)",
			Latex:     `m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad \Delta w = -\eta \left( \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \varepsilon} + \lambda w \right)`,
			Reference: "Loshchilov and Hutter 2019, arXiv:1711.05101",
			Differs:   "PyTorch's and Optax's are the same; the paper's λ is not multiplied by η, but by its schedule alone",
			AtZero:    "w ← (1 − ηλ)w",
			Forms: []Form{{
				Name: "keras", Equation: "Δw = −η√(1−β2ᵗ)/(1−β1ᵗ) m/(√v + ε) − ηλw",
				Latex:   `\Delta w = -\eta\frac{\sqrt{1-\beta_2^t}}{1-\beta_1^t} \frac{m}{\sqrt{v} + \varepsilon} - \eta\lambda w`,
				Differs: "Keras's, the paper's ε-hat: ε is 1/√(1−β2ᵗ) times as large", With: "eps=0.1",
			}},
		},
		adaDeltaEntry(),
		rmsPropMomentumEntry(),
		rpropEntry(),
		amsGradEntry(),
		adaMaxEntry(),
		adaMaxWEntry(),
		nAdamEntry(),
		nAdamWEntry(),
		rAdamEntry(),
		adaBeliefEntry(),
		yogiEntry(),
		lionEntry(),
		adanEntry(),
		adEMAMixEntry(),
		adoptEntry(),
		signSGDEntry(),
		signumEntry(),
		optimisticEntry(),
		madGradEntry(),
		laPropEntry(),
		qhmEntry(),
		qhAdamEntry(),
		aggMoEntry(),
		lambEntry(),
		larsEntry(),
		novoGradEntry(),
		noisySGDEntry(),
		polyakEntry(),
		asgdEntry(),
		ftrlEntry(),
		marsEntry(),
		fromageEntry(),
		stableAdamWEntry(),
		adamMiniEntry(),
		adafactorEntry(),
		cameEntry(),
		sm3Entry(),
		dogEntry(),
		dowgEntry(),
		cocobEntry(),
		dAdaptSGDEntry(),
		dAdaptAdamEntry(),
		prodigyEntry(),
		momoEntry(),
		momoAdamEntry(),
		spsaEntry(),
		muonEntry(),
		scionEntry(),
		shampooEntry(),
		soapEntry(),
		galoreEntry(),
		psgdEntry(),
		kfacEntry(),
		sophiaEntry(),
		adaHessianEntry(),
	}
}

// TransformEntry is a transform, or a rule around a rule, that a spec can add
// to any rule by its hyper-parameter: sgd:clip_norm=1.
type TransformEntry struct {
	Name  string // of the hyper-parameter that asks for it
	New   func() Transform
	After bool            // on Δw; else on every gradient
	Last  bool            // behind all others on Δw, or around all others, whatever the order they are given in
	Wrap  func(Rule) Rule // makes the rule around a rule; New is then nil
	// Named makes it with another rule, which the hyper-parameter names; it is next to the
	// rule, within all others.
	Named     func(name string, other, r Rule) Rule
	Equation  string
	Reference string
}

// Transforms lists the shipped transforms.
func Transforms() []TransformEntry {
	return []TransformEntry{
		{
			Name: "clip_value", New: func() Transform { return NewClipValue() },
			Equation: "g ← min(max(g, −c), c)", Reference: "each number by itself",
		},
		{
			Name: "noise", New: func() Transform { return NewNoise() },
			Equation: "g ← g + σξ, σ² = s/tᵞ, ξ normal", Reference: "Neelakantan et al. 2015, arXiv:1511.06807",
		},
		{
			Name: "clip_norm", New: func() Transform { return NewClipNorm() },
			Equation: "g ← g·min(1, c/‖g‖)", Reference: "Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063",
		},
		{
			Name: "clip_adaptive", New: func() Transform { return NewClipAdaptive() },
			Equation: "g ← g·min(1, λ·max(‖w‖, ε)/‖g‖) per unit", Reference: "Brock et al. 2021, arXiv:2102.06171",
		},
		{
			Name: "centralise", New: func() Transform { return NewCentralise() },
			Equation: "g ← g − mean(g) over a unit's inputs", Reference: "Yong et al. 2020, arXiv:2004.01461",
		},
		{
			Name: "cautious", New: func() Transform { return NewCautious() }, After: true,
			Equation: "Δw ← Δw·[Δw·g < 0]/max(share of the layer left, ξ)", Reference: "Liang et al. 2024, arXiv:2411.16085",
		},
		{
			Name: "cautious_decay", New: func() Transform { return NewCautiousDecay() }, After: true,
			Equation: "Δw ← Δw − ηλw where Δw·w ≤ 0", Reference: "Chen et al. 2025, arXiv:2510.12402",
		},
		{
			Name: "weight_decay", New: func() Transform { return NewDecay() }, After: true,
			Equation: "Δw ← Δw − ηλw", Reference: "Loshchilov and Hutter 2019, arXiv:1711.05101",
		},
		{
			Name: "matrix_decay", New: func() Transform { return NewMatrixDecay() }, After: true,
			Equation: "Δw ← Δw − ηλw for the matrices of linear maps", Reference: "weight_decay with the customary mask",
		},
		{
			Name: "l2", New: func() Transform { return NewL2() },
			Equation: "g ← g + λw", Reference: "coupled decay: the gradient of ½λ‖w‖²; PyTorch's weight_decay of SGD, RMSprop and Adam",
		},
		{
			Name: "layer_lr", New: func() Transform { return NewLayerRates() }, After: true, Last: true,
			Equation: "Δw ← factor·Δw by the weight's name: layer_lr=head*:10|embed*:0.1", Reference: "groups with their own rate",
		},
		{
			Name: "freeze", New: func() Transform { return NewFreeze() }, After: true, Last: true,
			Equation: "Δw ← 0 by the weight's name: freeze=embed*|norm*", Reference: "layers that stay as they are",
		},
		{
			Name: "graft", Wrap: func(r Rule) Rule { return NewGraft("sgd", NewSGD(), r) },
			Named:    func(name string, other, r Rule) Rule { return NewGraft(name, other, r) },
			Equation: "Δw ← Δw·‖Δw_M‖/‖Δw‖ per layer, for the rule M that is named: shampoo:graft=adam,graft/beta1=0.95; lr is M's", Reference: "Agarwal et al. 2020, arXiv:2002.11803",
		},
		{
			Name: "accumulate", Wrap: func(r Rule) Rule { return NewAccumulate(r) },
			Equation: "one update with the mean gradient of k batches", Reference: "the update of a batch k times as large",
		},
		{
			Name: "skip", Wrap: func(r Rule) Rule { return NewSkip(r) },
			Equation: "no update where ‖Δw‖ is not finite or above c·max(‖w‖, 1); counted", Reference: "as Optax's apply_if_finite, with the rule's state",
		},
		{
			Name: "schedule_free", Wrap: func(r Rule) Rule { return NewScheduleFree(r) },
			Equation: "w = (1−β)z + βx, z ← z + Δ, x ← (1−c)x + cz presented in place of w", Reference: "Defazio et al. 2024, arXiv:2405.15682",
		},
		{
			Name: "sam", Wrap: func(r Rule) Rule { return NewSAM(r) },
			Equation: "g = ∇E(w + ρ∇E(w)/‖∇E(w)‖)", Reference: "Foret, Kleiner, Mobahi and Neyshabur 2021, arXiv:2010.01412",
		},
		{
			Name: "lookahead", Wrap: func(r Rule) Rule { return NewLookahead(r) },
			Equation: "every k updates s ← s + α(w − s), w ← s", Reference: "Zhang, Lucas, Hinton and Ba 2019, arXiv:1907.08610",
		},
		{
			Name: "mechanic", Wrap: func(r Rule) Rule { return NewMechanic(r) },
			Equation: "w = w0 + σ·ΣΔw, σ learnt by betting on −⟨g, ΣΔw⟩", Reference: "Cutkosky, Defazio and Mehta 2023, arXiv:2306.00144",
		},
		{
			Name: "ema", Wrap: func(r Rule) Rule { return NewEMA(r) },
			Equation: "a ← βa + (1−β)w, presented in place of w", Reference: "Polyak and Juditsky 1992",
		},
		{
			Name: "swa", Wrap: func(r Rule) Rule { return NewSWA(r) },
			Equation: "a ← mean of w since update t0, presented in place of w", Reference: "Izmailov et al. 2018, arXiv:1803.05407",
		},
	}
}

// Lookup is the shipped optimizer of that name.
func Lookup(name string) (Entry, error) { return Rules().Lookup(name) }

// Lookup is the table's optimizer of that name.
func (t Table) Lookup(name string) (Entry, error) {
	var names []string
	for _, e := range t {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Entry{}, fmt.Errorf("optimizer %q is unknown; %s", name, suggest.Hint(name, names))
}
