// Package data brings examples to the training loop: sets in memory and
// sources read in blocks, splits by seed, normalisation fitted on the training
// part, and samplers that say which examples a step takes.
//
// Whatever is drawn by chance here is a function of a seed and a position,
// never of what was drawn before, so a resumed run needs nothing restored and
// every platform sees the same examples in the same order.
package data
