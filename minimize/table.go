package minimize

import (
	"fmt"
	"slices"

	"github.com/godescent/descent/internal/hyper"
	"github.com/godescent/descent/internal/suggest"
)

// Entry is a method of the table.
type Entry struct {
	Name      string
	New       func() *Method
	Equation  string // in Unicode, one line
	Latex     string
	Cost      string // of one step, in passes, numbers and operations
	Reference string
	Differs   string
}

// All lists the methods.
func All() []Entry {
	return []Entry{
		{
			Name: "gd_armijo", New: func() *Method { return &Method{"gd_armijo", Steepest{}, newArmijo(true)} },
			Equation: "d = −∇E(w), Δw = αd with E(w + αd) ≤ E(w) + c1·α·∇Eᵀd", Latex: `d = -\nabla E(w), \quad \Delta w = \alpha d, \quad E(w + \alpha d) \le E(w) + c_1 \alpha \nabla E^\top d`,
			Cost: "a gradient and one or two values", Reference: "Cauchy 1847; Armijo 1966; Nocedal and Wright 2006, Algorithm 3.1",
		},
		{
			Name: "gd_wolfe", New: func() *Method { return &Method{"gd_wolfe", Steepest{}, newWolfe(0.9, true)} },
			Equation: "d = −∇E(w), Δw = αd with Wolfe's two conditions", Latex: `d = -\nabla E(w), \quad \Delta w = \alpha d \text{ with } |\nabla E(w+\alpha d)^\top d| \le c_2 |\nabla E^\top d|`,
			Cost: "one to three gradients", Reference: "Wolfe 1969; Nocedal and Wright 2006, Algorithms 3.5 and 3.6",
		},
		{
			Name: "cg", New: func() *Method { return &Method{"cg", &Conjugate{Formula: "pr"}, newWolfe(0.1, true)} },
			Equation: "d = −g + βd₋, β = max(0, gᵀ(g − g₋)/g₋ᵀg₋) or by formula=fr, hs, dy; Wolfe's α", Latex: `d = -g + \beta d_-, \quad \beta = \max\!\left(0, \tfrac{g^\top (g - g_-)}{g_-^\top g_-}\right)`,
			Cost: "one to three gradients, 3W numbers", Reference: "Fletcher and Reeves 1964; Polak and Ribière 1969; Hestenes and Stiefel 1952; Dai and Yuan 1999; Nocedal and Wright 2006, 5.2",
		},
		{
			Name: "lbfgs", New: func() *Method { return &Method{"lbfgs", &LBFGS{Memory: 10}, newWolfe(0.9, false)} },
			Equation: "d = −Hg, H from the last k steps and changes of g; Wolfe's α", Latex: `d = -Hg, \quad H \leftarrow (1 - \rho s y^\top) H (1 - \rho y s^\top) + \rho s s^\top, \quad \rho = 1/y^\top s`,
			Cost: "one gradient, mostly; 2kW numbers, 4kW operations", Reference: "Nocedal 1980; Liu and Nocedal 1989; Nocedal and Wright 2006, Algorithm 7.4",
			Differs: "PyTorch's LBFGS makes several steps a call and by default searches no length; SciPy's searches by Moré and Thuente's rule",
		},
		{
			Name: "newton", New: func() *Method { return &Method{"newton", &Newton{}, newArmijo(false)} },
			Equation: "(H + λ1)d = −g, Δw = αd; α = 1 near a minimum", Latex: `(H + \lambda 1)\, d = -g, \quad \Delta w = \alpha d`,
			Cost: "W products Hv, W² numbers, W³/3 operations (9W³ where H is not positive): up to 2,000 weights", Reference: "Newton 1669; Nocedal and Wright 2006, 3.4; Dauphin et al. 2014, arXiv:1406.2572; Bishop and Bishop 2024, 7.1",
		},
		{
			Name: "newton_cg", New: func() *Method { return &Method{"newton_cg", &NewtonCG{Steps: 50}, newArmijo(false)} },
			Equation: "Hd = −g by conjugate gradients to min(½, √‖g‖)‖g‖, Δw = αd", Latex: `H d \approx -g \text{ by conjugate gradients}, \quad \Delta w = \alpha d`,
			Cost: "a gradient and up to 50 products Hv, 4W numbers", Reference: "Dembo, Eisenstat and Steihaug 1982; Nocedal and Wright 2006, Algorithm 7.1",
		},
		{
			Name: "gauss_newton", New: func() *Method { return &Method{"gauss_newton", &GaussNewton{1e-3, 50}, newArmijo(false)} },
			Equation: "(JᵀH_L J + λ1)d = −g by conjugate gradients, Δw = αd", Latex: `(J^\top H_L J + \lambda 1)\, d = -g, \quad \Delta w = \alpha d`,
			Cost: "a gradient and up to 50 products Gv, 4W numbers", Reference: "Gauss 1809; Schraudolph 2002; Martens 2010",
		},
		{
			Name: "levenberg_marquardt", New: func() *Method { return &Method{"levenberg_marquardt", &Marquardt{Damping: 1, Steps: 50}, Fixed{1}} },
			Equation: "(JᵀH_L J + λ1)d = −g, Δw = d; λ ← λ/3 if E falls, else 4λ and again", Latex: `(J^\top H_L J + \lambda 1)\, \Delta w = -g, \quad \lambda \leftarrow \lambda/3 \text{ if } E \text{ falls, else } 4\lambda`,
			Cost: "a gradient and up to 50 products Gv a trial", Reference: "Levenberg 1944; Marquardt 1963",
		},
	}
}

// newArmijo has Nocedal and Wright's c1 = 1e-4 and halves.
func newArmijo(scale bool) *Armijo { return &Armijo{First: 1, C1: 1e-4, Factor: 0.5, Scale: scale} }

// newWolfe has Nocedal and Wright's c1 = 1e-4.
func newWolfe(c2 float64, scale bool) *Wolfe { return &Wolfe{First: 1, C1: 1e-4, C2: c2, Scale: scale} }

// Names are the methods' names.
func Names() []string {
	var out []string
	for _, e := range All() {
		out = append(out, e.Name)
	}
	return out
}

// Is reports whether a specification such as lbfgs:memory=20 names a method.
func Is(spec string) bool {
	name, _, _ := hyper.ParseSpec(spec)
	return slices.Contains(Names(), name)
}

// Parse reads "lbfgs" or "lbfgs:memory=20,c2=0.5".
func Parse(spec string) (*Method, error) {
	name, pairs, err := hyper.ParseSpec(spec)
	i := slices.Index(Names(), name)
	switch {
	case i < 0:
		return nil, fmt.Errorf("method %q is unknown; %s", name, suggest.Hint(name, Names()))
	case err != nil:
		return nil, fmt.Errorf("optimizer %s: %w", name, err)
	}
	m := All()[i].New()
	fields, err := m.fields()
	if err != nil {
		return nil, err
	}
	for _, p := range pairs {
		if p.Key == "lr" {
			return nil, fmt.Errorf("optimizer %s: it finds the length of its steps and takes no lr; first is the first length that is tried", name)
		}
		f, err := hyper.Find(fields, p.Key)
		if err == nil {
			err = f.Set(p.Value)
		}
		if err != nil {
			return nil, fmt.Errorf("optimizer %s: %w", name, err)
		}
	}
	if w, ok := m.Search.(*Wolfe); ok && w.C1 >= w.C2 {
		return nil, fmt.Errorf("optimizer %s: c1=%v is not below c2=%v; such a step need not exist", name, w.C1, w.C2)
	}
	return m, nil
}

// fields are the settings of the direction and the search.
func (m *Method) fields() ([]hyper.Field, error) {
	a, err := hyper.Fields(m.Direction)
	if err != nil {
		return nil, err
	}
	b, err := hyper.Fields(m.Search)
	return append(a, b...), err
}

// Info describes a setting.
type Info struct {
	Name, Symbol, Range, Doc string
	Default                  any
}

// Describe lists a method's settings.
func (m *Method) Describe() ([]Info, error) {
	fields, err := m.fields()
	var out []Info
	for _, f := range fields {
		out = append(out, Info{f.Name, f.Symbol, f.Allowed(), f.Doc, f.Value()})
	}
	return out, err
}
