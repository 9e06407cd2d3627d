// Package loss holds the errors E that training makes small: scalar functions
// of a network's output and the targets.
//
// A row is one example, or one position of an example: the axes before the
// last, which holds the outputs. A row's error adds up its outputs, and the
// reduction takes the mean over all rows (the default) or their sum, so E for the
// mean does not grow with the batch, and its gradient is the average of the
// examples' gradients.
package loss
