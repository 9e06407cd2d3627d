// Package hyper reads what a struct says of its hyper-parameters: one tagged
// field declares one, and the command line, the documentation, validation and
// a search's space read that declaration.
//
//	Beta1 float64 `hyper:"beta1" symbol:"β1" range:"[0,1) log1m" doc:"memory of the mean gradient"`
//	Form  string  `hyper:"form" values:"lecture,torch" doc:"whose equation"`
//
// hyper is the name to type, alias more of them, range the allowed numbers with
// the scale a search should use (log, or log1m: logarithmic in 1 − x), values
// the allowed words. Fields are float64, int, bool or string.
package hyper
