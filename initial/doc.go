// Package initial holds the values of weights before training.
//
// Every initialiser is a function of (seed, the weight's name, the element's
// index) by counter-based random numbers: the first weights do not depend on
// the order in which layers are built, on threads or on the machine.
package initial
