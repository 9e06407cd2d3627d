// Package train runs the loop w ← w + Δw: batches, the compiled step, metrics,
// convergence tests, checkpoints, and the diagnosis of a run that diverged.
//
// A step is one compiled program: it gathers the batch from the data in memory,
// normalises it, computes the loss and its gradient, and applies the rule.
// Everything that moves with time (schedule, batches, random numbers) is a
// function of the seed and the step, so a checkpoint holds w and the rule's
// state and little else, and a resumed run has the bits of one that was never
// stopped.
package train
