// Package optim holds the optimizers: rules that turn the gradient of E(w) into
// the update Δw, written as their equations on expressions.
//
// A [Rule] is an exported struct made by its constructor; its fields are its
// hyper-parameters, declared once by a tag. Update is given a [Step] (w, the
// gradient here or elsewhere, the rate η, the update's number t, state) and
// returns Δw. A [Transform] changes one direction: [Before] places it on every
// gradient that a rule asks for, [After] on the rule's Δw. [Rules] lists what
// there is.
//
//	rule, lr, err := optim.Parse("adam:lr=1e-3,beta1=0.95")
//	s := optim.NewStep(optim.Config{Graph: g, W: w, Loss: loss, Rate: rate, Tau: t})
//	next := w.Add(s.Update(rule)) // then s.Err(), s.Slots(), s.Hypers()
package optim

//go:generate go run ./docgen/optimizers ../docs/optimizers.md
